// What `./nicosim bench tap` has measured, as Markdown and as JSON, and the verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nicosim::bench {

// One download. Seconds are real ones; CPU time is user and system.
struct Download {
  double wall_s = 0;        // as the client saw it, from connect() to the last byte
  double server_cpu_s = 0;  // of everything but the client: simulation or lwIP, with its start
  double client_cpu_s = 0;
};

// The same download again and again from one server.
struct TapSide {
  std::vector<Download> downloads;
  std::vector<double> instructions_per_byte;  // of the server, in user space; none without valgrind
};

// What the simulation did in the download of median length.
struct TapSimulation {
  std::uint64_t cycles = 0, evaluated = 0;  // of the card's clock, boot included
};

struct TapResult {
  std::uint64_t bytes = 0;
  TapSide nicosim, lwip;
  TapSimulation simulation;
};

double median_wall_s(const TapSide& side);
// 256 MB in at most 60 s; shorter downloads are not judged.
std::optional<bool> met(const TapResult& result);
std::string markdown(const TapResult& result);
std::string json(const TapResult& result);

}  // namespace nicosim::bench
