// A process's life, its signals and its time.
#include "sc_model/host/user_process_kernel.hpp"
#include "sc_model/host/user_space.hpp"

#include <csignal>

namespace nicosim {

void UserProcess::run(const std::function<int(Posix&)>& main) {
  int wait_status = 0;
  try {
    if (cpu_.signal_pending()) interrupted();
    wait_status = (main(*this) & 0xff) << 8;
  } catch (const ProcessExit& end) {
    wait_status = end.wait_status;
  }
  exit(wait_status);
}

// Its program's objects are gone, so nothing of it may run: the thread ends on its way out of the kernel.
void UserProcess::end_with_process() {
  if (helper_ && processes().table().exiting(task_)) throw ProcessExit{};
}

void UserProcess::exit(int wait_status) {
  if (ProcessEntry* const self = processes().table().of(task_)) self->exiting = true;
  cpu_.charge(Cost::exit, 1);
  calls_.exit(task_);
  processes().table().exit(task_, wait_status);
}

// exit_to_user_mode_loop: a frame for each signal that waits. The first handler decides what becomes of the call.
UserProcess::Exit UserProcess::prepare_exit(long result) {
  Exit exit;
  if (!cpu_.signal_pending()) return exit;  // a sleep that ended without: whoever ended it wants EINTR
  while (cpu_.signal_pending()) {
    auto delivery = processes().get_signal(task_);
    if (!delivery) break;
    cpu_.charge(Cost::signal_deliver, 1);
    if (exit.frames.empty())
      exit.again = !delivery->fatal && result == -kERESTARTSYS && (delivery->action.flags & SA_RESTART) != 0;
    exit.frames.push_back(std::move(*delivery));
    if (exit.frames.back().fatal) return exit;
  }
  if (exit.frames.empty()) {
    exit.again = must_restart(result);
    processes().no_handler(task_);
  }
  return exit;
}

// The frame that was pushed last is on top, so its handler runs first.
void UserProcess::run_handlers(std::vector<SignalDelivery>&& frames) {
  for (const SignalDelivery& frame : frames) {
    const SigInfo& info = frame.info;
    ledger_.note(
        cpu_.now(), "sysret", {},
        fmt::format("pid={} task={} kind=signal signo={} code={}{}{}", task_.pid(), task_.task_name(), info.signo,
                    info.code, info.fd >= 0 ? fmt::format(" fd={}", info.fd) : "", frame.fatal ? " fatal=true" : ""));
  }
  if (frames.back().fatal) throw ProcessExit{frames.back().info.signo};
  while (!frames.empty()) {
    const SignalDelivery frame = std::move(frames.back());
    frames.pop_back();
    frame.action.handler(frame.info.signo, frame.info);
    kernel("rt_sigreturn", [&] {
      cpu_.charge(Cost::sigreturn, 1);
      processes().sigreturn(task_, frame.saved_mask);
      return 0;
    });
  }
}

void UserProcess::interrupted() {
  Exit exit = prepare_exit(0);
  if (!exit.frames.empty()) run_handlers(std::move(exit.frames));
}

void UserProcess::work(SimTime duration) {
  SimTime left = cpu_.run_in_user_mode(Cost::app_work, static_cast<std::uint64_t>(duration.in_ns()));
  end_with_process();
  while (cpu_.signal_pending()) {
    interrupted();
    left = cpu_.run_in_user_mode(left);
  }
}

// ---- processes

int UserProcess::fork(std::string_view name, std::function<int(Posix&)> child) {
  return kernel("fork", [&] {
    if (space_ == nullptr) return -ENOSYS;
    return space_->fork(static_cast<const Process&>(task_), std::string{name}, std::move(child));
  });
}
int UserProcess::getpid() {
  return kernel("getpid", [&] { return static_cast<int>(task_.tgid()); });
}
int UserProcess::getppid() {
  return kernel("getppid", [&] {
    const ProcessEntry* const self = processes().table().of(task_);
    return self == nullptr ? 0 : static_cast<int>(self->parent);
  });
}
int UserProcess::waitpid(int pid, int* status, int options) {
  return kernel("wait4", [&] { return processes().waitpid(task_, pid, status, options); });
}

// ---- signals

int UserProcess::kill(int pid, int sig) {
  return kernel("kill", [&] { return processes().kill(task_, pid, sig); });
}
int UserProcess::raise(int sig) {
  return kernel("tgkill", [&] { return processes().raise(task_, sig); });
}
int UserProcess::sigqueue(int pid, int sig, std::intptr_t value) {
  return kernel("rt_sigqueueinfo", [&] { return processes().sigqueue(task_, pid, sig, value); });
}
int UserProcess::rt_sigaction(int sig, const SigAction* action, SigAction* old) {
  return kernel("rt_sigaction", [&] { return processes().sigaction(task_, sig, action, old); });
}
int UserProcess::sigprocmask(int how, const SignalSet* set, SignalSet* old) {
  return kernel("rt_sigprocmask", [&] { return processes().sigprocmask(task_, how, set, old); });
}
int UserProcess::sigpending(SignalSet& pending) {
  return kernel("rt_sigpending", [&] { return processes().sigpending(task_, pending); });
}
int UserProcess::sigsuspend(SignalSet mask) {
  return kernel("rt_sigsuspend", [&] { return processes().sigsuspend(task_, mask); });
}
int UserProcess::pause() {
  return kernel("pause", [&] { return processes().pause(task_); });
}
int UserProcess::sigtimedwait(SignalSet these, SigInfo* info, SimTime timeout) {
  return kernel("rt_sigtimedwait", [&] { return processes().sigtimedwait(task_, these, info, timeout); });
}
int UserProcess::setrlimit(int resource, std::uint64_t limit) {
  return kernel("setrlimit", [&] { return processes().setrlimit(task_, resource, limit); });
}

// ---- time

int UserProcess::setitimer(int which, const IntervalTime& timer, IntervalTime* old) {
  return kernel("setitimer", [&] { return processes().setitimer(task_, which, timer, old); });
}
unsigned UserProcess::alarm(unsigned seconds) {
  return kernel("alarm", [&] { return processes().alarm(task_, seconds); });
}
int UserProcess::nanosleep(SimTime duration, SimTime* remaining) {
  return kernel("nanosleep", [&] { return processes().nanosleep(duration, remaining); });
}

}  // namespace nicosim
