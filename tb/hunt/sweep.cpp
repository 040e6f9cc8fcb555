#include "tb/hunt/sweep.hpp"

#include "sc_model/host/pci_bus.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace nicosim::hunt {
namespace {

// Longer than anything in a scene takes, and shorter than any timer that could repair a loss (TCP's are 40 ms or more).
constexpr SimTime kPatience = SimTime::us(300);

SimTime cycles(std::uint64_t count) { return SimTime::ps(static_cast<std::int64_t>(count) * kCyclePs); }

// The last line of the log that names the newest frame from the wire.
std::string last_station(std::string_view log) {
  std::string newest, station;
  std::istringstream lines{std::string{log}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields{line};
    std::string time, where, frame;
    fields >> time >> where >> frame;
    if (!frame.starts_with("r0:")) continue;
    if (where == "wire") newest = frame;
    if (frame == newest) station = where;
  }
  return station;
}

// A run in a child: from here, with the second arrival now.
void run_from_here(Stage& stage, Outcome& outcome) {
  Simulation& sim = stage.sim();
  const SimTime began = sim.now();
  stage.arrive(1);
  sim.run_slice(began + kPatience, [&] { return stage.seen() == 2; });
  outcome.read = stage.seen() == 2;
  outcome.after = sim.now() - began;
  if (!outcome.read) std::snprintf(outcome.where, sizeof outcome.where, "%s", last_station(stage.log()).c_str());
}

// Results come back through memory that the children share.
class Shared {
 public:
  explicit Shared(std::size_t count) : count_(count) {
    memory_ = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("no shared memory");
    for (std::size_t i = 0; i < count; ++i) new (&at(i)) Outcome;
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(memory_, bytes()); }
  Outcome& at(std::size_t i) { return static_cast<Outcome*>(memory_)[i]; }

 private:
  std::size_t bytes() const { return count_ * sizeof(Outcome); }
  std::size_t count_;
  void* memory_ = nullptr;
};

// What the driver does on the bus for one frame, in order; the counters of the bus tell when.
struct Access {
  bool read;
  std::string_view what;
};
constexpr std::array kNapiAccesses{
    Access{true, "ICR read"},     Access{false, "IMC written (mask)"},   Access{true, "STATUS read"},
    Access{false, "RDT written"}, Access{false, "IMS written (unmask)"}, Access{true, "STATUS read"}};
constexpr std::array kDmaIrqAccesses{Access{true, "ICR read"}, Access{false, "RDT written"}};

// Looks at the run after each cycle.
class Watch {
 public:
  Watch(Stage& stage, const Scene& scene) : stage_(stage) {
    // What a stream sends is on the bus, too; and these do other things there.
    if (scene.stream() || scene.mode == ReceiveMode::pio || scene.busy_us != 0) return;
    accesses_ = scene.mode == ReceiveMode::napi ? std::span<const Access>{kNapiAccesses}
                                                : std::span<const Access>{kDmaIrqAccesses};
  }
  void look(unsigned cycle) {
    PciBus& bus = stage_.sim().bus(0);
    count(cycle, true, std::exchange(reads_, bus.reads()), bus.reads());
    count(cycle, false, std::exchange(writes_, bus.writes()), bus.writes());
    const bool scheduled = stage_.sim().driver(0).scheduled();
    if (std::exchange(scheduled_, scheduled) != scheduled) add(cycle, scheduled ? "napi_schedule" : "napi_complete");
  }
  // The log is complete only a while later, so it is read in the end.
  std::vector<Milestone> milestones() {
    std::istringstream lines{std::string{stage_.log()}};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields{line};
      std::int64_t ps = 0;
      std::string station, frame, detail, last;
      fields >> ps >> station >> frame;
      while (fields >> detail)
        if (detail.starts_with("call=") || detail.starts_with("line=")) last += " " + detail.substr(5);
      if (SimTime::ps(ps) < stage_.start()) continue;
      constexpr std::array kLeftOut{"filter", "fifo", "tap", "link", "ip", "state"};
      if (std::ranges::find(kLeftOut, station) != kLeftOut.end()) continue;
      add(static_cast<unsigned>((ps - stage_.start().in_ps()) / kCyclePs), station + last);
    }
    std::ranges::stable_sort(milestones_, {}, &Milestone::cycle);
    return milestones_;
  }

 private:
  void add(unsigned cycle, std::string what) { milestones_.push_back({cycle, std::move(what)}); }
  void count(unsigned cycle, bool read, std::uint64_t before, std::uint64_t now) {
    for (; before < now && !accesses_.empty(); ++before) {
      if (accesses_.front().read != read) continue;
      add(cycle, std::string{accesses_.front().what});
      accesses_ = accesses_.subspan(1);
    }
  }

  Stage& stage_;
  std::span<const Access> accesses_;
  std::uint64_t reads_ = stage_.sim().bus(0).reads(), writes_ = stage_.sim().bus(0).writes();
  bool scheduled_ = stage_.sim().driver(0).scheduled();
  std::vector<Milestone> milestones_;
};

}  // namespace

Sweep sweep(const Scene& scene, Window window) {
  if (window.last == 0) window.last = scene.asleep_again();
  auto& stage = *new Stage{scene};  // as long as the process
  Watch watch{stage, scene};
  stage.arrive(0);

  const std::size_t runs = (window.last - window.first) / window.stride + 1;
  Shared results{runs};
  std::fflush(nullptr);
  for (unsigned cycle = 1; cycle <= window.last; ++cycle) {
    stage.sim().run_slice(stage.start() + cycles(cycle));
    watch.look(cycle);
    if (cycle < window.first || (cycle - window.first) % window.stride != 0) continue;
    Outcome& outcome = results.at((cycle - window.first) / window.stride);
    outcome.cycle = cycle;
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
      run_from_here(stage, outcome);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) std::snprintf(outcome.where, sizeof outcome.where, "crash");
  }

  Sweep out;
  for (std::size_t i = 0; i < runs; ++i) out.outcomes.push_back(results.at(i));
  out.milestones = watch.milestones();
  return out;
}

std::size_t Sweep::lost() const {
  return static_cast<std::size_t>(std::ranges::count(outcomes, false, &Outcome::read));
}

SimTime Sweep::slowest() const {
  SimTime most = SimTime::zero();
  for (const Outcome& outcome : outcomes)
    if (outcome.read) most = std::max(most, outcome.after);
  return most;
}

std::string Sweep::windows() const {
  std::string text;
  for (auto first = outcomes.begin(); first != outcomes.end();) {
    const auto differs = [&](const Outcome& o) {
      return o.read != first->read || std::string_view{o.where} != first->where;
    };
    const auto end = std::find_if(first, outcomes.end(), differs);
    if (!first->read)
      text += fmt::format("lost for arrivals in [{}, {}): {} cycles, left at {}\n", first->cycle,
                          std::prev(end)->cycle + 1, std::prev(end)->cycle + 1 - first->cycle, first->where);
    first = end;
  }
  return text;
}

std::string Sweep::timeline() const {
  std::string text;
  for (const Milestone& m : milestones) text += fmt::format("  {:>5}  {}\n", m.cycle, m.what);
  return text;
}

}  // namespace nicosim::hunt
