#include "sc_model/stack_peer.hpp"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kFcs = 4;
constexpr int kDescriptors = 1 << 20;

}  // namespace

// Time is what the simulation says, work is free, and nobody ever sleeps: all calls are non-blocking.
class StackPeer::OwnRuntime final : public Runtime {
 public:
  explicit OwnRuntime(std::uint64_t seed) : rng_(seed, "tcp client") {}
  SimTime now() const override { return time; }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override { return Context::softirq; }
  void charge(Cost, std::uint64_t) override {}
  void catch_up() override {}
  void raise_softirq(Softirq which, unsigned) override { pending.insert(which); }
  void irq_disable() override {}
  void irq_enable() override {}
  void preempt_disable() override {}
  void preempt_enable() override {}
  void arm(SimTime) override {}
  Task* current() override { return nullptr; }
  void prepare_to_sleep() override {}
  Woken sleep(SimTime, bool) override {
    assert(false && "a peer on the wire does not sleep");
    return Woken::timeout;
  }
  void wake(Task&, bool) override {}
  std::uint64_t random() override { return rng_.next(); }

  SimTime time;
  std::set<Softirq> pending;

 private:
  Rng rng_;
};

class StackPeer::Port final : public NetDevice {
 public:
  explicit Port(MacAddress mac) : mac_(mac) {}
  std::string_view name() const override { return "peer"; }
  unsigned port() const override { return 0; }
  MacAddress address() const override { return mac_; }
  unsigned mtu() const override { return 1500; }
  Features features() const override { return {}; }
  bool carrier() const override { return true; }
  bool transmit(FramePtr& frame) override {
    const auto bytes = std::as_const(*frame).bytes();
    WireFrame& out = sent.emplace_back();
    out.bytes.assign(bytes.begin(), bytes.end());
    finish_for_wire(out.bytes);
    frame->ids.clear();
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

  std::vector<WireFrame> sent;

 private:
  MacAddress mac_;
};

StackPeer::StackPeer(const StackPeerConfig& config)
    : runtime_(std::make_unique<OwnRuntime>(config.seed)), port_(std::make_unique<Port>(config.mac)) {
  StackConfig stack;
  stack.rx_path = RxPath::direct;
  stack.rlimit_nofile = kDescriptors;
  stack_ = std::make_unique<Stack>(*runtime_, ledger_, pool_, stack);
  stack_->attach(*port_);
  stack_->add_address(*port_, config.address, config.prefix_length);
  if (!config.gateway.is_any()) stack_->add_route(Ipv4Address::any(), 0, config.gateway, *port_);
}

StackPeer::~StackPeer() = default;

template <class Program, class Config>
const Program& StackPeer::install(Config config) {
  const auto pid = static_cast<unsigned>(programs_.size() + 1);
  auto program = std::make_unique<Program>(std::move(config), stack_->calls(), pid);
  const Program& installed = *program;
  programs_.push_back(std::move(program));
  return installed;
}

const TcpLoad& StackPeer::add(TcpLoadConfig config) { return install<TcpLoad>(std::move(config)); }
const TcpSend& StackPeer::add(TcpSendConfig config) { return install<TcpSend>(config); }
const PeerServer& StackPeer::add(PeerServerConfig config) { return install<PeerServer>(std::move(config)); }

void StackPeer::start(SimTime wire_start) {
  runtime_->time = wire_start;
  for (auto& program : programs_) program->start(wire_start);
}

SimTime StackPeer::plans() const {
  SimTime next = SimTime::never();
  for (const auto& program : programs_) next = std::min(next, program->next_deadline());
  return next;
}

SimTime StackPeer::next_deadline() const { return std::min(plans(), stack_->next_deadline()); }

std::vector<WireFrame> StackPeer::receive(SimTime now, Bytes frame) {
  runtime_->time = now;
  if (frame.size() > kFcs) {
    const Bytes bytes = frame.first(frame.size() - kFcs);
    FramePtr received = pool_.make(bytes.size());
    copy_bytes(bytes, received->put(bytes.size()));
    received->ids.push_back(ledger_.open_on_wire(0, arrived_++, now));
    stack_->receive(*port_, std::move(received));
  }
  return settle();
}

std::vector<WireFrame> StackPeer::on_time(SimTime now) {
  runtime_->time = now;
  stack_->run_timers();
  return settle();
}

std::vector<WireFrame> StackPeer::settle() {
  const auto soft = [&] {
    while (!runtime_->pending.empty()) {
      const Softirq next = *runtime_->pending.begin();
      runtime_->pending.erase(runtime_->pending.begin());
      stack_->softirq(next);
    }
  };
  soft();
  for (auto& program : programs_) program->on_time(runtime_->time);
  for (bool busy = true; busy;) {
    busy = false;
    for (auto& program : programs_)
      if (program->step(runtime_->time)) {
        busy = true;
        soft();
      }
  }
  return std::exchange(port_->sent, {});
}

}  // namespace nicosim
