#include "stack/io/signalfd.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/io/wait_event.hpp"
#include "stack/socket/socket.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/signalfd.h>

namespace nicosim {
namespace {

// signalfd_copyinfo: which members mean something is told by siginfo_layout().
signalfd_siginfo told(const SigInfo& info) {
  signalfd_siginfo out{};
  out.ssi_signo = static_cast<std::uint32_t>(info.signo);
  out.ssi_code = info.code;
  const bool own_code = info.code > SI_USER && info.code < SI_KERNEL;
  if (own_code && info.signo == SIGCHLD) {  // SIL_CHLD
    out.ssi_pid = info.pid;
    out.ssi_status = info.status;
  } else if (own_code || info.code == SI_SIGIO) {  // SIL_POLL
    out.ssi_band = static_cast<std::uint32_t>(info.band);
    out.ssi_fd = info.fd;
  } else {  // SIL_KILL and, below SI_USER, SIL_RT
    out.ssi_pid = info.pid;
    if (info.code < SI_USER) {
      out.ssi_ptr = static_cast<std::uint64_t>(info.value);
      out.ssi_int = static_cast<std::int32_t>(info.value);
    }
  }
  return out;
}

}  // namespace

SignalFd::SignalFd(Runtime& runtime, ProcessCalls& processes, SignalSet mask)
    : runtime_(runtime), processes_(processes) {
  set_mask(mask);
  processes_.table().watch(*this);
}

SignalFd::~SignalFd() { processes_.table().forget(*this); }

void SignalFd::set_mask(SignalSet mask) {
  mask_ = mask & ~SignalSet{SIGKILL, SIGSTOP};
  wqh_.wake_up(~PollMask{0}, 0);
}

void SignalFd::sent(int sig) {
  if (mask_.has(sig) && wqh_.has_sleepers()) wqh_.wake_up(kPollIn);
}

long SignalFd::read(Task& task, const File& file, std::span<std::byte> buffer) {
  if (buffer.size() < sizeof(signalfd_siginfo)) return -EINVAL;
  std::size_t stored = 0;
  const auto ready = [&] { return pending(task); };
  while (buffer.size() - stored >= sizeof(signalfd_siginfo)) {
    const auto info = processes_.take(task, mask_);
    if (!info) {
      if (stored > 0) break;
      if (file.nonblocking) return -EAGAIN;
      if (!wait_event_interruptible(runtime_, wqh_, task, false, ready)) return -kERESTARTSYS;
      continue;
    }
    const signalfd_siginfo one = told(*info);
    std::memcpy(buffer.data() + stored, &one, sizeof one);
    runtime_.charge(Cost::copy_to_user_per_byte, sizeof one);
    stored += sizeof one;
  }
  return static_cast<long>(stored);
}

PollMask SignalFd::poll() {
  const Task* const self = runtime_.current();
  return self != nullptr && pending(*self) ? kPollIn : 0;
}

}  // namespace nicosim
