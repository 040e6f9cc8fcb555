#include "common/frame_ledger.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

namespace nicosim {
namespace {

bool from_card(Station s) { return s >= Station::mac && s <= Station::interrupt; }
bool to_card(Station s) { return s >= Station::tx_dma && s <= Station::tx_mac; }

// Whose numbering orders this event among those of equal time.
unsigned source_of(FrameId id, Station s) {
  if (s == Station::wire || s == Station::tx_wire) return EventLog::wire(id.port());
  if (from_card(s) || to_card(s)) return EventLog::card(id.port());
  return EventLog::kHost;
}

}  // namespace

FrameLedger::Record& FrameLedger::open(FrameId id, Station first, SimTime now) {
  const auto [entry, fresh] = records_.try_emplace(id.raw);
  assert(fresh && "a frame id was opened twice");
  Record& record = entry->second;
  record.at_ps.fill(-1);
  record.opened_ps = now.in_ps();
  record.last = first;
  ++opened_[id.from_host() ? 1 : 0];
  return record;
}

FrameId FrameLedger::open_from_host(unsigned port, std::span<const FrameId> parents, SimTime now) {
  const FrameId id = FrameId::make(port, true, next_from_host_[port]++);
  open_child(id, parents, EventLog::kHost, now);
  return id;
}

FrameId FrameLedger::open_segment(unsigned port, FrameId parent, SimTime now) {
  const FrameId id = FrameId::segment(port, next_segment_[port]++);
  open_child(id, {&parent, 1}, EventLog::card(port), now);
  return id;
}

void FrameLedger::open_child(FrameId id, std::span<const FrameId> parents, unsigned source, SimTime now) {
  open(id, Station::write, now);
  for (const FrameId parent : parents)
    if (records_.contains(parent.raw)) {
      parents_[id.raw].push_back(parent);
      children_[parent.raw].push_back(id);
    }
  if (log_.enabled()) {
    std::string names;
    for (const FrameId parent : parents) names += (names.empty() ? "parents=" : ",") + parent.name();
    log_.emit(now, source, "open", id, names);
  }
}

FrameId FrameLedger::open_on_wire(unsigned port, std::uint64_t number, SimTime first_bit) {
  const FrameId id = FrameId::make(port, false, number);
  Record& record = open(id, Station::wire, first_bit);
  record.at_ps[static_cast<std::size_t>(Station::wire)] = first_bit.in_ps();
  log(id, Station::wire, first_bit, {});
  return id;
}

void FrameLedger::log(FrameId id, Station station, SimTime time, std::string_view detail) {
  log_.emit(time, source_of(id, station), name_of(station), id, detail);
}

void FrameLedger::at(FrameId id, Station station, SimTime time, std::string_view detail) {
  const auto entry = records_.find(id.raw);
  if (entry == records_.end()) return;
  std::int64_t& stamp = entry->second.at_ps[static_cast<std::size_t>(station)];
  if (stamp < 0) stamp = time.in_ps();
  entry->second.last = station;
  log(id, station, time, detail);
}

void FrameLedger::written(FrameId id, SimTime when, SimTime now) {
  const auto entry = records_.find(id.raw);
  if (entry == records_.end()) return;
  Record& record = entry->second;
  record.at_ps[static_cast<std::size_t>(Station::write)] = record.opened_ps = when.in_ps();
  record.last = Station::write;
  if (log_.enabled()) log(id, Station::write, now, fmt::format("written_ps={}", when.in_ps()));
}

void FrameLedger::close(FrameId id, Fate fate, Station station, SimTime time, DropReason reason) {
  if (!id.valid()) return;
  assert(records_.contains(id.raw) && !forwarding_.contains(id.raw) && "a frame was given a second fate");
  assert((fate == Fate::dropped) == (reason != DropReason::none) && "a drop needs a reason, and only a drop");
  const auto children = children_.find(id.raw);
  if (fate == Fate::forwarded && children != children_.end()) {
    const auto under_way = [&](FrameId copy) { return records_.contains(copy.raw); };
    const auto copies = static_cast<std::size_t>(std::ranges::count_if(children->second, under_way));
    if (copies != 0) {
      forwarding_[id.raw].copies = copies;
      return;
    }
  }
  end(id, {fate, station, reason, source_of(id, station)}, time);
}

void FrameLedger::end(FrameId id, const End& end, SimTime time) {
  const auto entry = records_.find(id.raw);
  if (entry == records_.end()) return;
  const Record& record = entry->second;
  const bool measured = record.opened_ps >= measure_from_.in_ps();
  for (std::size_t i = 0; measured && i < kStations; ++i)
    if (record.at_ps[i] >= 0) samples_ps_[i].push_back(record.at_ps[i] - record.opened_ps);
  ++fates_[{id.from_host(), end.fate, end.station, end.reason}];
  if (end.fate == Fate::read && time >= measure_from_) ++delivered_;
  // `read` at station `read`
  const bool said = name_of(end.fate) == name_of(end.station) && record.last == end.station;
  if (log_.enabled() && !said) {
    const std::string detail = end.fate == Fate::dropped
                                   ? fmt::format("at={} reason={}", name_of(end.station), name_of(end.reason))
                                   : fmt::format("at={}", name_of(end.station));
    log_.emit(time, end.source, name_of(end.fate), id, detail);
  }
  records_.erase(entry);
  children_.erase(id.raw);
  copy_ended(id, end, time);
}

// The last copy of a forwarded frame ends the frame as well.
void FrameLedger::copy_ended(FrameId copy, const End& how, SimTime time) {
  const auto entry = parents_.find(copy.raw);
  if (entry == parents_.end()) return;
  const std::vector<FrameId> parents = std::move(entry->second);
  parents_.erase(entry);
  for (const FrameId parent : parents) {
    const auto waiting = forwarding_.find(parent.raw);
    if (waiting == forwarding_.end()) continue;
    Forwarding& forwarding = waiting->second;
    if (how.fate != Fate::sent && !forwarding.lost) forwarding.lost = how;
    if (--forwarding.copies != 0) continue;
    const End last = forwarding.lost.value_or(End{Fate::forwarded, how.station, DropReason::none, how.source});
    forwarding_.erase(waiting);
    end(parent, last, time);
  }
}

void FrameLedger::await_claim(unsigned port, FrameId id, SimTime since) {
  if (unclaimed_.size() <= port) unclaimed_.resize(port + 1);
  unclaimed_[port].push_back({id, since});
}

void FrameLedger::claimed(unsigned port, FrameId id) {
  auto& waiting = unclaimed_.at(port);
  const auto place = std::ranges::find(waiting, id, &Unclaimed::id);
  if (place != waiting.end()) waiting.erase(place);
}

void FrameLedger::written_back(unsigned port, std::uint64_t descriptor, FrameId id) {
  written_back_.insert_or_assign(Slot{port, descriptor}, id);
  const auto record = records_.find(id.raw);
  const bool known = record != records_.end();
  await_claim(port, id, SimTime::ps(known ? record->second.at_ps[static_cast<std::size_t>(Station::dma)] : -1));
}

FrameId FrameLedger::claim(unsigned port, std::uint64_t descriptor) {
  const auto entry = written_back_.find(Slot{port, descriptor});
  if (entry == written_back_.end()) return {};
  const FrameId id = entry->second;
  written_back_.erase(entry);
  claimed(port, id);
  return id;
}

void FrameLedger::in_window(unsigned port, FrameId id, SimTime now) {
  in_window_[port].push_back(id);
  await_claim(port, id, now);
  if (log_.enabled()) log_.emit(now, EventLog::card(port), "window", id, {});
}

FrameId FrameLedger::claim_window(unsigned port) {
  auto& waiting = in_window_[port];
  if (waiting.empty()) return {};
  const FrameId id = waiting.front();
  waiting.pop_front();
  claimed(port, id);
  return id;
}

void FrameLedger::posted(unsigned port, std::uint64_t descriptor, FrameId id) {
  const bool fresh = posted_.insert_or_assign(Slot{port, descriptor}, id).second;
  assert(fresh && "a descriptor was posted twice without being fetched");
  (void)fresh;
}

FrameId FrameLedger::fetched(unsigned port, std::uint64_t descriptor) {
  const auto entry = posted_.find(Slot{port, descriptor});
  if (entry == posted_.end()) return {};
  const FrameId id = entry->second;
  posted_.erase(entry);
  return id;
}

FrameId FrameLedger::unposted(unsigned port, std::uint64_t descriptor) { return fetched(port, descriptor); }

void FrameLedger::stamp_unclaimed(unsigned port, Station station, SimTime time, SimTime written_until) {
  if (port >= unclaimed_.size()) return;
  for (const auto& [id, since] : unclaimed_[port]) {
    if (since > written_until) break;  // they are in order of time
    const auto entry = records_.find(id.raw);
    if (entry == records_.end()) continue;
    Record& record = entry->second;
    std::int64_t& stamp = record.at_ps[static_cast<std::size_t>(station)];
    if (stamp >= 0) continue;
    stamp = time.in_ps();
    record.last = station;
  }
}

void FrameLedger::interrupt_delivered(unsigned port, SimTime raised) {
  stamp_unclaimed(port, Station::interrupt, raised, raised);
}

void FrameLedger::handler_ran(unsigned port, SimTime now) {
  stamp_unclaimed(port, Station::handler, now, now);
  log_.emit(now, EventLog::kHost, name_of(Station::handler), {}, fmt::format("port={}", port));
}

void FrameLedger::note(SimTime time, std::string_view station, FrameId id, std::string_view detail) {
  log_.emit(time, id.valid() && !id.from_host() ? EventLog::card(id.port()) : EventLog::kHost, station, id, detail);
}

std::vector<FrameLedger::Open> FrameLedger::open_frames() const {
  std::vector<Open> open;
  open.reserve(records_.size());
  for (const auto& [raw, record] : records_) {
    const std::int64_t since = record.at_ps[static_cast<std::size_t>(record.last)];
    open.push_back({FrameId{raw}, record.last, SimTime::ps(since < 0 ? record.opened_ps : since)});
  }
  std::ranges::sort(open, {}, &Open::id);
  return open;
}

void FrameLedger::close_as_queued(FrameId id, SimTime now) {
  const auto entry = records_.find(id.raw);
  if (entry == records_.end()) return;
  const Station last = entry->second.last;
  const std::int64_t since = entry->second.at_ps[static_cast<std::size_t>(last)];
  close(id, Fate::queued, last, std::max(now, SimTime::ps(since)));
}

void FrameLedger::close_rings_as_queued(SimTime now) {
  for (const auto& [slot, id] : written_back_) close_as_queued(id, now);
  for (const auto& [port, waiting] : in_window_)
    for (const FrameId id : waiting) close_as_queued(id, now);
  for (const auto& [slot, id] : posted_) close_as_queued(id, now);
  written_back_.clear();
  in_window_.clear();
  posted_.clear();
  unclaimed_.clear();
}

FrameLedger::Totals FrameLedger::totals_of(bool from_host) const {
  Totals totals;
  for (const auto& [key, n] : fates_) {
    const auto& [host, fate, station, reason] = key;
    if (host != from_host) continue;
    if (fate == Fate::dropped) {
      totals.emplace_back(fmt::format("drop.{}.{}", name_of(station), name_of(reason)), n);
    } else if (!totals.empty() && totals.back().first == name_of(fate)) {
      totals.back().second += n;
    } else {
      totals.emplace_back(std::string{name_of(fate)}, n);
    }
  }
  return totals;
}

std::uint64_t FrameLedger::count(bool from_host, Fate fate) const {
  std::uint64_t sum = 0;
  for (const auto& [key, n] : fates_)
    if (std::get<0>(key) == from_host && std::get<1>(key) == fate) sum += n;
  return sum;
}

std::uint64_t FrameLedger::dropped(bool from_host, Station station, DropReason reason) const {
  const auto entry = fates_.find({from_host, Fate::dropped, station, reason});
  return entry == fates_.end() ? 0 : entry->second;
}

FrameLedger::Latency FrameLedger::latency(Station station) const {
  std::vector<std::int64_t> sorted = samples_ps_[static_cast<std::size_t>(station)];
  if (sorted.empty()) return {};
  std::ranges::sort(sorted);
  const auto rank = [&](std::uint64_t percent) {  // nearest rank: smallest value with at least percent % at or below
    const std::size_t n = (sorted.size() * percent + 99) / 100;
    return SimTime::ps(sorted[std::max<std::size_t>(n, 1) - 1]);
  };
  return {sorted.size(), rank(50), rank(99), SimTime::ps(sorted.back())};
}

}  // namespace nicosim
