// A TCP peer made of single packets: what is said and heard, number by number (like packetdrill, in C++).
//
// Numbers are relative to the initial ones, the peer's and ours, so that the first byte of data is 1 on both sides.
// Builders and readers here are independent of the stack's own code.
#pragma once

#include "tb/stack/stack_fixture.hpp"

#include <array>
#include <linux/tcp.h>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

namespace nicosim {

enum TcpFlags : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32 };

struct TcpFixture : StackFixture {
  // What the peer says.
  struct In {
    std::uint8_t flags = kAck;
    std::uint32_t seq = 1, ack = 1;
    Packet payload = {};
    std::uint16_t window = 65535;
    Packet options = {};  // raw; the timestamp is put in front of them when the connection has one
    std::optional<std::uint32_t> tsval = {};
  };
  // What we answered.
  struct Out {
    std::uint8_t flags = 0;
    std::uint32_t seq = 0, ack = 0;
    std::uint16_t window = 0;
    Packet options, payload;
    std::uint32_t raw_seq = 0, raw_ack = 0;
    std::optional<std::uint32_t> tsval, tsecr;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sacks;  // relative to the peer
    Packet frame;

    bool operator==(const Out& o) const { return flags == o.flags && seq == o.seq && ack == o.ack; }
  };

  explicit TcpFixture(StackConfig config = {}) : StackFixture(config) { know_peer(); }

  // ---- the peer's side
  void inject(const In& in) {
    Packet options;
    if (timestamps) {
      const std::uint32_t value = in.tsval ? *in.tsval : peer_clock();
      options = packets::bytes({1, 1, 8, 10});
      options.resize(12);
      store_be32(options, 4, value);
      store_be32(options, 8, our_tsval);
    }
    packets::append(options, in.options);
    inject_raw(in.flags, peer_isn + in.seq, (in.flags & kAck) != 0 ? our_isn + in.ack : 0, in.window, options,
               in.payload);
  }
  void inject_raw(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::uint16_t window, const Packet& options,
                  const Packet& payload) {
    Packet out(20);
    packets::append(out, options);
    const std::size_t header = out.size();
    packets::append(out, payload);
    store_be16(out, 0, peer_port);
    store_be16(out, 2, our_port);
    store_be32(out, 4, seq);
    store_be32(out, 8, ack);
    store8(out, 12, static_cast<std::uint8_t>(header / 4 << 4U));
    store8(out, 13, flags);
    store_be16(out, 14, window);
    store_be16(out, 16, packets::transport_checksum(peer_ip, packets::kOurIp, 6, out));
    receive(packets::ethernet(packets::ipv4(out, {.from = peer_ip, .protocol = 6})));
  }
  // When the next segment leaves, after so much time, in milliseconds.
  SimTime until_heard(SimTime most) {
    const SimTime begin = runtime.now();
    while (silent() && runtime.now() - begin < most) advance(SimTime::ms(1));
    return runtime.now() - begin;
  }
  std::uint32_t peer_clock() const { return 1000 + static_cast<std::uint32_t>(runtime.now().in_ns() / 1'000'000); }

  // ---- our side
  bool silent() const { return read_so_far >= card.sent.size(); }
  std::size_t waiting() const { return card.sent.size() - read_so_far; }
  void forget_sent() { read_so_far = card.sent.size(); }
  Out heard() {
    EXPECT_FALSE(silent()) << "nothing was sent";
    if (silent()) return {};
    Out out;
    out.frame = card.sent.at(read_so_far++);
    const std::size_t ip_header = (load8(out.frame, 14) & 0xfU) * std::size_t{4};
    const Bytes segment = Bytes{out.frame}.subspan(14 + ip_header, load_be16(out.frame, 16) - ip_header);
    EXPECT_EQ(packets::transport_checksum(packets::kOurIp, peer_ip, 6, segment), 0U);
    EXPECT_EQ(load_be16(segment, 0), our_port);
    EXPECT_EQ(load_be16(segment, 2), peer_port);
    out.raw_seq = load_be32(segment, 4);
    out.raw_ack = load_be32(segment, 8);
    out.flags = load8(segment, 13);
    out.seq = out.raw_seq - our_isn;
    out.ack = (out.flags & kAck) != 0 ? out.raw_ack - peer_isn : 0;
    out.window = load_be16(segment, 14);
    const std::size_t header = (load8(segment, 12) >> 4U) * std::size_t{4};
    const Bytes options = segment.subspan(20, header - 20), data = segment.subspan(header);
    out.options.assign(options.begin(), options.end());
    out.payload.assign(data.begin(), data.end());
    for (std::size_t at = 0; at < options.size();) {
      const unsigned kind = load8(options, at);
      if (kind == 1) {
        ++at;
        continue;
      }
      const std::size_t size = load8(options, at + 1);
      if (kind == 8) {
        out.tsval = load_be32(options, at + 2);
        out.tsecr = load_be32(options, at + 6);
        our_tsval = *out.tsval;
      }
      if (kind == 5)
        for (std::size_t i = 2; i < size; i += 8)
          out.sacks.emplace_back(load_be32(options, at + i) - peer_isn, load_be32(options, at + i + 4) - peer_isn);
      at += size;
    }
    return out;
  }
  void expect(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t bytes = 0) {
    const Out out = heard();
    EXPECT_EQ(int{out.flags}, int{flags});
    EXPECT_EQ(out.seq, seq);
    EXPECT_EQ(out.ack, ack);
    EXPECT_EQ(out.payload.size(), bytes);
  }
  void expect_ack(std::uint32_t ack) {
    const Out out = heard();
    EXPECT_EQ(int{out.flags}, int{kAck});
    EXPECT_EQ(out.ack, ack);
    EXPECT_EQ(out.payload.size(), 0U);
  }

  // ---- connections
  // The options of a Linux SYN; `parts` leaves some out.
  Packet syn_options(bool with_ts = true, bool sack = true, int scale = 7, unsigned mss = 1460) {
    Packet o = packets::bytes({2, 4, static_cast<int>(mss >> 8U), static_cast<int>(mss & 0xffU)});
    if (with_ts) {
      packets::append(o, sack ? packets::bytes({4, 2, 8, 10}) : packets::bytes({1, 1, 8, 10}));
      Packet stamp(8);
      store_be32(stamp, 0, peer_clock());
      store_be32(stamp, 4, our_tsval);
      packets::append(o, stamp);
    } else if (sack) {
      packets::append(o, packets::bytes({1, 1, 4, 2}));
    }
    if (scale >= 0) packets::append(o, packets::bytes({1, 3, 3, scale}));
    return o;
  }
  int tcp_socket() {
    const int fd = sys().socket(task, AF_INET, SOCK_STREAM, 0);
    EXPECT_GE(fd, 3);
    return fd;
  }
  int listener(int backlog = 10, std::uint16_t port = 80) {
    const int fd = tcp_socket();
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), port)), 0);
    EXPECT_EQ(sys().listen(task, fd, backlog), 0);
    our_port = port;
    runtime.enter(Context::softirq);
    return fd;
  }
  void syn(const Packet& options) { inject_raw(kSyn, peer_isn, 0, 65535, options, {}); }
  // SYN, SYN-ACK, ACK.
  Out handshake(const Packet& options, std::uint16_t window = 65535) {
    timestamps = false;
    syn(options);
    Out answer = heard();
    EXPECT_EQ(int{answer.flags}, kSyn | kAck);
    our_isn = answer.raw_seq;
    answer.seq = 0;
    timestamps = answer.tsval.has_value();
    advance(round_trip);
    inject({.flags = kAck, .window = window});
    return answer;
  }
  int accept(int listening) {
    const int fd = sys().accept4(task, listening, nullptr, 0);
    EXPECT_GE(fd, 3);
    runtime.enter(Context::softirq);
    return fd;
  }
  // An accepted connection. By default plain: no timestamps, no SACK, no scaling.
  int accepted() { return accepted_with(syn_options(false, false, -1)); }
  int accepted_with(const Packet& options, std::uint16_t window = 65535) {
    const int listening = listener();
    handshake(options, window);
    const int fd = accept(listening);
    EXPECT_TRUE(silent());
    return fd;
  }
  int connect_nonblocking(std::uint16_t port = 7777) {
    const int fd = sys().socket(task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    EXPECT_EQ(sys().connect(task, fd, endpoint(peer_ip, port)), -EINPROGRESS);
    runtime.enter(Context::softirq);
    run_softirqs();
    peer_port = port;
    sockaddr_in name{};
    sys().getsockname(task, fd, name);
    our_port = ntohs(name.sin_port);
    runtime.enter(Context::softirq);
    return fd;
  }
  // An active connection; the SYN is checked by others.
  int connected(const Packet& options, std::uint16_t window = 65535) {
    const int fd = connect_nonblocking();
    const Out syn_out = heard();
    our_isn = syn_out.raw_seq;
    timestamps = false;
    inject_raw(kSyn | kAck, peer_isn, our_isn + 1, window, options, {});
    timestamps = options.size() > 12 && syn_out.tsval.has_value();
    expect_ack(1);
    return fd;
  }

  long write(int fd, const Packet& data, int flags = MSG_DONTWAIT | MSG_NOSIGNAL) {
    return send(fd, data, nullptr, flags);
  }
  int close(int fd) {
    const int r = sys().close(task, fd);
    runtime.enter(Context::softirq);
    run_softirqs();
    return r;
  }
  int shutdown(int fd, int how) {
    const int r = sys().shutdown(task, fd, how);
    runtime.enter(Context::softirq);
    run_softirqs();
    return r;
  }
  tcp_info info(int fd) {
    const auto i = get_option<tcp_info>(fd, IPPROTO_TCP, TCP_INFO);
    runtime.enter(Context::softirq);
    return i;
  }
  int state(int fd) { return info(fd).tcpi_state; }
  int so_error(int fd) {
    const int e = get_option<int>(fd, SOL_SOCKET, SO_ERROR);
    runtime.enter(Context::softirq);
    return e;
  }

  Ipv4Address peer_ip = packets::kPeerIp;
  std::uint16_t peer_port = 40000, our_port = 80;
  std::uint32_t peer_isn = 5000, our_isn = 0, our_tsval = 0;
  bool timestamps = false;
  SimTime round_trip = SimTime::zero();  // of the handshake
  std::size_t read_so_far = 0;
};

inline std::ostream& operator<<(std::ostream& to, const TcpFixture::Out& o) {
  return to << "flags=" << int{o.flags} << " seq=" << o.seq << " ack=" << o.ack << " bytes=" << o.payload.size();
}

// Linux's numbers for tcpi_state.
enum LinuxTcpState {
  kEstablished = 1,
  kSynSent,
  kSynRecv,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kClose,
  kCloseWait,
  kLastAck,
  kListen,
  kClosing
};

}  // namespace nicosim
