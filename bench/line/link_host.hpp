// Host memory and registers as the card's pins see them through the host link, in plain C++.
//
// Time as in the simulation: the card's offers at an edge go up the link at that edge; a write is in memory when its
// last byte has arrived, a read is sampled when its request has; the card sees an answer or a register write at the
// first edge behind its arrival. A write is answered OKAY when the link accepts it. What happens on the host's side
// happens in the order of time, DMA before agents.
#pragma once

#include "sc_model/link_direction.hpp"
#include "sc_model/rtl_model.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace nicosim::bench {

// Somebody on the host who looks at memory and writes registers.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual SimTime due() const = 0;                                 // when it wants to act; never(): not now
  virtual void act(SimTime t) = 0;                                 // it is due
  virtual void written(SimTime t, std::uint64_t bus_address) = 0;  // the card has written there, up to 256 bytes
};

class LinkHost {
 public:
  LinkHost(RtlModel::Pins& pins, const LinkConfig& link, std::size_t memory_bytes);

  void add(Agent& agent) { agents_.push_back(&agent); }
  std::byte* at(std::uint64_t bus_address) { return memory_.data() + bus_address; }
  // From an agent, at its time.
  void write_register(SimTime t, std::uint32_t offset, std::uint32_t value);

  // Lets the host live up to `now`, shows the card what arrived before it and takes what the card offers.
  void before_edge(SimTime now);
  void after_edge();

  // A register's value, asked for at the pins once traffic is over; the caller turns the clock. True: `value` is it.
  void ask_register(std::uint32_t offset);
  bool answered(std::uint32_t& value) const;

  bool at_rest() const;  // nothing on its way, nobody due
  const LinkDirection& up() const { return up_; }
  const LinkDirection& down() const { return down_; }

 private:
  static constexpr std::size_t kBurst = 256;
  struct Transfer {
    SimTime arrival;
    std::uint64_t address = 0;
    std::size_t bytes = 0;
    bool read = false;
    std::array<std::byte, kBurst> data{};
  };
  struct RegisterWrite {
    SimTime arrival;
    std::uint32_t offset, value;
  };

  void live_until(SimTime now);
  void arrive(Transfer& transfer);
  void drive_registers(SimTime now);
  void drive_read(SimTime now);
  void take_beat(SimTime now);
  void check(std::uint64_t address, std::size_t bytes) const;

  RtlModel::Pins& pins_;
  LinkDirection up_, down_;
  SimTime buffer_time_;
  std::vector<std::byte> memory_;
  std::vector<Agent*> agents_;

  std::deque<Transfer> going_up_, coming_down_;
  std::deque<RegisterWrite> register_writes_;
  std::deque<std::uint64_t> write_addresses_;
  Transfer filling_;  // the burst whose beats are coming
  std::size_t filling_beat_ = 0, answer_beat_ = 0;
  unsigned answers_due_ = 0;  // write bursts to be acknowledged
  bool address_taken_ = false, data_taken_ = false, read_taken_ = false;
};

}  // namespace nicosim::bench
