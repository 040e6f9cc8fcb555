// Parts of the stack on the simulated host's cores, where time passes inside a device: who may be in it at once.
#include "common/frame_ledger.hpp"
#include "sc_model/host/cpu.hpp"
#include "stack/core/interface.hpp"
#include "tb/system/run_in_child.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <span>
#include <vector>

namespace nicosim {
namespace {

// A card whose every call takes a microsecond, and that notices when two cores are in it.
class SlowDevice final : public NetDevice {
 public:
  SlowDevice(HostCpu& cpu, Ledger& ledger) : cpu_(cpu), ledger_(ledger) {}
  std::string_view name() const override { return "eth0"; }
  unsigned port() const override { return 0; }
  MacAddress address() const override { return {}; }
  unsigned mtu() const override { return 1500; }
  Features features() const override { return {}; }
  bool carrier() const override { return true; }
  bool transmit(FramePtr& frame) override {
    if (full) return false;
    busy(inside);
    ++sent;
    frame->close(ledger_, Fate::sent, Station::tx_wire, cpu_.now(), DropReason::none);
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress> list) override {
    const std::size_t length = list.size();
    busy(setting);
    groups = length;
  }
  bool full = false;
  unsigned inside = 0, setting = 0, most = 0;
  std::size_t sent = 0, groups = 0;

 private:
  void busy(unsigned& here) {
    most = std::max(most, ++here);
    cpu_.charge(Cost::mmio_write, 50);
    cpu_.catch_up();
    --here;
  }
  HostCpu& cpu_;
  Ledger& ledger_;
};

struct Host {
  Agenda agenda{"agenda"};
  CostTable costs;
  HostCpu cpu{"cpu", agenda, costs, 3, [] { return std::uint64_t{1}; }};
  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  Net net{cpu, ledger, pool, {}};
  PacketTap tap{net};
  SlowDevice card{cpu, ledger};
  Interface interface {
    net, card, tap, 0, [](FramePtr) {}
  };
};

FramePtr frame_of(Host& host) {
  FramePtr frame = host.pool.make(60);
  frame->put(60);
  frame->ids.push_back(host.ledger.open_from_host(0, {}, host.cpu.now()));
  return frame;
}

// The card has room again, and NET_TX runs on two cores. What a core still owes passes when it looks at the queue.
TEST(StackOnCores, TwoSoftInterruptsAtOnceLeaveTheTransmitQueueToOneOfThem) {
  in_child([] {
    Host& host = *new Host;
    TxQueue& queue = host.interface.queue;
    host.cpu.spawn(
        "setup",
        [&] {
          host.card.full = true;
          for (int i = 0; i < 5; ++i) queue.enqueue({frame_of(host), nullptr});
          host.card.full = false;
          EXPECT_TRUE(queue.wake());
        },
        2);
    for (unsigned core = 0; core < 2; ++core)
      host.cpu.spawn(
          "net_tx",
          [&, core] {
            host.cpu.run_in_user_mode(Cost::app_work, 10'000);
            host.cpu.charge(Cost::softirq_entry, core == 0 ? 10 : 2);  // the slower one finds the other at work
            queue.run();
          },
          core);
    sc_core::sc_start();
    EXPECT_EQ(host.card.sent, 5U);
    EXPECT_EQ(host.card.most, 1U);
  });
}

TEST(StackOnCores, OneCoreAtATimeEmptiesATransmitQueue) {
  in_child([] {
    Host& host = *new Host;
    constexpr unsigned kEach = 40;
    for (unsigned core = 0; core < 3; ++core)
      host.cpu.spawn(
          "sender",
          [&, core] {
            for (unsigned i = 0; i < kEach; ++i) {
              host.interface.queue.enqueue({frame_of(host), nullptr});
              host.cpu.run_in_user_mode(Cost::app_work, (core + 1) * 97 + i * 13);
            }
          },
          core);
    sc_core::sc_start();
    EXPECT_EQ(host.card.sent, 3 * kEach);
    EXPECT_EQ(host.card.most, 1U);
    EXPECT_EQ(host.ledger.unexplained(), 0U);
  });
}

TEST(StackOnCores, TheCardEndsWithTheGroupsOfWhoeverChangedThemLast) {
  in_child([] {
    Host& host = *new Host;
    for (unsigned core = 0; core < 3; ++core)
      host.cpu.spawn(
          "member",
          [&, core] {
            host.cpu.run_in_user_mode(Cost::app_work, core * 300);  // each begins while the one before is at it
            host.interface.groups[{0xe000'0100 + core}] = 1;
            host.interface.update_rx_mode();
          },
          core);
    sc_core::sc_start();
    EXPECT_EQ(host.card.most, 1U);
    EXPECT_EQ(host.card.groups, 4U) << "three, and all hosts";
  });
}

}  // namespace
}  // namespace nicosim
