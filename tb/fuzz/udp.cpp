// UDP: datagrams of any kind to sockets of any kind, bound, connected, in groups, with full buffers and a full card.
//
// Each datagram carries its own number, so a process can tell which one it got and whether it is whole.
#include "tb/fuzz/host.hpp"

#include <array>
#include <map>
#include <set>

namespace nicosim::fuzz {
namespace {

struct Fd {
  int fd = -1;
  std::set<std::uint32_t> seen;
};

class Program {
 public:
  explicit Program(Choices& c) : c_(c), host_(config_of(c), c.below(8) != 0) {
    host_.stack->set_neighbour(host_.card, packets::kPeerIp, packets::kPeerMac);
    host_.card.on_sent = [this](Bytes frame) { heard(frame); };
    open();
    host_.sys().bind(host_.task, fds_.front().fd, endpoint(Ipv4Address::any(), 9));
  }

  void run() {
    for (unsigned steps = 0; !c_.done() && steps < 400; ++steps) {
      step();
      host_.run_softirqs();
      host_.check();
      require(host_.nstat("UdpInDatagrams") == read_, "every datagram read is counted");
      // Eight sockets with up to 40000 bytes received and sent, a frame at least 768 of them; input_pkt_queue is empty.
      require(host_.pool.in_use() <= 8 * 2 * (40'000 / 768 + 90), "what waits is bounded");
    }
    if (c_.below(2) == 0) host_.come_to_rest();
    host_.end();
  }

 private:
  static StackConfig config_of(Choices& c) {
    StackConfig config;
    const unsigned a = c.u8();
    config.sysctl.rmem_default = (a & 1U) != 0 ? 3000 : 20'000;
    config.sysctl.wmem_default = (a & 2U) != 0 ? 4000 : 20'000;
    config.sysctl.rmem_max = config.sysctl.wmem_max = 20'000;
    config.sysctl.icmp_ratelimit = (a & 4U) != 0 ? 1000 : 0;
    constexpr std::array kPaths{RxPath::rps, RxPath::direct, RxPath::netif_rx, RxPath::rps};
    config.rx_path = kPaths.at(a >> 3U & 3U);
    return config;
  }
  static constexpr Ipv4Address kGroup{0xe000'0101};
  Ipv4Address address() {
    constexpr std::array kAddresses{packets::kOurIp,          packets::kPeerIp,        kGroup,
                                    Ipv4Address::broadcast(), Ipv4Address::any(),      Ipv4Address{0x0a4d'00ff},
                                    packets::kOtherIp,        Ipv4Address{0x7f00'0001}};
    return kAddresses.at(c_.below(8));
  }
  std::uint16_t port() { return static_cast<std::uint16_t>(c_.below(8) == 0 ? c_.u16() : 9 + c_.below(3)); }
  Fd& pick() { return fds_[c_.u8() % fds_.size()]; }

  void step() {
    switch (c_.below(20)) {
      case 0:
        return open();
      case 1:
        if (fds_.size() > 1) close();
        return;
      case 2:
        host_.sys().bind(host_.task, pick().fd, endpoint(address(), port()));
        return;
      case 3:
        return connect();
      case 4:
      case 5:
        return set_option();
      case 6:
      case 7:
        return send();
      case 8:
      case 9:
      case 10:
        return read();
      case 11:
        return icmp();
      case 12:
        host_.card.room = c_.below(4) == 0 ? Card::kEndless : c_.below(4);
        if (host_.card.room > 0) host_.stack->tx_wake(host_.card);
        return;
      case 13:
        host_.advance(SimTime::ms(std::array{1, 100, 1001, 40'000}.at(c_.below(4))));
        return;
      case 14:
        host_.sys().shutdown(host_.task, pick().fd, static_cast<int>(c_.below(4)));
        return;
      default:
        return datagram();
    }
  }
  void open() {
    if (fds_.size() >= 8) return;
    const int fd = host_.sys().socket(host_.task, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    require(fd >= 0, "there is a socket");
    fds_.push_back({fd, {}});
  }
  void close() {
    Fd& f = pick();
    host_.sys().close(host_.task, f.fd);
    fds_.erase(fds_.begin() + (&f - fds_.data()));
  }
  void connect() {
    sockaddr_in to = endpoint(address(), c_.below(2) == 0 ? 5000 : port());
    if (c_.below(8) == 0) to.sin_family = AF_UNSPEC;
    host_.sys().connect(host_.task, pick().fd, to);
  }
  void set_option() {
    const int fd = pick().fd;
    const int value = c_.u16();
    switch (c_.below(10)) {
      case 0:
        host_.set_option(fd, SOL_SOCKET, SO_RCVBUF, value);
        return;
      case 1:
        host_.set_option(fd, SOL_SOCKET, SO_SNDBUF, value);
        return;
      case 2:
        host_.set_option(fd, SOL_SOCKET, SO_REUSEADDR, value & 1);
        return;
      case 3:
        host_.set_option(fd, SOL_SOCKET, SO_REUSEPORT, value & 1);
        return;
      case 4:
        host_.set_option(fd, SOL_SOCKET, SO_BROADCAST, value & 1);
        return;
      case 5: {
        ip_mreq group{};
        group.imr_multiaddr.s_addr = htonl(kGroup.value + (value & 1U));
        host_.set_option(fd, IPPROTO_IP, (value & 2) != 0 ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, group);
        return;
      }
      case 6:
        host_.set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, value % 5);
        return;
      case 7:
        host_.set_option(fd, IPPROTO_IP, IP_TTL, value % 300);
        return;
      default: {
        int got = 0;
        host_.sys().getsockopt(host_.task, fd, value % 2 == 0 ? SOL_SOCKET : IPPROTO_IP, value / 2 % 64,
                               std::as_writable_bytes(std::span{&got, 1}));
      }
    }
  }
  void send() {
    const Packet data(std::size_t{c_.u16()} % (c_.below(4) == 0 ? 65'536U : 2000U));
    const sockaddr_in to = endpoint(address(), c_.below(4) == 0 ? port() : 5000);
    const bool named = c_.below(2) == 0;
    host_.sys().sendto(host_.task, pick().fd, data, MSG_DONTWAIT, named ? &to : nullptr);
  }

  // Its number, then bytes that follow from it.
  static Packet body_of(std::uint32_t number, std::size_t size) {
    Packet body(size);
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<std::byte>((number * 17 + i) & 0xffU);
    if (size >= 4) store_be32(body, 0, number);
    return body;
  }
  void datagram() {
    const std::uint32_t number = next_++;
    const std::size_t size = 4 + (c_.below(4) == 0 ? c_.u16() % 1400U : c_.u8());
    sizes_[number] = size;
    packets::Udp h;
    h.from = c_.below(2) == 0 ? 5000 : port();
    h.to = port();
    h.ip_from = c_.below(4) == 0 ? address() : packets::kPeerIp;
    h.ip_to = c_.below(2) == 0 ? address() : packets::kOurIp;
    h.checksum = c_.below(4) != 0;
    Packet payload = packets::udp(body_of(number, size), h);
    const unsigned damage = c_.below(16);
    if (damage == 0) store_be16(payload, 4, c_.u16());
    if (damage == 1 && h.checksum) payload[8 + c_.u8() % size] ^= std::byte{1};
    if (damage == 2) payload.resize(c_.u8() % 12);
    if (damage == 0 && !h.checksum) sizes_[number] = kAnySize;
    const unsigned to = c_.below(16);
    const MacAddress mac = to == 0   ? MacAddress::broadcast()
                           : to == 1 ? MacAddress{{1, 0, 0x5e, 0, 1, 1}}
                                     : packets::kOurMac;
    host_.receive(packets::ethernet(packets::ipv4(payload, {.from = h.ip_from, .to = h.ip_to}), {.to = mac}));
  }
  void icmp() {
    Packet inner(8);
    store_be16(inner, 0, port());
    store_be16(inner, 2, c_.below(2) == 0 ? 5000 : port());
    store_be16(inner, 4, 8);
    const std::uint8_t type = std::array<std::uint8_t, 4>{3, 3, 11, 12}.at(c_.below(4));
    const Packet quoted =
        packets::ipv4(inner, {.from = packets::kOurIp, .to = c_.below(4) == 0 ? address() : packets::kPeerIp});
    const auto code = static_cast<std::uint8_t>(c_.below(17));
    const std::uint16_t mtu = c_.u16();
    host_.receive(packets::ethernet(packets::ipv4(packets::icmp(type, code, mtu, quoted), {.protocol = 1})));
  }
  void read() {
    Fd& f = pick();
    const unsigned how = c_.below(8);
    const int flags = MSG_DONTWAIT | (how == 0 ? MSG_PEEK : how == 1 ? MSG_TRUNC : how == 2 ? MSG_PEEK | MSG_TRUNC : 0);
    Packet buffer(how == 3 ? c_.u8() : 2000);
    const long n = host_.sys().recvfrom(host_.task, f.fd, buffer, flags, nullptr);
    if (n < 0) return;
    if ((flags & MSG_PEEK) == 0) ++read_;
    require((flags & MSG_TRUNC) != 0 || n <= static_cast<long>(buffer.size()),
            "a read returns no more than was asked for");
    buffer.resize(std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(n)));
    if (buffer.size() < 4 || how == 3) return;
    const std::uint32_t number = load_be32(buffer, 0);
    const auto sent = sizes_.find(number);
    require(sent != sizes_.end(), "what is read was sent");
    require(sent->second == kAnySize || sent->second == buffer.size(), "and is whole");
    require(buffer == body_of(number, buffer.size()), "and is what was sent");
    if ((flags & MSG_PEEK) == 0) require(f.seen.insert(number).second, "a socket gets a datagram once");
  }

  void heard(Bytes frame) {
    if (load_be16(frame, 12) != 0x0800) return;
    const Bytes ip = frame.subspan(14);
    require(packets::naive_checksum(ip.first(20)) == 0 || load8(ip, 0) != 0x45, "a header of ours has its checksum");
    if (load8(ip, 9) != 17 || (load_be16(ip, 6) & 0x3fffU) != 0) return;
    const Bytes udp = ip.subspan(20, load_be16(ip, 2) - 20U);
    require(load_be16(udp, 4) == udp.size(), "a datagram of ours has its length");
    const Ipv4Address from{load_be32(ip, 12)}, to{load_be32(ip, 16)};
    require(packets::transport_checksum(from, to, 17, udp) == 0, "and its checksum");
  }

  static constexpr std::size_t kAnySize = ~std::size_t{0};
  Choices& c_;
  std::vector<Fd> fds_;
  std::map<std::uint32_t, std::size_t> sizes_;
  std::uint32_t next_ = 1;
  std::uint64_t read_ = 0;
  Host host_;
};

}  // namespace
}  // namespace nicosim::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nicosim::fuzz::Choices choices{data, size};
  nicosim::fuzz::Program{choices}.run();
  return 0;
}
