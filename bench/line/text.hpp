// A line-rate cell as arguments of `nicosim_bench line`, and its result as text, so that each can run in a child
// process.
#pragma once

#include "bench/line/line.hpp"

#include <string>

namespace nicosim::bench {

std::string arguments_of(const LineCell&);  // the link is the default one
// One key=value a line, and back; throws std::runtime_error when something is missing.
std::string to_text(const LineResult&);
LineResult line_result_from(const std::string& text);

}  // namespace nicosim::bench
