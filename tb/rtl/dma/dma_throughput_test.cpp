// How fast: cycles per frame at a wire-speed goal of (bytes + 20) / 8 cycles, printed as a table and bounded.
#include <gtest/gtest.h>

#include <cstdio>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kWhole = kCmdEop | kCmdIfcs | kCmdRs;
constexpr unsigned kRing = 256;
constexpr unsigned kWarm = 300;    // frames before the clock starts
constexpr unsigned kFrames = 600;  // frames measured

// Preamble and gap are 20 bytes; `length` counts the FCS. Eight bytes pass in a cycle.
double wire_cycles(unsigned length) { return (length + 20) / 8.0; }

struct Load {
  bool receive, transmit;
  unsigned length;
  unsigned offset;
  unsigned latency;      // of a read, in cycles
  unsigned wthresh = 1;  // RXDCTL.WTHRESH
};

struct Rates {
  double receive = 0, transmit = 0;  // cycles per frame
};

// Keeps both rings and the receive FIFO full; the driver takes no time.
Rates measure(const Load& load) {
  DmaBench bench;
  bench.memory.timing.read_latency = load.latency;
  bench.memory.timing.write_latency = 10;
  bench.top.rx_wthresh_i = static_cast<std::uint8_t>(load.wthresh);
  bench.rx_gap = load.wthresh == 1 ? 1 : 0;  // as the FIFO does it, so that frames are there to be waited for
  bench.rx_setup(kRing, 2048);
  bench.tx_setup(kRing);
  bench.top.rx_enable_i = load.receive;
  bench.top.tx_enable_i = load.transmit;
  const unsigned in_memory = load.length - 4;  // the MAC adds the FCS
  unsigned clean = 0, slot = 0;
  std::uint64_t rx_start = 0, rx_end = 0, tx_start = 0, tx_end = 0;
  const RxFrame frame{pattern(load.length, 1), 0, false, false, true};
  while ((load.receive && rx_end == 0) || (load.transmit && tx_end == 0)) {
    if (bench.now() > 1'000'000) break;
    if (load.receive) {
      while (bench.rx_fifo.size() < 4) bench.rx_fifo.push_back(frame);
      if ((bench.top.rx_tail_i + 1U) % kRing != clean) {
        bench.rx_post(kBuffers + slot++ % kRing * 2048UL + load.offset);
      } else if (bench.rx_descriptor(clean).status & kDd) {
        clean = (clean + 1) % kRing;
      }
      if (rx_start == 0 && bench.rx_events.size() >= kWarm) rx_start = bench.now();
      if (rx_end == 0 && bench.rx_events.size() >= kWarm + kFrames) rx_end = bench.now();
    }
    if (load.transmit) {
      if (bench.tx_in_ring() < kRing - 1) bench.tx_post(kBuffers + 0x20'0000 + load.offset, in_memory, kWhole);
      if (tx_start == 0 && bench.tx_frames.size() >= kWarm) tx_start = bench.now();
      if (tx_end == 0 && bench.tx_frames.size() >= kWarm + kFrames) tx_end = bench.now();
    }
    bench.cycle();
  }
  return {static_cast<double>(rx_end - rx_start) / kFrames, static_cast<double>(tx_end - tx_start) / kFrames};
}

constexpr unsigned kMicrosecondEachWay = 320;

TEST(DmaThroughput, ReceivesAtLineRate) {
  std::printf("receive, cycles per frame\n%8s %8s %8s %8s %8s\n", "bytes", "offset", "latency", "wire", "engine");
  for (const unsigned length : {64U, 65U, 128U, 1518U}) {
    for (const unsigned offset : {0U, 2U, 15U}) {
      for (const unsigned latency : {0U, kMicrosecondEachWay}) {
        const Rates rates = measure({true, false, length, offset, latency});
        std::printf("%8u %8u %8u %8.2f %8.2f\n", length, offset, latency, wire_cycles(length), rates.receive);
        EXPECT_GT(rates.receive, 0.0);
        EXPECT_LE(rates.receive, wire_cycles(length) - 0.5);
      }
    }
  }
}

TEST(DmaThroughput, GatheredWriteBacksAreNoSlower) {
  std::printf("receive, cycles per frame of 64 bytes\n%8s %8s %8s\n", "WTHRESH", "wire", "engine");
  for (const unsigned wthresh : {1U, 2U, 8U, 32U, 63U}) {
    const Rates rates = measure({true, false, 64, 2, kMicrosecondEachWay, wthresh});
    std::printf("%8u %8.2f %8.2f\n", wthresh, wire_cycles(64), rates.receive);
    EXPECT_GT(rates.receive, 0.0);
    EXPECT_LE(rates.receive, 7.5) << wthresh;
  }
}

TEST(DmaThroughput, TransmitsAtLineRate) {
  std::printf("transmit, cycles per frame\n%8s %8s %8s %8s %8s\n", "bytes", "offset", "latency", "wire", "engine");
  for (const unsigned length : {64U, 65U, 128U, 1518U}) {
    for (const unsigned offset : {0U, 2U, 15U}) {
      for (const unsigned latency : {0U, kMicrosecondEachWay}) {
        const Rates rates = measure({false, true, length, offset, latency});
        std::printf("%8u %8u %8u %8.2f %8.2f\n", length, offset, latency, wire_cycles(length), rates.transmit);
        EXPECT_GT(rates.transmit, 0.0);
        EXPECT_LE(rates.transmit, wire_cycles(length) - 0.5);
      }
    }
  }
}

TEST(DmaThroughput, DoesBothAtOnce) {
  std::printf("both, cycles per frame\n%8s %8s %8s %8s %8s\n", "bytes", "latency", "wire", "receive", "transmit");
  for (const unsigned length : {64U, 65U, 128U, 1518U}) {
    for (const unsigned latency : {0U, kMicrosecondEachWay}) {
      const Rates rates = measure({true, true, length, 2, latency});
      std::printf("%8u %8u %8.2f %8.2f %8.2f\n", length, latency, wire_cycles(length), rates.receive, rates.transmit);
      EXPECT_GT(rates.receive, 0.0);
      EXPECT_GT(rates.transmit, 0.0);
      EXPECT_LE(rates.receive, wire_cycles(length));
      EXPECT_LE(rates.transmit, wire_cycles(length));
    }
  }
}

TEST(DmaThroughput, ReadsEnoughAheadToCoverALongLink) {
  DmaBench bench;
  bench.memory.timing.read_latency = kMicrosecondEachWay;
  bench.tx_setup(kRing);
  for (unsigned i = 0; i < kRing - 1; ++i) bench.tx_post(kBuffers + i * 64UL, 60, kWhole);
  ASSERT_TRUE(bench.run_until([&] { return bench.tx_frames.size() == kRing - 1; }));
  EXPECT_GE(bench.memory.most_reads_under_way(), 40U);
  EXPECT_LE(bench.memory.most_reads_under_way(), 64U);
}

}  // namespace
}  // namespace nicosim::test
