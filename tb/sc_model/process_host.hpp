// Processes without a card: cores, a stack with a device that sends nowhere, and programs. One per child process
// (tb/system/run_in_child.hpp).
#pragma once

#include "common/event_log.hpp"
#include "common/frame_ledger.hpp"
#include "sc_model/host/user_space.hpp"
#include "stack/stack.hpp"
#include "tb/stack/packets.hpp"
#include "tb/system/run_in_child.hpp"

#include <arpa/inet.h>
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
        stack(cpu, ledger, pool, {.rx_path = RxPath::netif_rx, .sysctl = {}}),
        user(cpu, stack.calls(), ledger) {
    cpu.on_state([](const Process&, std::string_view, SimTime) {});  // the event log tells of calls
    cpu.on_softirq([this](Softirq s) { stack.softirq(s); });
    cpu.vectors().connect(0, "eth0", [this] {
      cpu.line(0, false, cpu.now());
      for (const packets::Packet& bytes : waiting) {
        FramePtr frame = pool.make(bytes.size());
        std::ranges::copy(bytes, frame->put(bytes.size()).begin());
        frame->ids.push_back(ledger.open_on_wire(0, arrived++, cpu.now()));
        stack.receive(card, std::move(frame));
      }
      return true;
    });
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
  // From at(): frames come in by the card's interrupt.
  void receive(std::vector<packets::Packet> frames) {
    waiting = std::move(frames);
    cpu.line(0, true, agenda.now());
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
  std::vector<packets::Packet> waiting;  // frames in the card
  std::uint64_t arrived = 0;
  int running = 0;
  std::vector<std::string> notes;
};

inline sockaddr_in peer_endpoint(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(packets::kPeerIp.value);
  return out;
}

// Runs one host in a process of its own; it is never freed, as its threads' stacks refer to it.
inline void on_host(const std::function<void(ProcessHost&)>& body, unsigned cores = 1) {
  in_child([&] { body(*new ProcessHost{cores}); });
}

}  // namespace nicosim
