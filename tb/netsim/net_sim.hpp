// Two stacks and a wire between them that loses, delays, reorders, doubles and damages, all from one seed.
//
// Time jumps from event to event. Work costs no time, so what is measured is the protocol.
#pragma once

#include "common/frame_ledger.hpp"
#include "common/rng.hpp"
#include "stack/stack.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/stack/card_model.hpp"
#include "tb/stack/packets.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace nicosim {

struct LinkModel {
  std::uint64_t bits_per_second = 100'000'000;
  SimTime delay = SimTime::ms(10);  // one way
  std::size_t queue = 1000;         // frames waiting for the wire, each way; more are lost
  // Chances per thousand frames
  unsigned loss = 0, reorder = 0, duplicate = 0, corrupt = 0;
  SimTime reorder_delay = SimTime::ms(3);  // what a late frame is late by, at most
  Features offers;                         // what the cards at both ends do
  SimTime poll = SimTime::zero();          // how long a poll of received frames lasts
};

class NetSim {
 public:
  NetSim(const LinkModel& link, const StackConfig& config, std::uint64_t seed) : link_(link), rng_(seed, "netsim") {
    for (unsigned i = 0; i < 2; ++i) hosts_[i] = std::make_unique<Host>(*this, i, config);
  }

  struct Host;

  // Runs until `done` or `limit`; `apps` look at their sockets after every event. false: the time was not enough.
  bool run(SimTime limit, const std::function<void()>& apps, const std::function<bool()>& done) {
    settle(apps);
    while (!done()) {
      SimTime next = events_.empty() ? SimTime::never() : events_.begin()->first.first;
      for (const auto& host : hosts_) next = std::min(next, host->stack->next_deadline());
      if (next > limit) return false;
      now_ = std::max(now_, next);
      for (const auto& host : hosts_) host->runtime.set_now(now_);
      while (!events_.empty() && events_.begin()->first.first <= now_) {
        auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
      }
      for (const auto& host : hosts_)
        if (host->stack->next_deadline() <= now_) host->stack->softirq(Softirq::timer);
      settle(apps);
    }
    return true;
  }

  Host& host(unsigned i) { return *hosts_.at(i); }
  SimTime now() const { return now_; }

  class Device final : public NetDevice {
   public:
    Device(NetSim& sim, unsigned side) : sim_(sim), side_(side) {}
    std::string_view name() const override { return "eth0"; }
    unsigned port() const override { return side_; }
    MacAddress address() const override { return side_ == 0 ? packets::kOurMac : packets::kPeerMac; }
    unsigned mtu() const override { return 1500; }
    Features features() const override { return sim_.link_.offers; }
    bool carrier() const override { return true; }
    bool transmit(FramePtr& frame) override {
      sim_.send(side_, frame);
      return true;
    }
    void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

   private:
    NetSim& sim_;
    unsigned side_;
  };

  struct Host {
    Host(NetSim& sim, unsigned side, const StackConfig& config) : device(sim, side) {
      stack = std::make_unique<Stack>(runtime, ledger, pool, config);
      stack->attach(device);
      stack->add_address(device, address(side), 24);
      stack->set_neighbour(device, address(1 - side), side == 0 ? packets::kPeerMac : packets::kOurMac);
    }
    static Ipv4Address address(unsigned side) { return side == 0 ? packets::kOurIp : packets::kPeerIp; }
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
    EventLog log;
    FrameLedger ledger{log};
    FramePool pool;
    TestRuntime runtime;
    Device device;
    TestTask task{7, "app"};
    std::unique_ptr<Stack> stack;
    std::uint64_t frames = 0;
    bool polling = false;
  };

  struct Counts {
    std::uint64_t sent = 0, lost = 0, overflowed = 0, late = 0, doubled = 0, damaged = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::size_t kWireOverhead = 24;  // preamble, FCS, gap

  void settle(const std::function<void()>& apps) {
    for (const auto& host : hosts_) host->run_softirqs();
    apps();
    for (const auto& host : hosts_) host->run_softirqs();
  }

  void send(unsigned from, FramePtr& frame) {
    Host& host = *hosts_[from];
    std::vector<packets::Packet> all = packets::as_sent(*frame);
    frame->close(host.ledger, Fate::sent, Station::tx_wire, now_, DropReason::none);
    frame.reset();
    for (packets::Packet& packet : all) send_packet(from, std::move(packet));
  }

  void send_packet(unsigned from, packets::Packet bytes) {
    ++counts_.sent;
    const auto bits = static_cast<std::int64_t>((bytes.size() + kWireOverhead) * 8);
    const SimTime takes = SimTime::ps(bits * (1'000'000'000'000 / static_cast<std::int64_t>(link_.bits_per_second)));
    SimTime& free_at = free_at_[from];
    const SimTime waits = free_at > now_ ? free_at - now_ : SimTime::zero();
    if (waits > takes * static_cast<std::int64_t>(link_.queue)) {
      ++counts_.overflowed;
      return;
    }
    free_at = std::max(free_at, now_) + takes;
    if (rng_.chance(link_.loss, 1000)) {
      ++counts_.lost;
      return;
    }
    if (rng_.chance(link_.corrupt, 1000)) {  // behind the Ethernet header, so that a checksum has to find it
      ++counts_.damaged;
      const std::uint64_t at = 14 + rng_.below(bytes.size() - 14);
      const std::uint64_t bit = rng_.below(8);
      bytes[at] ^= static_cast<std::byte>(1U << bit);
    }
    SimTime arrives = free_at + link_.delay;
    if (rng_.chance(link_.reorder, 1000)) {
      ++counts_.late;
      const std::uint64_t us = rng_.below(static_cast<std::uint64_t>(link_.reorder_delay.in_ns() / 1000));
      arrives += SimTime::us(static_cast<std::int64_t>(us));
    }
    const bool twice = rng_.chance(link_.duplicate, 1000);
    if (twice) {
      ++counts_.doubled;
      deliver(1 - from, arrives + SimTime::us(100), bytes);
    }
    deliver(1 - from, arrives, std::move(bytes));
  }

  void deliver(unsigned to, SimTime when, packets::Packet bytes) {
    events_.emplace(std::pair{when, next_event_++}, [this, to, bytes = std::move(bytes)] {
      Host& host = *hosts_[to];
      FramePtr frame = host.pool.make(bytes.size());
      std::ranges::copy(bytes, frame->put(bytes.size()).begin());
      frame->ids.push_back(host.ledger.open_on_wire(to, host.frames++, now_));
      host.stack->receive(host.device, std::move(frame));
      host.run_softirqs();
      if (!std::exchange(host.polling, true)) end_poll(to);
    });
  }

  void end_poll(unsigned side) {
    events_.emplace(std::pair{now_ + link_.poll, next_event_++}, [this, side] {
      Host& host = *hosts_[side];
      host.polling = false;
      host.stack->poll_done(host.device);
      host.run_softirqs();
    });
  }

  LinkModel link_;
  Rng rng_;
  SimTime now_;
  std::array<SimTime, 2> free_at_{};
  std::map<std::pair<SimTime, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t next_event_ = 0;
  Counts counts_;
  std::array<std::unique_ptr<Host>, 2> hosts_;
};

}  // namespace nicosim
