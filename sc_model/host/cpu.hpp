// The host's processor: contexts, charged time, interrupts, soft interrupts, and the scheduler.
//
// One core for now. Ordinary C++ runs on SystemC threads: each process has one, and the core has one for what happens
// when no process runs (idle). charge() adds to a debt; catch_up() lets simulated time pass until the debt is paid.
// An interrupt that arrives meanwhile runs nested, on whichever thread holds the core, and its own time comes on top.
#pragma once

#include "common/runtime.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host/process.hpp"
#include "sc_model/host/vector_table.hpp"
#include "sc_model/host_link.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <systemc>

namespace nicosim {

class HostCpu : public sc_core::sc_module, public Runtime, public InterruptSink {
 public:
  HostCpu(sc_core::sc_module_name name, Agenda&, const CostTable&, std::function<std::uint64_t()> random);
  ~HostCpu() override;

  // ---- Runtime
  SimTime now() const override { return agenda_.now() + debt_; }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override;
  void charge(Cost, std::uint64_t units) override;
  void catch_up() override;
  void raise_softirq(Softirq, unsigned cpu) override;
  void irq_disable() override;
  void irq_enable() override;
  void preempt_disable() override;
  void preempt_enable() override;
  void arm(SimTime deadline) override;
  Task* current() override;
  void prepare_to_sleep() override;
  Woken sleep(SimTime until, bool interruptible) override;
  void wake(Task&, bool sync) override;
  std::uint64_t random() override { return random_(); }

  // ---- InterruptSink
  void line(unsigned port, bool high, SimTime raised) override;

  // ---- for who builds the host
  VectorTable& vectors() { return vectors_; }
  void on_softirq(std::function<void(Softirq)> run) { softirq_action_ = std::move(run); }
  void on_interrupt_delivered(std::function<void(unsigned port, SimTime raised)> f) { delivered_ = std::move(f); }
  // Before or after the start of the simulation; runs when the scheduler gets to it.
  // `tgid`: the process whose descriptors it shares; 0: its own.
  Process& spawn(std::string name, std::function<void()> body, unsigned tgid = 0);
  // An event of the outside, from the agenda: a sleeping process becomes ready. `signal`: its sleep ends as by a
  // signal.
  void kick(Process& process, bool signal = false);
  void stall(SimTime began);  // the core waited for the bus since `began` and could do nothing else

  // After Agenda::end(): nothing takes time any more, and every simulated thread unwinds in this delta cycle.
  void end_of_time();

  struct Times {
    SimTime hardirq, softirq, process;
  };
  const Times& times() const { return times_; }
  std::uint64_t context_switches() const { return context_switches_; }
  std::uint64_t interrupts() const { return interrupts_; }
  std::uint64_t ksoftirqd_runs() const { return ksoftirqd_runs_; }
  bool idle() const { return running_ == nullptr && !core_busy_ && ready_.empty(); }
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }

 private:
  template <class Body>
  void until_over(Body body);
  void core_loop();  // SC_THREAD: the core when no process holds it
  void ksoftirqd();
  bool interrupt_waits() const { return irq_depth_ == 0 && !in_hardirq_ && (!high_lines_.empty() || timer_due_); }
  void take_interrupts();
  void do_softirq();
  bool softirq_waits() const { return pending_softirqs_ != 0 && !ksoftirqd_active_; }
  void wait_for_core(Process& self);
  void hand_over();  // the running process gives the core to the next one, or to the idle loop
  void make_ready(Process&);
  void run_next();
  SimTime& account();

  Agenda& agenda_;
  const CostTable& costs_;
  std::function<std::uint64_t()> random_;
  unsigned source_;
  VectorTable vectors_;
  std::function<void(Softirq)> softirq_action_;
  std::function<void(unsigned, SimTime)> delivered_;

  SimTime debt_ = SimTime::zero();
  sc_core::sc_event core_event_;  // wakes the idle loop
  sc_core::sc_event paid_;        // whoever pays its debt: time is up, or an interrupt came
  AgendaCall debt_paid_;
  AgendaCall timer_;
  bool paying_ = false, core_busy_ = false, ended_ = false;
  bool in_hardirq_ = false, in_softirq_ = false, timer_due_ = false;
  unsigned irq_depth_ = 0, preempt_depth_ = 0;
  std::vector<unsigned> high_lines_;  // asserted, in order of arrival
  std::uint32_t pending_softirqs_ = 0;

  std::vector<std::unique_ptr<Process>> processes_;
  std::deque<Process*> ready_;
  Process* running_ = nullptr;
  Process* ksoftirqd_ = nullptr;
  bool ksoftirqd_active_ = false;
  unsigned next_pid_ = 1;

  Times times_;
  std::uint64_t context_switches_ = 0, interrupts_ = 0, ksoftirqd_runs_ = 0;
};

}  // namespace nicosim
