// A stack alone for the fuzz targets: a card that shows each frame to the target, time by hand, and what must hold of
// every host at every moment and at its end.
#pragma once

#include "common/frame_ledger.hpp"
#include "stack/stack.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/fuzz/fuzz.hpp"
#include "tb/stack/packets.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nicosim::fuzz {

using packets::Packet;

// Takes frames while it has `room`, and shows them to `on_sent`.
class Card final : public NetDevice {
 public:
  Card(Ledger& ledger, Runtime& runtime, unsigned port) : ledger_(ledger), runtime_(runtime), port_(port) {}
  std::string_view name() const override { return port_ == 0 ? "eth0" : "eth1"; }
  unsigned port() const override { return port_; }
  MacAddress address() const override {
    MacAddress mac = packets::kOurMac;
    mac.octets[4] = static_cast<std::uint8_t>(port_);
    return mac;
  }
  unsigned mtu() const override { return 1500; }
  Features features() const override { return {}; }
  bool carrier() const override { return link_up; }
  bool transmit(FramePtr& frame) override {
    if (room == 0) return false;
    --room;
    ++frames;
    const auto b = std::as_const(*frame).bytes();
    require(b.size() >= 14 && b.size() <= 1514, "a frame has a header and fits the card");
    if (on_sent) on_sent(b);
    frame->close(ledger_, Fate::sent, Station::tx_wire, runtime_.now(), DropReason::none);
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

  static constexpr std::size_t kEndless = ~std::size_t{0};
  std::size_t room = kEndless;
  bool link_up = true;
  std::uint64_t frames = 0;
  std::function<void(Bytes)> on_sent;

 private:
  Ledger& ledger_;
  Runtime& runtime_;
  unsigned port_;
};

inline sockaddr_in endpoint(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value);
  return out;
}

class Host {
 public:
  explicit Host(const StackConfig& config, bool free_of_charge = true, unsigned cards = 1) : runtime(free_of_charge) {
    stack = std::make_unique<Stack>(runtime, ledger, pool, config);
    stack->attach(card);
    stack->add_address(card, packets::kOurIp, 24);
    if (cards == 1) return;
    stack->attach(other);
    stack->add_address(other, kOtherNet, 24);
  }
  static constexpr Ipv4Address kOtherNet{0x0a4e'0001};  // 10.78.0.1/24, on the second card

  void receive(const Packet& bytes, bool on_other = false) {
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(on_other ? 1 : 0, received_[on_other ? 1 : 0]++, runtime.now()));
    runtime.enter(Context::softirq);
    stack->receive(on_other ? other : card, std::move(frame));
    run_softirqs();
  }
  void run_softirqs() {
    runtime.enter(Context::softirq);
    for (unsigned rounds = 0; !runtime.pending.empty(); ++rounds) {
      require(rounds < 10'000, "soft interrupts come to rest");
      const Softirq next = *runtime.pending.begin();
      runtime.pending.erase(runtime.pending.begin());
      stack->softirq(next);
    }
  }
  // Lets time pass, timers included.
  void advance(SimTime duration) {
    const SimTime until = runtime.now() + duration;
    SimTime at = SimTime::zero();
    unsigned at_once = 0;
    while (stack->next_deadline() <= until) {
      require(runtime.armed == stack->next_deadline(), "the runtime knows when to call again");
      const SimTime now = std::max(runtime.now(), stack->next_deadline());
      at_once = now == at ? at_once + 1 : 0;
      require(at_once < 1000, "timers come to rest");
      at = now;
      runtime.set_now(now);
      runtime.enter(Context::softirq);
      stack->softirq(Softirq::timer);
      run_softirqs();
    }
    runtime.set_now(std::max(until, runtime.now()));
  }
  // The process side; back in the world of soft interrupts with run_softirqs().
  Syscalls& sys() {
    runtime.enter(Context::process, &task);
    return stack->calls();
  }
  template <class T>
  int set_option(int fd, int level, int option, const T& value) {
    return sys().setsockopt(task, fd, level, option, std::as_bytes(std::span{&value, 1}));
  }
  std::uint64_t nstat(std::string_view name) const { return stack->nstat().value(name); }
  std::uint64_t received() const { return received_[0] + received_[1]; }

  // After every step.
  void check() const {
    const std::string_view broken = stack->broken_invariant();
    require(broken.empty(), broken.data());
    require(runtime.irq_depth == 0 && runtime.preempt_depth == 0, "what was disabled is enabled again");
  }

  // The process ends and the peer is silent: in the end nothing is left, neither timer nor socket nor frame.
  void come_to_rest() {
    card.room = other.room = Card::kEndless;
    sys().exit(task);
    run_softirqs();
    stack->tx_wake(card);
    run_softirqs();
    check();
    advance(SimTime::s(3600));
    check();
    require(stack->next_deadline().is_never(), "an idle host runs no timer");
    require(pool.in_use() == 0, "an idle host holds no frame");
    require(nstat("TcpCurrEstab") == 0, "no connection is left");
  }
  // The run ends here, whatever is under way: every frame has one fate.
  void end() {
    stack->close_queued(runtime.now());
    require(ledger.unexplained() == 0, "every frame has a fate");
    require(sum(ledger.totals()) == ledger.opened_on_wire() && ledger.opened_on_wire() == received(),
            "every received frame has one fate");
    require(sum(ledger.totals_of_host_frames()) == ledger.opened_from_host(), "every frame of ours has one fate");
    stack.reset();
    require(pool.in_use() == 0, "every frame is given back");
  }

  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TestRuntime runtime;
  Card card{ledger, runtime, 0}, other{ledger, runtime, 1};
  TestTask task{7, "process"};
  std::unique_ptr<Stack> stack;

 private:
  static std::uint64_t sum(const FrameLedger::Totals& totals) {
    std::uint64_t all = 0;
    for (const auto& [name, n] : totals) all += n;
    return all;
  }
  std::uint64_t received_[2] = {0, 0};
};

}  // namespace nicosim::fuzz
