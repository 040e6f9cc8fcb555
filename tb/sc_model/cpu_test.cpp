// The host's cores without a card: who runs where and when, interrupts, locks, calls between cores.
#include "sc_model/host/cpu.hpp"

#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {
namespace {

// A host whose only costs are those that a test sets; it lives as long as the child.
struct Host {
  explicit Host(unsigned cores) : cpu("cpu", agenda, free_of_charge(), cores, [] { return std::uint64_t{1}; }) {}

  static const CostTable& free_of_charge() {
    static CostTable table = [] {
      CostTable all;
      for (std::size_t i = 0; i < kCosts; ++i) all.set(static_cast<Cost>(i), SimTime::zero());
      all.set(Cost::app_work, SimTime::ns(1));
      all.set(Cost::ip_receive, SimTime::ns(1));  // kernel work of a test
      return all;
    }();
    return table;
  }

  void at(SimTime time, std::function<void()> call) {
    agenda.post(*new AgendaCall{Rank::cpu, agenda.new_source(), std::move(call)}, time);
  }
  void user(SimTime time) { cpu.run_in_user_mode(Cost::app_work, static_cast<std::uint64_t>(time.in_ns())); }
  void kernel(SimTime time) {
    cpu.charge(Cost::ip_receive, static_cast<std::uint64_t>(time.in_ns()));
    cpu.catch_up();
  }
  void sleep() {
    cpu.prepare_to_sleep();
    cpu.sleep(SimTime::never(), false);
  }
  void sleep_until(SimTime time) {
    cpu.prepare_to_sleep();
    cpu.sleep(time, false);
  }
  void run() { sc_core::sc_start(); }
  std::string where() { return fmt::format("cpu{} {}us", cpu.cpu(), cpu.now().in_ns() / 1000); }

  Agenda agenda{"agenda"};
  HostCpu cpu;
};

TEST(HostCpu, RunsProcessesOnDifferentCoresAtTheSameTime) {
  in_child([] {
    Host& host = *new Host{2};
    std::vector<std::string> done;
    for (int i = 0; i < 2; ++i)
      host.cpu.spawn("busy", [&] {
        host.user(SimTime::us(100));
        done.push_back(host.where());
      });
    host.run();
    EXPECT_EQ(done, (std::vector<std::string>{"cpu0 100us", "cpu1 100us"}));
    EXPECT_EQ(host.cpu.times(0).process, SimTime::us(100));
    EXPECT_EQ(host.cpu.times(1).process, SimTime::us(100));
  });
}

TEST(HostCpu, SharesOneCoreInTimeSlices) {
  in_child([] {
    Host& host = *new Host{1};
    std::vector<std::string> done;
    for (const char* const name : {"a", "b"})
      host.cpu.spawn(name, [&, name] {
        host.user(SimTime::ms(10));
        done.push_back(fmt::format("{} {}ms", name, host.cpu.now().in_ns() / 1'000'000));
      });
    host.run();
    // Ticks every 4 ms, slices of 3 ms: a 0..4, b 4..8, a 8..12, b 12..16, a 16..18, b 18..20.
    EXPECT_EQ(done, (std::vector<std::string>{"a 18ms", "b 20ms"}));
    EXPECT_EQ(host.cpu.preemptions(), 4U);
  });
}

TEST(HostCpu, TakesTheCoreFromNobodyInsideTheKernel) {
  in_child([] {
    Host& host = *new Host{1};
    std::vector<std::string> done;
    host.cpu.spawn("a", [&] {
      host.kernel(SimTime::ms(10));
      done.push_back("a");
      host.cpu.return_to_user();
      host.user(SimTime::us(1));
      done.push_back("a again");
    });
    host.cpu.spawn("b", [&] { done.push_back("b"); });
    host.run();
    EXPECT_EQ(done, (std::vector<std::string>{"a", "b", "a again"}));
  });
}

TEST(HostCpu, LetsASleeperPreemptWhoHasRunForLong) {
  in_child([] {
    Host& host = *new Host{1};
    std::string woken;
    host.cpu.spawn("sleeper", [&] {
      host.sleep_until(SimTime::ms(9));
      woken = host.where();
    });
    host.cpu.spawn("busy", [&] { host.user(SimTime::ms(20)); });
    host.run();
    EXPECT_EQ(woken, "cpu0 9000us") << "in the middle of the other's work, at no tick";
    EXPECT_EQ(host.cpu.preemptions(), 1U);
  });
}

TEST(HostCpu, WakesAProcessOnTheIdleCoreWhereItRanBefore) {
  in_child([] {
    Host& host = *new Host{2};
    CostTable& costs = const_cast<CostTable&>(Host::free_of_charge());
    costs.set(Cost::ipi_latency, SimTime::us(3));
    std::string woken;
    Process& sleeper = host.cpu.spawn(
        "sleeper",
        [&] {
          host.sleep();
          woken = host.where();
        },
        1);
    host.cpu.spawn(
        "waker",
        [&] {
          host.user(SimTime::us(10));
          host.cpu.wake(sleeper, false);
          host.user(SimTime::us(10));
        },
        0);
    host.run();
    EXPECT_EQ(woken, "cpu1 13us") << "the way to the other core takes 3 us";
    EXPECT_EQ(host.cpu.calls_between_cores(), 1U);
  });
}

TEST(HostCpu, PullsAWaitingProcessToACoreThatFallsIdle) {
  in_child([] {
    Host& host = *new Host{2};
    std::vector<std::string> done;
    const auto work = [&](const char* name, SimTime time) {
      host.user(time);
      done.push_back(fmt::format("{} {}", name, host.where()));
    };
    host.cpu.spawn(
        "short", [&] { work("short", SimTime::us(10)); }, 1);
    host.cpu.spawn(
        "long", [&] { work("long", SimTime::us(1000)); }, 0);
    host.cpu.spawn("second", [&] {
      host.sleep_until(SimTime::us(5));
      work("second", SimTime::us(20));
    });
    host.cpu.spawn(
        "pinned", [&] { work("pinned", SimTime::us(20)); }, 0);
    host.run();
    EXPECT_EQ(done.front(), "short cpu1 10us");
    EXPECT_EQ(done.at(1).substr(0, 11), "second cpu1");
    EXPECT_EQ(done.back().substr(0, 11), "pinned cpu0") << "never moves, though core 1 was idle";
  });
}

TEST(HostCpu, TakesAnInterruptOnTheCoreOfItsAffinity) {
  in_child([] {
    Host& host = *new Host{2};
    std::vector<std::string> ran;
    host.cpu.set_affinity(7, 1);
    for (const unsigned line : {3U, 7U})
      host.cpu.vectors().connect(line, "card", [&, line] {
        ran.push_back(fmt::format("line {} {}", line, host.where()));
        host.cpu.line(line, false, host.cpu.now());
        return true;
      });
    for (unsigned core = 0; core < 2; ++core)
      host.cpu.spawn(
          "busy", [&] { host.user(SimTime::us(50)); }, core);
    host.at(SimTime::us(20), [&] { host.cpu.line(7, true, SimTime::us(20)); });
    host.at(SimTime::us(30), [&] { host.cpu.line(3, true, SimTime::us(30)); });
    host.run();
    EXPECT_EQ(ran, (std::vector<std::string>{"line 7 cpu1 20us", "line 3 cpu0 30us"}));
  });
}

TEST(HostCpu, RunsASoftInterruptOnTheCoreItWasRaisedFor) {
  in_child([] {
    Host& host = *new Host{2};
    std::vector<std::string> ran;
    host.cpu.on_softirq([&](Softirq) { ran.push_back(host.where()); });
    host.cpu.spawn(
        "sender",
        [&] {
          host.user(SimTime::us(5));
          host.cpu.raise_softirq(Softirq::net_rx, 1);
          host.user(SimTime::us(5));
        },
        0);
    host.run();
    EXPECT_EQ(ran.size(), 1U);
    EXPECT_EQ(ran.front().substr(0, 4), "cpu1");
  });
}

// Spin locks: who comes second waits, in order, and its core does nothing else but interrupts.
TEST(HostCpu, HandsALockOnInTheOrderOfAsking) {
  in_child([] {
    Host& host = *new Host{3};
    SpinLock& lock = *new SpinLock;
    std::vector<std::string> held;
    for (unsigned core = 0; core < 3; ++core)
      host.cpu.spawn(
          "contender",
          [&, core] {
            host.user(SimTime::us(core));  // they ask one microsecond apart
            const BottomHalfGuard guard{host.cpu, lock};
            held.push_back(host.where());
            host.kernel(SimTime::us(10));
          },
          core);
    host.run();
    EXPECT_EQ(held, (std::vector<std::string>{"cpu0 0us", "cpu1 10us", "cpu2 20us"}));
    EXPECT_FALSE(lock.held);
    EXPECT_EQ(host.cpu.times(2).process, SimTime::us(30)) << "spinning is work";
  });
}

TEST(HostCpu, TakesInterruptsWhileItSpins) {
  in_child([] {
    Host& host = *new Host{2};
    SpinLock& lock = *new SpinLock;
    std::string handled, held;
    host.cpu.set_affinity(1, 1);
    host.cpu.vectors().connect(1, "card", [&] {
      handled = host.where();
      host.cpu.line(1, false, host.cpu.now());
      host.kernel(SimTime::us(8));  // longer than the lock is held
      return true;
    });
    for (unsigned core = 0; core < 2; ++core)
      host.cpu.spawn(
          "contender",
          [&, core] {
            host.user(SimTime::us(core));
            const BottomHalfGuard guard{host.cpu, lock};
            held = host.where();
            host.kernel(SimTime::us(10));
          },
          core);
    host.at(SimTime::us(5), [&] { host.cpu.line(1, true, SimTime::us(5)); });
    host.run();
    EXPECT_EQ(handled, "cpu1 5us");
    EXPECT_EQ(held, "cpu1 13us") << "free since 10 us, but in its interrupt handler";
  });
}

TEST(HostCpu, LeavesTheRestToKsoftirqdAfterTenRounds) {
  in_child([] {
    Host& host = *new Host{1};
    int rounds = 0;
    host.cpu.on_softirq([&](Softirq) {
      if (++rounds < 15) host.cpu.raise_softirq(Softirq::net_rx, 0);
    });
    host.cpu.vectors().connect(0, "card", [&] {
      host.cpu.line(0, false, host.cpu.now());
      host.cpu.raise_softirq(Softirq::net_rx, 0);
      return true;
    });
    host.at(SimTime::us(5), [&] { host.cpu.line(0, true, SimTime::us(5)); });
    host.run();
    EXPECT_EQ(rounds, 15);
    EXPECT_EQ(host.cpu.ksoftirqd_runs(), 1U);
  });
}

// ksoftirqd_runs() at each round of soft interrupts, each of which takes this long and raises the next.
std::vector<std::uint64_t> rounds_until_ksoftirqd(Host& host, SimTime each, std::size_t rounds,
                                                  const std::function<void()>& in_round = {}) {
  auto& runs = *new std::vector<std::uint64_t>;
  host.cpu.on_softirq([&host, &runs, each, rounds, in_round](Softirq) {
    runs.push_back(host.cpu.ksoftirqd_runs());
    host.kernel(each);
    if (in_round) in_round();
    if (runs.size() < rounds) host.cpu.raise_softirq(Softirq::net_rx, 0);
  });
  host.cpu.vectors().connect(0, "card", [&host] {
    host.cpu.line(0, false, host.cpu.now());
    host.cpu.raise_softirq(Softirq::net_rx, 0);
    return true;
  });
  host.at(SimTime::ms(10), [&host] { host.cpu.line(0, true, SimTime::ms(10)); });
  host.run();
  return runs;
}

TEST(HostCpu, LeavesTheRestToKsoftirqdAfterTwoMilliseconds) {
  in_child([] {
    Host& host = *new Host{1};
    EXPECT_EQ(rounds_until_ksoftirqd(host, SimTime::us(700), 5), (std::vector<std::uint64_t>{0, 0, 0, 1, 1}));
  });
}

TEST(HostCpu, LeavesTheRestToKsoftirqdWhenTheSchedulerWantsTheCpu) {
  in_child([] {
    Host& host = *new Host{1};
    Process& sleeper = host.cpu.spawn("sleeper", [&host] {
      host.cpu.prepare_to_sleep();
      host.cpu.sleep(SimTime::never(), false);
    });
    host.cpu.spawn("worker", [&host] { host.user(SimTime::ms(20)); });
    const auto runs =
        rounds_until_ksoftirqd(host, SimTime::us(10), 3, [&host, &sleeper] { host.cpu.wake(sleeper, false); });
    EXPECT_EQ(runs, (std::vector<std::uint64_t>{0, 1, 1})) << "one round, although ten were allowed";
  });
}

TEST(HostCpu, ASoftInterruptRaisedByAProcessIsKsoftirqds) {
  in_child([] {
    Host& host = *new Host{1};
    std::uint64_t runs = 0;
    host.cpu.on_softirq([&](Softirq) { runs = host.cpu.ksoftirqd_runs(); });
    host.cpu.spawn("worker", [&host] { host.cpu.raise_softirq(Softirq::net_rx, 0); });
    host.run();
    EXPECT_EQ(runs, 1U);
  });
}

}  // namespace
}  // namespace nicosim
