// The neighbour table: which MAC address an IPv4 next hop has, and what waits to learn it (net/core/neighbour.c).
//
// States are Linux's NUD states. Aging is looked at when an entry is used, so an idle host runs no timer: only an
// entry that is being resolved or probed has one.
#pragma once

#include "common/bytes.hpp"
#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/core/timer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace nicosim {

class NeighbourTable {
 public:
  enum class State : std::uint8_t { incomplete, reachable, stale, delay, probe, failed, permanent };

  explicit NeighbourTable(Net& net) : net_(net) {}

  // neigh_resolve_output: an IP packet for `next_hop`. Sends it, keeps it until an answer comes (bounded by
  // unres_qlen_bytes, the oldest goes), or drops it. false: dropped now, already closed.
  bool output(Interface& out, Ipv4Address next_hop, TxFrame packet);

  // An ARP request came from there: create or refresh the entry as STALE (neigh_event_ns). false: table full.
  bool learn(Interface& in, Ipv4Address address, const MacAddress& mac);
  // Any other ARP message: refreshes an existing entry only. `proof`: a unicast reply, the entry becomes REACHABLE.
  // Another MAC is believed only `kLockTime` after the last change, or from a gratuitous ARP. false: no such entry.
  bool heard(Interface& in, Ipv4Address address, const MacAddress& mac, bool proof, bool gratuitous);
  void set_permanent(Interface& on, Ipv4Address address, const MacAddress& mac);

  std::optional<State> state(const Interface& on, Ipv4Address address) const;
  std::size_t size() const { return entries_.size(); }
  void close_queued(SimTime now);

 private:
  static constexpr SimTime kLockTime = SimTime::s(1);
  static constexpr SimTime kGcAge = SimTime::s(5);

  struct Entry {
    Entry(NeighbourTable& table, Interface& out_interface, Ipv4Address ip)
        : out(out_interface), address(ip), timer(table.net_.timers, [&table, this] { table.expired(*this); }) {}
    Interface& out;
    Ipv4Address address;
    Timer timer;
    State state = State::failed;  // nothing known, nothing tried
    MacAddress mac;
    SimTime updated;          // last change of state or address
    SimTime reachable_until;  // state reachable: then it is stale
    unsigned probes = 0;
    std::deque<TxFrame> waiting;  // incomplete only
    std::size_t waiting_bytes = 0;
  };
  using Key = std::pair<unsigned, Ipv4Address>;  // interface, address

  Entry* find(const Interface& on, Ipv4Address address);
  Entry* create(Interface& on, Ipv4Address address);  // nullptr: table full (NEIGH_CREATEFAIL)
  void collect_garbage();
  void update(Entry& entry, const MacAddress& mac, State state);
  void start_resolving(Entry& entry);
  void expired(Entry& entry);
  void solicit(Entry& entry);
  void park(Entry& entry, TxFrame packet);
  void give_up(Entry& entry);
  static bool transmit(Interface& out, const MacAddress& mac, TxFrame packet);

  Net& net_;
  std::map<Key, std::unique_ptr<Entry>> entries_;
};

}  // namespace nicosim
