// What ss(8) shows of TCP beside the sockets of processes: connections that nobody has accepted yet or that outlive
// their process, half-open ones, and what waits for its time to be over (tcp_diag).
#include "stack/tcp/tcp.hpp"

#include "stack/tcp/time_wait.hpp"

#include <string>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

SsRow row_of(TcpState state, Ipv4Address local, const FourTuple& tuple) {
  SsRow row;
  row.netid = "tcp";
  row.state = name_of(state);
  row.local = local.text();
  row.local_port = std::to_string(tuple.num);
  row.peer = tuple.daddr.text();
  row.peer_port = std::to_string(tuple.dport);
  return row;
}

}  // namespace

std::vector<SsRow> Tcp::rows_without_process() const {
  std::vector<SsRow> rows;
  layer_.table.for_each([&](const TcpSock& sock) {
    if (sock.socket != nullptr) return;
    SsRow& row = rows.emplace_back(row_of(sock.state, sock.saddr, {sock.daddr, sock.saddr, sock.dport, sock.num}));
    const SockSummary summary = sock.summary();
    row.recv_q = summary.recv_q;
    row.send_q = summary.send_q;
  });
  layer_.table.for_each_request([&](const RequestSock& request) {
    rows.push_back(row_of(TcpState::SYN_RECV, request.tuple.saddr, request.tuple));
  });
  layer_.table.for_each_time_wait([&](const TimeWaitSock& time_wait) {
    const TcpState state = time_wait.from().fin_wait2 ? TcpState::FIN_WAIT2 : TcpState::TIME_WAIT;
    rows.push_back(row_of(state, time_wait.tuple().saddr, time_wait.tuple()));
  });
  return rows;
}

}  // namespace nicosim
