// The card behind a 1 us link keeps up with the wire: every frame in memory, in order and unaltered, or on the wire
// without a needless gap. A smaller version of `./nicosim bench line-rate`; run_line() compares every byte.
#include "bench/line/line.hpp"
#include "bench/line/text.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace nicosim::bench {
namespace {

constexpr std::uint64_t kFrames = 20'000;

LineCell cell(bool receive, bool transmit, unsigned bytes, std::uint64_t frames, std::int64_t recycle_us) {
  LineCell c;
  c.receive = receive;
  c.transmit = transmit;
  c.bytes = bytes;
  c.frames = frames;
  c.recycle = SimTime::us(recycle_us);
  return c;
}

// The wire sets the pace: what comes in late at most the time from the wire to memory, what goes out not at all.
void expect_line_rate(const LineCell& c, const LineResult& result) {
  const auto expect = [&c](const LineFlow& flow) {
    EXPECT_EQ(flow.delivered, c.frames);
    EXPECT_NEAR(flow.cycles_per_frame, flow.line_cycles, 0.001 * flow.line_cycles);
  };
  if (c.receive) expect(result.receive);
  if (c.transmit) expect(result.transmit);
  EXPECT_EQ(result.missed, 0U);
}

TEST(LineRate, ReceivesShortestFramesBackToBackWithoutALoss) {
  for (const std::int64_t recycle_us : {0, 5}) {
    const LineCell c = cell(true, false, 64, kFrames, recycle_us);
    const LineResult result = run_line(c);
    expect_line_rate(c, result);
    EXPECT_EQ(result.receive.line_cycles, 10.5);
    // Data and write-back with a header each; at most one request for a descriptor
    EXPECT_GE(result.up_bytes, kFrames * (64 + 24));
    EXPECT_LE(result.up_bytes, kFrames * (64 + 24 + 16 + 24 + 24));
  }
}

TEST(LineRate, SendsShortestFramesBackToBack) {
  for (const std::int64_t recycle_us : {0, 5}) {
    const LineCell c = cell(false, true, 64, kFrames, recycle_us);
    const LineResult result = run_line(c);
    expect_line_rate(c, result);
    EXPECT_EQ(result.least_gap, 12U);  // 84 bytes a frame: always the same lane
    EXPECT_EQ(result.most_gap, 12U);
  }
}

TEST(LineRate, ReceivesAndSendsShortestFramesAtOnce) {
  for (const std::int64_t recycle_us : {0, 5}) {
    const LineCell c = cell(true, true, 64, kFrames, recycle_us);
    expect_line_rate(c, run_line(c));
  }
}

TEST(LineRate, HoldsForEveryEndingAndBufferAlignment) {
  for (const unsigned bytes : {65U, 66U, 67U, 127U, 128U, 1518U, kMixed})
    for (const unsigned offset : {0U, 2U, 7U}) {
      SCOPED_TRACE(testing::Message() << bytes << " bytes at offset " << offset);
      LineCell c = cell(true, true, bytes, kMixed == bytes || bytes > 128 ? 1'024 : 3'000, 5);
      c.offset = offset;
      const LineResult result = run_line(c);
      EXPECT_EQ(result.receive.delivered, c.frames);
      EXPECT_EQ(result.transmit.delivered, c.frames);
      EXPECT_EQ(result.missed, 0U);
      EXPECT_GE(result.least_gap, 9U);  // deficit idle count: 12 less at most 3, or more at most 3
      EXPECT_LE(result.most_gap, 15U);
    }
}

TEST(LineRate, LosesAndCountsFramesWhenDescriptorsComeBackTooLate) {
  const LineCell c = cell(true, false, 64, kFrames, 20);
  const LineResult result = run_line(c);
  EXPECT_GT(result.missed, 0U);
  EXPECT_EQ(result.receive.delivered + result.missed, kFrames);
  EXPECT_EQ(limit_of(c, result, result.receive), "ring");
}

TEST(LineRate, IsTheLinksWhenThatIsTooNarrow) {
  LineCell c = cell(true, false, 64, kFrames, 0);
  c.link.bits_per_second = 8'000'000'000;
  const LineResult result = run_line(c);
  EXPECT_EQ(result.receive.delivered + result.missed, kFrames);
  EXPECT_EQ(limit_of(c, result, result.receive), "link up");
}

TEST(LineRate, FramesForSomebodyElseReachNoMemory) {
  LineCell c = cell(true, false, 64, 1'000, 0);
  c.for_us = false;
  const LineResult result = run_line(c);
  EXPECT_EQ(result.receive.delivered, 0U);
  EXPECT_EQ(result.missed, 0U);
}

TEST(LineRate, ReadsBackWhatAChildProcessPrints) {
  const LineResult result = run_line(cell(true, true, 65, 64, 0));
  const LineResult again = line_result_from(to_text(result));
  EXPECT_EQ(to_text(again), to_text(result));
  EXPECT_EQ(again.receive.delivered, 64U);
  EXPECT_THROW(line_result_from("missed=1\n"), std::runtime_error);
}

TEST(LineRate, RefusesWhatItCannotRun) {
  EXPECT_THROW(run_line(cell(true, false, 63, 8, 0)), std::invalid_argument);
  EXPECT_THROW(run_line(cell(true, false, 1519, 8, 0)), std::invalid_argument);
  EXPECT_THROW(run_line(cell(true, false, 64, 1, 0)), std::invalid_argument);
  EXPECT_THROW(run_line(cell(false, false, 64, 8, 0)), std::invalid_argument);
}

}  // namespace
}  // namespace nicosim::bench
