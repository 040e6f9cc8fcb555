// The one queue through which all simulated events pass.
//
// SystemC fires events of equal time in an order that depends on unrelated earlier ones. Here the order is fixed:
// time, then rank (what kind of event), then source, then the source's own sequence. One SystemC event stands for the
// head of the queue; nothing else in the project uses timed notification or wait(time).
//
// Simulated time is now(). It may lie ahead of sc_time_stamp(): a thread that is the only one with something to do
// moves it by advance_to() without a round through the kernel. That is exact, because nothing was due in between.
#pragma once

#include "common/sim_time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <systemc>

namespace nicosim {

// Order at equal time.
enum class Rank : std::uint8_t { engine, dma_write, dma_read, interrupt, read_answer, wire, cpu, stop };

class Agenda;

// Thrown into every simulated thread when the run is over, so that its stack unwinds and frees what it holds.
struct SimulationOver {};

// Something that happens at a time. Owned by whoever posts it; on the agenda at most once.
class AgendaItem {
 public:
  AgendaItem(Rank rank, unsigned source) : rank_(rank), source_(source) {}
  AgendaItem(const AgendaItem&) = delete;
  AgendaItem& operator=(const AgendaItem&) = delete;
  virtual ~AgendaItem() = default;

  virtual void due() = 0;
  bool scheduled() const { return position_ != kOff; }
  SimTime time() const { return time_; }
  Rank rank() const { return rank_; }

 protected:
  void set_rank(Rank rank) { rank_ = rank; }  // while it is not scheduled

 private:
  friend class Agenda;
  static constexpr std::size_t kOff = static_cast<std::size_t>(-1);
  SimTime time_;
  std::uint64_t sequence_ = 0;
  std::size_t position_ = kOff;
  Rank rank_;
  unsigned source_;
  bool timer_ = false;
};

// An item that calls a function.
class AgendaCall final : public AgendaItem {
 public:
  AgendaCall(Rank rank, unsigned source, std::function<void()> call)
      : AgendaItem(rank, source), call_(std::move(call)) {}
  void due() override { call_(); }

 private:
  std::function<void()> call_;
};

class Agenda : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Agenda);
  explicit Agenda(sc_core::sc_module_name name);

  // A number for whoever posts; given in order of construction.
  unsigned new_source() { return next_source_++; }

  SimTime now() const { return now_; }
  // `timer`: an item that may lie far ahead and does not mean that anything is going on (time-outs).
  void post(AgendaItem&, SimTime time, bool timer = false);
  void cancel(AgendaItem&);  // harmless when it is not scheduled
  void move(AgendaItem& item, SimTime time) {
    cancel(item);
    post(item, time);
  }

  SimTime next() const;                                          // head of everything
  SimTime next_except_engines() const { return head(others_); }  // what bounds how far a card may run ahead
  // From a thread that holds the only CPU: nothing is due up to and including `time`.
  bool nothing_until(SimTime time) const { return next() > time; }
  void advance_to(SimTime time);

  // The run is over: nothing is due any more, and every thread that wakes calls leave_if_over().
  void end() { over_ = true; }
  void leave_if_over() const;  // throws SimulationOver

  // Called by whoever makes a thread runnable: it must run before the next item does.
  void let_threads_run() { yield_ = true; }

  // Calls the watcher soon, though nothing may be due: a thread has moved time and now waits.
  void look();
  // Called after every item and by look(); how the simulation watches for its end.
  void on_step(std::function<void()> watch) { watch_ = std::move(watch); }
  bool only_timers_left() const { return busy_items_ == 0; }
  SimTime last_busy() const { return last_busy_; }  // time of the last item that was neither timer nor engine
  std::uint64_t items_run() const { return items_run_; }

 private:
  using Heap = std::vector<AgendaItem*>;
  static bool before(const AgendaItem& a, const AgendaItem& b);
  static SimTime head(const Heap& heap) { return heap.empty() ? SimTime::never() : heap.front()->time_; }
  Heap& heap_of(const AgendaItem& item) { return item.rank_ == Rank::engine ? engines_ : others_; }
  static void sift_up(Heap&, std::size_t);
  static void sift_down(Heap&, std::size_t);
  static void take_out(Heap&, AgendaItem&);
  void run_due();  // SC_METHOD
  void notify_head();

  sc_core::sc_event head_due_;
  Heap engines_, others_;
  std::vector<std::uint64_t> next_sequence_;
  std::function<void()> watch_;
  SimTime now_ = SimTime::zero(), last_busy_ = SimTime::zero(), notified_ = SimTime::never();
  std::uint64_t items_run_ = 0;
  std::size_t busy_items_ = 0;
  unsigned next_source_ = 0;
  bool running_ = false, yield_ = false, over_ = false;
};

}  // namespace nicosim
