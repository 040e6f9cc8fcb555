// What is simulated while a wake-up is hunted: a process that waits in one way, in one receive mode, for two arrivals.
//
// The first arrival opens the window: it sets interrupt, poll, wake-up and the process's next wait going. The second
// one is moved over all of that. No third comes to the rescue.
#pragma once

#include "common/sim_time.hpp"
#include "driver/driver.hpp"
#include "stack/stack.hpp"
#include "tb/system/rig.hpp"

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim::hunt {

// How the process waits. It then reads without blocking, but for `recvfrom` and `tcp_recv`, which block themselves.
enum class Wait : std::uint8_t {
  recvfrom,
  poll,
  select,
  epoll,       // level-triggered
  epoll_edge,  // EPOLLET, reads until EAGAIN
  epoll_one,   // level-triggered, two sockets, room for one event
  sigwait,     // O_ASYNC, SIGIO blocked; sigwaitinfo(), then reads until EAGAIN
  sigsuspend,  // O_ASYNC, SIGIO blocked but for sigsuspend(), with a handler; then reads until EAGAIN
  ppoll,       // the same with ppoll() of nothing but the mask
  sighandler,  // O_ASYNC, SIGIO open: its handler reads until EAGAIN, and poll() waits for something else
  aio,         // aio_read(), aio_suspend(), aio_return(), and again: the arrival meets the submission
  aio_signal,  // the same, told by a signal; sigwaitinfo()
  tcp_recv,
  accept
};

struct Scene {
  Wait wait = Wait::recvfrom;
  ReceiveMode mode = ReceiveMode::napi;
  RxPath path = RxPath::rps;
  // With two, interrupts are core 0's and the process runs on core 1: it checks and goes to sleep while it is woken.
  unsigned cores = 1;
  bool threaded = false;  // napi/eth0-0 polls the card
  unsigned busy_us = 0;   // the process polls the card itself for so long before it sleeps

  // When everybody is asleep again after the first arrival, with something to spare: in cycles since its first bit.
  unsigned asleep_again() const {
    if (mode == ReceiveMode::pio) return 3500;
    if (wait == Wait::sighandler) return 2500;  // two more calls: rt_sigreturn, and poll again
    if (busy_us != 0 || wait == Wait::aio || wait == Wait::aio_signal) return 2500;  // the worker sleeps, too
    return threaded ? 2000 : 1500;
  }
  std::string name() const;  // "napi_direct_epoll_edge_2_cores"
  // Of TCP: the card sends, too.
  bool stream() const { return wait == Wait::tcp_recv || wait == Wait::accept; }
};

std::vector<Scene> every_scene();
std::vector<Scene> chosen_scenes();        // each way to wait and each receive mode, in a minute
Scene scene_named(std::string_view name);  // throws std::invalid_argument when there is none
inline void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.name(); }

// A scene as far as the moment before the first arrival. Lives as long as the process.
class Stage {
 public:
  explicit Stage(const Scene& scene);

  Simulation& sim() { return *rig_.sim; }
  SimTime start() const { return start_; }  // when the first arrival's first bit is at the card, a clock edge
  void arrive(std::size_t which) { send(frames_.at(which)); }  // the first (0) or the second (1), now
  unsigned seen() const { return seen_; }                      // how many of them the process has
  std::string_view log() const { return rig_.events; }

 private:
  void handshakes();
  void send(packets::Packet frame);

  Rig rig_;
  std::array<packets::Packet, 2> frames_;
  unsigned seen_ = 0;
  SimTime start_;
};

}  // namespace nicosim::hunt
