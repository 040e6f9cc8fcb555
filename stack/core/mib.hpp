// The stack's counters under the names that nstat(8) prints (net/ipv4/proc.c).
#pragma once

#include "common/counters.hpp"

#include <cstdint>

namespace nicosim {

// clang-format off
#define NICOSIM_MIB(X) \
  X(IpInReceives) X(IpInHdrErrors) X(IpInAddrErrors) X(IpForwDatagrams) X(IpInUnknownProtos) X(IpInDiscards) \
  X(IpInDelivers) X(IpOutRequests) X(IpOutDiscards) X(IpOutNoRoutes) X(IpReasmTimeout) X(IpReasmReqds) \
  X(IpReasmOKs) X(IpReasmFails) X(IpFragOKs) X(IpFragFails) X(IpFragCreates) \
  X(IcmpInMsgs) X(IcmpInErrors) X(IcmpInCsumErrors) X(IcmpInDestUnreachs) X(IcmpInTimeExcds) X(IcmpInParmProbs) \
  X(IcmpInSrcQuenchs) X(IcmpInRedirects) X(IcmpInEchos) X(IcmpInEchoReps) X(IcmpInTimestamps) \
  X(IcmpOutMsgs) X(IcmpOutErrors) X(IcmpOutDestUnreachs) X(IcmpOutTimeExcds) X(IcmpOutParmProbs) \
  X(IcmpOutEchoReps) X(IcmpOutTimestampReps) \
  X(TcpInSegs) X(TcpOutSegs) X(TcpInErrs) X(TcpOutRsts) X(TcpInCsumErrors) \
  X(UdpInDatagrams) X(UdpNoPorts) X(UdpInErrors) X(UdpOutDatagrams) X(UdpRcvbufErrors) X(UdpSndbufErrors) \
  X(UdpInCsumErrors) X(UdpIgnoredMulti) \
  X(TcpExtIPReversePathFilter) X(TcpExtArpFilter) \
  X(IpExtInTruncatedPkts) X(IpExtInMcastPkts) X(IpExtOutMcastPkts) X(IpExtInBcastPkts) X(IpExtOutBcastPkts) \
  X(IpExtInOctets) X(IpExtOutOctets) X(IpExtInCsumErrors) X(IpExtReasmOverlaps)
// clang-format on

// ++mib.IpInReceives counts; the group keeps the order above.
struct Mib {
  CounterGroup group{"nstat"};
#define NICOSIM_X(name) std::uint64_t& name = group.add(#name);
  NICOSIM_MIB(NICOSIM_X)
#undef NICOSIM_X
};

}  // namespace nicosim
