// A protocol stack under load, reduced to what a driver and an application do with it: ours or lwIP.
//
// The public calls are the measured ones: nothing else of a run is the stack's work. They never call each other.
#pragma once

#include "common/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace nicosim::bench {

inline constexpr MacAddress kStackMac{{0x02, 0, 0, 0, 0, 0x02}}, kPeerMac{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr Ipv4Address kStackIp{0x0a4d'0002}, kPeerIp{0x0a4d'0001};  // 10.77.0.2 and .1
inline constexpr std::uint16_t kPort = 9;                                  // of the stack's socket

class Side {
 public:
  virtual ~Side() = default;

  // A frame from the card, without FCS: buffer allocated, bytes copied, handed up.
  void deliver(Bytes frame);
  // What a driver does at the end of a poll, and an application that is woken then: reads all there is. Time is a
  // microsecond later.
  void settle();
  // A datagram to the peer's port `kPort`; the socket is bound to `kPort`.
  void send_datagram(Bytes data);
  // Into the accepted connection; how many bytes were taken.
  std::size_t send_stream(Bytes data);

  virtual void open_udp() = 0;
  virtual void listen() = 0;  // the first connection is accepted by settle()

  // What leaves, without FCS. Valid during the call.
  std::function<void(Bytes)> out;
  std::uint64_t calls = 0, datagrams_read = 0, bytes_read = 0;

 protected:
  virtual void do_deliver(Bytes frame) = 0;
  virtual void do_settle() = 0;
  virtual void do_send_datagram(Bytes data) = 0;
  virtual std::size_t do_send_stream(Bytes data) = 0;
};

enum class Which : std::uint8_t { nicosim, nicosim_tso, lwip };

std::unique_ptr<Side> make_nicosim_side(bool tso);
std::unique_ptr<Side> make_lwip_side();  // once per process: lwIP's state is global

}  // namespace nicosim::bench
