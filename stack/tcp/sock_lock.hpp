// lock_sock and release_sock: a process in a call owns its socket, and lets go of it while it sleeps.
#pragma once

#include "stack/io/wake_up.hpp"
#include "stack/socket/socket.hpp"
#include "stack/tcp/tcp_sock.hpp"

namespace nicosim {

class SockLock {
 public:
  explicit SockLock(TcpSock& sock) : sock_(sock.self()) { lock(); }
  ~SockLock() noexcept(false) { unlock(); }  // what waited runs, and a run may end meanwhile
  SockLock(const SockLock&) = delete;
  SockLock& operator=(const SockLock&) = delete;

  void lock() {
    Runtime& runtime = sock_->net.runtime;
    runtime.catch_up();
    while (sock_->owned) {  // by another process, or by a segment on another CPU
      Task* const task = runtime.current();
      if (task == nullptr) break;
      TaskWaiter waiter{runtime, sock_->lock_wait, *task, ~PollMask{0}};
      sock_->lock_wait.add_exclusive(waiter);
      runtime.prepare_to_sleep();
      if (sock_->owned) runtime.sleep(SimTime::never(), false);
    }
    sock_->owned = held_ = true;
  }
  void unlock() {
    if (!held_) return;
    held_ = false;
    sock_->release();
  }

  // Check, register, check again, sleep: until `ready()`, an event in `interest` or `until`. The socket is free
  // meanwhile; what came while it was not is worked off first, and may be what we wait for.
  template <class Ready>
  Woken sleep(Task& task, WaitQueue& queue, PollMask interest, bool exclusive, SimTime until, Ready ready) {
    Runtime& runtime = sock_->net.runtime;
    Woken woken = Woken::event;
    {
      TaskWaiter waiter{runtime, queue, task, interest};
      if (exclusive)
        queue.add_exclusive(waiter);
      else
        queue.add(waiter);
      runtime.prepare_to_sleep();
      unlock();
      if (!ready()) woken = runtime.sleep(until, true);
    }
    lock();
    return woken;
  }

 private:
  std::shared_ptr<TcpSock> sock_;
  bool held_ = false;
};

}  // namespace nicosim
