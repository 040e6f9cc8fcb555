// What conntrack knows of a TCP connection from its segments: the state (nf_conntrack_proto_tcp.c).
//
// Sequence numbers are not followed, as with nf_conntrack_tcp_be_liberal = 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nicosim {

enum class NfTcpState : std::uint8_t {
  NONE,
  SYN_SENT,
  SYN_RECV,
  ESTABLISHED,
  FIN_WAIT,
  CLOSE_WAIT,
  LAST_ACK,
  TIME_WAIT,
  CLOSE,
  SYN_SENT2,  // both sides have sent a SYN
  ignore,     // as a verdict: the segment passes and changes nothing
  invalid     // as a verdict: no such segment is possible here
};
inline constexpr std::size_t kNfTcpStates = 10;

std::string_view name_of(NfTcpState state);
// tcp_conntracks: the state after a segment with these flags, `reply`: from the side that was called.
NfTcpState next_tcp_state(NfTcpState now, std::uint8_t flags, bool reply);
// tcp_valid_flags: SYN, FIN and RST never come together, and something besides PSH, ECE and CWR must be there.
bool valid_tcp_flags(std::uint8_t flags);

}  // namespace nicosim
