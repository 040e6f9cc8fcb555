// The smallest host around an OracleDevice: the project's own driver, unchanged, with its interrupts and polls.
#pragma once

#include "common/frame_ledger.hpp"
#include "driver/driver.hpp"
#include "tb/driver/rig.hpp"
#include "tb/oracle/device.hpp"

#include <gtest/gtest.h>

namespace nicosim {

// Gives out the device's test memory from front to back.
class OracleMemory final : public DmaMemory {
 public:
  explicit OracleMemory(OracleDevice& device) : device_(device) {}

  DmaRegion allocate(std::size_t bytes, std::size_t alignment) override {
    next_ = (next_ + alignment - 1) / alignment * alignment;
    const DmaRegion region{next_, bytes};
    next_ += bytes;
    EXPECT_LE(next_, kTestMemory + kTestMemoryBytes) << "no memory left";
    device_.fill(region.bus, bytes, std::byte{0});
    ++regions_;
    return region;
  }
  void release(DmaRegion) override { --regions_; }
  void load(std::uint64_t bus, std::span<std::byte> to) override { device_.load(bus, to); }
  void store(std::uint64_t bus, std::span<const std::byte> from) override { device_.store(bus, from); }
  int regions() const { return regions_; }

 private:
  OracleDevice& device_;
  std::uint64_t next_ = kTestMemory;
  int regions_ = 0;
};

class DriverHost {
 public:
  explicit DriverHost(OracleDevice& device, DriverConfig config = {})
      : device_(device), driver{device, memory_, runtime_, ledger_, pool_, stack, stack, std::move(config)} {
    // A sleeper lets the rest of the host run; how long it sleeps is the runtime's affair, not the device's.
    runtime_.on_sleep = [this] { return step(); };
    runtime_.enter(Context::process, &task_);
  }

  void up() {
    driver.probe();
    driver.open();
    run();
  }
  void down() {
    driver.stop();
    EXPECT_EQ(ledger_.unexplained(), 0U);
    EXPECT_EQ(pool_.in_use(), 0U);
    EXPECT_EQ(memory_.regions(), 0);
  }

  // Until nothing happens any more.
  void run() {
    int rounds = 0;
    while (step()) ASSERT_LT(++rounds, 10'000) << "the host never comes to rest";
  }

  bool send(const ByteVector& bytes) {
    FramePtr frame = pool_.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger_.open_from_host(0, {}, runtime_.now()));
    const bool taken = driver.transmit(frame);
    if (!taken) frame->close(ledger_, Fate::dropped, Station::tx_queue, runtime_.now(), DropReason::FULL_RING);
    return taken;
  }

 private:
  // The device comes to rest, then one interrupt or one round of polls. false: there was neither.
  bool step() {
    device_.settle();
    const Context before = runtime_.context();
    bool worked = false;
    if (device_.line()) {
      runtime_.enter(Context::hardirq);
      worked = driver.handle_interrupt();
      EXPECT_TRUE(worked) << "the line is raised and ICR reads 0";
    } else if (!stack.poll_list.empty()) {
      Napi* const napi = stack.poll_list.front();
      stack.poll_list.pop_front();
      runtime_.enter(Context::softirq);
      if (napi->poll(Napi::kWeight) >= Napi::kWeight) stack.poll_list.push_back(napi);
      worked = true;
    }
    runtime_.enter(before, &task_);
    return worked;
  }

  OracleDevice& device_;
  EventLog events_;
  FrameLedger ledger_{events_};
  FramePool pool_;
  TestRuntime runtime_;
  OracleMemory memory_{device_};
  TestTask task_{1};

 public:
  RigStack stack{runtime_, ledger_};
  Driver driver;
};

}  // namespace nicosim
