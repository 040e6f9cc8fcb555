#include "sc_model/agenda.hpp"

#include <cassert>
#include <tuple>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace nicosim {

Agenda::Agenda(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(run_due);
  sensitive << head_due_;
  dont_initialize();
}

inline bool Agenda::before(const AgendaItem& a, const AgendaItem& b) {
  if (a.time_ != b.time_) return a.time_ < b.time_;  // nearly always
  return std::tie(a.rank_, a.source_, a.sequence_) < std::tie(b.rank_, b.source_, b.sequence_);
}

void Agenda::sift_up(Heap& heap, std::size_t at) {
  AgendaItem* const item = heap[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (!before(*item, *heap[parent])) break;
    heap[at] = heap[parent];
    heap[at]->position_ = at;
    at = parent;
  }
  heap[at] = item;
  item->position_ = at;
}

void Agenda::sift_down(Heap& heap, std::size_t at) {
  AgendaItem* const item = heap[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap.size()) break;
    if (child + 1 < heap.size() && before(*heap[child + 1], *heap[child])) ++child;
    if (!before(*heap[child], *item)) break;
    heap[at] = heap[child];
    heap[at]->position_ = at;
    at = child;
  }
  heap[at] = item;
  item->position_ = at;
}

void Agenda::take_out(Heap& heap, AgendaItem& item) {
  const std::size_t at = item.position_;
  AgendaItem* const last = heap.back();
  heap.pop_back();
  item.position_ = AgendaItem::kOff;
  if (last == &item) return;
  heap[at] = last;
  last->position_ = at;
  sift_up(heap, at);
  sift_down(heap, last->position_);
}

void Agenda::post(AgendaItem& item, SimTime time, bool timer) {
  assert(!item.scheduled() && "an item is on the agenda once");
  assert(time >= now_ && "nothing can be posted into the past");
  assert(!time.is_never() && "simulated time ends before this");
  if (next_sequence_.size() <= item.source_) next_sequence_.resize(item.source_ + 1);
  item.time_ = time;
  item.sequence_ = next_sequence_[item.source_]++;
  item.timer_ = timer;
  if (!timer && item.rank_ != Rank::engine) ++busy_items_;
  Heap& heap = heap_of(item);
  heap.push_back(&item);
  sift_up(heap, heap.size() - 1);
  if (!running_) notify_head();
}

void Agenda::cancel(AgendaItem& item) {
  if (!item.scheduled()) return;
  if (!item.timer_ && item.rank_ != Rank::engine) --busy_items_;
  take_out(heap_of(item), item);
}

void Agenda::leave_if_over() const {
  if (!over_) return;
#if defined(__SANITIZE_ADDRESS__)
  // AddressSanitizer does not know SystemC's stacks: frames that an exception leaves would stay marked as in use, and
  // the next call over them would look like an overflow. So the marks of this stack go first.
  auto* const here = static_cast<char*>(__builtin_frame_address(0));
  constexpr std::size_t kBelow = 64 * 1024, kAbove = 256 * 1024;
  __asan_unpoison_memory_region(here - kBelow, kBelow + kAbove);
#endif
  throw SimulationOver{};
}

SimTime Agenda::next() const { return std::min(head(engines_), head(others_)); }

void Agenda::advance_to(SimTime time) {
  assert(time >= now_ && nothing_until(time) && "time cannot pass over something that is due");
  now_ = time;
  last_busy_ = time;
}

void Agenda::look() {
  if (running_) return;  // it does so anyway
  notified_ = SimTime::zero();
  head_due_.notify(sc_core::SC_ZERO_TIME);
}

void Agenda::notify_head() {
  const SimTime time = next();
  if (time.is_never() || time >= notified_) return;
  notified_ = time;
  const SimTime kernel = SimTime::ps(static_cast<std::int64_t>(sc_core::sc_time_stamp().value()));
  head_due_.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>((time - kernel).in_ps())));
}

void Agenda::run_due() {
  running_ = true;
  notified_ = SimTime::never();
  const SimTime kernel = SimTime::ps(static_cast<std::int64_t>(sc_core::sc_time_stamp().value()));
  while (!over_ && next() <= kernel) {
    Heap& heap = engines_.empty()                              ? others_
                 : others_.empty()                             ? engines_
                 : before(*engines_.front(), *others_.front()) ? engines_
                                                               : others_;
    AgendaItem& item = *heap.front();
    take_out(heap, item);
    now_ = item.time_;
    if (item.rank_ != Rank::engine && !item.timer_) {
      --busy_items_;
      last_busy_ = now_;
    }
    ++items_run_;
    item.due();
    if (watch_) watch_();
    if (yield_) break;
  }
  if (watch_ && !over_) watch_();
  running_ = false;
  if (yield_) {
    yield_ = false;
    notified_ = now_;
    head_due_.notify(sc_core::SC_ZERO_TIME);
  } else {
    notify_head();
  }
}

}  // namespace nicosim
