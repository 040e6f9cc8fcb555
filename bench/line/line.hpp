// The card at line rate: nic_top alone, behind a model of the host link, with the least host that keeps its rings
// going.
//
// No SystemC and no CPU: descriptors come back a fixed time after DD has become visible in memory, and the tail goes to
// the card in groups of 16, as a driver does it. Every cycle is evaluated, so a run is one deterministic computation.
#pragma once

#include "common/sim_time.hpp"
#include "sc_model/link_direction.hpp"

#include <cstdint>
#include <string>

namespace nicosim::bench {

inline constexpr unsigned kMixed = 0;  // LineCell::bytes: 64 to 1518, seeded

struct LineCell {
  bool receive = true, transmit = false;
  unsigned bytes = 64;           // of a frame, FCS included
  unsigned offset = 0;           // of every buffer from a multiple of 16
  SimTime recycle;               // from DD visible in memory to the descriptor being free again
  std::uint64_t frames = 1'000;  // each way
  bool for_us = true;            // towards the card's address; else the filter rejects them
  bool idle = false;             // the wire stays idle for as long as the frames would take
  LinkConfig link = {SimTime::us(1), 32'000'000'000, 24, 256};
};

// One way. Cycles are the card's, 6.4 ns.
struct LineFlow {
  std::uint64_t frames = 0;     // handed to the card
  std::uint64_t delivered = 0;  // in memory or on the wire, in order and byte for byte what was handed over
  double cycles_per_frame = 0;  // between the first and the last of those
  double line_cycles = 0;       // what the wire needs for such a frame: its bytes and 20 more, eight a cycle
};

struct LineResult {
  LineFlow receive, transmit;
  std::uint64_t missed = 0;                    // MPC: frames that the card counted as lost
  std::uint64_t no_buffer = 0;                 // RNBC: frames that found no descriptor
  std::uint64_t least_gap = 0, most_gap = 0;   // bytes between frames sent, Terminate included, from the 17th on
  std::uint64_t up_bytes = 0, down_bytes = 0;  // over the link since the start, headers included
  std::uint64_t cycles = 0;                    // evaluated
};

// Throws std::invalid_argument for a cell that cannot be, std::runtime_error when the card breaks its contract: frames
// out of order or altered, a descriptor done too early, an odd burst.
LineResult run_line(const LineCell&);

// What keeps the rate where it is: wire, link up, link down, ring (descriptors come back too late) or card.
std::string limit_of(const LineCell&, const LineResult&, const LineFlow&);

}  // namespace nicosim::bench
