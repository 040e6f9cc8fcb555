// Reads a TOML table strictly: every key must be known, every value of the right type and in range. Errors are
// collected, not thrown, so one look at a scenario finds them all.
#pragma once

#include "cli/nearest.hpp"
#include "common/bytes.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

namespace nicosim {

class Diagnostics {
 public:
  explicit Diagnostics(std::string_view file) : file_(file) {}

  void add(const toml::source_region& where, std::string_view text);
  bool empty() const { return errors_.empty(); }
  std::vector<std::string> sorted() const;  // "FILE:LINE:COLUMN: text", by place
  const std::string& file() const { return file_; }

 private:
  struct Error {
    std::string file;
    std::uint32_t line, column;
    std::string text;
  };
  std::string file_;
  std::vector<Error> errors_;
};

std::string joined(std::span<const std::string> names);  // "a, b, c"

template <class E>
using Choices = std::span<const std::pair<std::string_view, E>>;

class TableReader {
 public:
  // `path` names the table in messages: "nic.eth0".
  TableReader(Diagnostics& diagnostics, const toml::table& table, std::string path)
      : diagnostics_(diagnostics), table_(table), path_(std::move(path)) {}

  // Each looks up `key`, checks it and stores it; false when it is absent or wrong (and then reported).
  bool integer(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most,
               std::uint64_t multiple_of = 1);
  template <class T>
  bool number(std::string_view key, T& to, std::uint64_t least, std::uint64_t most, std::uint64_t multiple_of = 1) {
    std::uint64_t wide = 0;
    const bool good = integer(key, wide, least, most, multiple_of);
    if (good) to = static_cast<T>(wide);
    return good;
  }
  bool boolean(std::string_view key, bool& to);
  bool text(std::string_view key, std::string& to, std::string_view expected = "a text");
  bool real(std::string_view key, std::optional<double>& to);
  bool duration(std::string_view key, SimTime& to, SimTime least, SimTime most);
  bool bit_rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most);
  bool rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most);
  bool bytes(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most);
  bool byte_rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most);
  bool chance(std::string_view key, std::uint32_t& to_ppb);  // 0 to 1, at most nine decimals
  bool mac(std::string_view key, MacAddress& to);            // of one station
  bool ip(std::string_view key, Ipv4Address& to);
  template <class E>
  bool choice(std::string_view key, E& to, Choices<E> choices, std::span<const std::string_view> later = {}) {
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) names.emplace_back(name);
    std::string is;
    if (!word(key, is, names, later)) return false;
    for (const auto& [name, value] : choices)
      if (name == is) to = value;
    return true;
  }

  // The node itself, nullptr when absent. Counts as a known key.
  const toml::node* find(std::string_view key);
  // A table below this one; reported when it is something else.
  const toml::table* table(std::string_view key);
  // An array of tables; empty when absent, reported when it is something else.
  std::vector<const toml::table*> tables(std::string_view key);
  // The tables below this one with their names, in file order (`[nic.eth0]`, `[nic.eth1]`). All keys become known.
  std::vector<std::pair<std::string, const toml::table*>> named_tables();

  // Refuses every key that nobody has asked for. Call it last.
  void finish();

  // Reports a wrong value of `key` (or of the table itself when there is none).
  void wrong(std::string_view key, std::string_view what, std::string_view expected = {});
  std::string full(std::string_view key) const;
  const toml::source_region& place(std::string_view key) const;
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  bool word(std::string_view key, std::string& to, std::span<const std::string> names,
            std::span<const std::string_view> later);
  void wrong_type(std::string_view key, const toml::node& node, std::string_view expected);

  Diagnostics& diagnostics_;
  const toml::table& table_;
  std::string path_;
  std::vector<std::string> known_;
};

std::string type_text(const toml::node& node);  // "a text", "an integer", ...

}  // namespace nicosim
