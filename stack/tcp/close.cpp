// Closing: which FIN when, and who keeps watch afterwards (RFC 9293, 3.6; net/ipv4/tcp.c).
#include "stack/tcp/tcp_sock.hpp"
#include "stack/tcp/time_wait.hpp"

namespace nicosim {

bool TcpSock::close_state() {  // tcp_close_state
  switch (state) {
    case TcpState::ESTABLISHED:
    case TcpState::SYN_RECV:
      set_state(TcpState::FIN_WAIT1);
      return true;
    case TcpState::CLOSE_WAIT:
      set_state(TcpState::LAST_ACK);
      return true;
    case TcpState::SYN_SENT:
    case TcpState::LISTEN:
      set_state(TcpState::CLOSE);
      return false;
    default:
      return false;
  }
}

// tcp_time_wait: a small stand-in takes over, and the connection itself is done.
void TcpSock::time_wait(bool fin_wait2, SimTime lasts) {
  const auto keep = self();
  if (layer.table.time_waits() >= net.sysctl.tcp_max_tw_buckets) {
    ++net.mib.TcpExtTCPTimeWaitOverflow;
    return finish();
  }
  TimeWaitSock::From from;
  from.tuple = tuple();
  from.rcv_saddr = rcv_saddr;
  from.reuse = reuse;
  from.reuseport = reuseport;
  from.fin_wait2 = fin_wait2;
  from.rcv_nxt = rcv_nxt;
  from.snd_nxt = snd_nxt;
  from.rcv_wnd = receive_window();
  from.tstamp_ok = tstamp_ok;
  from.ts_recent = ts_recent;
  from.ts_recent_stamp = ts_recent_stamp;
  from.ts_off = ts_off;
  from.rcv_wscale = rcv_wscale;
  from.tos = tos;
  layer.table.remove(*this);
  hashed = false;
  // At least three and a half time-outs, so that a lost ACK of the peer's FIN can be asked for (tcp_time_wait).
  TimeWaitSock::start(layer, from, std::max(lasts, SimTime::ps(rto.in_ps() * 7 / 2)));
  write_queue.purge();
  finish();
}

}  // namespace nicosim
