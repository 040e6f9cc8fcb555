// Waking whoever waits for a socket, by sleep or by signal (net/core/sock.c: sock_def_readable and its siblings).
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"

#include <cstdint>

namespace nicosim {

struct Sock;
struct SocketWq;

// SOCK_WAKE_WAITD: data for a reader. SOCK_WAKE_SPACE: room for a writer. SOCK_WAKE_IO: anything else.
enum class AsyncWake : std::uint8_t { wait_data, space, io };

// A process that sleeps until an event in `interest`. Leaves the queue when it is woken (autoremove_wake_function), so
// that the next event goes to the next exclusive waiter; leaves it at the latest when it dies.
class TaskWaiter final : public Waiter {
 public:
  TaskWaiter(Runtime& runtime, WaitQueue& queue, Task& task, PollMask interest)
      : runtime_(runtime), queue_(queue), task_(task), interest_(interest) {}
  ~TaskWaiter() override { queue_.remove(*this); }
  bool woken(PollMask why, bool sync) override;

 private:
  Runtime& runtime_;
  WaitQueue& queue_;
  Task& task_;
  PollMask interest_;
};

// Each returns how many processes were woken or signalled.
unsigned sock_def_readable(Sock& sock);      // data arrived
unsigned sock_def_write_space(Sock& sock);   // send-buffer space came back; wakes only when half of it is free
unsigned sock_def_error_report(Sock& sock);  // sk_err was set

unsigned sock_def_wakeup(Sock& sock);        // the state changed: everybody looks again
unsigned sk_stream_write_space(Sock& sock);  // a stream has room again; the caller has checked that it is enough
unsigned sk_wake_async(Sock& sock, AsyncWake how, int code);  // sock_wake_async, if a process has the socket

// kill_fasync, unless the flags say that nobody needs it: WAITD while a reader waits in a call anyway
// (SOCKWQ_ASYNC_WAITDATA), SPACE unless a writer ran out of it (SOCKWQ_ASYNC_NOSPACE, cleared here).
unsigned sock_wake_async(SocketWq& wq, AsyncWake how, int code);

}  // namespace nicosim
