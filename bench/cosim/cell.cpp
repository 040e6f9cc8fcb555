#include "bench/cosim/cell.hpp"

#include "bench/cosim/traffic.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace nicosim::bench {

CellResult run(const Cell& cell) {
  if (cell.bytes < 64 || cell.bytes > 1518) throw std::invalid_argument("a frame has 64 to 1518 bytes, FCS included");
  if (cell.frames == 0 || cell.frames % kPeriodFrames != 0)
    throw std::invalid_argument(fmt::format("--frames: a multiple of {}", kPeriodFrames));
  if (cell.config == "card") return run_card(cell);
  if (cell.config == "cosim") return run_cosim(cell);
  if (cell.config == "full") return run_full(cell);
  throw std::invalid_argument(cell.config + ": expected card, cosim or full");
}

}  // namespace nicosim::bench
