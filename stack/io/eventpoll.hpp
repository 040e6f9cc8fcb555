// epoll: an interest list whose entries put themselves on a ready list when their files wake up (fs/eventpoll.c).
//
// An entry is level-triggered unless it asks for an edge (EPOLLET): it stays on the ready list until a look at its
// file finds nothing. Entries go away with their file, whose last reference a call in progress may hold.
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <sys/epoll.h>
#include <utility>

namespace nicosim {

class BusyPoll;
class EventPoll;
struct File;

// One file on one interest list (struct epitem). Waits on the file's wait queue as long as it lives.
class EpollItem final : public Waiter {
 public:
  EpollItem(EventPoll& eventpoll, int fd, File& file, const epoll_event& event);
  ~EpollItem() override;

  bool woken(PollMask why, bool sync) override;  // ep_poll_callback
  void forget();                                 // its file ends: leaves the interest list, which destroys it

 private:
  friend class EventPoll;
  PollMask ready() const;  // of what it asks for; ep_item_poll

  EventPoll& eventpoll_;
  int fd_;
  File& file_;
  epoll_event event_;
  bool linked_ = false;  // on the ready list
};

class EventPoll {
 public:
  // `file` is the epoll file itself and owns this.
  EventPoll(Runtime& runtime, File& file) : runtime_(runtime), file_(file) {}
  ~EventPoll();
  EventPoll(const EventPoll&) = delete;
  EventPoll& operator=(const EventPoll&) = delete;

  // EPOLL_CTL_ADD, _MOD, _DEL; 0 or -errno. `event` may be null for DEL.
  int ctl(int op, int fd, File& target, const epoll_event* event);
  // Sleeps until one entry is ready or until then; how many events were stored, or -EINTR.
  int wait(Task& task, std::span<epoll_event> events, SimTime until);

  PollMask poll();                               // an epoll file is readable when an entry is ready
  WaitQueue& poll_wait() { return poll_wait_; }  // those who watch this file

  static constexpr int kMaxNests = 4;  // EP_MAX_NESTS: how deep epoll files may watch epoll files

 private:
  friend class EpollItem;
  using Key = std::pair<int, const File*>;

  int insert(int fd, File& target, epoll_event event);
  void modify(EpollItem& item, epoll_event event);
  void became_ready(EpollItem& item, PollMask why);
  bool would_nest_too_deep(const EventPoll& below) const;
  int depth_below(const EventPoll* stop) const;  // kMaxNests + 1 when `stop` is found
  int depth_above() const;
  int send_events(std::span<epoll_event> events);
  void remember_napi(const File& target);  // ep_set_busy_poll_napi_id
  bool busy_loop();                        // ep_busy_loop: an entry is ready

  Runtime& runtime_;
  File& file_;
  WaitQueue wq_;         // those in epoll_wait()
  WaitQueue poll_wait_;  // those who poll this file
  std::map<Key, std::unique_ptr<EpollItem>> items_;
  std::list<EpollItem*> ready_;
  BusyPoll* busy_poll_ = nullptr;  // of the socket that was heard last
  unsigned napi_id_ = 0;           // whose card to poll while waiting; 0: none is known
};

}  // namespace nicosim
