#include "cli/live/status_page.hpp"

#include "cli/scenario/units.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr int kFewestRows = 3 * kLiveViewLines;

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

int terminal_rows() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

std::string rate(std::uint64_t count, double seconds) {
  return humanised_count(static_cast<std::uint64_t>(static_cast<double>(count) / std::max(seconds, 1e-3)));
}

}  // namespace

std::string live_view_text(const LiveView& v) {
  const double speed = static_cast<double>(v.time.in_ps()) / 1e12 / std::max(v.seconds, 1e-3);
  return fmt::format(
      "frames/s   in {:>10}  out {:>10}  interrupts {:>9}  dropped {:>7}\n"
      "levels     rx_ring {:>6}   tx_ring {:>6}   input_pkt_queue {:>6}\n"
      "time       {:.3f} of the wall clock, {} behind, {} cycles/s\n",
      rate(v.in, v.seconds), rate(v.out, v.seconds), rate(v.interrupts, v.seconds), humanised_count(v.dropped),
      v.rx_ring, v.tx_ring, v.backlog, speed, humanised(v.lag), rate(v.cycles, v.seconds));
}

StatusPage::StatusPage() { fit(); }

StatusPage::~StatusPage() {
  if (rows_ == 0) return;
  const int first = rows_ - kLiveViewLines + 1;
  put(fmt::format("\0337\033[r\033[{};1H\033[J\0338", first));
}

// The lines that are taken away are scrolled free first, so nothing is overwritten.
void StatusPage::fit() {
  const int rows = terminal_rows();
  if (rows == rows_) return;
  rows_ = rows >= kFewestRows ? rows : 0;
  if (rows_ == 0) return;
  const std::string lines(kLiveViewLines, '\n');
  put(fmt::format("{}\033[{}A\0337\033[1;{}r\0338", lines, kLiveViewLines, rows_ - kLiveViewLines));
}

StatusPage::Counts StatusPage::count(Simulation& sim, LiveClock::Wall::time_point wall) {
  Counts counts;
  counts.in = sim.ledger().opened_on_wire();
  counts.out = sim.ledger().opened_from_host();
  for (unsigned port = 0; port < sim.ports(); ++port) {
    counts.interrupts += sim.interrupts(port);
    counts.cycles += sim.engine(port).cycles_evaluated();
  }
  counts.time = sim.now();
  counts.wall = wall;
  return counts;
}

void StatusPage::show(Simulation& sim, const LiveClock& clock, LiveClock::Wall::time_point wall) {
  const Counts now = count(sim, wall);
  fit();
  if (rows_ != 0 && last_.wall != LiveClock::Wall::time_point{}) {
    LiveView view;
    view.seconds = std::chrono::duration<double>(now.wall - last_.wall).count();
    view.time = now.time - last_.time;
    view.lag = clock.lag();
    view.in = now.in - last_.in;
    view.out = now.out - last_.out;
    view.interrupts = now.interrupts - last_.interrupts;
    view.cycles = now.cycles - last_.cycles;
    view.dropped = sim.ledger().count(false, Fate::dropped) + sim.ledger().count(true, Fate::dropped);
    for (unsigned port = 0; port < sim.ports(); ++port) {
      view.rx_ring += sim.ledger().in_rx_ring(port);
      view.tx_ring += sim.driver(port).tx_ring_used();
    }
    for (unsigned core = 0; core < sim.cpu().cpus(); ++core) view.backlog += sim.stack().softnet(core).backlog_len;
    std::string lines = live_view_text(view);
    std::string page = fmt::format("\0337\033[{};1H", rows_ - kLiveViewLines + 1);
    for (const char c : lines) page += c == '\n' ? std::string{"\033[K\r\n"} : std::string{c};
    page.erase(page.size() - 2);  // the last line does not scroll
    put(page + "\0338");
  }
  last_ = now;
}

}  // namespace nicosim
