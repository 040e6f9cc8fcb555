// The host's processors: contexts, charged time, interrupts, soft interrupts, and the scheduler, on N cores.
//
// Ordinary C++ runs on SystemC threads: each process has one, and each core has one for what happens when no process
// runs (idle). charge() adds to the debt of the core that runs it; catch_up() lets simulated time pass until the debt
// is paid. An interrupt that arrives meanwhile runs nested, on whichever thread holds the core, and its own time comes
// on top. Between two catch_up() nothing else runs anywhere: that is what makes a step of kernel code atomic.
//
// A core reaches another one only through the agenda (an interrupt between processors), never by waking its thread
// directly: otherwise time could pass before that thread has run.
#pragma once

#include "common/runtime.hpp"
#include "common/spin_lock.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host/core.hpp"
#include "sc_model/host/process.hpp"
#include "sc_model/host/vector_table.hpp"
#include "sc_model/host_link.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <systemc>

namespace nicosim {

class HostCpu : public sc_core::sc_module, public Runtime, public InterruptSink {
 public:
  using Times = CoreTimes;

  HostCpu(sc_core::sc_module_name name, Agenda&, const CostTable&, unsigned cores,
          std::function<std::uint64_t()> random);
  ~HostCpu() override;

  // ---- Runtime. Code that runs on no core (setting up, the end) counts as core 0's.
  SimTime now() const override { return agenda_.now() + here().debt; }
  unsigned cpu() const override { return here().index; }
  unsigned cpus() const override { return static_cast<unsigned>(cores_.size()); }
  Context context() const override;
  void charge(Cost, std::uint64_t units) override;
  void catch_up() override;
  void raise_softirq(Softirq, unsigned cpu) override;
  void call(unsigned cpu, std::function<void()> function) override;
  void irq_disable() override;
  void irq_enable() override;
  void preempt_disable() override;
  void preempt_enable() override;
  void lock(SpinLock&) override;
  void unlock(SpinLock&) override;
  void arm(SimTime deadline) override;  // the timer interrupt is core 0's
  Task* current() override;
  void prepare_to_sleep() override;
  Woken sleep(SimTime until, bool interruptible) override;
  void wake(Task&, bool sync) override;
  bool need_resched() const override { return here().need_resched; }
  void cond_resched() override;
  void set_signal_pending(Task&, bool pending) override;
  bool start_thread(std::string name, std::function<void(Task&)> body, unsigned tgid) override;
  std::uint64_t random() override { return random_(); }

  // ---- InterruptSink
  void line(unsigned port, bool high, SimTime raised) override;

  // ---- for who builds the host
  VectorTable& vectors() { return vectors_; }
  void set_affinity(unsigned line, unsigned core) { affinity_[line] = core; }  // smp_affinity; without it core 0
  void on_softirq(std::function<void(Softirq)> run) { softirq_action_ = std::move(run); }
  void on_interrupt_delivered(std::function<void(unsigned port, SimTime raised)> f) { delivered_ = std::move(f); }
  // Varies what a real machine leaves open, from streams of this seed: how long work takes, a tick, an interrupt
  // between cores or a timer comes late, which idle core gets a process. Before the start.
  void interleave(std::uint64_t seed);
  // Before or after the start of the simulation; runs when the scheduler gets to it.
  // `tgid`: the process whose descriptors it shares; 0: its own.
  Process& spawn(std::string name, std::function<void()> body, std::optional<unsigned> pinned = std::nullopt,
                 unsigned tgid = 0);
  // What `process` uses is added here, until the end of the run. Its children: UserSpace::fork().
  void bill(Process& process, Usage& usage);
  void settle_usage();  // at the end of the run: what those use that still sleep or wait
  // Told of every change: blocked, ready, running, copying. For the event log; processes that nobody bills are left
  // out.
  void on_state(std::function<void(const Process&, std::string_view state, SimTime)> tell) { state_ = std::move(tell); }
  // An event of the outside, from the agenda: a sleeping process becomes ready. `signal`: its sleep ends as by a
  // signal.
  void kick(Process& process, bool signal = false);

  // ---- for a process's door to the kernel
  // Charges; the scheduler may take the core away meanwhile. A signal ends it early: the time that is left.
  SimTime run_in_user_mode(Cost cost, std::uint64_t units) { return run_in_user_mode(costs_.of(cost, units)); }
  SimTime run_in_user_mode(SimTime time);
  bool signal_pending() const override { return here().running->signal_pending_; }  // of the process that runs
  void return_to_user();  // if the scheduler wants the core, now
  Usage* usage() const { return here().running != nullptr ? here().running->usage_ : nullptr; }
  bool tells_states() const { return static_cast<bool>(state_); }
  void reading(bool on) { here().running->reading_ = on; }
  void count_syscall() { ++here().running->account_.syscalls; }

  // ---- for the bus: the core of this thread waits for it and can do nothing else
  class Stall {
   public:
    explicit Stall(HostCpu& cpu) : cpu_(cpu), core_(cpu.active_), began_(cpu.agenda_.now()) { cpu_.active_ = nullptr; }
    ~Stall();
    Stall(const Stall&) = delete;
    Stall& operator=(const Stall&) = delete;

   private:
    HostCpu& cpu_;
    Core* core_;
    SimTime began_;
  };

  // After Agenda::end(): nothing takes time any more, and every simulated thread unwinds in this delta cycle.
  void end_of_time();

  const Times& times(unsigned core) const { return cores_.at(core)->times; }
  std::uint64_t context_switches() const { return context_switches_; }
  std::uint64_t interrupts() const { return interrupts_; }
  std::uint64_t ksoftirqd_runs() const { return ksoftirqd_runs_; }
  std::uint64_t preemptions() const { return preemptions_; }
  std::uint64_t migrations() const { return migrations_; }
  std::uint64_t calls_between_cores() const { return calls_between_cores_; }  // reschedule and function call IPIs
  bool idle() const;
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }

 private:
  const Core& here() const { return active_ != nullptr ? *active_ : *cores_.front(); }
  Core& here() { return active_ != nullptr ? *active_ : *cores_.front(); }
  // Everything a thread holds is freed on its way out: at the end of the run it unwinds from wherever it waits.
  template <class Body>
  static void until_over(Body body) {
    try {
      body();
    } catch (const SimulationOver&) {
      // the end of a thread
    }
  }
  static void spend(Core&, std::size_t function, SimTime time);
  static void passed(Core&, SimTime time);
  void copies(const Core&, SimTime time);
  void tell(const Process& process, std::string_view state, SimTime when) const {
    if (state_ && process.usage_ != nullptr) state_(process, state, when);
  }
  void wait(Core&, sc_core::sc_event&);  // the core stays this thread's
  void notice(Core&);                    // from the agenda: its thread looks what there is to do
  void call_core(Core&);                 // from another core: an interrupt there

  void core_loop(Core&);  // a thread: the core when no process holds it
  void ksoftirqd(Core&);
  void take_interrupts(Core&);
  void do_softirq(Core&);

  // scheduler.cpp
  Core& choose_core(const Process&);
  void make_ready(Process&, RunQueue::Why);
  void wait_for_core(Process& self);
  void hand_over(Core&);  // the running process gives the core to the next one, or to the idle loop
  void run_next(Core&);
  void resched(Core&);  // the running process goes back to the queue, and returns when it is its turn again
  void start_tick(Core&);
  void scheduler_tick(Core&);
  bool pull(Core& to);  // newidle_balance: a process that waits elsewhere; false: none may come

  Agenda& agenda_;
  const CostTable& costs_;
  std::function<std::uint64_t()> random_;
  unsigned source_;
  VectorTable vectors_;
  std::map<unsigned, unsigned> affinity_;
  std::function<void(Softirq)> softirq_action_;
  std::function<void(unsigned, SimTime)> delivered_;
  std::function<void(const Process&, std::string_view, SimTime)> state_;

  std::vector<std::unique_ptr<Core>> cores_;
  Core* active_ = nullptr;  // whose code runs now; nullptr: the agenda's
  AgendaCall timer_;
  SimTime armed_for_ = SimTime::never();  // what arm() was told; the timer may come later
  bool ended_ = false;

  std::vector<std::unique_ptr<Process>> processes_;
  unsigned next_pid_ = 1;

  std::uint64_t context_switches_ = 0, interrupts_ = 0, ksoftirqd_runs_ = 0, preemptions_ = 0, migrations_ = 0,
                calls_between_cores_ = 0;
};

}  // namespace nicosim
