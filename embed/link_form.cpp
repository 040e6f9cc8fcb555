#include "embed/link_form.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr MacAddress kFarEnd{{0x02, 0, 0, 0, 0, 0xfe}};  // of a link that has no addresses of its own
constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86dd;
constexpr std::size_t kArpBytes = 28;

// RFC 826: the addresses change sides, and the far end says it is the one.
std::vector<std::byte> arp_reply(Bytes request) {
  std::vector<std::byte> reply(request.begin(), request.begin() + LinkForm::kEthernetHeader + kArpBytes);
  std::copy_n(request.begin() + 6, 6, reply.begin());
  kFarEnd.store(std::span{reply}.subspan(6));
  store_be16(reply, 20, 2);
  kFarEnd.store(std::span{reply}.subspan(22));
  std::copy_n(request.begin() + 38, 4, reply.begin() + 28);   // who was asked for
  std::copy_n(request.begin() + 22, 10, reply.begin() + 32);  // who asked
  return reply;
}

}  // namespace

std::vector<std::byte> LinkForm::frame_of(Bytes packet, const MacAddress& own) {
  std::vector<std::byte> frame(kEthernetHeader + packet.size());
  own.store(frame);
  kFarEnd.store(std::span{frame}.subspan(6));
  const bool ipv6 = !packet.empty() && load8(packet, 0) >> 4U == 6;
  store_be16(frame, 12, ipv6 ? kIpv6 : kIpv4);
  std::ranges::copy(packet, frame.begin() + kEthernetHeader);
  return frame;
}

std::optional<std::vector<std::byte>> LinkForm::sent(Bytes frame, SimTime now) {
  if (ethernet_) {
    queue_.push_back({{frame.begin(), frame.end()}, now});
    return std::nullopt;
  }
  const std::uint16_t type = load_be16(frame, 12);
  if (type == kArp && frame.size() >= kEthernetHeader + kArpBytes && load_be16(frame, 20) == 1) return arp_reply(frame);
  if (type != kIpv4) return std::nullopt;
  const Bytes packet = frame.subspan(kEthernetHeader);
  const std::size_t length = std::min<std::size_t>(load_be16(packet, 2), packet.size());  // without padding
  queue_.push_back({{packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length)}, now});
  return std::nullopt;
}

}  // namespace nicosim
