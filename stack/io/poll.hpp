// poll and select: one look at every file, then sleep on all their wait queues at once (fs/select.c).
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <poll.h>
#include <span>
#include <sys/select.h>

namespace nicosim {

class BusyPoll;
struct File;

// The file behind a descriptor, nullptr when there is none.
using FileLookup = std::function<std::shared_ptr<File>(int fd)>;

// Where a process waits while it polls (struct poll_wqueues). Keeps the files alive until it is gone; one that is
// closed meanwhile is not heard of any more, nor is its number looked up again until something wakes the caller.
class PollTable {
 public:
  PollTable(Runtime& runtime, Task& task) : runtime_(runtime), task_(task) {}
  ~PollTable() = default;
  PollTable(const PollTable&) = delete;
  PollTable& operator=(const PollTable&) = delete;

  void add(std::shared_ptr<File> file, PollMask interest);  // poll_wait
  // What is ready at this file. `alone`: nothing was found before it, so while busy polling its card is polled first
  // (sock_poll).
  PollMask look_at(File& file, bool alone);
  // `look(wait)` counts what is ready and, when `wait`, adds the files it looked at. Sleeps until it finds something;
  // 0: the time is up; or -kERESTARTNOHAND.
  int run(SimTime until, const std::function<int(bool wait)>& look);

 private:
  struct Entry;
  int wait_for(SimTime until, const std::function<int(bool wait)>& look);
  bool may_look_again();
  Runtime& runtime_;
  Task& task_;
  std::deque<std::shared_ptr<Entry>> entries_;
  // Busy polling, before the first sleep only (POLL_BUSY_LOOP)
  bool busy_ = true;                   // and net.core.busy_poll is on
  std::optional<SimTime> busy_until_;  // since the first look that found a socket to poll
  BusyPoll* can_busy_loop_ = nullptr;  // found in this look
};

int do_poll(Runtime& runtime, Task& task, const FileLookup& file, std::span<pollfd> files, SimTime until);

struct SelectSets {
  fd_set *readable = nullptr, *writable = nullptr, *exceptional = nullptr;  // each may be null
};
// On success the sets hold what is ready, else they are as before. -EBADF when a bit stands for no file.
int do_select(Runtime& runtime, Task& task, const FileLookup& file, int nfds, const SelectSets& sets, SimTime until);

}  // namespace nicosim
