// The pattern of waiting, for whoever needs no time-out: check, register, check again, sleep (include/linux/wait.h).
#pragma once

#include "stack/io/signal.hpp"
#include "stack/io/wake_up.hpp"

namespace nicosim {

// Until `ready()`; false: a signal came first. `exclusive`: one wake-up wakes one of those who wait like this.
template <class Ready>
[[nodiscard]] bool wait_event_interruptible(Runtime& runtime, WaitQueue& queue, Task& task, bool exclusive,
                                            Ready ready) {
  Woken woken = Woken::event;
  while (!ready()) {
    if (woken == Woken::signal) return false;
    TaskWaiter waiter{runtime, queue, task, ~PollMask{0}};
    if (exclusive)
      queue.add_exclusive(waiter);
    else
      queue.add(waiter);
    runtime.prepare_to_sleep();
    if (!ready()) woken = runtime.sleep(SimTime::never(), true);
  }
  return true;
}

}  // namespace nicosim
