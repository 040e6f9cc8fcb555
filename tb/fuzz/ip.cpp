// IPv4: headers of any kind, options, fragments in any order, ICMP, and forwarding between two cards.
//
// Fragments of one datagram carry what belongs at their place in it, so a process can tell whether what was put
// together is right.
#include "tb/fuzz/host.hpp"

#include <array>

namespace nicosim::fuzz {
namespace {

using packets::bytes;

constexpr Ipv4Address kBeyond{Host::kOtherNet.value + 9};  // on the second card's link

// Byte `at` of the datagram that fragments are cut from; the UDP header in front says how long it is.
std::byte part_of(std::size_t at, std::size_t datagram) {
  const std::array<unsigned, 8> header{
      0x13, 0x88, 0, 9, static_cast<unsigned>(datagram >> 8U), static_cast<unsigned>(datagram & 0xffU), 0, 0};
  return static_cast<std::byte>(at < header.size() ? header.at(at) : (at * 31 + at / 256) & 0xffU);
}

class Program {
 public:
  explicit Program(Choices& c) : c_(c), host_(config_of(c), c.below(8) != 0, 2) {
    host_.stack->set_neighbour(host_.card, packets::kPeerIp, packets::kPeerMac);
    host_.stack->set_neighbour(host_.other, kBeyond, packets::kPeerMac);
    host_.card.on_sent = host_.other.on_sent = [this](Bytes frame) { heard(frame); };
    fd_ = host_.sys().socket(host_.task, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    host_.sys().bind(host_.task, fd_, endpoint(Ipv4Address::any(), 9));
  }

  void run() {
    for (unsigned steps = 0; !c_.done() && steps < 400; ++steps) {
      const std::uint64_t before = host_.card.frames + host_.other.frames;
      step();
      host_.run_softirqs();
      host_.check();
      // ipfrag_high_thresh 30000 and one more fragment, rmem_default 70000 and one more datagram, unres_qlen_bytes 4000
      // for three neighbours; a frame weighs at least 768, a reassembled datagram up to 66 K is one frame.
      require(host_.pool.in_use() <= 40 + 93 + 3 * 6, "what waits is bounded");
      require(host_.card.frames + host_.other.frames - before <= 100, "one step does not cause a storm");
    }
    if (c_.below(2) == 0) host_.come_to_rest();
    host_.end();
  }

 private:
  static StackConfig config_of(Choices& c) {
    StackConfig config;
    const unsigned a = c.u8();
    config.sysctl.ip_forward = (a & 1U) != 0;
    config.sysctl.ipfrag_high_thresh = 30'000;
    config.sysctl.rmem_default = 70'000;
    config.sysctl.unres_qlen_bytes = 4000;
    config.sysctl.gc_thresh3 = 3;
    config.sysctl.icmp_ratelimit = (a & 2U) != 0 ? 1000 : 0;
    config.sysctl.icmp_echo_ignore_broadcasts = a >> 2U & 1U;
    return config;
  }
  Ipv4Address address() {
    switch (c_.below(16)) {
      case 0:
        return Ipv4Address{c_.u32()};
      case 1:
        return Ipv4Address::broadcast();
      case 2:
        return Ipv4Address{packets::kOurIp.value | 0xffU};
      case 3:
        return Ipv4Address{0xe000'0001};
      case 4:
        return Ipv4Address{0x7f00'0001};
      case 5:
        return Ipv4Address::any();
      case 6:
      case 7:
        return kBeyond;
      case 8:
        return packets::kOtherIp;
      case 9:
        return Host::kOtherNet;
      default:
        return packets::kOurIp;
    }
  }

  void step() {
    const unsigned op = c_.below(16);
    if (op < 6) return fragment();
    if (op < 9) return packet();
    if (op == 9) return host_.receive(packets::ethernet(with_bytes(c_.raw(c_.u8()))));
    if (op == 10) {
      constexpr std::array<std::int64_t, 4> kMs{1, 1001, 29'000, 31'000};
      return host_.advance(SimTime::ms(kMs.at(c_.below(4))));
    }
    if (op == 11) return send();
    if (op == 12) return icmp();
    read();
  }
  packets::Ip header() {
    packets::Ip h;
    h.from = c_.below(4) == 0 ? address() : packets::kPeerIp;
    h.to = address();
    h.ttl = c_.below(4) == 0 ? c_.u8() : 64;
    h.dont_fragment = c_.below(4) == 0;
    switch (c_.below(8)) {
      case 0: {  // record route, timestamp, source route, or anything
        Packet& o = h.options;
        const std::array<int, 4> kinds{7, 68, 131, 137};
        o = bytes({kinds.at(c_.below(4)), 4 + c_.u8() % 40, c_.u8() % 44});
        packets::append(o, c_.raw(c_.below(36)));
        o.resize(std::min<std::size_t>((o.size() + 3) / 4 * 4, 40));
        break;
      }
      case 1: {
        const Bytes some = c_.raw(c_.below(40));
        h.options.assign(some.begin(), some.end());
        h.options.resize((some.size() + 3) / 4 * 4);
        break;
      }
      default:
        break;
    }
    return h;
  }
  void deliver(Packet datagram) {
    const unsigned damage = c_.below(16);
    if (damage < 3) {
      datagram[c_.u8() % std::min<std::size_t>(datagram.size(), 24)] = std::byte{c_.u8()};
      const std::size_t header = (load8(datagram, 0) & 0xfU) * std::size_t{4};
      if (damage < 2 && header >= 20 && header <= datagram.size()) packets::fix_ip_checksum(datagram);
      pure_ = false;  // its place in a datagram may have been what was damaged
    }
    if (damage == 3) datagram.resize(c_.u16() % (datagram.size() + 1));
    if (damage == 4) datagram.resize(datagram.size() + c_.u8());  // padding
    const unsigned to = c_.below(16);
    const MacAddress mac = to == 0   ? MacAddress::broadcast()
                           : to == 1 ? MacAddress{{1, 0, 0x5e, 0, 0, 1}}
                                     : packets::kOurMac;
    const bool on_other = c_.below(8) == 0;
    host_.receive(packets::ethernet(datagram, {.to = on_other && to > 1 ? host_.other.address() : mac}), on_other);
  }
  void fragment() {
    packets::Ip h;
    const unsigned which = c_.u8();
    h.to = (which & 7U) == 0 ? address() : packets::kOurIp;
    h.id = static_cast<std::uint16_t>(which >> 3U & 3U);
    const bool fixed = (which & 32U) != 0;
    // Steps of 48 bytes meet each other, others overlap.
    h.offset = std::size_t{c_.u8()} * (fixed ? 48 : 8);
    if ((which & 64U) != 0) h.offset = std::size_t{c_.u16()} % 8192 * 8;
    const std::size_t size = fixed ? 48 : c_.u16() % 1481;
    h.more_fragments = (which & 128U) == 0;
    const std::size_t datagram = kDatagrams.at(h.id);
    Packet payload(size);
    for (std::size_t i = 0; i < size; ++i) payload[i] = part_of(h.offset + i, datagram);
    deliver(packets::ipv4(payload, h));
  }
  void packet() {
    packets::Ip h = header();
    const std::size_t size = c_.below(4) == 0 ? 1400 + c_.below(60) : c_.u8();
    Packet payload = packets::udp(packets::pattern(size), {.to = static_cast<std::uint16_t>(9 + c_.below(2)),
                                                           .ip_from = h.from,
                                                           .ip_to = h.to,
                                                           .checksum = c_.below(4) != 0});
    pure_ = false;
    const unsigned kind = c_.below(8);
    if (kind < 3) {
      h.protocol = 1;
      payload = packets::echo(packets::pattern(size));
      if (kind == 0 && size > 0) store_be16(payload, 0, c_.u16());
      if (kind == 0) {
        store_be16(payload, 2, 0);
        store_be16(payload, 2, packets::naive_checksum(payload));
      }
    }
    if (kind == 3) h.protocol = c_.u8();
    if (payload.size() > 1480 - h.options.size()) payload.resize(1480 - h.options.size());
    deliver(packets::ipv4(payload, h));
  }
  void icmp() {  // an error about anything
    const Bytes some = c_.raw(c_.below(64));
    const std::uint8_t type = c_.u8() % 20, code = c_.u8() % 18;
    const std::uint32_t rest = c_.u32();
    Packet quoted =
        packets::ipv4(with_bytes(some), {.from = packets::kOurIp,
                                         .to = address(),
                                         .protocol = std::array<std::uint8_t, 4>{17, 6, 1, 99}.at(c_.below(4))});
    if (c_.below(4) == 0) quoted.resize(c_.u8() % (quoted.size() + 1));
    host_.receive(packets::ethernet(packets::ipv4(packets::icmp(type, code, rest, quoted), {.protocol = 1})));
  }
  void send() {
    const Packet data(std::size_t{c_.u16()} % 5000);
    const sockaddr_in to = endpoint(address(), 5000);
    host_.sys().sendto(host_.task, fd_, data, MSG_DONTWAIT, &to);
  }
  void read() {
    Packet buffer(66'000);
    const long n = host_.sys().recvfrom(host_.task, fd_, buffer, MSG_DONTWAIT, nullptr);
    if (n <= 0 || !pure_) return;
    const auto size = static_cast<std::size_t>(n) + 8;
    require(std::ranges::find(kDatagrams, size) != kDatagrams.end(), "a datagram has the length that was sent");
    for (std::size_t i = 8; i < size; ++i)
      require(buffer[i - 8] == part_of(i, size), "every byte of a datagram is at its place");
  }
  static Packet with_bytes(Bytes some) { return {some.begin(), some.end()}; }

  void heard(Bytes frame) {
    if (load_be16(frame, 12) != 0x0800) return;
    const Bytes ip = frame.subspan(14);
    const std::size_t header = (load8(ip, 0) & 0xfU) * std::size_t{4};
    require(load8(ip, 0) >> 4U == 4 && header >= 20 && header <= ip.size(), "a header of ours has its size");
    require(packets::naive_checksum(ip.first(header)) == 0, "and its checksum");
    require(load_be16(ip, 2) <= ip.size() && load_be16(ip, 2) >= header, "and its length");
    require(load8(ip, 8) > 0, "nothing leaves without time to live");
  }

  static constexpr std::array<std::size_t, 4> kDatagrams{96, 1008, 12'000, 65'000};
  Choices& c_;
  int fd_ = -1;
  bool pure_ = true;  // all that came was fragments of the datagrams above
  Host host_;
};

}  // namespace
}  // namespace nicosim::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nicosim::fuzz::Choices choices{data, size};
  nicosim::fuzz::Program{choices}.run();
  return 0;
}
