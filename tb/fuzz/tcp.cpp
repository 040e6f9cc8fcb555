// TCP against any peer: the input is a program of segments relative to the connection's numbers, system calls, ICMP
// errors, a card that is full, and time. tcp_model.hpp says what the stack may answer.
#include "tb/fuzz/tcp_model.hpp"

#include <array>

namespace nicosim::fuzz {
namespace {

using packets::bytes;

struct Fd {
  int fd = -1;
  Peer* peer = nullptr;  // nullptr: a listener
  std::uint32_t read = 0, written = 0;
};

StackConfig config_of(Choices& c) {
  StackConfig config;
  const unsigned a = c.u8(), b = c.u8();
  Sysctl& s = config.sysctl;
  s.tcp_syncookies = a % 3;
  s.tcp_abort_on_overflow = a >> 2U & 1U;
  s.tcp_sack = (a >> 3U & 3U) != 0 ? 1 : 0;
  s.tcp_timestamps = (a >> 5U & 1U);
  s.tcp_window_scaling = (a >> 6U & 1U);
  s.tcp_cubic = (a >> 7U & 1U) != 0;
  s.tcp_invalid_ratelimit = (b & 1U) != 0 ? 500 : 0;
  s.tcp_rfc1337 = b >> 1U & 1U;
  if ((b >> 2U & 1U) != 0) s.tcp_rmem_default = 8192;
  if ((b >> 3U & 1U) != 0) s.tcp_rmem_max = s.rmem_max = 16384;
  if ((b >> 4U & 1U) != 0) s.tcp_wmem_default = 6000;
  s.tcp_recovery = b >> 5U & 1U;
  s.tcp_early_retrans = (b >> 6U & 1U) != 0 ? 3 : 0;
  s.tcp_max_tw_buckets = (b >> 7U & 1U) != 0 ? 1 : 1000;
  return config;
}

class Program {
 public:
  explicit Program(Choices& c) : c_(c), host_(config_of(c), c.below(8) != 0) {
    host_.stack->set_neighbour(host_.card, packets::kPeerIp, packets::kPeerMac);
    host_.card.on_sent = [this](Bytes frame) { heard(frame); };
    host_.runtime.on_sleep = [this] { return wait_for_a_timer(); };
    constexpr std::array<std::uint32_t, 4> kBases{1000, 0xffff'fff0, 0x7fff'ff00, 0x00ff'fff0};
    const unsigned base = c_.below(4);
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      Peer& p = peers_[i];
      p.port = static_cast<std::uint16_t>(40'000 + i);
      p.base = kBases.at(base) + static_cast<std::uint32_t>(i) * 77;
      p.active = i >= kPassive;
      p.nxt = p.isn();
    }
    listen(static_cast<int>(c_.below(4)));
    const unsigned begin = c_.below(4);
    if (begin < 2) {  // an accepted connection
      syn();
      handshake();
      accept();
    } else if (begin == 2) {
      connect();
      handshake();
    }
  }

  void run() {
    for (unsigned steps = 0; !c_.done() && steps < 400; ++steps) {
      step();
      host_.run_softirqs();
      host_.check();
      require(host_.pool.in_use() < 3000, "a few hundred segments do not fill the pool");
      require(host_.nstat("TcpInSegs") == injected_, "every segment is counted");
    }
    if (c_.below(2) == 0) host_.come_to_rest();
    host_.end();
  }

 private:
  static constexpr std::size_t kPassive = 3;  // of the peers below; to the others we connect

  void step() {
    switch (c_.below(32)) {
      case 0:
        return syn();
      case 1:
        now_ = c_.below(static_cast<unsigned>(peers_.size()));
        return;
      case 2:
      case 3:
        return accept();
      case 4:
      case 5:
        return read();
      case 6:
      case 7:
      case 8:
        return write();
      case 9:
        return shutdown();
      case 10:
        return close();
      case 11:
        return set_option();
      case 12:
      case 13:
      case 14:
        return pass_time();
      case 15:
        return icmp();
      case 16:
        host_.card.room = c_.below(4) == 0 ? Card::kEndless : c_.below(4);
        if (host_.card.room > 0) host_.stack->tx_wake(host_.card);
        return;
      case 17:
        return connect();
      case 18:
        return handshake();
      case 19:
      case 20:
        return burst();
      case 21:
        return acknowledge();
      case 22:
        return listen(static_cast<int>(c_.below(4)));
      default:
        return segment();
    }
  }

  // ---- the peers
  Peer& peer() { return peers_[now_]; }

  void say(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::uint16_t window, const Packet& options,
           std::size_t size, bool second_version = false) {
    Peer& p = peer();
    p.said_segment(flags, seq, size);
    if ((flags & (kSyn | kRst | kAck)) == kAck) p.said_ack_to_cookie(seq, ack);
    if (second_version && size > 0) p.second_version = true;
    Packet out(20);
    packets::append(out, options);
    while (out.size() % 4 != 0) out.push_back(std::byte{0});
    if (out.size() > 60) out.resize(60);
    const std::size_t header = out.size();
    const std::uint32_t first = p.offset(seq) + ((flags & kSyn) != 0 ? 1 : 0);
    const Bytes data = Streams::get().peer_says(first & Peer::kStream, size, second_version);
    packets::append(out, data);
    store_be16(out, 0, p.port);
    store_be16(out, 2, p.our_port);
    store_be32(out, 4, seq);
    store_be32(out, 8, ack);
    store8(out, 12, static_cast<std::uint8_t>(header / 4 << 4U));
    store8(out, 13, flags);
    store_be16(out, 14, window);
    store_be16(out, 16, packets::transport_checksum(packets::kPeerIp, packets::kOurIp, 6, out));
    ++injected_;
    host_.receive(packets::ethernet(packets::ipv4(out, {.protocol = 6})));
  }
  std::uint32_t clock() const { return 1000 + static_cast<std::uint32_t>(host_.runtime.now().in_ns() / 1'000'000); }
  void stamp(Packet& options, std::uint32_t value) {
    const std::size_t at = options.size();
    packets::append(options, bytes({1, 1, 8, 10}));
    options.resize(at + 12);
    store_be32(options, at + 4, value);
    store_be32(options, at + 8, peer().our_tsval.value_or(0));
  }
  std::uint16_t window() {
    const unsigned w = c_.u8();
    return static_cast<std::uint16_t>(w == 255 ? 65535 : w * 256);
  }
  Packet syn_options() {
    const unsigned which = c_.u8();
    Packet o;
    if ((which & 1U) != 0) packets::append(o, bytes({2, 4, 5, 180}));
    if ((which & 2U) != 0) {
      const int high = c_.u8() % 8, low = c_.u8();
      packets::append(o, bytes({2, 4, high, low}));
    }
    if ((which & 4U) != 0) packets::append(o, bytes({1, 1, 4, 2}));
    if ((which & 8U) != 0) packets::append(o, bytes({1, 3, 3, c_.u8() % 16}));
    peer().timestamps = (which & 16U) != 0;
    if (peer().timestamps) stamp(o, clock());
    return o;
  }
  void syn() {
    const unsigned how = c_.below(4);
    Peer& p = peer();
    if (how == 1) ++p.generation;
    if (how == 2) p.generation += 64;
    if (how != 3) p.nxt = p.isn();
    const Packet options = syn_options();
    say(kSyn, p.isn(), 0, window(), options, 0);
  }
  void handshake() {
    Peer& p = peer();
    Packet options;
    if (p.active) {
      options = syn_options();
      p.nxt = p.isn();
      return say(kSyn | kAck, p.isn(), p.our_isn + 1, window(), options, 0);
    }
    if (p.timestamps) stamp(options, clock());
    say(kAck, p.isn() + 1, p.our_isn + 1, window(), options, 0);
  }
  void burst() {  // full segments in order, to fill buffers
    Peer& p = peer();
    const unsigned count = 1 + c_.below(24);
    const std::size_t size = c_.below(2) == 0 ? 1400 : 1 + c_.u8();
    for (unsigned i = 0; i < count; ++i) {
      Packet options;
      if (p.timestamps) stamp(options, clock());
      say(kAck, p.nxt, p.our_nxt, 65535, options, size);
    }
  }
  void acknowledge() {  // part of what we sent
    Peer& p = peer();
    const std::uint32_t flight = p.our_nxt - p.our_una;
    p.our_una += flight < 1'000'000 ? flight * c_.u8() / 255 : 0;
    Packet options;
    if (p.timestamps) stamp(options, clock());
    say(kAck, p.nxt, p.our_una, window(), options, 0);
  }
  void segment() {
    Peer& p = peer();
    const unsigned how = c_.u8();
    std::uint8_t flags = kAck;
    if (how % 8 == 4) flags = kAck | kPsh;
    if (how % 8 == 5) flags = kAck | kFin;
    if (how % 8 == 6) flags = c_.u8() & 0x3fU;
    if (how % 8 == 7) flags = (how & 8U) != 0 ? kRst : kRst | kAck;
    const bool second = (how & 16U) != 0;
    const std::uint32_t seq = seq_of();
    const std::uint32_t ack = (flags & kAck) != 0 ? ack_of() : 0;
    const unsigned size = c_.u8();
    const std::size_t length = size < 64 ? 0 : size < 128 ? size - 63 : size < 192 ? 536 : 1400;
    const std::uint16_t offered = window();
    Packet options;
    if ((how & 32U) != 0) {
      if (p.timestamps) stamp(options, clock());
    } else {
      options = odd_options();
    }
    say(flags, seq, ack, offered, options, length, second);
  }
  std::uint32_t seq_of() {
    const Peer& p = peer();
    switch (c_.below(8)) {
      case 0:
      case 1:
      case 2:
        return p.nxt;
      case 3:
        return p.our_ack;
      case 4:
        return p.nxt + c_.u16();  // behind a gap
      case 5:
        return p.our_ack - c_.u16() % 4096;
      case 6:
        return p.our_ack + static_cast<std::uint32_t>(static_cast<std::int8_t>(c_.u8()));
      default:
        return c_.u32();
    }
  }
  std::uint32_t ack_of() {
    const Peer& p = peer();
    switch (c_.below(8)) {
      case 0:
      case 1:
      case 2:
        return p.our_nxt;
      case 3:
        return p.our_una;
      case 4:
        return p.our_una + c_.u16();
      case 5:
        return p.our_nxt + static_cast<std::uint32_t>(static_cast<std::int8_t>(c_.u8()));
      case 6:
        return p.our_isn + c_.u8();
      default:
        return c_.u32();
    }
  }
  Packet odd_options() {
    Peer& p = peer();
    Packet o;
    switch (c_.below(4)) {
      case 0:
        return o;
      case 1: {  // SACK blocks
        if (p.timestamps) stamp(o, clock());
        const unsigned blocks = 1 + c_.below(p.timestamps ? 3 : 4);
        packets::append(o, bytes({1, 1, 5, static_cast<int>(2 + 8 * blocks)}));
        for (unsigned i = 0; i < blocks; ++i) {
          const std::uint32_t start = p.our_una + c_.u16() - 1000;
          const std::uint32_t end = c_.below(4) == 0 ? p.our_nxt : start + c_.u16();
          Packet block(8);
          store_be32(block, 0, start);
          store_be32(block, 4, end);
          packets::append(o, block);
        }
        return o;
      }
      case 2:  // a wrong time
        stamp(o,
              clock() + (c_.below(2) == 0 ? c_.u32() : static_cast<std::uint32_t>(static_cast<std::int8_t>(c_.u8()))));
        return o;
      default:
        packets::append(o, c_.raw(c_.u8() % 40));
        return o;
    }
  }
  void icmp() {
    Peer& p = peer();
    Packet inner(8);
    store_be16(inner, 0, p.our_port);
    store_be16(inner, 2, p.port);
    const unsigned where = c_.below(4);
    const std::uint32_t seq = where == 0 ? c_.u32() : where == 1 ? p.our_isn : p.our_una + c_.u8();
    store_be32(inner, 4, seq);
    const std::uint8_t type = std::array<std::uint8_t, 4>{3, 3, 11, 12}.at(c_.below(4));
    const std::uint8_t code = type == 3 ? static_cast<std::uint8_t>(c_.below(16)) : 0;
    const std::uint32_t mtu = c_.u16();
    const Packet quoted = packets::ipv4(inner, {.from = packets::kOurIp, .to = packets::kPeerIp, .protocol = 6});
    host_.receive(packets::ethernet(packets::ipv4(packets::icmp(type, code, mtu, quoted), {.protocol = 1})));
  }

  void heard(Bytes frame) {
    ++answers_;
    const std::size_t ip_header = (load8(frame, 14) & 0xfU) * std::size_t{4};
    if (load8(frame, 14 + 9) != 6) return;
    const Bytes segment = frame.subspan(14 + ip_header, load_be16(frame, 16) - ip_header);
    require(packets::naive_checksum(frame.subspan(14, ip_header)) == 0, "an IP header of ours has its checksum");
    require(packets::transport_checksum(packets::kOurIp, packets::kPeerIp, 6, segment) == 0,
            "a segment of ours has its checksum");
    for (Peer& p : peers_) {
      if (load_be16(segment, 2) != p.port) continue;
      if (p.active && !connecting_ && load_be16(segment, 0) != p.our_port) continue;  // of an earlier attempt
      if (connecting_ && p.active) p.our_port = load_be16(segment, 0);
      p.heard(segment);
    }
  }

  // ---- the process
  Fd* pick() {
    if (fds_.empty()) return nullptr;
    return &fds_[c_.u8() % fds_.size()];
  }
  void listen(int backlog) {
    backlog_ = backlog = std::max(backlog, backlog_);  // a shorter one would leave the queue longer than it may be
    if (listening_ >= 0) {
      host_.sys().listen(host_.task, listening_, backlog);
      return;
    }
    listening_ = host_.sys().socket(host_.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    require(listening_ >= 0, "there is a socket");
    host_.set_option(listening_, SOL_SOCKET, SO_REUSEADDR, 1);
    if (host_.sys().bind(host_.task, listening_, endpoint(Ipv4Address::any(), 80)) != 0 ||
        host_.sys().listen(host_.task, listening_, backlog) != 0) {
      host_.sys().close(host_.task, listening_);
      listening_ = -1;
    }
  }
  void accept() {
    if (listening_ < 0) return;
    sockaddr_in from{};
    const int fd = host_.sys().accept4(host_.task, listening_, &from, SOCK_NONBLOCK);
    if (fd < 0) return;
    const std::uint16_t port = ntohs(from.sin_port);
    if (fds_.size() >= 8) {
      host_.sys().close(host_.task, fd);
      return;
    }
    const auto found = std::ranges::find(peers_, port, &Peer::port);
    // One that was reset before it was accepted has no name any more.
    fds_.push_back({fd, found != peers_.end() ? &*found : nullptr});
  }
  void connect() {
    Peer& p = peers_[kPassive];
    now_ = kPassive;
    if (fds_.size() >= 8) return;
    const int fd = host_.sys().socket(host_.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    p.our_isns.clear();
    p.written = 0;
    connecting_ = true;
    host_.sys().connect(host_.task, fd, endpoint(packets::kPeerIp, p.port));
    host_.run_softirqs();
    connecting_ = false;
    for (Fd& f : fds_)
      if (f.peer == &p) f.peer = &forgotten_;
    sockaddr_in name{};
    host_.sys().getsockname(host_.task, fd, name);
    if (name.sin_port != 0) p.our_port = ntohs(name.sin_port);
    fds_.push_back({fd, &p});
  }
  void read() {
    Fd* const f = pick();
    if (f == nullptr) return;
    const std::size_t most = std::size_t{c_.u8()} * 64 + 1;
    const int flags = c_.below(4) == 0 ? MSG_PEEK | MSG_DONTWAIT : MSG_DONTWAIT;
    Packet buffer(most);
    const long n = host_.sys().recvfrom(host_.task, f->fd, buffer, flags, nullptr);
    require(n <= static_cast<long>(most), "a read returns no more than was asked for");
    if (n <= 0) return;
    if (f->peer != nullptr && f->peer != &forgotten_ && !f->peer->odd_syn) {
      const auto size = static_cast<std::size_t>(n);
      const Bytes first = Streams::get().peer_says(1 + f->read, size, false);  // the SYN is at 0
      const Bytes second = Streams::get().peer_says(1 + f->read, size, true);
      for (std::size_t i = 0; i < size; ++i) {
        const bool right = buffer[i] == first[i] || (f->peer->second_version && buffer[i] == second[i]);
        require(right, "what is read is what the peer said at that place");
      }
    }
    if ((flags & MSG_PEEK) == 0) f->read += static_cast<std::uint32_t>(n);
  }
  void write() {
    Fd* const f = pick();
    if (f == nullptr) return;
    const std::size_t size = std::size_t{c_.u8()} * 32 + 1;
    const Bytes data = Streams::get().we_say(f->written, size);
    const int more = c_.below(4) == 0 ? MSG_MORE : 0;
    // Before the call, since the first segments leave in it.
    if (f->peer != nullptr)
      f->peer->written = std::max(f->peer->written, f->written + static_cast<std::uint32_t>(size));
    const long n = host_.sys().sendto(host_.task, f->fd, data, MSG_DONTWAIT | MSG_NOSIGNAL | more, nullptr);
    require(n <= static_cast<long>(size), "no more is taken than was given");
    if (n > 0) f->written += static_cast<std::uint32_t>(n);
  }
  void shutdown() {
    Fd* const f = pick();
    const int how = static_cast<int>(c_.below(3));
    if (f != nullptr) host_.sys().shutdown(host_.task, f->fd, how);
  }
  void close() {
    Fd* const f = pick();
    if (f == nullptr || c_.below(8) == 0) {
      if (listening_ >= 0) host_.sys().close(host_.task, listening_);
      listening_ = -1;
      return;
    }
    host_.sys().close(host_.task, f->fd);
    fds_.erase(fds_.begin() + (f - fds_.data()));
  }
  void set_option() {
    Fd* const f = pick();
    const int fd = f == nullptr || c_.below(8) == 0 ? listening_ : f->fd;
    const unsigned which = c_.below(12);
    const int value = c_.u16();
    switch (which) {
      case 0:
        host_.set_option(fd, SOL_SOCKET, SO_RCVBUF, value);
        return;
      case 1:
        host_.set_option(fd, SOL_SOCKET, SO_SNDBUF, value);
        return;
      case 2:
        host_.set_option(fd, SOL_SOCKET, SO_KEEPALIVE, value & 1);
        return;
      case 3:
        host_.set_option(fd, SOL_SOCKET, SO_LINGER, linger{value & 1, value >> 1 & 7});
        return;
      case 4:
        host_.set_option(fd, SOL_SOCKET, SO_RCVLOWAT, value);
        return;
      case 5: {
        tcp_info info{};
        host_.sys().getsockopt(host_.task, fd, IPPROTO_TCP, TCP_INFO, std::as_writable_bytes(std::span{&info, 1}));
        return;
      }
      default: {
        constexpr std::array kOptions{TCP_NODELAY,     TCP_MAXSEG,  TCP_CORK,         TCP_KEEPIDLE,
                                      TCP_KEEPINTVL,   TCP_KEEPCNT, TCP_LINGER2,      TCP_WINDOW_CLAMP,
                                      TCP_QUICKACK,    TCP_SYNCNT,  TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT,
                                      TCP_DEFER_ACCEPT};
        host_.set_option(fd, IPPROTO_TCP, kOptions.at(c_.u8() % kOptions.size()), value);
      }
    }
  }

  // ---- time
  void pass_time() {
    constexpr std::array<std::int64_t, 8> kMs{1, 5, 41, 201, 1000, 7000, 61'000, 400'000};
    host_.advance(SimTime::ms(kMs.at(c_.below(8))));
  }
  bool wait_for_a_timer() {
    const SimTime next = host_.stack->next_deadline();
    if (next.is_never()) return false;
    host_.runtime.set_now(std::max(host_.runtime.now(), next));
    host_.runtime.enter(Context::softirq);
    host_.stack->softirq(Softirq::timer);
    host_.run_softirqs();
    return true;
  }

  Choices& c_;
  std::array<Peer, 4> peers_;
  Peer forgotten_;
  std::size_t now_ = 0;
  std::vector<Fd> fds_;
  int listening_ = -1, backlog_ = 0;
  bool connecting_ = false;
  std::uint64_t injected_ = 0, answers_ = 0;
  Host host_;
};

}  // namespace
}  // namespace nicosim::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nicosim::fuzz::Choices choices{data, size};
  nicosim::fuzz::Program{choices}.run();
  return 0;
}
