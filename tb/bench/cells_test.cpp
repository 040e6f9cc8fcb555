// The benchmark's configurations move what they claim to move. Not timed; each test has a process of its own.
#include "bench/cosim/cell.hpp"
#include "bench/cosim/traffic.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace nicosim::bench {
namespace {

constexpr std::uint64_t kFrames = 24;

void expect_all(const Cell& cell) {
  const CellResult result = run(cell);
  EXPECT_EQ(result.delivered, cell.frames);
  EXPECT_GE(result.interrupts, 1U);
  EXPECT_EQ(result.cycles, wire_cycles(cell));
}

TEST(BenchCard, DeliversEveryFrameBackToBack) { expect_all({"card", 64, 0, kFrames}); }
TEST(BenchCard, DeliversEveryLongFrameBackToBack) { expect_all({"card", 1518, 0, kFrames}); }
TEST(BenchCosim, DeliversEveryFrameBackToBack) { expect_all({"cosim", 64, 0, kFrames}); }
TEST(BenchCosim, DeliversEveryLongFrameBackToBack) { expect_all({"cosim", 1518, 0, kFrames}); }
TEST(BenchFull, DeliversEveryFrameOfAShortBurst) { expect_all({"full", 64, 0, kFrames}); }
TEST(BenchFull, DeliversEveryFrameWithGaps) { expect_all({"full", 1518, 10'000, 8}); }

TEST(BenchCard, RaisesAnInterruptPerFrameWithGaps) {
  const Cell cell{"card", 64, 1'000, 16};
  EXPECT_EQ(run(cell).interrupts, cell.frames);
}

TEST(BenchCosim, SkipsTheIdleCyclesOfGaps) {
  const Cell cell{"cosim", 64, 10'000, 8};
  const CellResult result = run(cell);
  EXPECT_EQ(result.delivered, cell.frames);
  EXPECT_EQ(result.interrupts, cell.frames);
  EXPECT_LT(result.evaluated, result.cycles / 50);
}

TEST(BenchCosim, EvaluatesEveryCycleWhenToldTo) {
  const Cell cell{"cosim", 64, 1'000, 8, false};
  const CellResult result = run(cell);
  EXPECT_EQ(result.delivered, cell.frames);
  EXPECT_GE(result.evaluated, result.cycles);
}

TEST(BenchCell, RefusesWhatItCannotMeasure) {
  EXPECT_THROW(run({"kard", 64, 0, 8}), std::invalid_argument);
  EXPECT_THROW(run({"card", 63, 0, 8}), std::invalid_argument);
  EXPECT_THROW(run({"card", 1519, 0, 8}), std::invalid_argument);
  EXPECT_THROW(run({"card", 64, 0, 12}), std::invalid_argument);
  EXPECT_THROW(run({"card", 64, 0, 0}), std::invalid_argument);
}

TEST(BenchTraffic, TakesTheLineRateAndRepeats) {
  for (const unsigned bytes : {64U, 65U, 1518U}) {
    const Cell cell{"card", bytes, 0, kPeriodFrames};
    EXPECT_EQ(wire_pattern(cell).columns.size(), wire_cycles(cell)) << bytes;
  }
}

}  // namespace
}  // namespace nicosim::bench
