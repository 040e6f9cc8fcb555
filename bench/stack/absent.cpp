// In place of the stack's benchmark where Google Benchmark or lwIP is not installed.
#include "bench/commands.hpp"

#include <fmt/format.h>

namespace nicosim::bench {
namespace {

int absent() {
  fmt::print(stderr, "nicosim: built without libbenchmark-dev or liblwip-dev\n");
  return kUsage;
}

}  // namespace

int bench_stack(const std::string&, bool) { return absent(); }
int bench_stack_cell(const StackCellRun&) { return absent(); }

}  // namespace nicosim::bench
