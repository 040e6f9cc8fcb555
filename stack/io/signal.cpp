#include "stack/io/signal.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nicosim {
namespace {

constexpr SignalSet kUnblockable{SIGKILL, SIGSTOP};
constexpr SignalSet kSynchronous{SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS};
constexpr SignalSet kIgnoredByDefault{SIGCONT, SIGCHLD, SIGWINCH, SIGURG};  // SIG_KERNEL_IGNORE_MASK
constexpr SignalSet kStops{SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};             // there is no job control

int lowest(SignalSet set) {
  for (const SignalSet first : {set & kSynchronous, set})
    for (int sig = 1; sig <= kSignals; ++sig)
      if (first.has(sig)) return sig;
  return 0;
}

}  // namespace

void Signals::inherit(const Signals& parent) {
  actions_ = parent.actions_;
  blocked_ = parent.blocked_;
  limit = parent.limit;
}

bool Signals::ignored(int sig) const {
  const SigAction::What what = action(sig).what;
  if (what == SigAction::What::ignore) return true;
  return what == SigAction::What::by_default && (kIgnoredByDefault | kStops).has(sig);
}

int Signals::send(const SigInfo& info) {
  const int sig = info.signo;
  if (ignored(sig) && !(blocked_ | real_blocked_).has(sig)) return 0;  // a handler may yet come for a blocked one
  if (sig < kSigRtMin && pending_.has(sig)) return 0;                  // legacy_queue
  const bool may_exceed = sig < kSigRtMin && info.code >= 0;           // override_rlimit
  const bool room = may_exceed || quota_.queued < limit;               // sigqueue_alloc
  const bool from_kill = info.code == SI_USER || info.code == SI_KERNEL;
  if (!room && sig >= kSigRtMin && !from_kill) return -EAGAIN;
  if (room && sig != SIGKILL) {
    queue_.push_back(info);
    ++quota_.queued;
  }
  pending_.add(sig);
  return 0;
}

std::optional<SigInfo> Signals::take(SignalSet from) {
  const int sig = lowest(pending_ & from);
  if (sig == 0) return std::nullopt;
  const auto is_it = [sig](const SigInfo& queued) { return queued.signo == sig; };
  const auto found = std::ranges::find_if(queue_, is_it);
  SigInfo info;
  info.signo = sig;  // collect_signal: the information was lost, say "by kill, from nobody"
  info.code = SI_USER;
  if (found != queue_.end()) {
    info = *found;
    queue_.erase(found);
    --quota_.queued;
  }
  if (std::ranges::none_of(queue_, is_it)) pending_.remove(sig);
  return info;
}

std::optional<SignalDelivery> Signals::deliver() {
  while (const auto info = take(~blocked_)) {
    const int sig = info->signo;
    if (ignored(sig)) continue;
    SignalDelivery delivery;
    delivery.info = *info;
    SigAction& todo = actions_.at(static_cast<std::size_t>(sig - 1));
    if (todo.what == SigAction::What::by_default) {
      delivery.fatal = true;
      return delivery;
    }
    delivery.action = todo;
    if ((todo.flags & SA_RESETHAND) != 0) todo.what = SigAction::What::by_default;
    delivery.saved_mask = std::exchange(saved_mask_, std::nullopt).value_or(blocked_);  // sigmask_to_save
    SignalSet mask = blocked_ | delivery.action.mask;
    if ((delivery.action.flags & SA_NODEFER) == 0) mask.add(sig);
    block(mask);
    return delivery;
  }
  return std::nullopt;
}

int Signals::set_action(int sig, const SigAction& action) {
  if (!valid_signal(sig) || kUnblockable.has(sig)) return -EINVAL;
  SigAction& place = actions_.at(static_cast<std::size_t>(sig - 1));
  place = action;
  place.mask = place.mask & ~kUnblockable;
  if (ignored(sig)) flush({sig});  // POSIX 3.3.1.3: what is pending goes, blocked or not
  return 0;
}

void Signals::block(SignalSet mask) { blocked_ = mask & ~kUnblockable; }

void Signals::suspend(SignalSet mask) {
  saved_mask_ = blocked_;
  block(mask);
}

void Signals::restore_saved_mask() {
  if (saved_mask_) block(*std::exchange(saved_mask_, std::nullopt));
}

void Signals::wait_for(SignalSet these) {
  real_blocked_ = blocked_;
  blocked_ = blocked_ & ~these;
}

void Signals::wait_over() { blocked_ = std::exchange(real_blocked_, SignalSet{}); }

void Signals::flush(SignalSet which) {
  quota_.queued -= static_cast<std::uint64_t>(
      std::erase_if(queue_, [which](const SigInfo& queued) { return which.has(queued.signo); }));
  pending_ = pending_ & ~which;
}

}  // namespace nicosim
