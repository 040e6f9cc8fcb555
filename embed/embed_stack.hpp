// A stack alone: cards that are queues of packets, a world of its own until a cable joins it to another.
#pragma once

#include "cli/scenario/scenario.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "embed/embed_runtime.hpp"
#include "embed/instance.hpp"
#include "stack/stack.hpp"

#include <memory>
#include <vector>

namespace nicosim {

class EmbedStack final : public Instance, private World::Member {
 public:
  EmbedStack(const Scenario& scenario, TimeMode mode);
  ~EmbedStack() override;
  EmbedStack(const EmbedStack&) = delete;
  EmbedStack& operator=(const EmbedStack&) = delete;

  long call(BigLock& lock, const Body& body) override;
  SimTime now() const override { return runtime_.now(); }
  SimTime next_deadline() override { return runtime_.world().next_deadline(); }
  void advance(BigLock& lock, SimTime until) override;
  void close(BigLock& lock) override;
  Stack& stack() override { return *stack_; }
  std::size_t ports() const override { return cards_.size(); }
  LinkForm& link(unsigned port) override;
  unsigned mtu(unsigned port) const override;
  MacAddress mac(unsigned port) const override;
  void input(BigLock& lock, unsigned port, std::vector<std::byte> frame) override;
  void taken(unsigned port) override;

  // 0, -EBUSY: a port has a cable, or somebody sleeps in the other one.
  int cable(unsigned port, EmbedStack& other, unsigned other_port, SimTime delay);

 private:
  class Card;

  SimTime next_timer() const override { return stack_->next_deadline(); }
  void run_timers() override;
  void moved_to(const std::shared_ptr<World>& world) override { runtime_.move_to(world); }
  void arrive(unsigned port, const std::vector<std::byte>& frame);

  EmbedRuntime runtime_;
  NullLedger ledger_;
  FramePool pool_;
  std::vector<std::unique_ptr<Card>> cards_;
  std::unique_ptr<Stack> stack_;
  Changed left_;  // a call has ended
  unsigned calls_ = 0, next_pid_ = EmbedTask::kProcess + 1;
  std::uint64_t arrived_ = 0;
};

}  // namespace nicosim
