// What all TCP sockets of one stack share: the ways out, the tables, the secrets (struct tcp_hashinfo and netns state).
#pragma once

#include "stack/core/net.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/routes.hpp"
#include "stack/tcp/tcp_header.hpp"
#include "stack/tcp/tcp_secrets.hpp"
#include "stack/tcp/tcp_table.hpp"

namespace nicosim {

struct TcpLayer {
  Net& net;
  Routes& routes;
  IpOutput& output;
  TcpTable table{net};
  TcpSecrets secrets{net.runtime};

  std::uint32_t clock_ms() const { return static_cast<std::uint32_t>(net.now().in_ps() / 1'000'000'000); }

  // A segment that belongs to no full socket: RST, ACK of a time-wait or request socket, SYN-ACK. `from` is our side.
  // Its header ports and numbers are the caller's; false: no route.
  struct Reply {
    Ipv4Address from, to;
    std::uint8_t tos = 0, ttl = 0;  // 0: net.ipv4.ip_default_ttl
    std::span<const FrameId> parents = {};
  };
  bool send(const Reply& reply, TcpHeader header, const TcpOptions& options);
  // tcp_v4_send_reset: the answer to a segment that nobody takes. false: not sent, because it may not or cannot be.
  bool send_reset(const TcpSegment& segment);

  // The two ways in which a received segment ends.
  void consume(TcpSegment&& segment) { net.finish(std::move(segment.frame), Fate::consumed, Station::transport); }
  void drop(TcpSegment&& segment, DropReason reason) { net.drop(std::move(segment.frame), Station::transport, reason); }
  // Answered by RST when one could be sent, else dropped.
  void reset(TcpSegment&& segment, DropReason reason);
};

}  // namespace nicosim
