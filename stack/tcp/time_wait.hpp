// What is left of a connection that we closed first: enough to answer what still comes (struct tcp_timewait_sock).
#pragma once

#include "stack/core/timer.hpp"
#include "stack/tcp/tcp_layer.hpp"
#include "stack/tcp/tcp_table.hpp"

#include <cstdint>
#include <memory>

namespace nicosim {

inline constexpr SimTime kTcpTimewaitLen = SimTime::s(60);  // TCP_TIMEWAIT_LEN

class TimeWaitSock : public std::enable_shared_from_this<TimeWaitSock> {
 public:
  struct From {  // the state it takes over
    FourTuple tuple;
    Ipv4Address rcv_saddr;
    bool reuse = false, reuseport = false;
    bool fin_wait2 = false;  // substate: the peer's FIN has not come yet
    std::uint32_t rcv_nxt = 0, snd_nxt = 0, rcv_wnd = 0;
    bool tstamp_ok = false;
    std::uint32_t ts_recent = 0, ts_off = 0;
    SimTime ts_recent_stamp;
    std::uint8_t rcv_wscale = 0, tos = 0;
  };
  // tcp_time_wait: enters the table; `lasts` is TCP_TIMEWAIT_LEN or what is left of FIN_WAIT_2.
  static void start(TcpLayer& layer, const From& from, SimTime lasts);

  TimeWaitSock(TcpLayer& layer, const From& from)
      : layer_(layer), from_(from), timer_(layer.net.timers, [this] { kill(); }) {}

  // tcp_timewait_state_process. A segment that is returned opens a new connection: it goes to the listener, with
  // `isn` for the SYN-ACK.
  struct Syn {
    TcpSegment segment;
    std::uint32_t isn;
  };
  std::unique_ptr<Syn> receive(TcpSegment segment);

  const From& from() const { return from_; }
  const FourTuple& tuple() const { return from_.tuple; }

 private:
  std::unique_ptr<Syn> answer_ack(TcpSegment segment, DropReason reason);
  void send_ack(const TcpSegment& segment);  // tcp_v4_timewait_ack
  void restart() { timer_.arm(layer_.net.now() + kTcpTimewaitLen); }
  void kill();

  TcpLayer& layer_;
  From from_;
  SimTime last_oow_ack_ = SimTime::ps(-1);
  Timer timer_;
};

}  // namespace nicosim
