#include "embed/world.hpp"

#include <algorithm>

namespace nicosim {

void World::leave(Member& member) {
  std::erase(members_, &member);
  std::erase_if(in_flight_, [&](const auto& entry) { return entry.second.to == &member; });
}

void World::post(SimTime when, const Member& to, std::function<void()> arrive) {
  in_flight_.emplace(std::pair{when, next_arrival_++}, Arrival{&to, std::move(arrive)});
}

void World::merge(const std::shared_ptr<World>& into, World& other) {
  into->now_ = std::max(into->now_, other.now_);
  for (auto& [when, arrival] : other.in_flight_) into->post(when.first, *arrival.to, std::move(arrival.arrive));
  other.in_flight_.clear();
  for (Member* const member : std::exchange(other.members_, {})) {
    into->join(*member);
    member->moved_to(into);
  }
}

SimTime World::next_deadline() const {
  SimTime next = in_flight_.empty() ? SimTime::never() : in_flight_.begin()->first.first;
  for (const Member* member : members_) next = std::min(next, member->next_timer());
  for (const Sleeper* sleeper : sleepers_) next = std::min(next, sleeper->until);
  return next.is_never() ? next : std::max(next, now_);
}

void World::step(SimTime to) {
  now_ = std::max(now_, to);
  while (!in_flight_.empty() && in_flight_.begin()->first.first <= now_) {
    const Arrival arrival = std::move(in_flight_.extract(in_flight_.begin()).mapped());
    arrival.arrive();
  }
  for (Member* const member : members_)
    if (member->next_timer() <= now_) member->run_timers();
  const std::vector<Sleeper*> sleepers = sleepers_;
  for (Sleeper* const sleeper : sleepers) {
    if (sleeper->until > now_) continue;
    sleeper->timed_out = true;
    wake(*sleeper);
  }
}

void World::advance(BigLock& lock, SimTime until) {
  for (;;) {
    changed_.wait(lock, [&] { return ready_.empty(); });
    const SimTime next = next_deadline();
    if (next > until) break;
    step(next);
  }
  now_ = std::max(now_, until);
}

void World::sleep(BigLock& lock, Sleeper& self, SimTime until, TimeMode mode) {
  turn_over(self);
  self.until = until;
  self.asleep = true;
  self.timed_out = self.deadlocked = false;
  sleepers_.push_back(&self);
  while (ready_.empty() || ready_.front() != &self) {
    if (mode == TimeMode::by_other || !ready_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const SimTime next = next_deadline();
    if (next.is_never()) {
      self.deadlocked = true;
      wake(self);
      continue;
    }
    step(next);
    if (lock.mutex()->wanted()) {  // somebody else's call may be what this one waits for
      lock.unlock();
      lock.lock();
    }
  }
}

void World::wake(Sleeper& sleeper) {
  if (!sleeper.asleep) return;
  sleeper.asleep = false;
  std::erase(sleepers_, &sleeper);
  ready_.push_back(&sleeper);
  changed_.notify_all();
}

void World::turn_over(const Sleeper& self) {
  if (ready_.empty() || ready_.front() != &self) return;
  ready_.pop_front();
  changed_.notify_all();
}

}  // namespace nicosim
