// Signals as programs and kernel both know them (signal(7), sigaction(2)). Numbers, flags and si_codes are those of
// <signal.h>, with the kernel's range of real-time signals.
#pragma once

#include "common/sim_time.hpp"

#include <csignal>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <utility>

namespace nicosim {

inline constexpr int kSignals = 64;   // _NSIG: 1 to 64
inline constexpr int kSigRtMin = 32;  // SIGRTMIN of the kernel; a C library keeps the first two for itself

inline constexpr bool valid_signal(int sig) { return sig >= 1 && sig <= kSignals; }

struct SigInfo {  // siginfo_t: which members mean something depends on signo and code
  int signo = 0;
  int code = 0;             // SI_USER, SI_QUEUE, SI_KERNEL, POLL_IN, CLD_EXITED, ...
  unsigned pid = 0;         // who sent it, or which child ended
  int status = 0;           // SIGCHLD: exit status or signal
  int fd = -1;              // SIGIO, F_SETSIG: which descriptor ...
  long band = 0;            // ... and what is ready there, in the bits of poll(2)
  std::intptr_t value = 0;  // sigqueue, SIGEV_SIGNAL: the sender's
};

class SignalSet {  // sigset_t
 public:
  constexpr SignalSet() = default;
  constexpr SignalSet(std::initializer_list<int> signals) {
    for (const int sig : signals) add(sig);
  }
  static constexpr SignalSet all() { return of(~std::uint64_t{0}); }

  constexpr void add(int sig) { bits_ |= bit(sig); }
  constexpr void remove(int sig) { bits_ &= ~bit(sig); }
  constexpr bool has(int sig) const { return (bits_ & bit(sig)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr SignalSet operator|(SignalSet a, SignalSet b) { return of(a.bits_ | b.bits_); }
  friend constexpr SignalSet operator&(SignalSet a, SignalSet b) { return of(a.bits_ & b.bits_); }
  friend constexpr SignalSet operator~(SignalSet a) { return of(~a.bits_); }
  constexpr bool operator==(const SignalSet&) const = default;

 private:
  static constexpr std::uint64_t bit(int sig) { return std::uint64_t{1} << static_cast<unsigned>(sig - 1); }
  static constexpr SignalSet of(std::uint64_t bits) {
    SignalSet set;
    set.bits_ = bits;
    return set;
  }
  std::uint64_t bits_ = 0;
};

struct IntervalTime {  // struct itimerval, itimerspec: time to the next expiry, and from then on; zero: none
  SimTime value, interval;
};

using SigHandler = std::function<void(int signo, const SigInfo& info)>;

struct SigAction {                                                 // struct sigaction
  enum class What : std::uint8_t { by_default, ignore, handler };  // SIG_DFL, SIG_IGN, a function

  static SigAction ignore() { return {What::ignore, {}, 0, {}}; }
  static SigAction call(SigHandler handler, int flags = 0, SignalSet mask = {}) {
    return {What::handler, std::move(handler), flags, mask};
  }

  What what = What::by_default;
  SigHandler handler;
  int flags = 0;   // SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDWAIT; SA_SIGINFO is always so
  SignalSet mask;  // blocked besides while the handler runs
};

}  // namespace nicosim
