// The time that cabled stacks share, and the threads that sleep in it.
//
// Time goes from deadline to deadline: packets in flight, timers of the stacks, time-outs of sleepers. A sleeper that
// is woken gets its turn before anything else happens, one after the other in the order in which they were woken, and
// keeps it until its call ends or sleeps again. So the same calls give the same run, however the host schedules its
// threads. All functions need the big lock.
#pragma once

#include "common/sim_time.hpp"
#include "embed/big_lock.hpp"
#include "embed/instance.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace nicosim {

class World {
 public:
  class Member {  // a stack
   public:
    virtual ~Member() = default;
    virtual SimTime next_timer() const = 0;
    virtual void run_timers() = 0;  // everything due
    virtual void moved_to(const std::shared_ptr<World>& world) = 0;
  };
  struct Sleeper {
    bool timed_out = false, deadlocked = false;  // why it was woken, if nobody did it
    SimTime until;
    bool asleep = false;  // and not to be woken yet
  };

  SimTime now() const { return now_; }
  void join(Member& member) { members_.push_back(&member); }
  void leave(Member& member);
  void post(SimTime when, const Member& to, std::function<void()> arrive);
  // Takes over everything of `other`, which must have no sleepers.
  static void merge(const std::shared_ptr<World>& into, World& other);
  bool has_sleepers() const { return !sleepers_.empty() || !ready_.empty(); }

  SimTime next_deadline() const;
  void advance(BigLock& lock, SimTime until);
  // Until wake() or then, or, by_caller, until nothing is left to happen.
  void sleep(BigLock& lock, Sleeper& self, SimTime until, TimeMode mode);
  void wake(Sleeper& sleeper);
  void turn_over(const Sleeper& self);  // its call has ended

 private:
  struct Arrival {
    const Member* to;
    std::function<void()> arrive;
  };
  void step(SimTime to);  // what is due then

  Changed changed_;
  SimTime now_;
  std::vector<Member*> members_;  // in order of joining
  std::map<std::pair<SimTime, std::uint64_t>, Arrival> in_flight_;
  std::uint64_t next_arrival_ = 0;
  std::vector<Sleeper*> sleepers_;  // in order of falling asleep
  std::deque<Sleeper*> ready_;      // the first one has its turn
};

}  // namespace nicosim
