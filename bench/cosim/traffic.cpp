#include "bench/cosim/traffic.hpp"

#include "stack/ip/checksum.hpp"

#include <stdexcept>

namespace nicosim::bench {
namespace {

constexpr std::size_t kFcs = 4, kEthernet = 14, kIpHeader = 20, kUdpHeader = 8;
constexpr std::uint64_t kAroundFrame = 20;  // bytes: preamble, delimiter and the average gap
constexpr MacAddress kPeer{{0x02, 0, 0, 0, 0x01, 0x01}};
constexpr std::uint32_t kPeerIp = 0x0a4d0009;

// Cycles from one start to the next, when there is a gap.
std::uint64_t spacing(const Cell& cell) { return (cell.bytes + kAroundFrame + 7) / 8 + cell.gap; }

}  // namespace

std::vector<std::byte> make_frame(unsigned bytes) {
  std::vector<std::byte> frame(bytes - kFcs);
  const std::span<std::byte> out{frame};
  kStation.store(out);
  kPeer.store(out.subspan(6));
  store_be16(out, 12, 0x0800);
  const auto ip = out.subspan(kEthernet);
  store8(ip, 0, 0x45);
  store_be16(ip, 2, static_cast<std::uint16_t>(ip.size()));
  store8(ip, 8, 64);
  store8(ip, 9, 17);
  store_be32(ip, 12, kPeerIp);
  store_be32(ip, 16, kStationIp.value);
  Checksum sum;
  sum.add(ip.first(kIpHeader));
  store_be16(ip, 10, sum.value());
  const auto udp = ip.subspan(kIpHeader);
  store_be16(udp, 0, kPort);
  store_be16(udp, 2, kPort);
  store_be16(udp, 4, static_cast<std::uint16_t>(udp.size()));  // checksum 0: none (RFC 768)
  for (std::size_t i = kUdpHeader; i < udp.size(); ++i) store8(udp, i, static_cast<std::uint8_t>(i * 37));
  finish_for_wire(frame);
  return frame;
}

std::uint64_t wire_cycles(const Cell& cell) {
  return cell.gap == 0 ? cell.frames * (cell.bytes + kAroundFrame) / 8 : cell.frames * spacing(cell);
}

Traffic::Traffic(const Cell& cell, SimTime start) : cell_(cell), start_(start), frame_(make_frame(cell.bytes)) {}

std::optional<WireFrame> Traffic::next() {
  if (sent_ == 0) began_ = std::chrono::steady_clock::now();
  if (sent_ == cell_.frames) return std::nullopt;
  WireFrame frame;
  frame.not_before = start_;
  if (cell_.gap != 0) frame.not_before += SimTime::ps(static_cast<std::int64_t>(sent_ * spacing(cell_)) * kCyclePs);
  frame.bytes = frame_;
  frame.packet = sent_++;
  return frame;
}

double Traffic::wall_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

Pattern wire_pattern(const Cell& cell) {
  Pattern pattern;
  pattern.frames = cell.gap == 0 ? kPeriodFrames : 1;
  const std::uint64_t length = cell.gap == 0 ? cell.bytes + kAroundFrame : spacing(cell);  // eight bytes a column
  Cell few = cell;
  few.frames = 2 * pattern.frames;
  Traffic traffic{few, SimTime::zero()};
  WireIn wire{[](std::uint64_t, SimTime, const WireFrame&) {}};
  wire.set_source(&traffic);
  for (std::uint64_t c = 0; c < length; ++c) pattern.columns.push_back(wire.column(c + 1));
  for (const Column& first : pattern.columns) {
    const Column again = wire.column(static_cast<std::uint64_t>(&first - pattern.columns.data()) + length + 1);
    if (again.data != first.data || again.control != first.control) throw std::logic_error("the wire has no period");
  }
  return pattern;
}

}  // namespace nicosim::bench
