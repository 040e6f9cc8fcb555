// TCP without connections: every port is closed, so every segment is answered by the book (net/ipv4/tcp_ipv4.c).
#pragma once

#include "stack/core/net.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/routes.hpp"
#include "stack/tcp/tcp_header.hpp"

namespace nicosim {

class Tcp final : public TransportProtocol {
 public:
  Tcp(Net& net, Routes& routes, IpOutput& output) : net_(net), routes_(routes), output_(output) {}

  void receive(IpPacket packet) override;                              // tcp_v4_rcv
  void error(const IcmpReport&) override { ++net_.mib.IcmpInErrors; }  // tcp_v4_err: no such connection

 private:
  bool send_reset(const IpPacket& packet, const TcpHeader& segment);  // tcp_v4_send_reset; false: not sent

  Net& net_;
  Routes& routes_;
  IpOutput& output_;
};

}  // namespace nicosim
