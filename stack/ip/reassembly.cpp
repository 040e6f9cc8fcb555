#include "stack/ip/reassembly.hpp"

#include "stack/ip/checksum.hpp"
#include "stack/socket/truesize.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::size_t kMaxDatagram = 65535;

std::size_t weight(const IpPacket& fragment) { return truesize(fragment.ip.header_bytes + fragment.frame->size()); }

}  // namespace

std::optional<IpPacket> Reassembly::add(IpPacket fragment) {
  net_.runtime.charge(Cost::ip_reassemble);
  ++net_.mib.IpReasmReqds;
  const Ipv4Header& ip = fragment.ip;
  const Key key{ip.source, ip.destination, ip.id, ip.protocol, fragment.in->index};
  Queue* const queue = find_or_create(key);
  if (queue == nullptr) {
    ++net_.mib.IpReasmFails;
    net_.drop(std::move(fragment.frame), Station::ip, DropReason::FRAG_TOO_FAR);
    return std::nullopt;
  }

  // ip_frag_queue: where it lies, and whether that fits with the end we know.
  std::size_t end = ip.offset + fragment.frame->size();
  if (!ip.more_fragments) {
    if (end < queue->length || (queue->last_in && end != queue->length))
      return refuse(key, std::move(fragment), DropReason::FRAG_OVERLAP);
    queue->last_in = true;
    queue->length = end;
  } else {
    end &= ~std::size_t{7};  // inner fragments carry multiples of 8 bytes
    if (end > queue->length) {
      if (queue->last_in) return refuse(key, std::move(fragment), DropReason::FRAG_OVERLAP);
      queue->length = end;
    }
  }
  if (end <= ip.offset) return refuse(key, std::move(fragment), DropReason::FRAG_OVERLAP);
  fragment.frame->trim(end - ip.offset);

  switch (place(*queue, ip.offset, end)) {
    case Place::duplicate:
      net_.drop(std::move(fragment.frame), Station::ip, DropReason::DUP_FRAG);
      return std::nullopt;
    case Place::overlap:
      ++net_.mib.IpExtReasmOverlaps;
      return refuse(key, std::move(fragment), DropReason::FRAG_OVERLAP);
    case Place::taken:
      break;
  }
  memory_ += weight(fragment);
  queue->received += fragment.frame->size();
  const std::size_t offset = ip.offset;
  queue->fragments.emplace(offset, std::move(fragment));
  if (!queue->last_in || queue->received != queue->length) return std::nullopt;
  return join(key, *queue);
}

Reassembly::Queue* Reassembly::find_or_create(const Key& key) {
  const auto found = queues_.find(key);
  if (found != queues_.end()) return &found->second;
  if (memory_ > net_.sysctl.ipfrag_high_thresh) return nullptr;
  Queue& queue = queues_.try_emplace(key, net_.timers, [this, key] { expired(key); }).first->second;
  queue.timer.arm(net_.now() + SimTime::s(net_.sysctl.ipfrag_time));
  return &queue;
}

// inet_frag_queue_insert. Duplicates are recognised within a run only: fragments that arrived one behind the other.
Reassembly::Place Reassembly::place(Queue& queue, std::size_t offset, std::size_t end) {
  if (!queue.runs.empty() && queue.runs.rbegin()->second < end) {  // the common case: it goes to the end
    auto& [last_begin, last_end] = *queue.runs.rbegin();
    if (offset < last_end) return Place::overlap;
    if (offset == last_end)
      last_end = end;
    else
      queue.runs.emplace(offset, end);
    return Place::taken;
  }
  for (const auto& [run_begin, run_end] : queue.runs) {
    if (end <= run_begin || offset >= run_end) continue;
    return offset >= run_begin && end <= run_end ? Place::duplicate : Place::overlap;
  }
  queue.runs.emplace(offset, end);
  return Place::taken;
}

std::optional<IpPacket> Reassembly::refuse(const Key& key, IpPacket fragment, DropReason reason) {
  ++net_.mib.IpReasmFails;
  net_.drop(std::move(fragment.frame), Station::ip, reason);
  drop(take(key), reason);
  return std::nullopt;
}

// ip_frag_reasm: one frame with the first fragment's header, its length and checksum made anew.
std::optional<IpPacket> Reassembly::join(const Key& key, Queue& queue) {
  IpPacket& first = queue.fragments.begin()->second;
  const std::size_t header_bytes = first.ip.header_bytes;
  const std::size_t total = header_bytes + queue.length;
  if (total > kMaxDatagram) {  // "Oversized IP packet": ping of death
    ++net_.mib.IpReasmFails;
    drop(take(key), DropReason::PKT_TOO_BIG);
    return std::nullopt;
  }
  net_.runtime.charge(Cost::skb_alloc);
  // With the link-layer header of the first one, which netfilter may ask for.
  constexpr std::size_t kLink = EthernetHeader::kBytes;
  IpPacket whole{net_.pool.make(kLink + total), first.ip, first.in, first.link_class, first.destination_kind};
  Frame& frame = *whole.frame;
  copy_bytes(first.frame->push(kLink + header_bytes), frame.put(kLink + header_bytes));
  first.frame->pull(kLink + header_bytes);
  frame.pull(kLink);
  const auto header = frame.bytes().first(header_bytes);
  store_be16(header, 2, static_cast<std::uint16_t>(total));
  store_be16(header, 6, first.ip.dont_fragment ? 0x4000 : 0);
  store_be16(header, 10, 0);
  Checksum sum;
  sum.add(header);
  store_be16(header, 10, sum.value());
  whole.ip.total_bytes = total;
  whole.ip.more_fragments = false;
  frame.port = first.frame->port;
  frame.arrived = first.frame->arrived;
  for (auto& [offset, fragment] : queue.fragments) {
    memory_ -= weight(fragment);
    copy_bytes(fragment.frame->bytes(), frame.put(fragment.frame->size()));
    frame.adopt(std::move(fragment.frame));
  }
  queues_.erase(key);
  frame.pull(header_bytes);
  ++net_.mib.IpReasmOKs;
  return whole;
}

// ipq_kill: who is in it is the caller's now.
Reassembly::Fragments Reassembly::take(const Key& key) {
  Fragments fragments;
  const auto found = queues_.find(key);
  if (found == queues_.end()) return fragments;
  fragments.swap(found->second.fragments);
  queues_.erase(found);
  for (const auto& [offset, fragment] : fragments) memory_ -= weight(fragment);
  return fragments;
}

void Reassembly::drop(Fragments fragments, DropReason reason) {
  for (auto& [offset, fragment] : fragments) net_.drop(std::move(fragment.frame), Station::ip, reason);
}

// ip_expire. The report needs the first fragment, as it quotes the transport header.
void Reassembly::expired(const Key& key) {
  ++net_.mib.IpReasmFails;
  ++net_.mib.IpReasmTimeout;
  // Out of the table first: sending takes time, in which the missing fragment may arrive on another CPU.
  Fragments fragments = take(key);
  if (!fragments.empty() && fragments.begin()->first == 0) timed_out_(fragments.begin()->second);
  drop(std::move(fragments), DropReason::FRAG_REASM_TIMEOUT);
}

void Reassembly::close_queued(SimTime now) {
  for (auto& [key, queue] : queues_)
    for (auto& [offset, fragment] : queue.fragments)
      fragment.frame->close(net_.ledger, Fate::queued, Station::ip, now, DropReason::none);
  queues_.clear();
  memory_ = 0;
}

}  // namespace nicosim
