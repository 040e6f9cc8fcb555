// One measured cell: a configuration, a frame size, a gap. Runs once per process, as SystemC elaborates once.
#pragma once

#include <cstdint>
#include <string>

namespace nicosim::bench {

struct Cell {
  std::string config;        // card, cosim or full
  unsigned bytes = 64;       // of a frame, FCS included; 64 to 1518
  std::uint64_t gap = 0;     // idle cycles behind each frame; 0: back to back at line rate
  std::uint64_t frames = 8;  // a multiple of kPeriodFrames
  bool skip = true;          // jump over idle cycles; the bare card never does
};

// Figures from the moment at which the wire comes to life.
struct CellResult {
  std::uint64_t delivered = 0;   // frames the reader got: card and cosim at DD, full in the process
  std::uint64_t cycles = 0;      // simulated
  std::uint64_t evaluated = 0;   // cycles the card was evaluated for, start-up included
  std::uint64_t interrupts = 0;  // the line rose (card, cosim)
  double wall_s = 0;
};

CellResult run_card(const Cell&);
CellResult run_cosim(const Cell&);
CellResult run_full(const Cell&);
// By name; throws std::invalid_argument when the cell cannot be.
CellResult run(const Cell&);

}  // namespace nicosim::bench
