#include "stack/io/eventpoll.hpp"

#include "stack/core/busy_poll.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/sock.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {
namespace {

constexpr std::uint32_t kPrivate = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;  // EP_PRIVATE_BITS
constexpr std::uint32_t kInOut = EPOLLIN | EPOLLOUT;                                       // EPOLLINOUT_BITS
constexpr std::uint32_t kExclusiveMay =
    kInOut | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;  // EPOLLEXCLUSIVE_OK_BITS

}  // namespace

// ---- an entry

EpollItem::EpollItem(EventPoll& eventpoll, int fd, File& file, const epoll_event& event)
    : eventpoll_(eventpoll), fd_(fd), file_(file), event_(event) {
  file_.watched_by.push_back(this);
  if ((event_.events & EPOLLEXCLUSIVE) != 0)
    file_.wait_queue().add_exclusive(*this);
  else
    file_.wait_queue().add(*this);
}

EpollItem::~EpollItem() {
  if (linked_) eventpoll_.ready_.remove(this);
  file_.wait_queue().remove(*this);
  std::erase(file_.watched_by, this);
}

void EpollItem::forget() { eventpoll_.items_.erase({fd_, &file_}); }

PollMask EpollItem::ready() const {
  eventpoll_.runtime_.charge(Cost::poll_file, 1);
  return file_.poll() & event_.events;
}

bool EpollItem::woken(PollMask why, bool) {
  const std::uint32_t events = event_.events;
  if ((events & ~kPrivate) == 0) return false;  // disarmed: one-shot, and it has been told
  if ((why & events) == 0) return false;
  if (why == ~PollMask{0}) why = 0;  // not about anything in particular (wake_up without a key)
  const auto keep = eventpoll_.file_.weak_from_this().lock();
  if (!keep) return false;  // the epoll file is just going away
  eventpoll_.remember_napi(file_);
  const bool somebody = eventpoll_.wq_.has_sleepers();
  eventpoll_.became_ready(*this, why);  // takes time, in which this entry may be taken off the list
  if ((events & EPOLLEXCLUSIVE) == 0) return true;
  const std::uint32_t about = why & kInOut;
  return somebody && (about == 0 || (about != kInOut && (events & about) != 0));
}

// ---- the interest list

EventPoll::~EventPoll() { items_.clear(); }

int EventPoll::ctl(int op, int fd, File& target, const epoll_event* event) {  // do_epoll_ctl
  if (op != EPOLL_CTL_DEL && event == nullptr) return -EFAULT;
  if (&target == &file_) return -EINVAL;
  if (target.ops && !target.ops->can_epoll()) return -EPERM;
  const bool exclusive = op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) != 0;
  if (exclusive && op == EPOLL_CTL_MOD) return -EINVAL;
  if (exclusive && op == EPOLL_CTL_ADD && (target.eventpoll || (event->events & ~kExclusiveMay) != 0)) return -EINVAL;
  if (op == EPOLL_CTL_ADD && target.eventpoll && would_nest_too_deep(*target.eventpoll)) return -ELOOP;

  const auto known = items_.find({fd, &target});
  switch (op) {
    case EPOLL_CTL_ADD:
      return known != items_.end() ? -EEXIST : insert(fd, target, *event);
    case EPOLL_CTL_MOD:
      if (known == items_.end()) return -ENOENT;
      if ((known->second->event_.events & EPOLLEXCLUSIVE) != 0) return -EINVAL;
      modify(*known->second, *event);
      return 0;
    case EPOLL_CTL_DEL:
      if (known == items_.end()) return -ENOENT;
      items_.erase(known);
      return 0;
    default:
      return -EINVAL;
  }
}

int EventPoll::insert(int fd, File& target, epoll_event event) {
  event.events |= EPOLLERR | EPOLLHUP;
  EpollItem& item = *(items_[{fd, &target}] = std::make_unique<EpollItem>(*this, fd, target, event));
  remember_napi(target);
  if (item.ready() != 0 && !item.linked_) became_ready(item, 0);
  return 0;
}

void EventPoll::modify(EpollItem& item, epoll_event event) {
  event.events |= EPOLLERR | EPOLLHUP;
  item.event_ = event;
  if (item.ready() != 0 && !item.linked_) became_ready(item, 0);
}

void EventPoll::became_ready(EpollItem& item, PollMask why) {
  if (!item.linked_) {
    item.linked_ = true;
    ready_.push_back(&item);
  }
  if (wq_.has_sleepers()) wq_.wake_up(kPollIn);
  if (poll_wait_.has_sleepers()) poll_wait_.wake_up(kPollIn | kPollRdNorm | why);  // ep_poll_safewake
}

// ---- epoll files that watch epoll files

bool EventPoll::would_nest_too_deep(const EventPoll& below) const {
  return below.depth_below(this) + 1 + depth_above() > kMaxNests;
}

int EventPoll::depth_below(const EventPoll* stop) const {
  if (this == stop) return kMaxNests + 1;
  int depth = 0;
  for (const auto& [key, item] : items_)
    if (item->file_.eventpoll) depth = std::max(depth, 1 + item->file_.eventpoll->depth_below(stop));
  return std::min(depth, kMaxNests + 1);
}

int EventPoll::depth_above() const {
  int depth = 0;
  for (const EpollItem* item : file_.watched_by) depth = std::max(depth, 1 + item->eventpoll_.depth_above());
  return depth;
}

PollMask EventPoll::poll() {  // __ep_eventpoll_poll: entries that turn out not to be ready leave the list
  while (!ready_.empty()) {
    EpollItem& first = *ready_.front();
    if (first.ready() != 0) return kPollIn | kPollRdNorm;
    first.linked_ = false;
    ready_.pop_front();
  }
  return 0;
}

// ---- busy polling

void EventPoll::remember_napi(const File& target) {
  if (!target.is_socket()) return;
  const Sock& sock = *target.socket.sock;
  if (sock.napi_id == 0 || !sock.net.busy_poll->on()) return;
  busy_poll_ = sock.net.busy_poll;
  napi_id_ = sock.napi_id;
}

bool EventPoll::busy_loop() {
  if (napi_id_ == 0 || !busy_poll_->on()) return false;
  const SimTime until = runtime_.now() + busy_poll_->poll_time();
  const auto end = [&] { return !ready_.empty() || runtime_.now() > until; };
  busy_poll_->loop(napi_id_, BusyPoll::kBudget, false, end);
  if (!ready_.empty()) return true;
  napi_id_ = 0;  // in vain; the next event names a card again
  return false;
}

// ---- epoll_wait

// No time passes in here until everything is stored, so nobody adds or removes entries meanwhile.
int EventPoll::send_events(std::span<epoll_event> events) {
  std::list<EpollItem*> looked_at;
  looked_at.swap(ready_);
  std::size_t stored = 0;
  while (!looked_at.empty() && stored < events.size()) {
    EpollItem& item = *looked_at.front();
    looked_at.pop_front();
    item.linked_ = false;
    const PollMask now = item.ready();
    if (now == 0) continue;
    events[stored].events = now;
    events[stored].data = item.event_.data;
    ++stored;
    if ((item.event_.events & EPOLLONESHOT) != 0) {
      item.event_.events &= kPrivate;
    } else if ((item.event_.events & EPOLLET) == 0) {  // level: the next call looks again
      item.linked_ = true;
      ready_.push_back(&item);
    }
  }
  ready_.splice(ready_.begin(), looked_at);  // no room for these
  runtime_.charge(Cost::copy_to_user_per_byte, stored * sizeof(epoll_event));
  if (!ready_.empty() && wq_.has_sleepers()) wq_.wake_up(kPollIn);
  return static_cast<int>(stored);
}

int EventPoll::wait(Task& task, std::span<epoll_event> events, SimTime until) {  // ep_poll
  Woken woken = Woken::event;
  for (;;) {
    if (!ready_.empty())
      if (const int stored = send_events(events); stored > 0) return stored;
    if (woken == Woken::timeout || runtime_.now() >= until) return 0;
    if (woken == Woken::signal) return -EINTR;  // never made again
    if (busy_loop()) continue;
    if (runtime_.signal_pending()) return -EINTR;
    TaskWaiter waiter{runtime_, wq_, task, ~PollMask{0}};
    wq_.add_exclusive(waiter);
    runtime_.prepare_to_sleep();
    woken = ready_.empty() ? runtime_.sleep(until, true) : Woken::event;
  }
}

}  // namespace nicosim
