// What stands behind a handle: a stack alone (embed_stack.hpp) or a whole host (embed_host.hpp).
//
// Every function is called with the big lock held; those that take it may let go of it meanwhile.
#pragma once

#include "common/bytes.hpp"
#include "common/sim_time.hpp"
#include "embed/big_lock.hpp"
#include "embed/link_form.hpp"
#include "programs/posix.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace nicosim {

class Stack;

enum class TimeMode : std::uint8_t { by_other, by_caller };

class Instance {
 public:
  virtual ~Instance() = default;

  // The body runs as a thread of the simulated process. Returns what it returns, or why it could not go on.
  using Body = std::function<long(Posix&)>;
  virtual long call(BigLock& lock, const Body& body) = 0;

  virtual SimTime now() const = 0;
  virtual SimTime next_deadline() = 0;
  virtual void advance(BigLock& lock, SimTime until) = 0;
  // Every call that sleeps ends; returns when all have left.
  virtual void close(BigLock& lock) = 0;

  virtual Stack& stack() = 0;
  virtual std::size_t ports() const = 0;
  virtual LinkForm& link(unsigned port) = 0;  // port < ports()
  virtual unsigned mtu(unsigned port) const = 0;
  virtual MacAddress mac(unsigned port) const = 0;
  // An Ethernet frame without FCS arrives now.
  virtual void input(BigLock& lock, unsigned port, std::vector<std::byte> frame) = 0;
  virtual void taken(unsigned /*port*/) {}  // a packet was taken from link(port)
};

}  // namespace nicosim
