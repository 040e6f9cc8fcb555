// The way from a SYN to accept(): half-open queue, cookies, children (tcp_conn_request, tcp_check_req; RFC 4987).
#pragma once

#include "stack/tcp/request_sock.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace nicosim {

class Listener {
 public:
  explicit Listener(TcpLayer& layer) : layer_(layer) {}

  // A segment for a listening socket that belongs to no known connection. `isn`: of a SYN that takes over a tuple from
  // TIME_WAIT.
  void receive(const std::shared_ptr<TcpSock>& sock, TcpSegment segment, std::optional<std::uint32_t> isn = {});
  // tcp_check_req: a segment for a half-open connection.
  void receive(const std::shared_ptr<RequestSock>& request, TcpSegment segment);
  // reqsk_queue_drop: gone, whatever the reason.
  static void forget(RequestSock& request);
  // inet_csk_listen_stop: everybody who was not accepted is reset.
  void stop(TcpSock& sock);

 private:
  void conn_request(const std::shared_ptr<TcpSock>& sock, TcpSegment segment, std::optional<std::uint32_t> isn);
  void check_cookie(const std::shared_ptr<TcpSock>& sock, TcpSegment segment);
  void take_options(RequestSock& request, const TcpSegment& syn, const TcpSock& sock);
  void open_window(RequestSock& request, const TcpSock& sock);  // tcp_openreq_init_rwin
  // tcp_v4_syn_recv_sock; nullptr: the accept queue is full.
  std::shared_ptr<TcpSock> make_child(RequestSock& request, const TcpSegment& segment);
  void adopt(const std::shared_ptr<TcpSock>& child, TcpSegment segment);  // tcp_child_process and the accept queue

  TcpLayer& layer_;
};

}  // namespace nicosim
