#include "stack/io/poll.hpp"

#include "stack/core/busy_poll.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/socket/sock.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace nicosim {

// One wait queue on which the caller stands (struct poll_table_entry). Stays there however often it is woken.
struct PollTable::Entry final : Waiter {
  Entry(Runtime& of, Task& sleeper, std::shared_ptr<File> watched, PollMask asked)
      : runtime(of), task(sleeper), file(std::move(watched)), interest(asked) {
    file->wait_queue().add(*this);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() override {
    if (file) file->wait_queue().remove(*this);
  }
  void leave() {  // fput of the last reference takes time, which a destructor has not
    file->wait_queue().remove(*this);
    if (file.use_count() == 1) file->release();
    file.reset();
  }
  bool woken(PollMask why, bool sync) override {  // pollwake
    if ((why & interest) == 0) return false;
    runtime.charge(Cost::sock_wake, 1);
    runtime.wake(task, sync);
    return true;
  }

  Runtime& runtime;
  Task& task;
  std::shared_ptr<File> file;
  PollMask interest;
};

void PollTable::add(std::shared_ptr<File> file, PollMask interest) {
  entries_.push_back(std::make_shared<Entry>(runtime_, task_, std::move(file), interest));
}

int PollTable::run(SimTime until, const std::function<int(bool wait)>& look) {
  const int result = wait_for(until, look);
  for (const auto& entry : entries_) entry->leave();  // poll_freewait
  entries_.clear();
  return result;
}

int PollTable::wait_for(SimTime until, const std::function<int(bool wait)>& look) {
  Woken woken = Woken::event;
  bool wait = runtime_.now() < until;
  for (;;) {
    runtime_.prepare_to_sleep();
    can_busy_loop_ = nullptr;
    if (const int ready = look(wait); ready != 0) return ready;
    wait = false;  // they are all registered
    // A signal counts for more than the time, also when there was none to wait (do_poll, core_sys_select).
    if (woken == Woken::signal || runtime_.signal_pending()) return -kERESTARTNOHAND;
    if (woken == Woken::timeout || runtime_.now() >= until) return 0;
    if (may_look_again()) continue;
    busy_ = false;
    woken = runtime_.sleep(until, true);
  }
}

PollMask PollTable::look_at(File& file, bool alone) {
  runtime_.charge(Cost::poll_file, 1);
  if (busy_ && alone && file.is_socket()) {
    Sock& sock = *file.socket.sock;
    BusyPoll* const busy_poll = sock.net.busy_poll;
    if (busy_poll->on() && BusyPoll::can_loop(sock)) {
      busy_poll->sk_busy_loop(sock, true);
      can_busy_loop_ = busy_poll;
    }
  }
  return file.poll();
}

// Nothing was ready. As long as there is a socket whose card can be polled, time left and nobody else who wants the
// CPU (do_poll).
bool PollTable::may_look_again() {
  if (can_busy_loop_ == nullptr || runtime_.need_resched()) return false;
  if (!busy_until_) busy_until_ = runtime_.now() + can_busy_loop_->poll_time();
  return runtime_.now() <= *busy_until_;
}

// ---- poll

int do_poll(Runtime& runtime, Task& task, const FileLookup& file, std::span<pollfd> files, SimTime until) {
  PollTable table{runtime, task};
  return table.run(until, [&](bool wait) {
    int ready = 0;
    for (pollfd& entry : files) {
      entry.revents = 0;
      if (entry.fd < 0) continue;
      const auto found = file(entry.fd);
      if (!found) {
        entry.revents = POLLNVAL;
        ++ready;
        continue;
      }
      const PollMask interest = static_cast<PollMask>(entry.events & 0xffff) | kPollErr | kPollHup;
      if (wait && ready == 0) table.add(found, interest);
      entry.revents = static_cast<short>(table.look_at(*found, ready == 0) & interest);
      if (entry.revents != 0) ++ready;
    }
    return ready;
  });
}

// ---- select

namespace {

constexpr PollMask kReadable = kPollRdNorm | kPollRdBand | kPollIn | kPollHup | kPollErr;  // POLLIN_SET
constexpr PollMask kWritable = kPollWrBand | kPollWrNorm | kPollOut | kPollErr;            // POLLOUT_SET
constexpr PollMask kExceptional = kPollPri;                                                // POLLEX_SET

bool has(const fd_set* set, int fd) { return set != nullptr && FD_ISSET(fd, set); }

}  // namespace

int do_select(Runtime& runtime, Task& task, const FileLookup& file, int nfds, const SelectSets& sets, SimTime until) {
  if (nfds < 0) return -EINVAL;
  nfds = std::min(nfds, FD_SETSIZE);
  const std::array<std::pair<fd_set*, PollMask>, 3> asked{
      std::pair{sets.readable, kReadable}, {sets.writable, kWritable}, {sets.exceptional, kExceptional}};
  for (int fd = 0; fd < nfds; ++fd)  // max_select_fd
    if ((has(sets.readable, fd) || has(sets.writable, fd) || has(sets.exceptional, fd)) && !file(fd)) return -EBADF;

  std::array<fd_set, 3> found{};
  PollTable table{runtime, task};
  const int result = table.run(until, [&](bool wait) {
    for (fd_set& set : found) FD_ZERO(&set);
    int ready = 0;
    for (int fd = 0; fd < nfds; ++fd) {
      PollMask interest = 0;
      for (const auto& [set, mask] : asked)
        if (has(set, fd)) interest |= mask;
      if (interest == 0) continue;
      const auto open = file(fd);
      if (!open) continue;  // closed while we slept
      if (wait && ready == 0) table.add(open, interest);
      const PollMask now = table.look_at(*open, ready == 0);
      for (std::size_t i = 0; i < asked.size(); ++i) {
        if (!has(asked[i].first, fd) || (now & asked[i].second) == 0) continue;
        FD_SET(fd, &found[i]);
        ++ready;
      }
    }
    return ready;
  });
  if (result < 0) return result;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (asked[i].first != nullptr) *asked[i].first = found[i];
  return result;
}

}  // namespace nicosim
