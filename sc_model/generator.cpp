#include "sc_model/generator.hpp"

#include "common/int128.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::size_t kEthernetHeader = 14, kArpPacket = 28;

}  // namespace

Generator::Generator(MacAddress mac, std::optional<Ipv4Address> address, std::vector<Send> sends)
    : mac_(mac), address_(address) {
  for (Send& send : sends) {
    if (!send.every && !send.rate && !send.count) send.count = 1;
    series_.push_back({std::move(send)});
  }
}

SimTime Generator::Series::next_at() const {
  if (finished()) return SimTime::never();
  if (send.every) return send.at + *send.every * static_cast<std::int64_t>(done);
  if (!send.rate) return send.at;
  const auto ps = static_cast<UInt128>(done) * 1'000'000'000'000ULL / *send.rate;
  return send.at + SimTime::ps(static_cast<std::int64_t>(ps));
}

std::optional<WireFrame> Generator::next() {
  const auto first = std::ranges::min_element(series_, {}, &Series::next_at);
  if (first == series_.end() || first->next_at().is_never()) return std::nullopt;
  WireFrame frame;
  frame.not_before = first->next_at();
  frame.bytes = first->send.frame;
  frame.packet = sent_++;
  finish_for_wire(frame.bytes);
  ++first->done;
  return frame;
}

std::optional<std::vector<std::byte>> Generator::receive(Bytes frame) {
  ++received_;
  if (!address_ || frame.size() < kEthernetHeader + kArpPacket || load_be16(frame, 12) != kEtherTypeArp)
    return std::nullopt;
  const Bytes arp = frame.subspan(kEthernetHeader);
  const bool request = load_be16(arp, 6) == 1;  // RFC 826
  if (!request || load_be32(arp, 24) != address_->value) return std::nullopt;

  std::vector<std::byte> reply(kEthernetHeader + kArpPacket);
  const std::span<std::byte> out{reply};
  std::ranges::copy(arp.subspan(8, 6), out.begin());
  mac_.store(out.subspan(6));
  store_be16(out, 12, kEtherTypeArp);
  const std::span<std::byte> body = out.subspan(kEthernetHeader);
  std::ranges::copy(arp.first(6), body.begin());  // hardware and protocol types and lengths
  store_be16(body, 6, 2);
  mac_.store(body.subspan(8));
  store_be32(body, 14, address_->value);
  std::ranges::copy(arp.subspan(8, 10), body.begin() + 18);
  finish_for_wire(reply);
  return reply;
}

}  // namespace nicosim
