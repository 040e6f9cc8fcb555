#include "cli/scenario/overlay.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <memory>

namespace nicosim {
namespace {

constexpr std::size_t kDeepestPath = 16;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

// One --set argument on its way into the table. Values are parsed anew for each place, as moving one keeps its source.
class Overlay {
 public:
  Overlay(std::string argument, Diagnostics& diagnostics)
      : name_(std::make_shared<const std::string>("--set " + argument)), diagnostics_(diagnostics) {
    where_ = {{1, 1}, {1, 1}, name_};
    const std::size_t equals = argument.find('=');
    if (equals != std::string::npos) {
      path_ = split(std::string_view{argument}.substr(0, equals));
      value_ = argument.substr(equals + 1);
    }
  }

  void apply(toml::table& scenario) {
    const auto empty = [](const std::string& part) { return part.empty(); };
    if (path_.empty() || path_.size() > kDeepestPath || std::ranges::any_of(path_, empty))
      return complain("is no change; expected PATH=VALUE, such as nic.rx_ring=64");
    const std::string& section = path_.front();
    if (path_.size() >= 2 && (section == "nic" || section == "peer" || section == "wire"))
      apply_to_instances(scenario, section);
    else if (path_.size() >= 2 && section == "app")
      apply_to_apps(scenario);
    else
      put(scenario, path_);
  }

 private:
  void complain(std::string text) { diagnostics_.add(where_, std::move(text)); }

  // A wire exists wherever there is a card, whether or not the file says anything about it.
  static std::vector<std::string> instances(toml::table& scenario, const std::string& section) {
    std::vector<std::string> names;
    if (const toml::table* all = scenario[section == "wire" ? "nic" : section].as_table())
      for (const auto& [name, node] : *all)
        if (node.is_table()) names.emplace_back(name.str());
    return names;
  }

  void apply_to_instances(toml::table& scenario, const std::string& section) {
    const std::vector<std::string> names = instances(scenario, section);
    if (std::ranges::find(names, path_[1]) != names.end()) return put(scenario, path_);
    if (names.empty())
      return complain(fmt::format("the scenario has no [{}.NAME]", section == "wire" ? "nic" : section));
    if (path_.size() > 2 && path_[1] != "link")
      return complain(fmt::format("there is no {} '{}'; expected one of {}{}", section, path_[1], joined(names),
                                  did_you_mean(path_[1], names)));
    for (const std::string& name : names) {
      std::vector<std::string> path = path_;
      path.insert(path.begin() + 1, name);
      put(scenario, path);
    }
  }

  void apply_to_apps(toml::table& scenario) {
    toml::array* apps = scenario["app"].as_array();
    if (apps == nullptr) return complain("the scenario has no [[app]]");
    const bool named = path_.size() > 2;
    bool found = false;
    std::vector<std::string> names;
    for (toml::node& node : *apps) {
      toml::table* app = node.as_table();
      if (app == nullptr) continue;
      const std::string name = (*app)["name"].value_or(std::string{});
      names.push_back(name);
      if (named && name != path_[1]) continue;
      found = true;
      put(*app, {path_.begin() + (named ? 2 : 1), path_.end()});
    }
    if (!found)
      complain(fmt::format("there is no app '{}'; expected one of {}{}", path_[1], joined(names),
                           did_you_mean(path_[1], names)));
  }

  // On an array of tables (`[[peer.client.send]]`) all of them are meant.
  void put(toml::table& into, const std::vector<std::string>& path) {
    toml::table* table = &into;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      if (!table->contains(path[i])) table->insert_or_assign(key(path[i]), toml::table{});
      if (toml::array* all = (*table)[path[i]].as_array(); all != nullptr && all->is_array_of_tables()) {
        for (toml::node& each : *all)
          put(*each.as_table(), {path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end()});
        return;
      }
      table = (*table)[path[i]].as_table();
      if (table == nullptr) return complain(fmt::format("'{}' is not a table of the scenario", path[i]));
    }
    toml::table parsed = parse_value();
    std::move(*parsed.get("v")).visit([&](auto&& value) {
      table->insert_or_assign(key(path.back()), std::forward<decltype(value)>(value));
    });
  }

  toml::key key(const std::string& name) const { return toml::key{name, toml::source_region{where_}}; }

  // {v = VALUE}
  toml::table parse_value() const { return toml::parse("v = " + toml_of_overlay(value_), std::string_view{*name_}); }

  std::shared_ptr<const std::string> name_;
  Diagnostics& diagnostics_;
  toml::source_region where_;
  std::vector<std::string> path_;
  std::string value_;
};

bool is_toml(const std::string& value) {
  try {
    return toml::parse("v = " + value).size() == 1;
  } catch (const toml::parse_error&) {
    return false;  // a bare word
  }
}

}  // namespace

std::string overlay_value(const std::string& text) { return is_toml(text) ? quoted(text) : text; }
std::string toml_of_overlay(const std::string& value) { return is_toml(value) ? value : quoted(value); }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      fmt::format_to(std::back_inserter(out), "\\{}", c);
    else if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else
      out += c;
  }
  return out + '"';
}

void apply_overlay(toml::table& scenario, const std::string& argument, Diagnostics& diagnostics) {
  try {
    Overlay{argument, diagnostics}.apply(scenario);
  } catch (const toml::parse_error& error) {
    // bytes that are not UTF-8, so the argument is not shown
    diagnostics.add({{1, 1}, {1, 1}, std::make_shared<const std::string>("--set")}, std::string{error.description()});
  }
}

}  // namespace nicosim
