// Why a frame was dropped: Linux's names (include/net/dropreason.h) above the driver, the card's own below it.
//
// `none` goes with every fate but `dropped`. Each reason has a sentence (docs/drop_reasons.md) and a counter in the
// ledger as drop.STATION.REASON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nicosim {

// clang-format off
#define NICOSIM_DROP_REASONS(X) \
  X(none,               "not dropped") \
  /* the card; words of the 8254x statistics registers */ \
  X(CRC_ERROR,          "FCS wrong (CRCERRS)") \
  X(SYMBOL_ERROR,       "error character inside the frame (SYMERRS, RXERRC)") \
  X(ALIGNMENT_ERROR,    "not a whole number of bytes (ALGNERRC)") \
  X(RUNT,               "under 64 bytes, good FCS (RUC)") \
  X(FRAGMENT,           "under 64 bytes, bad FCS (RFC)") \
  X(OVERSIZE,           "over the longest frame allowed, good FCS (ROC)") \
  X(JABBER,             "over the longest frame allowed, bad FCS (RJC)") \
  X(NO_SFD,             "a wire start that never became a frame") \
  X(NOT_RECEIVING,      "RCTL.EN is off") \
  X(LINK_DOWN,          "no link: no cable, or the PHY in reset, negotiating or powered down") \
  X(MAC_FILTER,         "the destination address passes no receive filter") \
  X(VLAN_FILTER,        "the VLAN id is not in VFTA, or the CFI bit is not RCTL.CFI") \
  X(PAUSE_FRAME,        "flow control, taken by the MAC") \
  X(FIFO_FULL,          "no room in the receive FIFO (MPC, RXO)") \
  X(DMA_ERROR,          "the bus answered with an error, or a descriptor cannot be used") \
  X(RESET,              "lost in a card reset") \
  X(MULTI_DESCRIPTOR,   "needs more buffers than the driver's mode allows") \
  X(RX_ERRORS,          "the descriptor carries an error (CE, SE, SEQ, CXE, RXE)") \
  /* the host; Linux's names */ \
  X(NOT_SPECIFIED,      "no reason given") \
  X(NO_SOCKET,          "no socket for it") \
  X(PKT_TOO_SMALL,      "shorter than its headers say") \
  X(PKT_TOO_BIG,        "longer than allowed") \
  X(HDR_TRUNC,          "header cut short") \
  X(TCP_CSUM,           "TCP checksum wrong") \
  X(UDP_CSUM,           "UDP checksum wrong") \
  X(IP_CSUM,            "IPv4 header checksum wrong") \
  X(ICMP_CSUM,          "ICMP checksum wrong") \
  X(SOCKET_FILTER,      "refused by the socket's filter") \
  X(NETFILTER_DROP,     "a netfilter rule said DROP") \
  X(OTHERHOST,          "addressed to another station") \
  X(IP_INHDR,           "IPv4 header malformed") \
  X(IP_INADDRERRORS,    "IPv4 address not acceptable here") \
  X(IP_RPFILTER,        "source address not plausible (martian)") \
  X(IP_NOPROTO,         "no handler for the IP protocol") \
  X(IP_OUTNOROUTES,     "no route out") \
  X(IP_INNOROUTES,      "no route for a received packet") \
  X(SOCKET_RCVBUFF,     "receive buffer full") \
  X(SOCKET_BACKLOG,     "socket backlog full") \
  X(PROTO_MEM,          "protocol memory limit") \
  X(CPU_BACKLOG,        "input_pkt_queue full (netdev_max_backlog)") \
  X(UNHANDLED_PROTO,    "no handler for the Ethernet type") \
  X(DEV_HDR,            "link-layer header refused") \
  X(DEV_READY,          "device not up") \
  X(FULL_RING,          "transmit ring or queue full") \
  X(NOMEM,              "no memory") \
  X(TC_INGRESS,         "dropped at ingress") \
  X(UNICAST_IN_L2_MULTICAST, "unicast IP in a link-layer multicast") \
  X(ICMP_IGNORED,       "ICMP message ignored by rule or knob") \
  X(ARP_IGNORED,        "ARP message not for us or malformed") \
  X(FRAG_REASM_TIMEOUT, "reassembly timed out") \
  X(FRAG_TOO_FAR,       "fragment refused: memory limit") \
  X(FRAG_OVERLAP,       "fragment overlaps another or cannot fit") \
  X(DUP_FRAG,           "duplicate fragment") \
  X(NEIGH_CREATEFAIL,   "no neighbour entry could be made") \
  X(NEIGH_FAILED,       "neighbour did not answer") \
  X(NEIGH_QUEUEFULL,    "too many packets wait for the neighbour") \
  X(NEIGH_DEAD,         "neighbour entry is dead") \
  X(SOCKET_CLOSED,      "purged from the receive queue by close()") \
  X(TCP_FLAGS,          "flag combination refused") \
  X(TCP_ZEROWINDOW,     "receive window is zero") \
  X(TCP_OLD_DATA,       "brought no new byte") \
  X(TCP_OVERWINDOW,     "beyond the window") \
  X(TCP_OFOMERGE,       "already in the out-of-order queue") \
  X(TCP_RFC7323_PAWS,   "timestamp older than the last one") \
  X(TCP_INVALID_SEQUENCE, "sequence number outside the window") \
  X(TCP_RESET,          "connection reset") \
  X(TCP_INVALID_SYN,    "SYN refused") \
  X(TCP_CLOSE,          "socket is closed") \
  X(TCP_OLD_ACK,        "acknowledges nothing new") \
  X(TCP_TOO_OLD_ACK,    "acknowledgement too old") \
  X(TCP_ACK_UNSENT_DATA, "acknowledges what was never sent") \
  X(TCP_LISTEN_OVERFLOW, "the listener's SYN queue or accept queue is full") \
  X(TCP_OFO_QUEUE_PRUNE, "out-of-order queue pruned") \
  X(TCP_OFO_DROP,       "no room for out-of-order data")
// clang-format on

enum class DropReason : std::uint16_t {
#define NICOSIM_X(name, text) name,
  NICOSIM_DROP_REASONS(NICOSIM_X)
#undef NICOSIM_X
};
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::TCP_OFO_DROP) + 1;

std::string_view name_of(DropReason);
std::string_view describe(DropReason);

}  // namespace nicosim
