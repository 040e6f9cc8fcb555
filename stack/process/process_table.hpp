// The processes of one host as the kernel keeps them: who is whose child, who has ended and how, and who gets a signal
// (kernel/fork.c, exit.c, signal.c).
//
// A process is known by the pid of its first thread (Task::tgid). Tasks that nobody has added, those of an embedding
// for example, have no signals: what is sent to them is -ESRCH. A child whose parent ends is nobody's, and leaves
// nothing behind when it ends itself.
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"
#include "stack/core/timer.hpp"
#include "stack/io/signal.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace nicosim {

struct ProcessEntry {
  ProcessEntry(Task& of, unsigned parent_pid, unsigned group_id, SignalQuota& quota)
      : task(of), pid(of.tgid()), parent(parent_pid), group(group_id), signals(quota) {}

  Task& task;
  const unsigned pid;
  unsigned parent;  // 0: nobody
  unsigned group;   // process group
  Signals signals;
  WaitQueue wait_chldexit;         // its waitpid()
  std::optional<int> wait_status;  // has ended: what waitpid() tells (a zombie)
  bool exiting = false;            // PF_EXITING: its threads return to the program no more

  std::unique_ptr<Timer> real_timer;  // ITIMER_REAL
  SimTime real_expires, real_interval;
};

// Hears of every signal that becomes pending somewhere: a signalfd, whose readers may be any process.
class SignalWatcher {
 public:
  virtual ~SignalWatcher() = default;
  virtual void sent(int sig) = 0;  // takes time
};

class ProcessTable {
 public:
  ProcessTable(Runtime& runtime, TimerList& timers) : runtime_(runtime), timers_(timers) {}
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  void add(Task& task);                        // a process that has no parent
  void fork(const Task& parent, Task& child);  // copy_process: handlers, mask and group are the parent's
  void exit(Task& task, int wait_status);      // do_exit: tells the parent, stays as a zombie until it has asked
  ProcessEntry* find(unsigned pid);            // also a zombie; nullptr: no such process
  ProcessEntry* of(const Task& task) { return find(task.tgid()); }
  bool exiting(const Task& task) {  // or gone already
    const ProcessEntry* const entry = of(task);
    return entry == nullptr || entry->exiting;
  }
  std::vector<unsigned> pids() const;
  void reap(unsigned pid) { entries_.erase(pid); }  // release_task

  // Makes it pending and wakes the process if it can be delivered. Any context; takes time. 0, -ESRCH or -EAGAIN (see
  // Signals::send).
  int send(unsigned pid, const SigInfo& info);
  void recalc(const ProcessEntry& entry) {  // recalc_sigpending
    runtime_.set_signal_pending(entry.task, entry.signals.deliverable());
  }

  void watch(SignalWatcher& watcher) { watchers_.push_back(&watcher); }
  void forget(SignalWatcher& watcher) { std::erase(watchers_, &watcher); }

  Runtime& runtime() { return runtime_; }
  TimerList& timers() { return timers_; }

 private:
  void notify_parent(const ProcessEntry& child, ProcessEntry& parent);

  Runtime& runtime_;
  TimerList& timers_;
  SignalQuota quota_;
  std::map<unsigned, std::unique_ptr<ProcessEntry>> entries_;
  std::vector<SignalWatcher*> watchers_;  // not owned, in order of creation
};

}  // namespace nicosim
