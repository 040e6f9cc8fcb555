// Main program of each faulty variant: sweeps its scene and says where arrivals are lost.
//
// usage: hunt_FAULT FAULT SCENE lost|none PAGE. Exit 0 when the sweep finds what is expected. PAGE is
// docs/lost_wakeups.md: its row of this fault says how many cycles lose, and that must still be about right.
#include "tb/hunt/sweep.hpp"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string>

namespace nicosim::hunt {
namespace {

// "| `name` | scene | window | cycles | ..."
std::optional<unsigned long> cycles_in_page(const std::string& page, const std::string& fault) {
  std::ifstream file{page};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `" + fault + "` |")) continue;
    std::size_t at = 0;
    for (int column = 0; column < 4; ++column) at = line.find('|', at) + 1;
    return std::strtoul(line.c_str() + at, nullptr, 10);
  }
  return std::nullopt;
}

int run(const std::string& fault, const Scene& scene, bool should_lose, const std::string& page) {
  const Sweep result = sweep(scene, {});
  const std::size_t lost = result.lost();
  fmt::print("{}, scene {}, {} runs\n{}{}", fault, scene.name(), result.outcomes.size(), result.timeline(),
             lost == 0 ? "none is lost\n" : result.windows());
  if (!should_lose) return lost == 0 ? 0 : 1;
  if (lost == 0 || lost == result.outcomes.size()) {
    fmt::print("expected: some arrivals are lost, others not\n");
    return 1;
  }
  const auto written = cycles_in_page(page, fault);
  if (!written || lost * 2 < *written || lost > *written * 2) {
    fmt::print("{} cycles lose; its row in {} says {}\n", lost, page, written ? fmt::to_string(*written) : "nothing");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace nicosim::hunt

int main(int argc, char** argv) {
  using namespace nicosim::hunt;
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s FAULT SCENE lost|none PAGE\n", argv[0]);
    return 2;
  }
  return run(argv[1], scene_named(argv[2]), std::string{argv[3]} == "lost", argv[4]);
}
