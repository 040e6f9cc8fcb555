// ICMP (RFC 792, 1122 section 3.2.2; net/ipv4/icmp.c): answers echo, passes errors to sockets, sends errors by the
// rules.
#pragma once

#include "common/drop_reason.hpp"
#include "common/result.hpp"
#include "stack/core/net.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/routes.hpp"

#include <cstdint>
#include <map>

namespace nicosim {

enum IcmpType : std::uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEcho = 8,
  kTimeExceeded = 11,
  kParameterProblem = 12,
  kTimestamp = 13,
  kTimestampReply = 14,
  kHighestIcmpType = 18
};
enum IcmpCode : std::uint8_t {
  kUnreachableNetwork = 0,
  kUnreachableHost = 1,
  kUnreachableProtocol = 2,
  kUnreachablePort = 3,
  kUnreachableFragmentation = 4,
  kExceededTtl = 0,
  kExceededReassembly = 1
};

struct IcmpHeader {
  static constexpr std::size_t kBytes = 8;
  std::uint8_t type = 0, code = 0;

  // Messages that report on another packet, which must never cause an error themselves (RFC 1122, 3.2.2).
  static bool is_error(std::uint8_t type) {
    return type == kUnreachable || type == kSourceQuench || type == kRedirect || type == kTimeExceeded ||
           type == kParameterProblem;
  }
};

Result<IcmpHeader, DropReason> parse_icmp(Bytes message, bool checksum_known_good);

class Icmp final : public TransportProtocol {
 public:
  Icmp(Net& net, Routes& routes, IpOutput& output, const Protocols& protocols)
      : net_(net), routes_(routes), output_(output), protocols_(protocols) {}

  void receive(IpPacket packet) override;
  void error(const IcmpReport&) override {}  // about an echo reply of ours: nobody to tell

  // icmp_send: an error about `about`. false: the rules or the rate limit forbid it, or there is no way back.
  // `info`: the second word of the message (pointer or MTU).
  bool send_error(const IpPacket& about, std::uint8_t type, std::uint8_t code, std::uint32_t info = 0);

 private:
  struct Bucket {
    SimTime tokens, last;
  };

  void count_in(std::uint8_t type);
  void count_out(std::uint8_t type);
  void echo(IpPacket packet);
  void timestamp(IpPacket packet);
  void report(IpPacket packet, const IcmpHeader& header);  // icmp_unreach
  bool answer(IpPacket& request, FramePtr message);        // icmp_reply; false: no way back
  bool may_send(Ipv4Address target, std::uint8_t type, std::uint8_t code);

  Net& net_;
  Routes& routes_;
  IpOutput& output_;
  const Protocols& protocols_;
  std::map<Ipv4Address, Bucket> buckets_;  // inet_peer: rate of errors per target
};

}  // namespace nicosim
