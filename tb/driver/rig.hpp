// A driver between a scripted card and a sink that keeps what it gets: the smallest host there is.
#pragma once

#include "common/frame_ledger.hpp"
#include "driver/driver.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/driver/scripted_card.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace nicosim {

using ByteVector = std::vector<std::byte>;

// An Ethernet frame of `size` bytes whose content depends on `seed`.
inline ByteVector frame_of(std::size_t size, unsigned seed) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(seed * 37U + i * 11U + (i >> 8U));
  for (std::size_t i = 0; i < 4 && i < size; ++i) bytes[i] = static_cast<std::byte>(seed >> (8 * i));
  return bytes;
}

class RigStack final : public FrameSink, public NapiScheduler {
 public:
  RigStack(Runtime& runtime, Ledger& ledger) : runtime_(runtime), ledger_(ledger) {}

  void receive(NetDevice&, FramePtr frame) override {
    received.emplace_back(frame->bytes().begin(), frame->bytes().end());
    checksums.push_back(frame->rx_checksum);
    ids.push_back(frame->ids);
    frame->close(ledger_, Fate::consumed, Station::link, runtime_.now(), DropReason::none);
  }
  void poll_done(NetDevice&) override { ++polls_done; }
  bool gro_holds(const Napi&) const override { return true; }
  void gro_flush(Napi&, bool) override { ++polls_done; }
  void tx_wake(NetDevice&) override {
    ++wakes;
    if (on_wake) on_wake();
  }
  void carrier_changed(NetDevice& device) override { carrier.push_back(device.carrier()); }
  void enqueue(Napi& napi) override { poll_list.push_back(&napi); }
  void start_watchdog(Napi&, SimTime after) override { watchdogs.push_back(after); }

  std::vector<ByteVector> received;
  std::vector<RxChecksum> checksums;
  std::vector<std::vector<FrameId>> ids;
  std::vector<bool> carrier;
  std::function<void()> on_wake;
  std::deque<Napi*> poll_list;
  std::vector<SimTime> watchdogs;  // started; the test lets them fire
  int polls_done = 0, wakes = 0;

 private:
  Runtime& runtime_;
  Ledger& ledger_;
};

class Rig {
 public:
  explicit Rig(DriverConfig config = {}, bool free_of_charge = true)
      : runtime{free_of_charge}, driver{card, memory, runtime, ledger, pool, stack, stack, std::move(config)} {
    runtime.on_sleep = [this] { return softirq(Napi::kWeight) > 0; };  // a sleeper lets the rest of the host run
  }
  ~Rig() {
    if (up_) down();
  }

  void up() {
    process();
    driver.probe();
    driver.open();
    up_ = true;
    run();
    card.log.clear();
  }
  // Every frame must have its fate and every buffer be back afterwards.
  void down() {
    card.before = nullptr;
    process();
    driver.stop();
    up_ = false;
    EXPECT_EQ(ledger.unexplained(), 0U);
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(memory.regions(), 0U);
  }

  // Delivers interrupts while the line is raised; a driver that leaves it raised is stopped here.
  unsigned interrupts() {
    const Context before = runtime.context();
    Task* const task = runtime.current();
    runtime.enter(Context::hardirq);
    unsigned n = 0;
    for (; card.line() && n < 1000; ++n) EXPECT_TRUE(driver.handle_interrupt());
    EXPECT_LT(n, 1000U) << "the handler leaves the line raised";
    runtime.enter(before, task);
    return n;
  }
  // From now on interrupts nest: whatever runs may be interrupted at each register access, by a line that is raised.
  void nest_interrupts() {
    card.before = [this](const ScriptedCard::Access&) {
      if (runtime.context() != Context::hardirq) interrupts();
    };
  }
  // One round of net_rx_action: each scheduled Napi once. Returns how many.
  unsigned softirq(int budget) {
    interrupts();
    std::deque<Napi*> round;
    round.swap(stack.poll_list);
    const Context before = runtime.context();
    Task* const task = runtime.current();
    runtime.enter(Context::softirq);
    for (Napi* const napi : round) {
      work.push_back(napi->poll(budget));
      if (work.back() >= budget) stack.poll_list.push_back(napi);
    }
    runtime.enter(before, task);
    return static_cast<unsigned>(round.size());
  }
  void run(int budget = Napi::kWeight) {
    unsigned rounds = 0;
    while (softirq(budget) > 0 || card.line()) ASSERT_LT(++rounds, 100'000U) << "the host never comes to rest";
  }

  bool send(const ByteVector& bytes) {
    FramePtr frame = host_frame(bytes);
    const bool taken = driver.transmit(frame);
    if (!taken) frame->close(ledger, Fate::dropped, Station::tx_queue, runtime.now(), DropReason::FULL_RING);
    return taken;
  }
  FramePtr host_frame(const ByteVector& bytes) {
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_from_host(0, {}, runtime.now()));
    return frame;
  }
  void process() { runtime.enter(Context::process, &task_); }

  EventLog events;
  FrameLedger ledger{events};
  FramePool pool;
  TestRuntime runtime;
  HostMemory memory;
  ScriptedCard card{memory, runtime, ledger};
  RigStack stack{runtime, ledger};
  Driver driver;
  std::vector<int> work;  // what each poll returned

 private:
  TestTask task_{1};
  bool up_ = false;
};

}  // namespace nicosim
