// A simulated process: a SystemC thread with its own stack, and the state the scheduler keeps of it.
#pragma once

#include "common/runtime.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host/run_queue.hpp"
#include "sc_model/host/usage.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <systemc>

namespace nicosim {

class Core;
class HostCpu;

// What it has used, as getrusage and /proc/PID/schedstat tell.
struct ProcessAccount {
  SimTime cpu;                    // its own work; interrupts that came meanwhile do not count
  SimTime waiting;                // runnable, while another one had the core (run_delay)
  SimTime blocked;                // asleep
  std::uint64_t voluntary = 0;    // it gave the core away: sleep, exit (nvcsw)
  std::uint64_t involuntary = 0;  // the scheduler took it (nivcsw)
  std::uint64_t syscalls = 0;

  friend ProcessAccount operator-(ProcessAccount a, const ProcessAccount& b) {
    return {a.cpu - b.cpu,
            a.waiting - b.waiting,
            a.blocked - b.blocked,
            a.voluntary - b.voluntary,
            a.involuntary - b.involuntary,
            a.syscalls - b.syscalls};
  }
};

class Process final : public Task, public SchedEntity {
 public:
  enum class State : std::uint8_t { ready, running, sleeping, exited };
  static constexpr std::size_t kStackBytes = 256 * 1024;

  // `pinned`: the only core it may run on (sched_setaffinity). `tgid`: whose descriptors it shares; 0: its own.
  Process(unsigned pid, std::string name, std::function<void()> body, std::optional<unsigned> pinned, unsigned tgid)
      : pid_(pid), tgid_(tgid != 0 ? tgid : pid), name_(std::move(name)), body_(std::move(body)), pinned_(pinned) {}

  unsigned pid() const override { return pid_; }
  unsigned tgid() const override { return tgid_; }
  std::string_view task_name() const override { return name_; }
  State state() const { return state_; }
  ProcessAccount account(SimTime now) const;  // up to now, the state that it is in included
  Usage* usage() const { return usage_; }     // of its program; nullptr: nobody asks
  std::optional<unsigned> pinned() const { return pinned_; }

 private:
  friend class HostCpu;
  unsigned pid_, tgid_;
  std::string name_;
  std::function<void()> body_;
  std::optional<unsigned> pinned_;
  Core* core_ = nullptr;   // where it runs, waits to run, or ran last
  sc_core::sc_event run_;  // the scheduler gives it that core
  std::unique_ptr<AgendaCall> timeout_;
  State state_ = State::sleeping;
  bool woken_ = false, timed_out_ = false, kicked_ = false;
  bool signal_pending_ = false;  // TIF_SIGPENDING
  bool interruptible_ = false;   // sleeps so that a signal ends it
  bool in_user_ = false;         // outside the kernel: may be preempted
  bool reading_ = false;         // in a call whose copies bring data
  Usage* usage_ = nullptr;
  SimTime since_;  // when it fell asleep or became ready
  ProcessAccount account_;
  SimTime account_since_;  // the same, and nobody settles it
};

inline ProcessAccount Process::account(SimTime now) const {
  ProcessAccount account = account_;
  if (state_ == State::ready) account.waiting += now - account_since_;
  if (state_ == State::sleeping) account.blocked += now - account_since_;
  return account;
}

}  // namespace nicosim
