// A program on a stack at the far end of the wire (stack_peer.hpp): what one of its clients and servers does.
//
// All calls are non-blocking and take no time. Whoever owns the stack calls step() until nothing is left to do, then
// on_time() when next_deadline() has come.
#pragma once

#include "common/sim_time.hpp"
#include "stack/stack.hpp"

#include <cstdint>
#include <memory>

namespace nicosim {

class PeerProgram {
 public:
  // `calls` are those of the stack that it runs on, `pid` its own there.
  PeerProgram(Syscalls& calls, unsigned pid);
  virtual ~PeerProgram();
  PeerProgram(const PeerProgram&) = delete;
  PeerProgram& operator=(const PeerProgram&) = delete;

  virtual void start(SimTime wire_start);
  // When it does something by itself; never(): it has no plans.
  virtual SimTime next_deadline() const { return SimTime::never(); }
  void on_time(SimTime now);  // does what is due
  bool step(SimTime now);     // does what its sockets are ready for; false: for nothing

 protected:
  // Non-blocking sockets, on the epoll list for every change; a descriptor or -errno.
  int connect_to(Ipv4Address server, std::uint16_t port);  // on its way; error_of() tells whether it came there
  int listen_on(std::uint16_t port, int backlog);          // on all addresses
  int accept_from(int listening);
  int error_of(int fd);  // SO_ERROR

  virtual void due() {}
  virtual void ready(int fd) = 0;  // may be a descriptor that has been closed since

  Syscalls& calls() { return calls_; }
  Task& task() { return *task_; }
  SimTime now() const { return now_; }

 private:
  int watch(int fd);

  Syscalls& calls_;
  std::unique_ptr<Task> task_;
  SimTime now_;
  int epoll_ = -1;
};

}  // namespace nicosim
