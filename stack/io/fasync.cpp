#include "stack/io/fasync.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/process/process_table.hpp"

#include <array>
#include <csignal>

namespace nicosim {
namespace {

constexpr PollMask kPollMsg = 0x400;

// band_table of fs/fcntl.c, from POLL_IN to POLL_HUP.
constexpr std::array<PollMask, 6> kBands{kPollIn | kPollRdNorm,
                                         kPollOut | kPollWrNorm | kPollWrBand,
                                         kPollIn | kPollRdNorm | kPollMsg,
                                         kPollErr,
                                         kPollPri | kPollRdBand,
                                         kPollHup | kPollErr};

// Signals whose si_code says something else already (SIG_SPECIFIC_SICODES_MASK).
constexpr SignalSet kOwnCodes{SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGCHLD, SIGPOLL, SIGSYS};

void send_to_one(ProcessTable& processes, unsigned pid, int signum, int fd, int code) {
  if (signum != 0) {
    SigInfo info;
    info.signo = signum;
    info.code = signum != SIGPOLL && kOwnCodes.has(signum) ? SI_SIGIO : code;
    info.band = static_cast<long>(kBands.at(static_cast<std::size_t>(code - POLL_IN)));
    info.fd = fd;
    if (processes.send(pid, info) == 0) return;  // else the queue is full: plain SIGIO says "look everywhere"
  }
  SigInfo plain;
  plain.signo = SIGIO;
  plain.code = SI_KERNEL;
  processes.send(pid, plain);
}

}  // namespace

unsigned FasyncList::signal_all(int code) {
  const std::vector<FasyncEntry*> now = entries_;
  unsigned signalled = 0;
  for (FasyncEntry* const entry : now) {
    if (std::ranges::find(entries_, entry) == entries_.end()) continue;  // taken off while another was signalled
    entry->signal(code);
    ++signalled;
  }
  return signalled;
}

void send_sigio(ProcessTable& processes, const FileOwner& owner, int fd, int code) {
  const auto [who, signum] = owner;
  if (who == 0) return;
  if (who > 0) return send_to_one(processes, static_cast<unsigned>(who), signum, fd, code);
  for (const unsigned pid : processes.pids()) {
    const ProcessEntry* const entry = processes.find(pid);
    if (entry != nullptr && entry->group == static_cast<unsigned>(-who)) send_to_one(processes, pid, signum, fd, code);
  }
}

}  // namespace nicosim
