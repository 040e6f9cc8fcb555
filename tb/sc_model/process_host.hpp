// Processes without a card: cores, a stack with a device that sends nowhere, and programs. One per child process
// (tb/system/run_in_child.hpp).
#pragma once

#include "common/event_log.hpp"
#include "common/frame_ledger.hpp"
#include "sc_model/host/user_space.hpp"
#include "stack/stack.hpp"
#include "tb/stack/packets.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

// Takes every frame and forgets it; with `room` = 0 it takes none.
class DeadEnd final : public NetDevice {
 public:
  DeadEnd(Ledger& ledger, Runtime& runtime) : ledger_(ledger), runtime_(runtime) {}
  std::string_view name() const override { return "eth0"; }
  unsigned port() const override { return 0; }
  MacAddress address() const override { return packets::kOurMac; }
  unsigned mtu() const override { return 1500; }
  Features features() const override { return {}; }
  bool carrier() const override { return true; }
  bool transmit(FramePtr& frame) override {
    if (!open) return false;
    frame->close(ledger_, Fate::sent, Station::tx_wire, runtime_.now(), DropReason::none);
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

  bool open = true;

 private:
  Ledger& ledger_;
  Runtime& runtime_;
};

struct ProcessHost {
  explicit ProcessHost(unsigned cores = 1)
      : cpu("cpu", agenda, costs, cores, [] { return std::uint64_t{1}; }),
        stack(cpu, ledger, pool, {}),
        user(cpu, stack.calls(), ledger) {
    cpu.on_softirq([this](Softirq s) { stack.softirq(s); });
    stack.attach(card);
    stack.add_address(card, packets::kOurIp, 24);
    stack.set_neighbour(card, packets::kPeerIp, packets::kPeerMac);
  }

  void program(std::string name, UserSpace::Main main) {
    ++running;
    user.start(std::move(name), [this, main = std::move(main)](Posix& os) {
      const int status = main(os);
      --running;
      return status;
    });
  }
  // Something that happens outside, for example a frame that comes in.
  void at(SimTime time, std::function<void()> call) {
    agenda.post(*new AgendaCall{Rank::cpu, agenda.new_source(), std::move(call)}, time);
  }
  // A datagram to `port`, as if from the card's poll: in soft interrupt context of a process that computes nothing.
  void receive(const packets::Packet& bytes) {
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(0, arrived++, cpu.now()));
    stack.receive(card, std::move(frame));
  }
  void note(std::string_view what) { notes.emplace_back(what); }
  void run() {
    sc_core::sc_start();
    log.release(SimTime::never());
    EXPECT_EQ(running, 0) << "programs that did not come to their end";
  }

  std::string events;
  EventLog log{[this](std::string_view line) { events += line; }};
  FrameLedger ledger{log};
  FramePool pool;
  CostTable costs;
  Agenda agenda{"agenda"};
  HostCpu cpu;
  DeadEnd card{ledger, cpu};
  Stack stack;
  UserSpace user;
  std::uint64_t arrived = 0;
  int running = 0;
  std::vector<std::string> notes;
};

// Runs one host in a process of its own; it is never freed, as its threads' stacks refer to it.
inline void on_host(const std::function<void(ProcessHost&)>& body, unsigned cores = 1) {
  in_child([&] { body(*new ProcessHost{cores}); });
}

}  // namespace nicosim
