// UDP (RFC 768): from the IP layer into a socket's receive queue, and the socket operations (net/ipv4/udp.c).
#pragma once

#include "stack/core/net.hpp"
#include "stack/icmp/icmp.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/routes.hpp"
#include "stack/socket/sock.hpp"
#include "stack/socket/socket.hpp"
#include "stack/udp/udp_header.hpp"
#include "stack/udp/udp_table.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace nicosim {

class Udp final : public TransportProtocol, public ProtoOps {
 public:
  Udp(Net& net, Routes& routes, IpOutput& output, Icmp& icmp, std::vector<Interface*>& interfaces)
      : net_(net), routes_(routes), output_(output), icmp_(icmp), interfaces_(interfaces) {}

  void create(Socket& socket);  // inet_create for SOCK_DGRAM

  // Packets (udp.cpp)
  void receive(IpPacket packet) override;         // udp_rcv
  void error(const IcmpReport& report) override;  // udp_err

  void close_queued(SimTime now);  // the end of a run: frames in receive queues

  // Processes (udp_socket.cpp)
  void release(Socket& socket) override;
  int bind(Socket& socket, const sockaddr_in& address) override;
  int connect(Task& task, Socket& socket, const sockaddr_in& address) override;
  int getname(Socket& socket, sockaddr_in& address) override;
  int getpeername(Socket& socket, sockaddr_in& address) override;
  int setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) override;
  int getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) override;
  long sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in* to) override;
  long recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in* from) override;
  int ioctl(Socket& socket, unsigned long request, int& value) override;
  PollMask poll(Socket& socket) const override;

 private:
  void deliver(Sock& sock, FramePtr frame, const Ipv4Header& ip, const UdpHeader& udp, std::size_t weight);
  void deliver_to_all(IpPacket packet, const UdpHeader& udp, std::size_t weight);
  int autobind(Sock& sock);
  void disconnect(Socket& socket);
  int change_membership(Sock& sock, bool join, std::span<const std::byte> value);
  void leave(Sock& sock, std::size_t membership);
  std::optional<Datagram> dequeue(Sock& sock);
  // 0: there is something; -errno. A time that has passed means not to wait at all.
  int wait_for_datagram(Task& task, Socket& socket, SimTime until);
  int wait_for_space(Task& task, Socket& socket, SimTime until);
  long transmit(Socket& socket, const Route& route, Ipv4Address to, std::uint16_t port,
                std::span<const std::byte> data);

  Net& net_;
  Routes& routes_;
  IpOutput& output_;
  Icmp& icmp_;
  std::vector<Interface*>& interfaces_;
  UdpTable table_;
  std::vector<Sock*> socks_;  // every open one, bound or not, in order of creation
};

}  // namespace nicosim
