// A polled source of packets and its state bits (net/core/dev.c: napi_schedule_prep, napi_complete_done).
//
// The driver implements poll(); stack/core runs it: in net_rx_action, in a kernel thread of its own (threaded), or from
// a process that waits for data (busy polling). Kernel rules: a driver touches its Napi no more after poll() consumed
// its whole budget; a schedule that finds SCHED set leaves MISSED, and the next complete turns that into another round
// with the interrupt still masked.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <string_view>

namespace nicosim {

class Napi;
class Task;

// The id of a card's Napi is this and its port: MIN_NAPI_ID with NR_CPUS 8192, as distributions have it.
inline constexpr unsigned kMinNapiId = 8193;

// Where a scheduled Napi waits for its turn: the CPU's softnet data. Implemented by stack/core.
class NapiScheduler {
 public:
  virtual ~NapiScheduler() = default;
  // Adds to the poll_list of the current CPU and raises NET_RX, or wakes its thread (__napi_schedule). SCHED is already
  // set.
  virtual void enqueue(Napi&) = 0;
  // Calls Napi::watchdog() after this time (napi->timer). One that runs already begins anew.
  virtual void start_watchdog(Napi&, SimTime after) = 0;
  // What GRO holds back of its packets (gro_bitmask), and napi_gro_flush: all of it, or what is from an earlier jiffy.
  // Time passes in the second.
  virtual bool gro_holds(const Napi&) const { return false; }
  virtual void gro_flush(Napi&, bool /*flush_old*/) {}
};

class Napi {
 public:
  virtual ~Napi() = default;

  // Does up to `budget` packets of work and returns how many. Less than the budget: complete_done() has been called.
  virtual int poll(int budget) = 0;
  virtual std::string_view napi_name() const = 0;

  // true: SCHED was clear and is now ours, go on with NapiScheduler::enqueue. false: disabled, or already scheduled
  // (MISSED is set).
  bool schedule_prep();
  // prep and enqueue in one (napi_schedule).
  bool schedule(NapiScheduler&);
  // The poll ran dry after this much work. true: SCHED is clear, unmask the interrupt. false: MISSED was set and it is
  // on a poll_list again, or it is being busy-polled, or the interrupt is deferred and the watchdog polls next. What
  // GRO holds goes up; with gro_flush_timeout only what is old, after a poll that did work, and the watchdog's poll
  // flushes the rest.
  bool complete_done(NapiScheduler&, int work);
  void disable() { disabled_ = true; }  // no further schedule; the caller waits until scheduled() is false
  void enable() { disabled_ = false; }
  bool scheduled() const { return scheduled_; }
  bool missed() const { return missed_; }
  bool disabled() const { return disabled_; }
  void clear_scheduled() { scheduled_ = missed_ = prefer_busy_poll_ = false; }  // napi_disable's last step

  // ---- napi_defer_hard_irqs and gro_flush_timeout of its device: so many polls in a row may find nothing before the
  // interrupt is unmasked; until then it stays masked and the watchdog polls after that time. Without deferral the time
  // is for GRO alone: the interrupt is unmasked and the watchdog polls all the same.
  void defer(unsigned hard_irqs, SimTime flush_timeout);
  void watchdog(NapiScheduler&);  // napi_watchdog: schedules without leaving MISSED, as no card asked

  // ---- Busy polling (napi_busy_loop). While it lasts the caller owns SCHED, and complete_done() unmasks nothing.
  bool begin_busy_poll(bool prefer);  // false: disabled, or somebody else polls
  // The caller polls once more, which unmasks; `prefer`: or which defers the interrupt. true: the watchdog runs.
  bool end_busy_poll(NapiScheduler&, bool prefer);
  bool in_busy_poll() const { return in_busy_poll_; }
  bool prefers_busy_poll() const { return prefer_busy_poll_; }  // a busy poller came while others polled

  // ---- Threaded: polled by this task instead of the soft interrupt. nullptr: not.
  void set_thread(Task* thread) { thread_ = thread; }
  Task* thread() const { return thread_; }
  void give_to_thread() { threaded_due_ = true; }  // SCHED_THREADED
  bool take_by_thread();

  static constexpr int kWeight = 64;  // NAPI_POLL_WEIGHT

 private:
  bool scheduled_ = false, missed_ = false, disabled_ = false;
  bool in_busy_poll_ = false, prefer_busy_poll_ = false, threaded_due_ = false;
  unsigned defer_hard_irqs_ = 0, deferrals_left_ = 0;
  SimTime flush_timeout_ = SimTime::zero();
  Task* thread_ = nullptr;
};

}  // namespace nicosim
