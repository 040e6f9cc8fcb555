// What all configurations are fed: UDP datagrams of one size at one distance.
#pragma once

#include "bench/cosim/cell.hpp"
#include "common/bytes.hpp"
#include "sc_model/wire.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace nicosim::bench {

inline constexpr MacAddress kStation{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr Ipv4Address kStationIp{0x0a4d0002};  // 10.77.0.2
inline constexpr std::uint16_t kPort = 9;
// Back to back, deficit idle count brings every eighth frame to the same lane and column phase.
inline constexpr std::uint64_t kPeriodFrames = 8;

// From destination address to FCS.
std::vector<std::byte> make_frame(unsigned bytes);

// The simulated time of a cell: from the first frame's start to where one more would start. Exact, so that runs of
// different length differ by nothing else.
std::uint64_t wire_cycles(const Cell&);
// After it everybody waits this long for the last frames; does not count.
inline constexpr SimTime kTail = SimTime::us(10);

class Traffic final : public WireSource {
 public:
  // The first frame starts at `start`, in the time of whoever pulls.
  Traffic(const Cell& cell, SimTime start);
  std::optional<WireFrame> next() override;

  // Since the first frame was asked for; the wire's life in wall time.
  double wall_s() const;

 private:
  Cell cell_;
  SimTime start_;
  std::vector<std::byte> frame_;
  std::uint64_t sent_ = 0;
  std::chrono::steady_clock::time_point began_{};
};

// The wire's columns over one period, after which they repeat, and how many frames it holds.
struct Pattern {
  std::vector<Column> columns;
  std::uint64_t frames = 0;
};
Pattern wire_pattern(const Cell&);

}  // namespace nicosim::bench
