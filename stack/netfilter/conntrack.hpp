// Connection tracking (net/netfilter/nf_conntrack_core.c): every packet belongs to a connection, known by its tuple in
// both directions; NAT keeps its mapping there.
//
// A new connection lives with its first packet until that leaves the last hook (`confirm`), then in the table.
// Time-outs are looked at when somebody asks for the entry or makes room, so an idle host runs no timer for them.
#pragma once

#include "common/frame.hpp"
#include "stack/core/net.hpp"
#include "stack/netfilter/conntrack_tcp.hpp"
#include "stack/netfilter/rule.hpp"
#include "stack/netfilter/tuple.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace nicosim {

enum class NfDirection : std::uint8_t { original, reply };
constexpr NfDirection other(NfDirection d) {
  return d == NfDirection::original ? NfDirection::reply : NfDirection::original;
}

// A connection (struct nf_conn).
struct NfConn {
  std::array<NfTuple, 2> tuples;  // by direction; with NAT the reply is not the inverse of the original
  bool confirmed = false, seen_reply = false, assured = false, dying = false;
  bool source_nat = false, destination_nat = false;            // IPS_SRC_NAT, IPS_DST_NAT: packets are rewritten
  bool source_nat_done = false, destination_nat_done = false;  // decided, be it for nothing
  NfTcpState tcp = NfTcpState::NONE;
  SimTime stream_from;       // UDP: two-way traffic after this makes it a stream
  SimTime deadline;          // the entry is gone from here on
  std::uint64_t number = 0;  // in order of creation
  std::array<std::uint64_t, 2> packets{}, bytes{};

  const NfTuple& tuple(NfDirection d) const { return tuples[static_cast<std::size_t>(d)]; }
  NfTuple& tuple(NfDirection d) { return tuples[static_cast<std::size_t>(d)]; }
};

// What a frame is to its connection (enum ip_conntrack_info), kept beside it in Frame::nfctinfo.
struct NfCtInfo {
  NfState state = NfState::invalid;
  NfDirection direction = NfDirection::original;
};
NfCtInfo ct_info(const Frame& frame);
// nf_ct_attach: `reply` (an ICMP error, a RST) is about `original` and belongs to its connection.
void nf_ct_attach(Frame& reply, const Frame& original);

class Conntrack {
 public:
  struct Stat {  // /proc/net/stat/nf_conntrack
    std::uint64_t found = 0, invalid = 0, insert = 0, insert_failed = 0, drop = 0, early_drop = 0, error = 0,
                  clash_resolve = 0;
  };

  explicit Conntrack(Net& net) : net_(net) {}

  // nf_conntrack_in, from the IP header on: finds or makes the packet's connection. false: the table is full, drop it.
  // Checksums are verified on the way in only.
  bool in(Frame& frame, NfHook hook);
  // nf_conntrack_confirm: the packet has passed all hooks, so its connection enters the table. false: drop it.
  bool confirm(Frame& frame);
  static void notrack(Frame& frame);

  // nf_conntrack_tuple_taken: whether somebody's answers already look like this.
  bool taken(const NfTuple& reply, const NfConn& except);

  const Stat& stat() const { return stat_; }
  std::size_t count();    // nf_conntrack_count
  std::string listing();  // conntrack -L, oldest entry first
  const Sysctl& sysctl() const { return net_.sysctl; }

 private:
  struct Entry {
    std::shared_ptr<NfConn> conn;
    NfDirection direction = NfDirection::original;
  };
  using Deadline = std::pair<SimTime, std::uint64_t>;

  const Entry* find(const NfTuple& tuple);
  bool checked(Frame& frame, const NfPacket& packet, bool verify);  // false: invalid
  bool related(Frame& frame, const NfPacket& packet);               // an ICMP error; false: about nothing we know
  std::shared_ptr<NfConn> create(const NfTuple& tuple, const NfPacket& packet, bool& full);
  bool resolve_clash(Frame& frame, const Entry& winner);
  bool early_drop();
  enum class Outcome : std::uint8_t { accept, invalid, repeat };
  Outcome advance(NfConn& conn, NfDirection direction, const NfPacket& packet);
  Outcome advance_tcp(NfConn& conn, NfDirection direction, const NfPacket& packet);
  void refresh(NfConn& conn, SimTime deadline);
  void remove(NfConn& conn);
  void collect();  // entries whose time is over

  Net& net_;
  Stat stat_;
  std::uint64_t next_number_ = 0;
  std::map<NfTuple, Entry> table_;              // both directions of every confirmed connection
  std::map<std::uint64_t, NfConn*> unassured_;  // confirmed ones that early_drop may take, oldest first
  std::map<Deadline, NfConn*> deadlines_;       // confirmed ones
};

}  // namespace nicosim
