#!/usr/bin/env python3
"""Faults that lose wake-ups, and copies of the source files with them inside.

usage: faults.py list                    one line per fault: NAME SCENE EXPECTED FILE...
       faults.py write NAME FOLDER       the faulty copies, below FOLDER

A fault replaces exact pieces of text. Each must be found exactly once in its file: when the code has changed, this
fails, and the fault has to be put in again by hand.
"""

import os
import sys
from collections import namedtuple

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))

# scene: of scene.cpp. expected: "lost" when some arrival must be lost, "none" when none can be.
# edits: (file, text, replacement)
Fault = namedtuple("Fault", "name scene expected edits")

FAULTS = [
    # ---- driver
    # The causes of a frame that came after the last look at the ring are cleared, so the unmasking finds none.
    Fault("driver_clears_icr_before_unmask", "napi_recvfrom", "lost", [
        ("driver/napi.cpp",
         "  if (up_) interrupts_.unmask();\n  return done;",
         "  if (up_) {\n    interrupts_.take();\n    interrupts_.unmask();\n  }\n  return done;")]),
    # ICR is read once more when the work is done, "to be sure that the line is low".
    Fault("driver_clears_icr_after_cleaning", "dma_irq_recvfrom", "lost", [
        ("driver/interrupt.cpp",
         "clean_rx(static_cast<int>(rx_->count()));",
         "clean_rx(static_cast<int>(rx_->count()));\n    interrupts_.take();")]),
    # Takes one interrupt for one frame.
    Fault("driver_cleans_one_per_interrupt", "dma_irq_recvfrom", "lost", [
        ("driver/interrupt.cpp", "clean_rx(static_cast<int>(rx_->count()));", "clean_rx(1);")]),
    # The interrupt of a frame that comes before napi_complete meets SCHED.
    Fault("driver_unmasks_before_complete", "napi_direct_recvfrom", "none", [
        ("driver/napi.cpp",
         "  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;",
         "  if (up_) interrupts_.unmask();\n  runtime_.catch_up();\n  if (!complete_done(scheduler_, done) || up_) return done;")]),
    Fault("napi_ignores_missed", "napi_direct_recvfrom", "none", [
        ("common/napi.cpp", "if (missed_) {", "if (missed_ && false) {")]),
    # Both together: before MISSED came (Linux 4.11) this order lost frames.
    Fault("driver_unmasks_before_complete_and_napi_ignores_missed", "napi_direct_recvfrom", "lost", [
        ("driver/napi.cpp",
         "  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;",
         "  if (up_) interrupts_.unmask();\n  runtime_.catch_up();\n  if (!complete_done(scheduler_, done) || up_) return done;"),
        ("common/napi.cpp", "if (missed_) {", "if (missed_ && false) {")]),
    # ICR is read between the last look at the ring and napi_complete.
    Fault("driver_clears_icr_before_complete", "napi_recvfrom", "lost", [
        ("driver/napi.cpp",
         "  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;",
         "  interrupts_.take();\n  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;")]),
    # The handler schedules first and masks then: a poll that is over by then is masked for good.
    Fault("driver_masks_after_scheduling", "napi_threaded_recvfrom_2_cores", "none", [
        ("driver/interrupt.cpp", "  interrupts_.mask_all();\n  runtime_.charge", "  runtime_.charge"),
        ("driver/interrupt.cpp",
         "  if (schedule(scheduler_)) return throttle_.interrupted();",
         "  const bool ours = schedule(scheduler_);\n  interrupts_.mask_all();\n"
         "  if (ours) return throttle_.interrupted();")]),
    # The handler leaves the mask open; it goes up when the poll is over, and down at once.
    Fault("driver_masks_after_complete", "napi_direct_recvfrom", "none", [
        ("driver/interrupt.cpp", "  interrupts_.mask_all();\n  runtime_.charge", "  runtime_.charge"),
        ("driver/napi.cpp",
         "  if (!complete_done(scheduler_, done)) return done;",
         "  if (!complete_done(scheduler_, done)) return done;\n  interrupts_.mask_all();")]),
    # The mask goes up between the last look at the ring and napi_complete, and MISSED is what it needed.
    Fault("driver_masks_before_complete_and_napi_ignores_missed", "napi_direct_recvfrom", "lost", [
        ("driver/interrupt.cpp", "  interrupts_.mask_all();\n  runtime_.charge", "  runtime_.charge"),
        ("driver/napi.cpp",
         "  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;",
         "  interrupts_.mask_all();\n  runtime_.catch_up();\n  if (!complete_done(scheduler_, done)) return done;"),
        ("common/napi.cpp", "if (missed_) {", "if (missed_ && false) {")]),
    # As driver_masks_after_complete, and what has come behind the mask is thrown away before it is opened.
    Fault("driver_masks_after_complete_and_clears_icr", "napi_direct_recvfrom", "lost", [
        ("driver/interrupt.cpp", "  interrupts_.mask_all();\n  runtime_.charge", "  runtime_.charge"),
        ("driver/napi.cpp",
         "  if (!complete_done(scheduler_, done)) return done;",
         "  if (!complete_done(scheduler_, done)) return done;\n  interrupts_.mask_all();\n  interrupts_.take();")]),
    # The poll that follows looks at the ring after this read, so what it forgets is found.
    Fault("driver_forgets_icr_before_polling", "napi_recvfrom", "none", [
        ("driver/interrupt.cpp",
         "  if (schedule(scheduler_)) return throttle_.interrupted();",
         "  interrupts_.take();\n  if (schedule(scheduler_)) return throttle_.interrupted();")]),

    # ---- soft interrupt and input_pkt_queue
    # What is raised while the action runs goes with what raised it.
    Fault("softirq_clears_pending_after_the_action", "napi_direct_recvfrom", "lost", [
        ("sc_model/host/cpu.cpp",
         "const std::uint32_t round = std::exchange(core.pending_softirqs, 0U);",
         "const std::uint32_t round = core.pending_softirqs;"),
        ("sc_model/host/cpu.cpp",
         "if ((round & bit(s)) != 0 && softirq_action_) softirq_action_(s);\n    catch_up();",
         "if ((round & bit(s)) != 0 && softirq_action_) softirq_action_(s);\n    catch_up();\n"
         "    core.pending_softirqs &= ~round;")]),
    # process_backlog decides whether it will be done before it works off what it has.
    Fault("backlog_looks_before_it_drains", "dma_irq_recvfrom", "lost", [
        ("stack/core/input_queue.cpp",
         "  for (;;) {\n    while (!process_.empty()) {",
         "  for (;;) {\n    const bool nothing = input_.empty();\n    while (!process_.empty()) {"),
        ("stack/core/input_queue.cpp", "    if (input_.empty()) {", "    if (nothing) {")]),

    # ---- going to sleep
    Fault("recvfrom_does_not_check_again", "napi_recvfrom", "lost", [
        ("stack/udp/udp_socket.cpp",
         "if (sock.error == 0 && sock.receive_queue.empty()) woken =",
         "woken =")]),
    Fault("recvfrom_registers_after_the_check", "napi_recvfrom", "lost", [
        ("stack/udp/udp_socket.cpp",
         "    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kPollIn | kPollErr};\n"
         "    socket.wq.wait.add_exclusive(waiter);\n    net_.runtime.prepare_to_sleep();\n"
         "    if (sock.error == 0 && sock.receive_queue.empty()) woken =",
         "    net_.runtime.prepare_to_sleep();\n"
         "    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kPollIn | kPollErr};\n"
         "    socket.wq.wait.add_exclusive(waiter);\n    woken =")]),
    Fault("poll_prepares_after_the_look", "napi_poll", "lost", [
        ("stack/io/poll.cpp",
         "    runtime_.prepare_to_sleep();\n    can_busy_loop_ = nullptr;\n"
         "    if (const int ready = look(wait); ready != 0) return ready;",
         "    can_busy_loop_ = nullptr;\n    if (const int ready = look(wait); ready != 0) return ready;\n"
         "    runtime_.prepare_to_sleep();")]),
    # wake() of somebody who is on the way to sleep, but not there yet, does nothing.
    Fault("wake_forgets_who_is_not_asleep_yet", "napi_poll", "lost", [
        ("sc_model/host/scheduler.cpp",
         "  process.woken_ = true;\n  if (process.state_ == Process::State::sleeping) make_ready",
         "  process.woken_ = process.state_ == Process::State::sleeping;\n"
         "  if (process.state_ == Process::State::sleeping) make_ready")]),
    # A segment that comes while the process owns the socket waits in the backlog, which is worked off after the
    # registration: its wake-up comes late enough.
    Fault("tcp_recv_does_not_check_again", "napi_tcp_recv", "none", [
        ("stack/tcp/tcp_recvmsg.cpp",
         "woken = lock.sleep(task, socket.wq.wait, kPollIn | kPollErr | kPollHup, false, until, ready);",
         "(void)ready;\n    woken = lock.sleep(task, socket.wq.wait, kPollIn | kPollErr | kPollHup, false, until,\n"
         "                       [] { return false; });")]),

    # ---- epoll
    Fault("epoll_does_not_check_again", "napi_epoll", "lost", [
        ("stack/io/eventpoll.cpp",
         "woken = ready_.empty() ? runtime_.sleep(until, true) : Woken::event;",
         "woken = runtime_.sleep(until, true);")]),
    # Time passes in the scan, and an entry that is not ready counts as listed until the scan has thrown it out.
    Fault("epoll_scan_loses_an_event", "napi_epoll", "lost", [
        ("stack/io/eventpoll.cpp",
         "    item.linked_ = false;\n    const PollMask now = item.ready();\n",
         "    const PollMask now = item.ready();\n    runtime_.catch_up();\n    item.linked_ = false;\n")]),
    # A level-triggered entry leaves the ready list when it is reported.
    Fault("epoll_level_is_not_looked_at_again", "napi_epoll", "lost", [
        ("stack/io/eventpoll.cpp",
         "} else if ((item.event_.events & EPOLLET) == 0) {",
         "} else if ((item.event_.events & EPOLLET) == 0 && false) {")]),
    # Entries for which there was no room in the answer stay marked as listed, but are on no list.
    Fault("epoll_drops_what_has_no_room", "napi_epoll_one", "lost", [
        ("stack/io/eventpoll.cpp", "  ready_.splice(ready_.begin(), looked_at);", "  looked_at.clear();")]),

    # ---- signals
    # A signal that comes before the process says what it waits for is blocked, and nobody looks for it again.
    Fault("sigwait_says_too_late_what_for", "napi_sigwait", "lost", [
        ("stack/process/process_calls.cpp",
         "    signals.wait_for(these);\n    table_.recalc(*self);\n    runtime_.prepare_to_sleep();",
         "    runtime_.prepare_to_sleep();\n    signals.wait_for(these);")]),
    # A signal that comes while its handler runs is blocked; when the mask opens nobody looks.
    Fault("sigreturn_does_not_look", "napi_sighandler", "lost", [
        ("stack/process/process_calls.cpp",
         "  self->signals.sigreturn(saved_mask);\n  table_.recalc(*self);",
         "  self->signals.sigreturn(saved_mask);")]),
    # A signal that comes between the look at the files and the sleep does not keep from sleeping.
    Fault("sleep_does_not_look_for_signals", "napi_sighandler", "lost", [
        ("sc_model/host/scheduler.cpp",
         "  if (interruptible && self.signal_pending_) return Woken::signal;\n  if (until <=",
         "  if (until <=")]),
    # Signals are delivered only behind calls that one has interrupted. A pending one interrupts the next that sleeps.
    Fault("signals_wait_for_an_interrupted_call", "napi_sighandler", "none", [
        ("sc_model/host/user_process_signals.cpp",
         "if (!cpu_.signal_pending()) return exit;",
         "if (!cpu_.signal_pending() || !must_restart(result)) return exit;")]),

    # ---- programs
    # What sigsuspend() is there for: between unblocking and pause() the handler runs, and there is nothing left to wait
    # for.
    Fault("program_unblocks_and_then_pauses", "napi_sigsuspend", "lost", [
        ("tb/hunt/scene.cpp",
         "      os.sigsuspend({});",
         "      {\n        const SignalSet sigio{SIGIO};\n        os.sigprocmask(SIG_UNBLOCK, &sigio);\n"
         "        os.pause();\n        os.sigprocmask(SIG_BLOCK, &sigio);\n      }")]),
    # What ppoll() is there for: the same with poll().
    Fault("program_unblocks_and_then_polls", "napi_ppoll", "lost", [
        ("tb/hunt/scene.cpp",
         "      os.ppoll({}, SimTime::never(), &none);",
         "      os.sigprocmask(SIG_SETMASK, &none);\n      os.poll({}, -1);\n"
         "      const SignalSet sigio{SIGIO};\n      os.sigprocmask(SIG_BLOCK, &sigio);")]),
    # Edge-triggered, and one read per event.
    Fault("program_reads_once_per_edge", "napi_epoll_edge", "lost", [
        ("tb/hunt/scene.cpp",
         "const bool until_eagain = how == Wait::epoll_edge || with_signals;",
         "const bool until_eagain = with_signals;")]),
]


def files_of(fault):
    """Each file once, in order."""
    return list(dict.fromkeys(file for file, _, _ in fault.edits))


def faulty_copy(fault, file):
    """The text of the file with the fault in it."""
    with open(os.path.join(PROJECT, file), encoding="utf-8") as source:
        text = source.read()
    for name, before, after in fault.edits:
        if name != file:
            continue
        found = text.count(before)
        if found != 1:
            raise SystemExit(
                f"tb/hunt/faults.py: fault {fault.name}: this text is in {file} {found} times, not once. "
                f"Has the code changed? Put the fault in again.\n{before}")
        text = text.replace(before, after)
    return text


def main(arguments):
    """The command line."""
    if arguments == ["list"]:
        for fault in FAULTS:
            print(fault.name, fault.scene, fault.expected, *files_of(fault))
        return 0
    if len(arguments) == 3 and arguments[0] == "write":
        fault = next(f for f in FAULTS if f.name == arguments[1])
        for file in files_of(fault):
            target = os.path.join(arguments[2], file)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as out:
                out.write(faulty_copy(fault, file))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
