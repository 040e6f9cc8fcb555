// Network address translation (net/netfilter/nf_nat_core.c): a connection's mapping is chosen with its first packet and
// applied to all of them, and to the quotes in ICMP errors about them.
#pragma once

#include "stack/netfilter/conntrack.hpp"
#include "stack/netfilter/manip.hpp"

namespace nicosim {

class Nat {
 public:
  Nat(Net& net, Conntrack& conntrack) : net_(net), conntrack_(conntrack) {}

  static bool decided(const NfConn& conn, NfManip manip) {
    return manip == NfManip::source ? conn.source_nat_done : conn.destination_nat_done;
  }
  // nf_nat_setup_info: chooses the mapping within `range`; nullptr: keep the address, and the port if nobody has it
  // (null binding). A port that is taken is replaced by another one; when none is left, confirm() refuses the packet.
  void setup(NfConn& conn, const NfRange* range, NfManip manip);
  // nf_nat_packet, nf_nat_icmp_reply_translation: what the mapping says about this packet. Its connection is known.
  static void translate(Frame& frame, NfManip manip);

 private:
  void choose(NfTuple& tuple, const NfConn& conn, const NfRange& range, NfManip manip);
  bool used(const NfTuple& tuple, const NfConn& conn) { return conntrack_.taken(tuple.inverted(), conn); }

  Net& net_;
  Conntrack& conntrack_;
};

}  // namespace nicosim
