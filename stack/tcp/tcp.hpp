// TCP as the IP layer and the processes see it: segments in, system calls in (net/ipv4/tcp_ipv4.c, tcp.c, af_inet.c).
//
// To follow a segment: tcp.cpp finds who gets it; input.cpp checks it; ack.cpp and receive.cpp do what it says.
#pragma once

#include "stack/core/net.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/routes.hpp"
#include "stack/socket/socket.hpp"
#include "stack/socket/ss.hpp"
#include "stack/tcp/listener.hpp"
#include "stack/tcp/tcp_layer.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <vector>

namespace nicosim {

class SockLock;

class Tcp final : public TransportProtocol, public ProtoOps {
 public:
  Tcp(Net& net, Routes& routes, IpOutput& output) : layer_{net, routes, output} {}
  ~Tcp() override;

  void create(Socket& socket);  // inet_create for SOCK_STREAM

  // Packets (tcp.cpp)
  void receive(IpPacket packet) override;         // tcp_v4_rcv
  void error(const IcmpReport& report) override;  // tcp_v4_err
  void close_queued(SimTime now);                 // the end of a run: frames in queues and backlogs

  // Processes (tcp_socket.cpp, tcp_sendmsg.cpp, tcp_recvmsg.cpp, tcp_sockopt.cpp)
  void closing(Task& task, Socket& socket) override;
  void release(Socket& socket) override;
  int bind(Socket& socket, const sockaddr_in& address) override;
  int connect(Task& task, Socket& socket, const sockaddr_in& address) override;
  int listen(Socket& socket, int backlog) override;
  int accept(Task& task, Socket& listener, Socket& fresh) override;
  int shutdown(Socket& socket, int how) override;
  int getname(Socket& socket, sockaddr_in& address) override;
  int getpeername(Socket& socket, sockaddr_in& address) override;
  int setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) override;
  int getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) override;
  long sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in* to) override;
  long recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in* from) override;
  int ioctl(Socket& socket, unsigned long request, int& value) override;
  PollMask poll(Socket& socket) const override;

  std::size_t half_open() const { return layer_.table.requests(); }
  // Connections that no process has open (tcp_ss.cpp): not accepted yet, orphaned, half-open, in TIME_WAIT.
  std::vector<SsRow> rows_without_process() const;
  // For tests (tcp_verify.cpp): the first thing that does not hold of a connection, in words.
  std::string_view broken_invariant() const;

 private:
  void attach(Socket& socket, std::shared_ptr<TcpSock> sock);
  void renew(Socket& socket);  // a fresh TcpSock with the same options, after an attempt that failed
  int start_connect(Socket& socket, const sockaddr_in& address);  // tcp_v4_connect
  void close(Socket& socket, SockLock& lock);                     // __tcp_close, up to the orphan
  int disconnect(Socket& socket);
  int set_tcp_option(TcpSock& sock, int option, std::span<const std::byte> value);
  int get_tcp_option(const TcpSock& sock, int option, std::span<std::byte> value);

  TcpLayer layer_;
  Listener listener_{layer_};
  std::vector<std::weak_ptr<TcpSock>> socks_;  // every one a process was given, in order
};

}  // namespace nicosim
