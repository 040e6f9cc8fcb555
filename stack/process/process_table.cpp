#include "stack/process/process_table.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace nicosim {

void ProcessTable::add(Task& task) {
  entries_.emplace(task.tgid(), std::make_unique<ProcessEntry>(task, 0, task.tgid(), quota_));
}

void ProcessTable::fork(const Task& parent, Task& child) {
  const ProcessEntry* const from = of(parent);
  auto entry =
      std::make_unique<ProcessEntry>(child, parent.tgid(), from != nullptr ? from->group : child.tgid(), quota_);
  if (from != nullptr) entry->signals.inherit(from->signals);
  entries_.emplace(child.tgid(), std::move(entry));
}

ProcessEntry* ProcessTable::find(unsigned pid) {
  const auto found = entries_.find(pid);
  return found == entries_.end() ? nullptr : found->second.get();
}

std::vector<unsigned> ProcessTable::pids() const {
  std::vector<unsigned> all;
  for (const auto& [pid, entry] : entries_) all.push_back(pid);
  return all;
}

int ProcessTable::send(unsigned pid, const SigInfo& info) {
  runtime_.charge(Cost::signal_send);
  runtime_.catch_up();
  ProcessEntry* const to = find(pid);
  if (to == nullptr) return -ESRCH;
  if (to->wait_status) return 0;  // a zombie has no use for it
  const int result = to->signals.send(info);
  recalc(*to);
  const std::vector<SignalWatcher*> now = to->signals.pending().has(info.signo) ? watchers_ : decltype(watchers_){};
  for (SignalWatcher* const watcher : now)  // one may be closed while another wakes its readers
    if (std::ranges::find(watchers_, watcher) != watchers_.end()) watcher->sent(info.signo);
  return result;
}

void ProcessTable::exit(Task& task, int wait_status) {
  ProcessEntry* const self = of(task);
  if (self == nullptr) return;
  self->real_timer.reset();
  for (const unsigned pid : pids()) {  // forget_original_parent
    ProcessEntry& child = *entries_.at(pid);
    if (child.parent != self->pid) continue;
    child.parent = 0;
    if (child.wait_status) reap(pid);
  }
  self->wait_status = wait_status;
  ProcessEntry* const parent = find(self->parent);
  if (parent == nullptr || parent->wait_status) return reap(self->pid);
  notify_parent(*self, *parent);
}

// do_notify_parent. A parent that ignores SIGCHLD wants no zombies either.
void ProcessTable::notify_parent(const ProcessEntry& child, ProcessEntry& parent) {
  const unsigned pid = child.pid, parent_pid = parent.pid;
  const SigAction& action = parent.signals.action(SIGCHLD);
  const bool ignores = action.what == SigAction::What::ignore;
  const bool no_zombie = ignores || (action.flags & SA_NOCLDWAIT) != 0;
  const int status = *child.wait_status;
  SigInfo info;
  info.signo = SIGCHLD;
  info.pid = pid;
  info.code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
  info.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  if (no_zombie) reap(pid);
  if (!ignores) send(parent_pid, info);
  if (ProcessEntry* const still = find(parent_pid); still != nullptr) still->wait_chldexit.wake_up(~PollMask{0}, 0);
}

}  // namespace nicosim
