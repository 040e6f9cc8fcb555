// Runs a command, or one cell, in a process of its own, natively or under valgrind's callgrind.
#pragma once

#include "bench/cosim/cell.hpp"

#include <optional>
#include <string>

namespace nicosim::bench {

struct ChildResult {
  CellResult result;
  std::uint64_t instructions = 0;  // of the whole process; 0 natively
};

bool have_valgrind();
// The word in single quotes, for the shell.
std::string quoted(const std::string& word);
// What a shell command writes (both streams); throws std::runtime_error with it on failure.
std::string output_of(const std::string& command);
// The number behind the first `key` in the text; throws std::runtime_error with the text when there is none.
std::uint64_t number(const std::string& text, const std::string& key);
// How many instructions the command and the processes that it forks execute, the programs that those run left out.
std::uint64_t count_in(const std::string& command);
// What this program writes (both streams) when called with these arguments; throws std::runtime_error with it on
// failure.
std::string output_of_self(const std::string& arguments);
// The same under callgrind: how many instructions it executes in and below functions named like `function` (a pattern
// of callgrind's --toggle-collect; empty: everywhere).
std::uint64_t count_in_self(const std::string& arguments, const std::string& function, std::string& output);

// This program again, as `nicosim_bench cell ...`. Throws std::runtime_error with the child's output when it fails.
ChildResult run_child(const Cell& cell, bool callgrind);

// The cell's result as the child prints it, one key=value a line, and back.
std::string to_text(const CellResult&);
CellResult result_from(const std::string& text);

// What one more cycle and one more frame cost: two runs of different length, so that start-up cancels out.
struct Instructions {
  double per_cycle = 0, per_frame = 0;  // simulated cycles; frames on the wire
};
// None without valgrind.
std::optional<Instructions> count_instructions(Cell cell, std::uint64_t few, std::uint64_t many);

}  // namespace nicosim::bench
