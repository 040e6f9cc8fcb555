// A wire between two hosts that loses, delays, reorders, doubles and damages, all from one seed.
#pragma once

#include "common/net_device.hpp"
#include "common/rng.hpp"
#include "common/sim_time.hpp"
#include "tb/stack/packets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>

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

class Link {
 public:
  // Side 0 has the address that packets.hpp calls ours, side 1 the peer's.
  static MacAddress mac(unsigned side) { return side == 0 ? packets::kOurMac : packets::kPeerMac; }

  struct Counts {
    std::uint64_t sent = 0, lost = 0, overflowed = 0, late = 0, doubled = 0, damaged = 0;
    std::uint64_t elsewhere = 0;  // to a MAC that is neither of the two: gone
  };
  using Deliver = std::function<void(SimTime when, packets::Packet)>;

  Link(const LinkModel& model, std::uint64_t seed) : model_(model), rng_(seed, "netsim") {}

  // A frame without FCS leaves side `from` now; `deliver` is called for each copy that will arrive, at once.
  void carry(unsigned from, SimTime now, packets::Packet bytes, const Deliver& deliver) {
    ++counts_.sent;
    const auto bits = static_cast<std::int64_t>((bytes.size() + kWireOverhead) * 8);
    const SimTime takes = SimTime::ps(bits * (1'000'000'000'000 / static_cast<std::int64_t>(model_.bits_per_second)));
    SimTime& free_at = free_at_.at(from);
    const SimTime waits = free_at > now ? free_at - now : SimTime::zero();
    if (waits > takes * static_cast<std::int64_t>(model_.queue)) {
      ++counts_.overflowed;
      return;
    }
    free_at = std::max(free_at, now) + takes;
    const MacAddress to = MacAddress::from(bytes);
    if (!to.is_multicast() && to != mac(1 - from)) {
      ++counts_.elsewhere;
      return;
    }
    if (rng_.chance(model_.loss, 1000)) {
      ++counts_.lost;
      return;
    }
    if (rng_.chance(model_.corrupt, 1000)) {  // behind the Ethernet header, so that a checksum has to find it
      ++counts_.damaged;
      const std::uint64_t at = 14 + rng_.below(bytes.size() - 14);
      const std::uint64_t bit = rng_.below(8);
      bytes[at] ^= static_cast<std::byte>(1U << bit);
    }
    SimTime arrives = free_at + model_.delay;
    if (rng_.chance(model_.reorder, 1000)) {
      ++counts_.late;
      const std::uint64_t us = rng_.below(static_cast<std::uint64_t>(model_.reorder_delay.in_ns() / 1000));
      arrives += SimTime::us(static_cast<std::int64_t>(us));
    }
    const bool twice = rng_.chance(model_.duplicate, 1000);
    if (twice) {
      ++counts_.doubled;
      deliver(arrives + SimTime::us(100), bytes);
    }
    deliver(arrives, std::move(bytes));
  }

  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::size_t kWireOverhead = 24;  // preamble, FCS, gap

  LinkModel model_;
  Rng rng_;
  std::array<SimTime, 2> free_at_{};
  Counts counts_;
};

}  // namespace nicosim
