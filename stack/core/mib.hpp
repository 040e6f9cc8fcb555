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
  X(TcpActiveOpens) X(TcpPassiveOpens) X(TcpAttemptFails) X(TcpEstabResets) X(TcpCurrEstab) X(TcpInSegs) \
  X(TcpOutSegs) X(TcpRetransSegs) X(TcpInErrs) X(TcpOutRsts) X(TcpInCsumErrors) \
  X(UdpInDatagrams) X(UdpNoPorts) X(UdpInErrors) X(UdpOutDatagrams) X(UdpRcvbufErrors) X(UdpSndbufErrors) \
  X(UdpInCsumErrors) X(UdpIgnoredMulti) \
  X(TcpExtSyncookiesSent) X(TcpExtSyncookiesRecv) X(TcpExtSyncookiesFailed) X(TcpExtEmbryonicRsts) \
  X(TcpExtPruneCalled) X(TcpExtRcvPruned) X(TcpExtOfoPruned) X(TcpExtTW) X(TcpExtPAWSActive) X(TcpExtPAWSEstab) \
  X(TcpExtDelayedACKs) X(TcpExtDelayedACKLost) X(TcpExtListenOverflows) X(TcpExtListenDrops) \
  X(TcpExtTCPRenoRecovery) X(TcpExtTCPSackRecovery) X(TcpExtTCPSACKReneging) X(TcpExtTCPSACKReorder) \
  X(TcpExtTCPRenoReorder) X(TcpExtTCPTSReorder) X(TcpExtTCPFullUndo) X(TcpExtTCPPartialUndo) X(TcpExtTCPDSACKUndo) \
  X(TcpExtTCPLossUndo) X(TcpExtTCPLostRetransmit) X(TcpExtTCPFastRetrans) X(TcpExtTCPSlowStartRetrans) \
  X(TcpExtTCPTimeouts) X(TcpExtTCPLossProbes) X(TcpExtTCPLossProbeRecovery) X(TcpExtTCPRcvCollapsed) \
  X(TcpExtTCPDSACKOldSent) X(TcpExtTCPDSACKOfoSent) X(TcpExtTCPDSACKRecv) X(TcpExtTCPAbortOnData) \
  X(TcpExtTCPAbortOnClose) X(TcpExtTCPAbortOnMemory) X(TcpExtTCPAbortOnTimeout) X(TcpExtTCPAbortOnLinger) \
  X(TcpExtTCPSpuriousRTOs) X(TcpExtTCPBacklogDrop) X(TcpExtTCPTimeWaitOverflow) \
  X(TcpExtTCPReqQFullDoCookies) X(TcpExtTCPReqQFullDrop) X(TcpExtTCPRcvCoalesce) X(TcpExtTCPOFOQueue) \
  X(TcpExtTCPOFODrop) X(TcpExtTCPOFOMerge) X(TcpExtTCPChallengeACK) X(TcpExtTCPSYNChallenge) \
  X(TcpExtTCPFromZeroWindowAdv) X(TcpExtTCPToZeroWindowAdv) X(TcpExtTCPWantZeroWindowAdv) X(TcpExtTCPSynRetrans) \
  X(TcpExtTCPACKSkippedSynRecv) X(TcpExtTCPACKSkippedPAWS) X(TcpExtTCPACKSkippedSeq) \
  X(TcpExtTCPACKSkippedFinWait2) X(TcpExtTCPACKSkippedTimeWait) X(TcpExtTCPACKSkippedChallenge) \
  X(TcpExtTCPWinProbe) X(TcpExtTCPKeepAlive) X(TcpExtTCPZeroWindowDrop) X(TcpExtTCPRcvQDrop) \
  X(TcpExtBusyPollRxPackets) X(TcpExtIPReversePathFilter) X(TcpExtArpFilter) \
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
