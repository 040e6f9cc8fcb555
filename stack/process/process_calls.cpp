#include "stack/process/process_calls.hpp"

#include "stack/io/wake_up.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/time.h>
#include <sys/wait.h>

namespace nicosim {

// ---- sending

int ProcessCalls::send(unsigned pid, int sig, int code, const Task& from, std::intptr_t value) {
  SigInfo info;
  info.signo = sig;
  info.code = code;
  info.pid = from.tgid();
  info.value = value;
  return table_.send(pid, info);
}

int ProcessCalls::kill(Task& task, int pid, int sig) {
  if (sig != 0 && !valid_signal(sig)) return -EINVAL;
  const ProcessEntry* const self = table_.of(task);
  const unsigned own_group = self != nullptr ? self->group : 0;
  if (pid > 0) {
    if (sig == 0) return table_.find(static_cast<unsigned>(pid)) != nullptr ? 0 : -ESRCH;
    return send(static_cast<unsigned>(pid), sig, SI_USER, task);
  }
  const unsigned group = pid == 0 ? own_group : static_cast<unsigned>(-static_cast<long>(pid));
  int result = -ESRCH;
  for (const unsigned each : table_.pids()) {
    const ProcessEntry* const entry = table_.find(each);  // sending takes time, in which one may go
    if (entry == nullptr || (pid == -1 ? each == task.tgid() : entry->group != group)) continue;
    const int sent = sig == 0 ? 0 : send(each, sig, SI_USER, task);
    if (result != 0) result = sent;
  }
  return result;
}

int ProcessCalls::raise(Task& task, int sig) {
  return valid_signal(sig) ? send(task.tgid(), sig, SI_TKILL, task) : -EINVAL;
}

int ProcessCalls::sigqueue(Task& task, int pid, int sig, std::intptr_t value) {
  if (pid <= 0 || !valid_signal(sig)) return pid <= 0 ? -ESRCH : -EINVAL;
  return send(static_cast<unsigned>(pid), sig, SI_QUEUE, task, value);
}

// ---- actions and masks

int ProcessCalls::sigaction(Task& task, int sig, const SigAction* action, SigAction* old) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  if (!valid_signal(sig)) return -EINVAL;
  if (old != nullptr) *old = self->signals.action(sig);
  const int result = action != nullptr ? self->signals.set_action(sig, *action) : 0;
  table_.recalc(*self);
  return result;
}

int ProcessCalls::sigprocmask(Task& task, int how, const SignalSet* set, SignalSet* old) {
  runtime_.catch_up();  // whoever sends a signal looks at the mask
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  Signals& signals = self->signals;
  const SignalSet before = signals.blocked();
  if (set != nullptr) {
    if (how == SIG_BLOCK)
      signals.block(before | *set);
    else if (how == SIG_UNBLOCK)
      signals.block(before & ~*set);
    else if (how == SIG_SETMASK)
      signals.block(*set);
    else
      return -EINVAL;
    table_.recalc(*self);
  }
  if (old != nullptr) *old = before;
  return 0;
}

int ProcessCalls::sigpending(Task& task, SignalSet& pending) {
  const ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  pending = self->signals.pending() & self->signals.blocked();
  return 0;
}

int ProcessCalls::setrlimit(Task& task, int resource, std::uint64_t limit) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  if (resource != RLIMIT_SIGPENDING) return -EINVAL;
  self->signals.limit = limit;
  return 0;
}

// ---- waiting for one

int ProcessCalls::sleep_until_signal(ProcessEntry& entry) {
  Woken woken = Woken::event;
  while (woken != Woken::signal && !entry.signals.deliverable()) {
    runtime_.prepare_to_sleep();
    if (!entry.signals.deliverable()) woken = runtime_.sleep(SimTime::never(), true);
  }
  return -kERESTARTNOHAND;
}

int ProcessCalls::pause(Task& task) {
  ProcessEntry* const self = table_.of(task);
  return self == nullptr ? -ENOSYS : sleep_until_signal(*self);
}

int ProcessCalls::sigsuspend(Task& task, SignalSet mask) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  self->signals.suspend(mask);
  table_.recalc(*self);
  return sleep_until_signal(*self);
}

void ProcessCalls::set_user_sigmask(Task& task, const SignalSet* mask) {
  if (mask == nullptr) return;
  runtime_.catch_up();  // whoever sends a signal looks at the mask
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return;
  self->signals.suspend(*mask);
  table_.recalc(*self);
}

void ProcessCalls::restore_sigmask(Task& task) {  // restore_saved_sigmask
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return;
  self->signals.restore_saved_mask();
  table_.recalc(*self);
}

bool ProcessCalls::has_pending(const Task& task, SignalSet of_these) {
  const ProcessEntry* const self = table_.of(task);
  return self != nullptr && !(self->signals.pending() & of_these).empty();
}

std::optional<SigInfo> ProcessCalls::take(Task& task, SignalSet of_these) {
  ProcessEntry* const self = table_.of(task);
  auto came = self != nullptr ? self->signals.take(of_these) : std::nullopt;
  if (!came) return came;
  table_.recalc(*self);
  dequeued(*self, *came);
  return came;
}

int ProcessCalls::sigtimedwait(Task& task, SignalSet these, SigInfo* info, SimTime timeout) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  if (timeout < SimTime::zero()) return -EINVAL;
  Signals& signals = self->signals;
  these = these & ~SignalSet{SIGKILL, SIGSTOP};
  Woken woken = Woken::timeout;
  auto came = signals.take(these);
  if (!came && timeout > SimTime::zero()) {
    const SimTime until = runtime_.now() + timeout;
    signals.wait_for(these);
    table_.recalc(*self);
    runtime_.prepare_to_sleep();
    woken = runtime_.sleep(until, true);
    signals.wait_over();
    came = signals.take(these);
  }
  table_.recalc(*self);
  if (!came) return woken == Woken::timeout ? -EAGAIN : -EINTR;
  dequeued(*self, *came);
  if (info != nullptr) *info = *came;
  return came->signo;
}

// ---- children

int ProcessCalls::waitpid(Task& task, int pid, int* status, int options) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ECHILD;
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) != 0) return -EINVAL;
  const unsigned number = static_cast<unsigned>(std::abs(static_cast<long>(pid)));
  const auto wanted = [&](const ProcessEntry& child) {  // eligible_pid
    if (child.parent != self->pid) return false;
    if (pid > 0) return child.pid == number;
    return pid == -1 || child.group == (pid == 0 ? self->group : number);
  };
  Woken woken = Woken::event;
  for (;;) {
    bool any = false;
    for (const unsigned each : table_.pids()) {
      const ProcessEntry& child = *table_.find(each);
      if (!wanted(child)) continue;
      any = true;
      if (!child.wait_status) continue;
      if (status != nullptr) *status = *child.wait_status;
      table_.reap(each);
      return static_cast<int>(each);
    }
    if (!any) return -ECHILD;
    if ((options & WNOHANG) != 0) return 0;
    if (woken == Woken::signal) return -kERESTARTSYS;
    TaskWaiter waiter{runtime_, self->wait_chldexit, task, ~PollMask{0}};
    self->wait_chldexit.add(waiter);
    runtime_.prepare_to_sleep();
    const bool ended = std::ranges::any_of(table_.pids(), [&](unsigned each) {
      const ProcessEntry& child = *table_.find(each);
      return wanted(child) && child.wait_status;
    });
    if (!ended) woken = runtime_.sleep(SimTime::never(), true);
  }
}

// ---- time

void ProcessCalls::start_real_timer(ProcessEntry& entry, SimTime when, SimTime interval) {
  if (!entry.real_timer)  // it_real_fn
    entry.real_timer = std::make_unique<Timer>(table_.timers(), [this, pid = entry.pid] {
      SigInfo info;
      info.signo = SIGALRM;
      info.code = SI_KERNEL;
      table_.send(pid, info);
    });
  entry.real_expires = when;
  entry.real_interval = interval;
  entry.real_timer->arm(when);
}

// The interval timer is set again when its signal is taken, so that a process that is slow gets no heap of them.
void ProcessCalls::dequeued(ProcessEntry& entry, const SigInfo& info) {
  if (info.signo != SIGALRM || !entry.real_timer || entry.real_timer->pending()) return;
  const SimTime interval = entry.real_interval;
  if (interval == SimTime::zero()) return;
  const std::int64_t missed = (runtime_.now() - entry.real_expires).in_ps() / interval.in_ps();  // hrtimer_forward
  start_real_timer(entry, entry.real_expires + interval * (missed + 1), interval);
}

int ProcessCalls::setitimer(Task& task, int which, const IntervalTime& timer, IntervalTime* old) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return -ENOSYS;
  if (which != ITIMER_REAL || timer.value < SimTime::zero() || timer.interval < SimTime::zero()) return -EINVAL;
  const bool running = self->real_timer && self->real_timer->pending();
  if (old != nullptr) {
    old->value = running ? std::max(self->real_expires - runtime_.now(), SimTime::us(1)) : SimTime::zero();
    old->interval = self->real_interval;
  }
  if (timer.value == SimTime::zero()) {
    if (self->real_timer) self->real_timer->cancel();
    self->real_interval = SimTime::zero();
    return 0;
  }
  start_real_timer(*self, runtime_.now() + timer.value, timer.interval);
  return 0;
}

unsigned ProcessCalls::alarm(Task& task, unsigned seconds) {  // alarm_setitimer
  IntervalTime old;
  if (setitimer(task, ITIMER_REAL, {SimTime::s(seconds), SimTime::zero()}, &old) != 0) return 0;
  const std::int64_t second = SimTime::s(1).in_ps(), left = old.value.in_ps();
  const std::int64_t whole = left / second, rest = left % second;
  return static_cast<unsigned>(whole + ((whole == 0 && rest != 0) || rest >= second / 2 ? 1 : 0));
}

int ProcessCalls::nanosleep(SimTime duration, SimTime* remaining) {
  if (duration < SimTime::zero()) return -EINVAL;
  const SimTime until = runtime_.now() + duration;
  Woken woken = Woken::event;
  while (woken == Woken::event && runtime_.now() < until) {
    runtime_.prepare_to_sleep();
    woken = runtime_.sleep(until, true);
  }
  if (woken != Woken::signal) return 0;
  if (remaining != nullptr) *remaining = std::max(until - runtime_.now(), SimTime::zero());
  return -kERESTARTNOHAND;
}

// ---- on the way back

std::optional<SignalDelivery> ProcessCalls::get_signal(Task& task) {
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return std::nullopt;
  auto delivery = self->signals.deliver();
  if (delivery) dequeued(*self, delivery->info);
  table_.recalc(*self);
  return delivery;
}

void ProcessCalls::sigreturn(Task& task, SignalSet saved_mask) {
  runtime_.catch_up();  // whoever sends a signal looks at the mask
  ProcessEntry* const self = table_.of(task);
  if (self == nullptr) return;
  self->signals.sigreturn(saved_mask);
  table_.recalc(*self);
}

}  // namespace nicosim
