// System calls about processes, signals and their timers: (task, POSIX arguments) -> result or -errno.
//
// Process context. What a signal has interrupted returns -kERESTARTSYS and its kind (stack/io/signal.hpp); whoever is
// between the program and here turns that into a restart or EINTR, after get_signal() has said what runs.
#pragma once

#include "common/sig_info.hpp"
#include "stack/process/process_table.hpp"

#include <cstdint>
#include <optional>
#include <sys/resource.h>

namespace nicosim {

class ProcessCalls {
 public:
  ProcessCalls(Runtime& runtime, TimerList& timers) : runtime_(runtime), table_(runtime, timers) {}

  ProcessTable& table() { return table_; }

  // pid as kill(2): 0 the caller's group, -1 everybody else, below that a group. Signal 0 only looks.
  int kill(Task&, int pid, int sig);
  int raise(Task&, int sig);  // tgkill to itself
  int sigqueue(Task&, int pid, int sig, std::intptr_t value);
  int sigaction(Task&, int sig, const SigAction* action, SigAction* old);
  int sigprocmask(Task&, int how, const SignalSet* set, SignalSet* old);  // SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK
  int sigpending(Task&, SignalSet& pending);
  int sigsuspend(Task&, SignalSet mask);
  int pause(Task&);
  // The mask of ppoll() and its kin, in force until restore_sigmask() or, when a signal has ended the wait, until its
  // handler has returned. nullptr: none was given.
  void set_user_sigmask(Task&, const SignalSet* mask);
  void restore_sigmask(Task&);
  bool has_pending(const Task&, SignalSet of_these);
  std::optional<SigInfo> take(Task&, SignalSet of_these);  // dequeue_signal
  // The number of the signal; -EAGAIN: none came within `timeout`. Returns -EINTR when another one did.
  int sigtimedwait(Task&, SignalSet these, SigInfo* info, SimTime timeout);
  // -1 any child, 0 of the same group, below that of a group. WNOHANG: 0 when none has ended.
  int waitpid(Task&, int pid, int* status, int options);
  int setrlimit(Task&, int resource, std::uint64_t limit);                        // RLIMIT_SIGPENDING
  int setitimer(Task&, int which, const IntervalTime& timer, IntervalTime* old);  // ITIMER_REAL
  unsigned alarm(Task&, unsigned seconds);  // how many were left of the one before, rounded up as Linux rounds
  int nanosleep(SimTime duration, SimTime* remaining);

  // On the way back to the program: the next signal that is to be handled (get_signal), nothing: none is left.
  std::optional<SignalDelivery> get_signal(Task&);
  void sigreturn(Task&, SignalSet saved_mask);
  void no_handler(Task& task) { restore_sigmask(task); }  // none of those that came runs one

 private:
  int send(unsigned pid, int sig, int code, const Task& from, std::intptr_t value = 0);
  void dequeued(ProcessEntry& entry, const SigInfo& info);
  void start_real_timer(ProcessEntry& entry, SimTime when, SimTime interval);
  int sleep_until_signal(ProcessEntry& entry);

  Runtime& runtime_;
  ProcessTable table_;
};

}  // namespace nicosim
