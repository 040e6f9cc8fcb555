#include "bench/stack/script.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace nicosim::bench {
namespace {

constexpr std::size_t kEth = 14, kIp = 20, kUdp = 8, kTcp = 20, kMss = 1460;
constexpr std::size_t kL4 = kEth + kIp, kSeq = kL4 + 4, kAck = kL4 + 8, kFlags = kL4 + 13, kTcpSum = kL4 + 16;
constexpr std::uint8_t kFlagSyn = 2, kFlagPsh = 8, kFlagAck = 16;
constexpr std::uint16_t kWindow = 65535;
constexpr unsigned kOwnScale = 4;
constexpr std::size_t kWrite = 65535;

std::uint32_t sum_of(Bytes bytes) {
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; i + 2 <= bytes.size(); i += 2) sum += load_be16(bytes, i);
  if (i < bytes.size()) sum += std::uint64_t{load8(bytes, i)} << 8U;
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint32_t>(sum);
}
std::uint16_t finish(std::uint32_t sum) {
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}
std::uint32_t halves(std::uint32_t v) { return (v >> 16U) + (v & 0xffffU); }

}  // namespace

Script::Script(Side& side, Load load, std::size_t payload) : side_(side), load_(load), payload_(payload) {
  // lwIP learns the peer's address from a question for its own (RFC 826).
  std::vector<std::byte> arp(60);
  MacAddress::broadcast().store(arp);
  kPeerMac.store(std::span{arp}.subspan(6));
  store_be16(arp, 12, 0x0806);
  store_be32(arp, 14, 0x0001'0800);
  store_be32(arp, 18, 0x0604'0001);
  kPeerMac.store(std::span{arp}.subspan(22));
  store_be32(arp, 28, kPeerIp.value);
  store_be32(arp, 38, kStackIp.value);
  side_.out = [](Bytes) {};
  side_.deliver(arp);
  side_.settle();
  side_.out = [this](Bytes bytes) { heard(bytes); };
  if (load == Load::udp_receive || load == Load::udp_send) {
    data_ = frame(17, kUdp, payload);
    store_be16(data_, kL4, kPort);
    store_be16(data_, kL4 + 2, kPort);
    store_be16(data_, kL4 + 4, static_cast<std::uint16_t>(kUdp + payload));
    const Bytes datagram = Bytes{data_}.subspan(kL4);
    const std::uint32_t pseudo = halves(kPeerIp.value) + halves(kStackIp.value) + 17;
    const std::uint32_t length = static_cast<std::uint32_t>(datagram.size());
    store_be16(data_, kL4 + 6, finish(pseudo + length + sum_of(datagram)));
    side_.open_udp();
    return;
  }
  connect();
}

// Ethernet and IP, and the payload; the transport header is zeros.
std::vector<std::byte> Script::frame(std::uint8_t protocol, std::size_t header, std::size_t payload) const {
  std::vector<std::byte> out(kEth + kIp + header + payload);
  kStackMac.store(out);
  kPeerMac.store(std::span{out}.subspan(6));
  store_be16(out, 12, 0x0800);
  store8(out, kEth, 0x45);
  store_be16(out, kEth + 2, static_cast<std::uint16_t>(out.size() - kEth));
  store8(out, kEth + 8, 64);
  store8(out, kEth + 9, protocol);
  store_be32(out, kEth + 12, kPeerIp.value);
  store_be32(out, kEth + 16, kStackIp.value);
  store_be16(out, kEth + 10, finish(sum_of(Bytes{out}.subspan(kEth, kIp))));
  for (std::size_t i = 0; i < payload; ++i) out[kL4 + header + i] = static_cast<std::byte>(i * 7 + i / 256);
  return out;
}

void Script::segment(std::vector<std::byte>& f, std::uint8_t flags, std::uint32_t ack) {
  store_be32(f, kSeq, snd_nxt_);
  store_be32(f, kAck, ack);
  store8(f, kFlags, flags);
  const std::uint32_t fixed = &f == &data_ ? data_sum_ : ack_sum_;
  store_be16(f, kTcpSum, finish(fixed + halves(snd_nxt_) + halves(ack) + flags));
}

void Script::connect() {
  side_.listen();
  const auto prepare = [](std::vector<std::byte>& f, std::size_t header) {
    store_be16(f, kL4, 5000);
    store_be16(f, kL4 + 2, kPort);
    store8(f, kL4 + 12, static_cast<std::uint8_t>(header / 4 << 4U));
    store_be16(f, kL4 + 14, kWindow);
    const auto length = static_cast<std::uint32_t>(f.size() - kL4);
    return halves(kPeerIp.value) + halves(kStackIp.value) + 6 + length + sum_of(Bytes{f}.subspan(kL4));
  };
  std::vector<std::byte> syn = frame(6, kTcp + 12, 0);
  store_be32(syn, kL4 + kTcp, 0x0204'0000 | kMss);
  store_be32(syn, kL4 + kTcp + 4, 0x0101'0402);              // SACK permitted
  store_be32(syn, kL4 + kTcp + 8, 0x0103'0300 | kOwnScale);  // RFC 7323, 2.2
  ack_sum_ = prepare(syn, kTcp + 12);
  segment(syn, kFlagSyn, 0);
  side_.deliver(syn);
  ++snd_nxt_;
  ack_ = frame(6, kTcp, 0);
  ack_sum_ = prepare(ack_, kTcp);
  data_ = frame(6, kTcp, payload_);
  data_sum_ = prepare(data_, kTcp);
  if (!connected_) throw std::runtime_error("no SYN-ACK");
  acknowledge(rcv_nxt_);
  side_.settle();
  chunk_ = std::vector<std::byte>(kWrite);
  for (std::size_t i = 0; i < chunk_.size(); ++i) chunk_[i] = static_cast<std::byte>(i * 7 + i / 256);
}

void Script::acknowledge(std::uint32_t until) {
  acked_ = until;
  segment(ack_, kFlagAck, until);
  side_.deliver(ack_);
}

void Script::heard(Bytes f) {
  if (load_ == Load::udp_send) {
    ++frames_;
    payload_bytes_ += f.size() - kL4 - kUdp;
    return;
  }
  if (load_ == Load::udp_receive || f.size() < kL4 + kTcp || load8(f, kEth + 9) != 6) return;
  const std::uint8_t flags = load8(f, kFlags);
  wnd_ = std::uint32_t{load_be16(f, kL4 + 14)} << wscale_;
  snd_una_ = load_be32(f, kAck);
  if ((flags & kFlagSyn) != 0) {
    for (std::size_t i = kL4 + kTcp; i + 2 < f.size(); i += load8(f, i) == 1 ? 1U : load8(f, i + 1)) {
      if (load8(f, i) == 0) break;
      if (load8(f, i) == 3) wscale_ = load8(f, i + 2);
    }
    rcv_nxt_ = load_be32(f, kSeq) + 1;
    connected_ = true;
    return;
  }
  const std::size_t header = std::size_t{load8(f, kL4 + 12)} / 16 * 4;
  const std::size_t n = f.size() - kL4 - header;
  if (n == 0) return;
  if (load_be32(f, kSeq) != rcv_nxt_) throw std::runtime_error("a segment out of order");
  rcv_nxt_ += static_cast<std::uint32_t>(n);
  ++frames_;
  payload_bytes_ += n;
  ack_every_ = static_cast<std::uint32_t>(std::max<std::size_t>(2 * kMss, n));
}

void Script::receive_burst() {
  for (std::uint64_t i = 0; i < kBurst; ++i) {
    if (load_ == Load::tcp_receive) {
      if (snd_nxt_ + payload_ - snd_una_ > wnd_) break;
      segment(data_, kFlagAck | kFlagPsh, rcv_nxt_);
      snd_nxt_ += static_cast<std::uint32_t>(payload_);
    }
    side_.deliver(data_);
    ++frames_;
    payload_bytes_ += payload_;
    expected_bytes_ += payload_;
  }
  side_.settle();
}

void Script::send_burst() {
  if (load_ == Load::udp_send) {
    for (std::uint64_t i = 0; i < kBurst; ++i) {
      side_.send_datagram(Bytes{data_}.subspan(kL4 + kUdp));
      expected_bytes_ += payload_;
    }
    side_.settle();
    return;
  }
  const std::uint64_t before = frames_;
  expected_bytes_ += side_.send_stream(chunk_);
  // One ACK for every two segments (RFC 1122, 4.2.3.2), or for one frame that is larger. What is less waits for the
  // next write, so that Nagle's rule makes full segments, unless nothing else goes on.
  while (rcv_nxt_ - acked_ >= ack_every_) acknowledge(acked_ + ack_every_);
  if (frames_ == before) acknowledge(rcv_nxt_);
  side_.settle();
}

void Script::run(std::uint64_t frames) {
  const std::uint64_t until = frames_ + frames;
  while (frames_ < until) {
    if (load_ == Load::udp_receive || load_ == Load::tcp_receive)
      receive_burst();
    else
      send_burst();
  }
}

void Script::check() const {
  const bool receives = load_ == Load::udp_receive || load_ == Load::tcp_receive;
  const std::uint64_t got = receives ? side_.bytes_read : payload_bytes_;
  // What the stack holds back for the next segment is less than what it may have in flight.
  const std::uint64_t most_held = load_ == Load::tcp_send ? kWindow + 2 * 4'194'304U : 0;
  if (got > expected_bytes_ || expected_bytes_ - got > most_held)
    throw std::runtime_error(std::to_string(got) + " of " + std::to_string(expected_bytes_) + " bytes came through");
}

}  // namespace nicosim::bench
