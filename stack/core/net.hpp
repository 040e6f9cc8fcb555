// What all layers of one stack share: the doors to the outside, the knobs, the counters and the timers (struct net).
#pragma once

#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "common/runtime.hpp"
#include "stack/core/mib.hpp"
#include "stack/core/sysctl.hpp"
#include "stack/core/timer.hpp"

#include <utility>

namespace nicosim {

class BusyPoll;

struct Net {
  Runtime& runtime;
  Ledger& ledger;
  FramePool& pool;
  Sysctl sysctl;
  Mib mib{};
  TimerList timers{runtime};
  BusyPoll* busy_poll = nullptr;  // set with the stack; nullptr: nobody polls cards but the soft interrupt
  bool over = false;              // the run has ended: nobody is woken and no card is touched any more

  SimTime now() const { return runtime.now(); }
  void at(const Frame& frame, Station station) { frame.at(ledger, station, now()); }

  // kfree_skb_reason: the frame ends here, unwanted.
  void drop(FramePtr frame, Station station, DropReason reason) {
    runtime.charge(Cost::skb_free);
    frame->close(ledger, Fate::dropped, station, now(), reason);
  }
  // consume_skb: the frame ends here, having done its work.
  void finish(FramePtr frame, Fate fate, Station station) {
    runtime.charge(Cost::skb_free);
    frame->close(ledger, fate, station, now(), DropReason::none);
  }
};

}  // namespace nicosim
