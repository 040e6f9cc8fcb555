#include "stack/netfilter/conntrack_tcp.hpp"

#include "stack/tcp/tcp_header.hpp"

#include <array>
#include <optional>

namespace nicosim {
namespace {

using enum NfTcpState;

enum Kind : std::uint8_t { kSyn, kSynAck, kFin, kAck, kRst };  // the first that fits: RST, SYN, FIN, ACK

std::optional<Kind> kind_of(std::uint8_t flags) {
  if ((flags & TcpHeader::kRst) != 0) return kRst;
  if ((flags & TcpHeader::kSyn) != 0) return (flags & TcpHeader::kAck) != 0 ? kSynAck : kSyn;
  if ((flags & TcpHeader::kFin) != 0) return kFin;
  if ((flags & TcpHeader::kAck) != 0) return kAck;
  return std::nullopt;
}

// A letter per state that a segment leads to, from each state in the order of the enum:
// N none, S syn_sent, R syn_recv, E established, F fin_wait, W close_wait, L last_ack, T time_wait, C close,
// 2 syn_sent2, i ignored, x invalid.
constexpr std::string_view kLetters = "NSREFWLTC2ix";
using Row = std::string_view;
constexpr std::array<std::array<Row, 5>, 2> kTable{{
    {{                 // from the side that called
      "SSiiiiiSS2",    // SYN: a new call, also over the ashes of an old one
      "xxRxxxxxxR",    // SYN-ACK: only of a simultaneous open
      "xxFFLLLTCx",    // FIN: the first side to close waits, the second one expects the last ACK
      "ExEEWWTTCx",    // ACK: picks up a connection in its middle, too (nf_conntrack_tcp_loose)
      "xCCCCCCCCC"}},  // RST
    {{                 // from the side that was called
      "x2xxxxxSx2",    // SYN: simultaneous open, or the old client's port has become the server
      "xRiiiiiiiR",    // SYN-ACK
      "xxFFLLLTCx",    // FIN
      "xiREWWTTCi",    // ACK
      "xCCCCCCCCC"}},  // RST
}};

}  // namespace

std::string_view name_of(NfTcpState state) {
  constexpr std::array<std::string_view, kNfTcpStates> kNames{"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
                                                              "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
                                                              "CLOSE",    "SYN_SENT2"};
  return kNames.at(static_cast<std::size_t>(state));
}

NfTcpState next_tcp_state(NfTcpState now, std::uint8_t flags, bool reply) {
  const auto kind = kind_of(flags);
  if (!kind) return invalid;
  const char letter = kTable.at(reply ? 1 : 0).at(*kind)[static_cast<std::size_t>(now)];
  return static_cast<NfTcpState>(kLetters.find(letter));
}

bool valid_tcp_flags(std::uint8_t flags) {
  constexpr std::uint8_t kSyn = TcpHeader::kSyn, kFin = TcpHeader::kFin, kRst = TcpHeader::kRst;
  constexpr std::uint8_t kAck = TcpHeader::kAck, kUrg = 0x20, kPsh = 0x08;
  const auto rest = static_cast<std::uint8_t>(flags & 0x3fU & ~kPsh);
  constexpr std::array<std::uint8_t, 9> kLegal{kSyn,        kSyn | kUrg,        kSyn | kAck, kRst,       kRst | kAck,
                                               kFin | kAck, kFin | kAck | kUrg, kAck,        kAck | kUrg};
  for (const std::uint8_t legal : kLegal)
    if (rest == legal) return true;
  return false;
}

}  // namespace nicosim
