// poll and select: one look at every file, then sleep on all their wait queues at once (fs/select.c).
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <poll.h>
#include <span>
#include <sys/select.h>

namespace nicosim {

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
  // `look(wait)` counts what is ready and, when `wait`, adds the files it looked at. Sleeps until it finds something;
  // 0: the time is up; or -kERESTARTNOHAND.
  int run(SimTime until, const std::function<int(bool wait)>& look);

 private:
  struct Entry;
  int wait_for(SimTime until, const std::function<int(bool wait)>& look);
  Runtime& runtime_;
  Task& task_;
  std::deque<std::shared_ptr<Entry>> entries_;
};

int do_poll(Runtime& runtime, Task& task, const FileLookup& file, std::span<pollfd> files, SimTime until);

struct SelectSets {
  fd_set *readable = nullptr, *writable = nullptr, *exceptional = nullptr;  // each may be null
};
// On success the sets hold what is ready, else they are as before. -EBADF when a bit stands for no file.
int do_select(Runtime& runtime, Task& task, const FileLookup& file, int nfds, const SelectSets& sets, SimTime until);

}  // namespace nicosim
