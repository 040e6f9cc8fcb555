// Ethernet and ARP: frames of any bytes and ARP messages of any kind, while a process sends to several neighbours.
#include "tb/fuzz/host.hpp"

#include <array>
#include <map>
#include <set>

namespace nicosim::fuzz {
namespace {

class Program {
 public:
  explicit Program(Choices& c) : c_(c), host_(config_of(c), c.below(8) != 0, 2) {
    host_.card.on_sent = [this](Bytes frame) { heard(frame, packets::kOurIp); };
    host_.other.on_sent = [this](Bytes frame) { heard(frame, Host::kOtherNet); };
    fd_ = host_.sys().socket(host_.task, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    host_.sys().bind(host_.task, fd_, endpoint(Ipv4Address::any(), 9));
  }

  void run() {
    for (unsigned steps = 0; !c_.done() && steps < 400; ++steps) {
      step();
      host_.run_softirqs();
      host_.check();
      // Four neighbours with a queue of 4000 bytes each, a frame at least 768 of them; a socket of ten times that; a
      // device queue.
      require(host_.pool.in_use() <= 4 * (4000 / 768 + 1) + 60 + 2 * 1001, "what waits for neighbours is bounded");
    }
    if (c_.below(2) == 0) {
      host_.card.link_up = host_.other.link_up = true;
      host_.come_to_rest();
    }
    host_.end();
  }

 private:
  static StackConfig config_of(Choices& c) {
    StackConfig config;
    const unsigned a = c.u8();
    config.sysctl.gc_thresh3 = 4;
    config.sysctl.unres_qlen_bytes = 4000;
    config.sysctl.rmem_default = 40'000;
    config.sysctl.ip_forward = (a & 1U) != 0;
    config.sysctl.mcast_solicit = (a & 2U) != 0 ? 3 : 1;
    config.sysctl.ucast_solicit = (a & 4U) != 0 ? 3 : 1;
    constexpr std::array kPaths{RxPath::rps, RxPath::direct, RxPath::netif_rx, RxPath::rps};
    config.rx_path = kPaths.at(a >> 3U & 3U);
    return config;
  }
  Ipv4Address address() {
    switch (c_.below(8)) {
      case 0:
        return packets::kOurIp;
      case 1:
        return Host::kOtherNet;
      case 2:
        return Ipv4Address{c_.u32()};
      case 3:
        return Ipv4Address{Host::kOtherNet.value + 1 + c_.below(4)};
      default:
        return Ipv4Address{(packets::kPeerIp.value & ~0xffU) + 10 + c_.below(6)};
    }
  }
  MacAddress mac() {
    switch (c_.below(8)) {
      case 0:
        return MacAddress::broadcast();
      case 1:
        return packets::kOurMac;
      case 2:
        return host_.other.address();
      case 3:
        return MacAddress{};
      case 4: {
        MacAddress any;
        for (std::uint8_t& octet : any.octets) octet = c_.u8();
        return any;
      }
      default:
        return MacAddress{{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(c_.below(4))}};
    }
  }

  void step() {
    const unsigned op = c_.below(16);
    if (op < 7) return arp();
    if (op < 10) return send();
    if (op == 10) return host_.receive(with_bytes(c_.raw(c_.u8())), c_.below(2) != 0);
    if (op == 11) return frame();
    if (op == 12) {
      constexpr std::array<std::int64_t, 6> kMs{1, 999, 1001, 5000, 31'000, 90'000};
      return host_.advance(SimTime::ms(kMs.at(c_.below(6))));
    }
    if (op == 13) {
      Packet buffer(100);
      host_.sys().recvfrom(host_.task, fd_, buffer, MSG_DONTWAIT, nullptr);
      return;
    }
    if (op == 14) {
      Card& card = c_.below(2) == 0 ? host_.card : host_.other;
      card.link_up = !card.link_up;
      host_.stack->carrier_changed(card);
      return;
    }
    host_.stack->set_promiscuous(host_.card, c_.below(2) != 0);
  }
  void arp() {
    packets::Arp h;
    h.operation = c_.below(8) == 0 ? c_.u8() : static_cast<std::uint16_t>(1 + c_.below(2));
    h.sender_mac = mac();
    h.sender_ip = address();
    h.target_mac = mac();
    h.target_ip = address();
    Packet message = packets::arp(h);
    const unsigned damage = c_.below(16);
    if (damage == 0) message[c_.u8() % message.size()] = std::byte{c_.u8()};
    if (damage == 1) message.resize(c_.u8() % (message.size() + 1));
    if (damage == 2) message.resize(message.size() + c_.below(64));
    const bool on_other = c_.below(4) == 0;
    claims_[h.sender_ip].insert(h.sender_mac);
    if (damage == 0 && message.size() >= 18)
      claims_[Ipv4Address{load_be32(message, 14)}].insert(MacAddress::from(Bytes{message}.subspan(8)));
    host_.receive(
        packets::ethernet(message,
                          {.to = c_.below(2) == 0 ? MacAddress::broadcast() : mac(), .from = mac(), .type = 0x0806}),
        on_other);
  }
  void frame() {
    const unsigned kind = c_.below(4);
    const std::uint16_t type = kind == 0 ? c_.u16() : std::array<std::uint16_t, 3>{0x0800, 0x8100, 0x86dd}.at(kind - 1);
    Packet payload = packets::ipv4(packets::udp(packets::text("hello"), {.ip_to = address()}), {.to = address()});
    if (kind > 1) payload = with_bytes(c_.raw(c_.below(64)));
    host_.receive(packets::ethernet(payload, {.to = mac(), .from = mac(), .type = type}), c_.below(2) != 0);
  }
  void send() {
    const Packet data(c_.u8());
    const sockaddr_in to = endpoint(address(), 5000);
    host_.sys().sendto(host_.task, fd_, data, MSG_DONTWAIT, &to);
  }
  static Packet with_bytes(Bytes some) { return {some.begin(), some.end()}; }

  // What we send: ARP in our own name, and packets to a MAC that somebody claimed.
  void heard(Bytes frame, Ipv4Address own) {
    require(MacAddress::from(frame.subspan(6)) == (own == packets::kOurIp ? host_.card : host_.other).address(),
            "our frames carry our address");
    const MacAddress to = MacAddress::from(frame);
    const unsigned type = load_be16(frame, 12);
    if (type == 0x0806) {
      require(frame.size() >= 42, "an ARP message of ours is whole");
      const Ipv4Address sender{load_be32(frame, 28)};
      require(sender == packets::kOurIp || sender == Host::kOtherNet, "ARP speaks in our own name");
      require(MacAddress::from(frame.subspan(22)) == MacAddress::from(frame.subspan(6)), "and with our own address");
      return;
    }
    require(type == 0x0800 && frame.size() >= 34, "all else we send is IPv4");
    if (to.is_multicast()) return;
    const auto claimed = claims_.find(Ipv4Address{load_be32(frame, 30)});
    require(claimed != claims_.end() && claimed->second.contains(to),
            "a packet goes to the MAC that its neighbour claimed");
  }

  Choices& c_;
  std::map<Ipv4Address, std::set<MacAddress>> claims_;
  int fd_ = -1;
  Host host_;
};

}  // namespace
}  // namespace nicosim::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nicosim::fuzz::Choices choices{data, size};
  nicosim::fuzz::Program{choices}.run();
  return 0;
}
