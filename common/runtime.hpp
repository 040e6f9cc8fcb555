// The only door from driver and stack to time, CPUs and processes. One reference, given at construction.
//
// Three implementations: the simulated CPU (sc_model/host), TestRuntime (tb/common) for layers alone, and one for
// embedding. Code behind it is ordinary C++ that runs in one of four contexts and charges named costs.
#pragma once

#include "common/costs.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace nicosim {

class SpinLock;

enum class Softirq : std::uint8_t { timer, net_tx, net_rx };  // in the order in which Linux runs them
enum class Context : std::uint8_t { hardirq, softirq, process, idle };
enum class Woken : std::uint8_t { event, timeout, signal };

// A simulated process. Owned by whoever runs it; the stack only compares, names and wakes it.
class Task {
 public:
  virtual ~Task() = default;
  virtual unsigned pid() const = 0;  // > 0, unique in a run
  // Whose descriptors it uses: threads of one process share them (files_struct).
  virtual unsigned tgid() const { return pid(); }
  virtual std::string_view task_name() const = 0;
};

class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual SimTime now() const = 0;  // includes what was charged so far
  virtual unsigned cpu() const = 0;
  virtual unsigned cpus() const = 0;
  virtual Context context() const = 0;

  // Adds time to what runs now. Interrupts that fall due in it run before the next visible effect.
  virtual void charge(Cost, std::uint64_t units = 1) = 0;
  // Simulated time catches up with what was charged; due interrupts run here. Bus, memory, locks, sleep and wake do it
  // themselves; call it before any other effect that another context may see (NAPI state, hand-over of a queue).
  virtual void catch_up() = 0;

  virtual void raise_softirq(Softirq, unsigned cpu) = 0;
  // smp_call_function_single_async: runs as an interrupt of another CPU, which takes ipi_latency to get there. With one
  // CPU there is nobody to call.
  virtual void call(unsigned /*cpu*/, std::function<void()>) {}
  virtual void irq_disable() = 0;  // nests
  virtual void irq_enable() = 0;
  virtual void preempt_disable() = 0;  // nests; soft interrupts and other tasks stay out, hard interrupts do not
  virtual void preempt_enable() = 0;

  // Preemption is disabled. lock() spins while another CPU holds it. With one CPU there is nobody to wait for.
  virtual void lock(SpinLock&) {}
  virtual void unlock(SpinLock&) {}

  // The earliest next_deadline() of driver or stack is now this; Softirq::timer is raised when it comes. never()
  // disarms.
  virtual void arm(SimTime deadline) = 0;

  virtual Task* current() = 0;  // nullptr outside process context
  // Process context only, no lock held. Pattern: register, prepare_to_sleep(), check again, sleep(), unregister.
  virtual void prepare_to_sleep() = 0;  // a wake() after this makes the next sleep() return at once
  virtual Woken sleep(SimTime until, bool interruptible) = 0;
  virtual void wake(Task&, bool sync) = 0;  // any context; waking a task that does not sleep is harmless
  // TIF_SIGPENDING of a process: while it is set, interruptible sleep ends, or does not begin, as Woken::signal, and
  // its program is interrupted. Any context; time has caught up. Nothing where there are no signals.
  virtual void set_signal_pending(Task&, bool /*pending*/) {}
  virtual bool signal_pending() const { return false; }  // of current()

  // The scheduler wants this CPU for somebody else; kernel code that loops asks, and lets it (process context).
  virtual bool need_resched() const { return false; }
  virtual void cond_resched() {}

  // kthread_run, or a thread of process `tgid` when that is not 0: `body` on a task of its own, soon. Process context.
  // false: there are no threads here.
  virtual bool start_thread(std::string /*name*/, std::function<void(Task&)> /*body*/, unsigned /*tgid*/) {
    return false;
  }

  virtual std::uint64_t random() = 0;  // ISN, ports, hash keys: from the scenario's seed
};

}  // namespace nicosim
