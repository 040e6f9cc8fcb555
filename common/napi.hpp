// A polled source of packets and its state bits (net/core/dev.c: napi_schedule_prep, napi_complete_done).
//
// The driver implements poll(); stack/core runs it in net_rx_action. Kernel rules: a driver touches its Napi no more
// after poll() consumed its whole budget; a schedule that finds SCHED set leaves MISSED, and the next complete turns
// that into another round with the interrupt still masked.
#pragma once

#include <cstdint>
#include <string_view>

namespace nicosim {

class Napi;

// Where a scheduled Napi waits for its turn: the CPU's softnet data. Implemented by stack/core.
class NapiScheduler {
 public:
  virtual ~NapiScheduler() = default;
  // Adds to the poll_list of the current CPU and raises NET_RX (__napi_schedule). SCHED is already set.
  virtual void enqueue(Napi&) = 0;
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
  // The poll ran dry. true: SCHED is clear, unmask the interrupt. false: MISSED was set, it is on a poll_list again.
  bool complete_done(NapiScheduler&);
  void disable() { disabled_ = true; }  // no further schedule; the caller waits until scheduled() is false
  void enable() { disabled_ = false; }
  bool scheduled() const { return scheduled_; }
  bool missed() const { return missed_; }
  bool disabled() const { return disabled_; }
  void clear_scheduled() { scheduled_ = missed_ = false; }  // napi_disable's last step

  static constexpr int kWeight = 64;  // NAPI_POLL_WEIGHT

 private:
  bool scheduled_ = false, missed_ = false, disabled_ = false;
};

}  // namespace nicosim
