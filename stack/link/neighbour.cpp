#include "stack/link/neighbour.hpp"

#include "common/spin_lock.hpp"
#include "stack/link/arp.hpp"
#include "stack/link/ethernet.hpp"
#include "stack/socket/truesize.hpp"

namespace nicosim {

bool NeighbourTable::output(Interface& out, Ipv4Address next_hop, TxFrame packet) {
  net_.runtime.charge(Cost::neigh_output);
  const BottomHalfGuard guard{net_.runtime};
  Entry* entry = find(out, next_hop);
  if (entry == nullptr) entry = create(out, next_hop);
  if (entry == nullptr) {
    net_.drop(std::move(packet.frame), Station::tx_queue, DropReason::NEIGH_CREATEFAIL);
    return false;
  }
  if (entry->state == State::reachable && net_.now() > entry->reachable_until) entry->state = State::stale;
  switch (entry->state) {
    case State::failed:
      park(*entry, std::move(packet));
      start_resolving(*entry);
      return true;
    case State::incomplete:
      park(*entry, std::move(packet));
      return true;
    case State::stale:  // send, and check in a while whether it is still there
      entry->state = State::delay;
      entry->timer.arm(net_.now() + SimTime::s(net_.sysctl.delay_first_probe_time));
      break;
    case State::reachable:
    case State::delay:
    case State::probe:
    case State::permanent:
      break;
  }
  return transmit(out, entry->mac, std::move(packet));
}

bool NeighbourTable::learn(Interface& in, Ipv4Address address, const MacAddress& mac) {
  const BottomHalfGuard guard{net_.runtime};
  Entry* entry = find(in, address);
  if (entry == nullptr) entry = create(in, address);
  if (entry == nullptr) return false;
  update(*entry, mac, State::stale);
  return true;
}

bool NeighbourTable::heard(Interface& in, Ipv4Address address, const MacAddress& mac, bool proof, bool gratuitous) {
  const BottomHalfGuard guard{net_.runtime};
  Entry* const entry = find(in, address);
  if (entry == nullptr) return false;
  const bool resolved = entry->state != State::incomplete && entry->state != State::failed;
  const bool may_override = gratuitous || net_.now() > entry->updated + kLockTime;
  if (resolved && entry->mac != mac && !may_override) return true;  // the first answer stands
  update(*entry, mac, proof ? State::reachable : State::stale);
  return true;
}

void NeighbourTable::set_permanent(Interface& on, Ipv4Address address, const MacAddress& mac) {
  Entry* entry = find(on, address);
  if (entry == nullptr)
    entry = entries_.emplace(Key{on.index, address}, std::make_unique<Entry>(*this, on, address)).first->second.get();
  update(*entry, mac, State::permanent);
}

std::optional<NeighbourTable::State> NeighbourTable::state(const Interface& on, Ipv4Address address) const {
  const auto found = entries_.find({on.index, address});
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = *found->second;
  if (entry.state == State::reachable && net_.now() > entry.reachable_until) return State::stale;
  return entry.state;
}

void NeighbourTable::close_queued(SimTime now) {
  for (auto& [key, entry] : entries_) {
    for (TxFrame& tx : entry->waiting)
      tx.frame->close(net_.ledger, Fate::queued, Station::tx_queue, now, DropReason::none);
    entry->waiting.clear();
    entry->waiting_bytes = 0;
  }
}

NeighbourTable::Entry* NeighbourTable::find(const Interface& on, Ipv4Address address) {
  const auto found = entries_.find({on.index, address});
  return found == entries_.end() ? nullptr : found->second.get();
}

NeighbourTable::Entry* NeighbourTable::create(Interface& on, Ipv4Address address) {
  if (entries_.size() >= net_.sysctl.gc_thresh3) collect_garbage();
  if (entries_.size() >= net_.sysctl.gc_thresh3) return nullptr;  // "neighbour: arp_cache: neighbor table overflow!"
  const auto made = entries_.emplace(Key{on.index, address}, std::make_unique<Entry>(*this, on, address)).first;
  made->second->updated = net_.now();
  return made->second.get();
}

// neigh_forced_gc: entries that failed or rest since 5 s go; those being resolved or probed, and permanent ones, stay.
void NeighbourTable::collect_garbage() {
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = *item.second;
    if (entry.state == State::permanent || entry.timer.pending()) return false;
    return entry.state == State::failed || net_.now() > entry.updated + kGcAge;
  });
}

// neigh_update: the address is known now; whatever waited for it goes out.
void NeighbourTable::update(Entry& entry, const MacAddress& mac, State state) {
  if (entry.state == State::permanent && state != State::permanent) return;
  const bool same = entry.mac == mac;
  const bool valid = entry.state != State::incomplete && entry.state != State::failed;
  if (state == State::stale && same && valid) return;  // says no more than we know
  entry.mac = mac;
  entry.state = state;
  entry.updated = net_.now();
  entry.probes = 0;
  entry.timer.cancel();
  if (state == State::reachable) {
    // Evenly within half to one and a half base times (RFC 4861, 6.3.2), so that hosts do not probe in step.
    const std::uint64_t base_us = std::uint64_t{net_.sysctl.base_reachable_time_ms} * 1000;
    const std::uint64_t draw = net_.runtime.random();
    entry.reachable_until = net_.now() + SimTime::us(static_cast<std::int64_t>(base_us / 2 + draw % base_us));
  }
  std::deque<TxFrame> waiting;
  waiting.swap(entry.waiting);
  entry.waiting_bytes = 0;
  Interface& out = entry.out;  // sending takes time, in which the entry may go
  for (TxFrame& tx : waiting) transmit(out, mac, std::move(tx));
}

void NeighbourTable::start_resolving(Entry& entry) {
  entry.state = State::incomplete;
  entry.updated = net_.now();
  entry.probes = 1;
  entry.timer.arm(net_.now() + SimTime::ms(net_.sysctl.retrans_time_ms));
  solicit(entry);
}

// neigh_timer_handler
void NeighbourTable::expired(Entry& entry) {
  if (entry.state == State::delay) {
    entry.state = State::probe;
    entry.probes = 0;
  }
  const unsigned most = entry.state == State::probe ? net_.sysctl.ucast_solicit : net_.sysctl.mcast_solicit;
  if (entry.probes >= most) return give_up(entry);
  ++entry.probes;
  entry.timer.arm(net_.now() + SimTime::ms(net_.sysctl.retrans_time_ms));
  solicit(entry);
}

// arp_solicit: broadcast while nothing is known, to the known address when it is only being checked.
void NeighbourTable::solicit(Entry& entry) {
  net_.runtime.charge(Cost::skb_alloc);
  const NetDevice& device = entry.out.device;
  Ipv4Address source;
  for (const InterfaceAddress& own : entry.out.addresses)
    if (source.is_any() || own.contains(entry.address)) source = own.address;
  const bool probing = entry.state == State::probe;
  const ArpMessage request{ArpMessage::kRequest, device.address(), source, MacAddress{}, entry.address};
  FramePtr frame = make_arp(net_.pool, request, device.address(), probing ? entry.mac : MacAddress::broadcast());
  frame->ids.push_back(net_.ledger.open_from_host(device.port(), {}, net_.now()));
  entry.out.queue.enqueue({std::move(frame), nullptr});
}

void NeighbourTable::park(Entry& entry, TxFrame packet) {
  const std::size_t bytes = truesize(packet.frame->size());
  while (!entry.waiting.empty() && entry.waiting_bytes + bytes > net_.sysctl.unres_qlen_bytes) {
    TxFrame oldest = std::move(entry.waiting.front());
    entry.waiting.pop_front();
    entry.waiting_bytes -= truesize(oldest.frame->size());
    net_.drop(std::move(oldest.frame), Station::tx_queue, DropReason::NEIGH_QUEUEFULL);
  }
  entry.waiting_bytes += bytes;
  entry.waiting.push_back(std::move(packet));
}

void NeighbourTable::give_up(Entry& entry) {
  entry.state = State::failed;
  entry.updated = net_.now();
  std::deque<TxFrame> waiting;
  waiting.swap(entry.waiting);
  entry.waiting_bytes = 0;
  while (!waiting.empty()) {
    TxFrame tx = std::move(waiting.front());
    waiting.pop_front();
    if (tx.owner) tx.owner->link_failure();
    net_.drop(std::move(tx.frame), Station::tx_queue, DropReason::NEIGH_FAILED);
  }
}

bool NeighbourTable::transmit(Interface& out, const MacAddress& mac, TxFrame packet) {
  push_ethernet(*packet.frame, mac, out.device.address(), kEtherIpv4);
  return out.queue.enqueue(std::move(packet));
}

}  // namespace nicosim
