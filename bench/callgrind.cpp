#include "bench/callgrind.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>

namespace nicosim::bench {
namespace {

// The text behind `key` up to the end of the line; empty if it is not there.
std::string value_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

std::uint64_t number(const std::string& text, const std::string& key) {
  const std::string value = value_of(text, key);
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (error != std::errc{} || end == value.data()) throw std::runtime_error("no " + key + " in:\n" + text);
  return n;
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 4096> piece;
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) output.append(piece.data(), n);
  if (pclose(pipe) != 0) throw std::runtime_error(command + " failed:\n" + output);
  return output;
}

namespace {

std::string self() { return quoted(std::filesystem::read_symlink("/proc/self/exe").string()); }

}  // namespace

std::string output_of_self(const std::string& arguments) { return output_of(self() + " " + arguments); }

namespace {

const std::string kCallgrind = "valgrind --tool=callgrind --callgrind-out-file=/dev/null ";
const std::string kCollected = "Collected : ";  // "==123== Collected : 456"

}  // namespace

std::uint64_t count_in(const std::string& command) {
  const std::string output = output_of(kCallgrind + command);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; (at = output.find(kCollected, at)) != std::string::npos; at += kCollected.size())
    sum += number(output.substr(at), kCollected);
  if (sum == 0) throw std::runtime_error("nothing was counted in:\n" + output);
  return sum;
}

std::uint64_t count_in_self(const std::string& arguments, const std::string& function, std::string& output) {
  std::string command = kCallgrind;
  if (!function.empty()) command += "--toggle-collect=" + quoted(function) + " ";
  output = output_of(command + self() + " " + arguments);
  return number(output, kCollected);
}

bool have_valgrind() { return std::system("command -v valgrind >/dev/null 2>&1") == 0; }

ChildResult run_child(const Cell& cell, bool callgrind) {
  const std::string arguments = fmt::format("cell {} {} --gap {} --frames {}{}", cell.config, cell.bytes, cell.gap,
                                            cell.frames, cell.skip ? "" : " --no-skip");
  std::string output;
  ChildResult child;
  if (callgrind)
    child.instructions = count_in_self(arguments, "", output);
  else
    output = output_of_self(arguments);
  child.result = result_from(output);
  return child;
}

std::string to_text(const CellResult& r) {
  return fmt::format("delivered={}\ncycles={}\nevaluated={}\ninterrupts={}\nwall_us={}\n", r.delivered, r.cycles,
                     r.evaluated, r.interrupts, static_cast<std::uint64_t>(r.wall_s * 1e6));
}

CellResult result_from(const std::string& text) {
  CellResult r;
  r.delivered = number(text, "delivered=");
  r.cycles = number(text, "cycles=");
  r.evaluated = number(text, "evaluated=");
  r.interrupts = number(text, "interrupts=");
  r.wall_s = static_cast<double>(number(text, "wall_us=")) / 1e6;
  return r;
}

std::optional<Instructions> count_instructions(Cell cell, std::uint64_t few, std::uint64_t many) {
  if (!have_valgrind()) return std::nullopt;
  cell.frames = few;
  const ChildResult shorter = run_child(cell, true);
  cell.frames = many;
  const ChildResult longer = run_child(cell, true);
  const auto instructions = static_cast<double>(longer.instructions - shorter.instructions);
  return Instructions{instructions / static_cast<double>(longer.result.cycles - shorter.result.cycles),
                      instructions / static_cast<double>(many - few)};
}

}  // namespace nicosim::bench
