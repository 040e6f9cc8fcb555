// The benchmark's configurations move what they claim to move. Not timed; each test has a process of its own.
#include "bench/cosim/cell.hpp"
#include "bench/cosim/traffic.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

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

// Frames of growing size back to back: every lane in which one can start and end.
class GrowingFrames final : public WireSource {
 public:
  explicit GrowingFrames(std::optional<std::size_t> error_at) : error_at_(error_at) {}
  std::optional<WireFrame> next() override {
    if (bytes_ == 64 + 32) return std::nullopt;
    WireFrame frame;
    frame.bytes = make_frame(bytes_++);
    frame.error_at = error_at_;
    return frame;
  }

 private:
  unsigned bytes_ = 64;
  std::optional<std::size_t> error_at_;
};

std::vector<WireOut::Frame> over_the_wire(std::optional<std::size_t> error_at) {
  std::vector<WireOut::Frame> frames;
  GrowingFrames source{error_at};
  WireIn in{[](std::uint64_t, SimTime, const WireFrame&) {}};
  WireOut out{[&frames](WireOut::Frame&& frame) { frames.push_back(std::move(frame)); }};
  in.set_source(&source);
  for (std::uint64_t c = 1; !in.exhausted(); ++c) out.column(c, in.column(c));
  return frames;
}

TEST(WireColumns, CarryFramesThatStartAndEndInEveryLane) {
  const std::vector<WireOut::Frame> frames = over_the_wire(std::nullopt);
  ASSERT_EQ(frames.size(), 32U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].bytes, make_frame(64 + static_cast<unsigned>(i))) << i;
    EXPECT_TRUE(frames[i].good_fcs && !frames[i].aborted) << i;
  }
}

TEST(WireColumns, CarryAnErrorCharacterWhereItIsWanted) {
  const std::vector<WireOut::Frame> frames = over_the_wire(17);
  ASSERT_EQ(frames.size(), 32U);
  for (const WireOut::Frame& frame : frames) {
    EXPECT_TRUE(frame.aborted);
    EXPECT_EQ(frame.bytes.size(), 17U);
  }
}

}  // namespace
}  // namespace nicosim::bench
