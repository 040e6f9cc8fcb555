#include "embed/embed_stack.hpp"

#include "cli/host_setup.hpp"
#include "embed/stack_posix.hpp"
#include "stack/io/signal.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {

// A card whose wire is a queue: for the user, or to the far end of a cable.
class EmbedStack::Card final : public NetDevice {
 public:
  Card(EmbedStack& stack, unsigned port, const Scenario::Nic& nic)
      : stack_(stack), port_(port), name_(nic.name), mac_(nic.mac), mtu_(nic.mtu) {}

  std::string_view name() const override { return name_; }
  unsigned port() const override { return port_; }
  MacAddress address() const override { return mac_; }
  unsigned mtu() const override { return mtu_; }
  Features features() const override { return {}; }
  bool carrier() const override { return true; }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}  // the wire brings what the user says
  bool transmit(FramePtr& frame) override {
    if (far_end_ == nullptr && link.full()) return false;
    const Bytes bytes = std::as_const(*frame).bytes();
    World& world = stack_.runtime_.world();
    if (far_end_ != nullptr) {
      world.post(world.now() + delay_, *far_end_,
                 [to = far_end_, port = far_port_, copy = std::vector<std::byte>(bytes.begin(), bytes.end())] {
                   to->arrive(port, copy);
                 });
    } else if (auto answer = link.sent(bytes, world.now())) {
      world.post(world.now(), stack_,
                 [to = &stack_, port = port_, reply = std::move(*answer)] { to->arrive(port, reply); });
    }
    frame->close(stack_.ledger_, Fate::sent, Station::tx_wire, world.now(), DropReason::none);
    frame.reset();
    return true;
  }

  void plug(EmbedStack* far_end, unsigned far_port, SimTime delay) {
    far_end_ = far_end;
    far_port_ = far_port;
    delay_ = delay;
  }
  bool plugged() const { return far_end_ != nullptr; }
  void unplug() {
    if (far_end_ == nullptr) return;
    far_end_->cards_[far_port_]->plug(nullptr, 0, {});
    plug(nullptr, 0, {});
  }

  LinkForm link;

 private:
  EmbedStack& stack_;
  unsigned port_;
  std::string name_;
  MacAddress mac_;
  unsigned mtu_;
  EmbedStack* far_end_ = nullptr;
  unsigned far_port_ = 0;
  SimTime delay_;
};

EmbedStack::EmbedStack(const Scenario& scenario, TimeMode mode)
    : runtime_(std::make_shared<World>(), mode, scenario.seed) {
  stack_ = std::make_unique<Stack>(runtime_, ledger_, pool_, stack_config_of(scenario));
  for (const Scenario::Nic& nic : scenario.nics) {
    auto& card = *cards_.emplace_back(std::make_unique<Card>(*this, static_cast<unsigned>(cards_.size()), nic));
    stack_->attach(card);
    for (const Scenario::Address& address : nic.addresses) stack_->add_address(card, address.ip, address.prefix);
    stack_->set_promiscuous(card, nic.promiscuous);
  }
  // Whoever is on none of these networks is behind the first card, on its wire.
  stack_->add_route(Ipv4Address::any(), 0, Ipv4Address::any(), *cards_.front());
  runtime_.on_softirq([this](Softirq softirq) { stack_->softirq(softirq); });
  runtime_.world().join(*this);
}

EmbedStack::~EmbedStack() { runtime_.world().leave(*this); }

long EmbedStack::call(BigLock& lock, const Body& body) {
  EmbedTask task{next_pid_++, lock};
  ++calls_;
  runtime_.enter(task);
  StackPosix posix{runtime_, stack_->calls(), task};
  const long result = body(posix);
  runtime_.leave(task);
  --calls_;
  left_.notify_all();
  if (result != -EINTR && !must_restart(result)) return result;
  return task.gave_up != 0 ? task.gave_up : -EINTR;
}

void EmbedStack::advance(BigLock& lock, SimTime until) {
  ++calls_;
  const std::shared_ptr<World> world = runtime_.shared_world();
  world->advance(lock, until);
  --calls_;
  left_.notify_all();
}

void EmbedStack::close(BigLock& lock) {
  runtime_.give_up(-EBADF);
  left_.wait(lock, [this] { return calls_ == 0; });
  EmbedTask task{next_pid_++, lock};
  runtime_.enter(task);
  stack_->calls().exit(task);
  runtime_.leave(task);
  for (auto& card : cards_) card->unplug();
}

LinkForm& EmbedStack::link(unsigned port) { return cards_[port]->link; }
unsigned EmbedStack::mtu(unsigned port) const { return cards_[port]->mtu(); }
MacAddress EmbedStack::mac(unsigned port) const { return cards_[port]->address(); }

void EmbedStack::input(BigLock&, unsigned port, std::vector<std::byte> frame) { arrive(port, frame); }

void EmbedStack::arrive(unsigned port, const std::vector<std::byte>& frame) {
  FramePtr arrived = pool_.make(frame.size());
  std::ranges::copy(frame, arrived->put(frame.size()).begin());
  arrived->arrived = now();
  arrived->ids.push_back(ledger_.open_on_wire(port, arrived_++, now()));
  stack_->receive(*cards_[port], std::move(arrived));
  runtime_.run_softirqs();
}

void EmbedStack::taken(unsigned port) {
  stack_->tx_wake(*cards_[port]);
  runtime_.run_softirqs();
}

void EmbedStack::run_timers() {
  runtime_.raise_softirq(Softirq::timer, 0);
  runtime_.run_softirqs();
}

int EmbedStack::cable(unsigned port, EmbedStack& other, unsigned other_port, SimTime delay) {
  if (cards_[port]->plugged() || other.cards_[other_port]->plugged()) return -EBUSY;
  if (cards_[port] == other.cards_[other_port]) return -EINVAL;
  const std::shared_ptr<World> ours = runtime_.shared_world(), theirs = other.runtime_.shared_world();
  if (ours != theirs) {
    if (theirs->has_sleepers()) return -EBUSY;
    World::merge(ours, *theirs);
  }
  cards_[port]->plug(&other, other_port, delay);
  other.cards_[other_port]->plug(this, port, delay);
  return 0;
}

}  // namespace nicosim
