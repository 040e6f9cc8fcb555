// The signals of one process: what is pending, what is blocked, what is to be done about each (kernel/signal.c).
//
// Rules only: nobody is woken here. After each change the owner tells the Runtime whether deliverable()
// (TIF_SIGPENDING). Threads of one process share all of it.
#pragma once

#include "common/sig_info.hpp"
#include "common/sim_time.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <optional>

namespace nicosim {

// What a call that a signal has interrupted returns inside the kernel; programs never see it (linux/errno.h). Minus
// the number, as an errno.
inline constexpr int kERESTARTSYS = 512;     // made again with SA_RESTART, else EINTR
inline constexpr int kERESTARTNOHAND = 514;  // EINTR if a handler runs, else made again
inline constexpr bool must_restart(long result) { return result == -kERESTARTSYS || result == -kERESTARTNOHAND; }

// sock_intr_errno: what a socket call says whose wait, until then, a signal has ended. With a time-out (SO_RCVTIMEO,
// SO_SNDTIMEO) it is not made again, as it would wait anew.
inline constexpr int sock_intr_errno(SimTime until) { return until.is_never() ? -kERESTARTSYS : -EINTR; }

// struct user_struct, as far as signals go: queued ones of all processes count together.
struct SignalQuota {
  std::uint64_t queued = 0;
};

// A signal on its way to its handler, or one that ends the process.
struct SignalDelivery {
  SigInfo info;
  bool fatal = false;
  SigAction action;      // unless fatal
  SignalSet saved_mask;  // what sigreturn restores
};

class Signals {
 public:
  explicit Signals(SignalQuota& quota) : quota_(quota) {}
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { flush(SignalSet::all()); }

  // fork: handlers, mask and limit are the parent's, nothing is pending.
  void inherit(const Signals& parent);

  // __send_signal_locked. 0, also when it is ignored or joins one that is pending already; -EAGAIN: a real-time signal
  // that carries information found RLIMIT_SIGPENDING reached. Others are then pending without information.
  int send(const SigInfo& info);

  // The next one in `from`: lowest number first, equal ones in order of sending (dequeue_signal).
  std::optional<SigInfo> take(SignalSet from);
  // get_signal and handle_signal: the next that is not blocked and not ignored; its mask is in force from now on.
  std::optional<SignalDelivery> deliver();
  void sigreturn(SignalSet saved_mask) { block(saved_mask); }

  int set_action(int sig, const SigAction& action);  // 0 or -EINVAL
  const SigAction& action(int sig) const { return actions_.at(static_cast<std::size_t>(sig - 1)); }
  void block(SignalSet mask);
  SignalSet blocked() const { return blocked_; }
  SignalSet pending() const { return pending_; }
  bool deliverable() const { return !(pending_ & ~blocked_).empty(); }
  bool ignored(int sig) const;  // sig_handler_ignored

  // sigsuspend: this mask until a handler has run, then the old one.
  void suspend(SignalSet mask);
  void restore_saved_mask();  // ... or until it turns out that none runs
  // sigtimedwait: these are let through to wake the caller, and never thrown away as ignored.
  void wait_for(SignalSet these);
  void wait_over();

  std::uint64_t limit = 1024;  // RLIMIT_SIGPENDING

 private:
  void flush(SignalSet which);

  SignalQuota& quota_;
  std::array<SigAction, kSignals> actions_{};
  std::deque<SigInfo> queue_;  // in order of sending
  SignalSet pending_, blocked_, real_blocked_;
  std::optional<SignalSet> saved_mask_;
};

}  // namespace nicosim
