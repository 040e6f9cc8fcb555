// One stack with one card on a simulated wire, and the one process whose system calls a test makes.
//
// Time is what the test says; work costs none.
#pragma once

#include "common/frame_ledger.hpp"
#include "stack/stack.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/netsim/link.hpp"
#include "tb/stack/card_model.hpp"
#include "tb/stack/packets.hpp"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nicosim {

class SimHost {
 public:
  using Send = std::function<void(packets::Packet)>;  // a frame without FCS leaves the card

  // Side 0 has the addresses that packets.hpp calls ours, side 1 the peer's. `offers` is what the card does.
  SimHost(unsigned side, const StackConfig& config, Send send, Features offers = {})
      : device(*this, side, offers), send_(std::move(send)) {
    stack = std::make_unique<Stack>(runtime, ledger, pool, config);
    stack->attach(device);
    stack->add_address(device, address(side), 24);
  }

  static Ipv4Address address(unsigned side) { return side == 0 ? packets::kOurIp : packets::kPeerIp; }
  static MacAddress mac(unsigned side) { return Link::mac(side); }

  Syscalls& sys() {
    runtime.enter(Context::process, &task);
    return stack->calls();
  }
  void run_softirqs() {
    runtime.enter(Context::softirq);
    while (!runtime.pending.empty()) {
      const Softirq next = *runtime.pending.begin();
      runtime.pending.erase(runtime.pending.begin());
      stack->softirq(next);
    }
  }
  void deliver(Bytes bytes) {
    FramePtr frame = pool.make(bytes.size());
    copy_bytes(bytes, frame->put(bytes.size()));
    frame->ids.push_back(ledger.open_on_wire(device.port(), frames++, runtime.now()));
    stack->receive(device, std::move(frame));
    run_softirqs();
  }

  class Device final : public NetDevice {
   public:
    Device(SimHost& host, unsigned side, Features offers) : host_(host), side_(side), offers_(offers) {}
    std::string_view name() const override { return "eth0"; }
    unsigned port() const override { return side_; }
    MacAddress address() const override { return mac(side_); }
    unsigned mtu() const override { return 1500; }
    Features features() const override { return offers_; }
    bool carrier() const override { return true; }
    bool transmit(FramePtr& frame) override {
      std::vector<packets::Packet> all = packets::as_sent(*frame);
      frame->close(host_.ledger, Fate::sent, Station::tx_wire, host_.runtime.now(), DropReason::none);
      frame.reset();
      for (packets::Packet& packet : all) host_.send_(std::move(packet));
      return true;
    }
    void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

   private:
    SimHost& host_;
    unsigned side_;
    Features offers_;
  };

  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TestRuntime runtime;
  Device device;
  TestTask task{7, "app"};
  std::unique_ptr<Stack> stack;
  std::uint64_t frames = 0;
  bool polling = false;  // frames came, and the driver's poll has not ended

 private:
  Send send_;
};

}  // namespace nicosim
