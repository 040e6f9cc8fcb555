// The other end of a stack under load: frames made once and patched, a TCP peer that does the least that is right.
//
// Costs next to nothing, so that what is measured is the stack.
#pragma once

#include "bench/stack/side.hpp"

#include <cstdint>
#include <vector>

namespace nicosim::bench {

enum class Load : std::uint8_t { udp_receive, udp_send, tcp_receive, tcp_send };

class Script {
 public:
  // `payload` bytes in each datagram or in each segment that the stack receives. What the stack sends is cut by the
  // stack: its application writes 64 KiB at once. Opens socket and connection.
  Script(Side& side, Load load, std::size_t payload);

  // So many frames with data into the stack or out of it, at least; all of them read or acknowledged.
  void run(std::uint64_t frames);

  std::uint64_t frames() const { return frames_; }                // with data, so far
  std::uint64_t payload_bytes() const { return payload_bytes_; }  // in them
  // Throws std::runtime_error when the stack has lost or invented something.
  void check() const;

 private:
  static constexpr std::uint64_t kBurst = 16;  // frames for one poll

  std::vector<std::byte> frame(std::uint8_t protocol, std::size_t header, std::size_t payload) const;
  void connect();
  void segment(std::vector<std::byte>& frame, std::uint8_t flags, std::uint32_t ack);  // and sequence, checksum
  void heard(Bytes frame);
  void acknowledge(std::uint32_t until);
  void receive_burst();
  void send_burst();

  Side& side_;
  Load load_;
  std::size_t payload_;
  std::vector<std::byte> data_, ack_, chunk_;
  std::uint32_t data_sum_ = 0, ack_sum_ = 0;            // over what does not change
  std::uint32_t snd_nxt_ = 1000, rcv_nxt_ = 0;          // the script's own
  std::uint32_t snd_una_ = 1000, acked_ = 0, wnd_ = 0;  // wnd_: what the stack offers
  std::uint32_t ack_every_ = 2920;
  unsigned wscale_ = 0;  // of the stack's window
  bool connected_ = false;
  std::uint64_t frames_ = 0, payload_bytes_ = 0, expected_bytes_ = 0;
};

}  // namespace nicosim::bench
