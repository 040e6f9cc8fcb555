// A connection that has sent SYN and waits for our SYN-ACK to be answered (struct tcp_request_sock, TCP_NEW_SYN_RECV).
#pragma once

#include "stack/core/timer.hpp"
#include "stack/tcp/tcp_layer.hpp"
#include "stack/tcp/tcp_table.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace nicosim {

struct RequestSock : std::enable_shared_from_this<RequestSock> {
  RequestSock(TcpLayer& tcp_layer, std::shared_ptr<TcpSock> from_listener)
      : layer(tcp_layer), listener(std::move(from_listener)), timer(tcp_layer.net.timers, [this] { expired(); }) {}

  // tcp_v4_send_synack; false: no route.
  bool send_synack(std::span<const FrameId> parents);
  void send_ack(const TcpSegment& segment);  // tcp_v4_reqsk_send_ack: where we are
  void expired();                            // reqsk_timer_handler
  std::uint32_t synack_window() const { return rsk_rcv_wnd; }
  std::uint32_t timestamp() const { return layer.clock_ms() + ts_off; }
  bool hashed() const;      // the listener still counts it
  SimTime timeout() const;  // of the next SYN-ACK

  TcpLayer& layer;
  std::shared_ptr<TcpSock> listener;
  FourTuple tuple;
  std::uint32_t rcv_isn = 0, snt_isn = 0;
  std::uint16_t peer_mss = 0;  // clamped by TCP_MAXSEG
  std::uint16_t advmss = 0;
  bool tstamp_ok = false, sack_ok = false, wscale_ok = false;
  std::uint8_t snd_wscale = 0, rcv_wscale = 0;
  std::uint32_t ts_recent = 0, ts_off = 0;
  std::uint32_t rsk_rcv_wnd = 0, window_clamp = 0;
  std::uint8_t tos = 0;
  unsigned num_timeout = 0;                // SYN-ACKs that were not answered in time
  bool acked = false;                      // the last ACK has come, but the accept queue was full
  std::optional<std::uint32_t> cookie_ts;  // the clock of a cookie, with options in its low bits
  SimTime sent;                            // the SYN-ACK
  SimTime last_oow_ack = SimTime::ps(-1);
  Timer timer;
};

}  // namespace nicosim
