#include "tb/hunt/scene.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cassert>
#include <memory>
#include <stdexcept>
#include <utility>

namespace nicosim::hunt {

using namespace packets;

namespace {

constexpr std::uint16_t kPort = 9, kSecondPort = 10, kTcpPort = 80, kFirstPeer = 40000;
constexpr std::uint32_t kPeerIsn = 1000;
constexpr std::uint8_t kSyn = 2, kPsh = 8, kAck = 16;

constexpr std::array kWaits{std::pair{Wait::recvfrom, "recvfrom"},
                            std::pair{Wait::poll, "poll"},
                            std::pair{Wait::select, "select"},
                            std::pair{Wait::epoll, "epoll"},
                            std::pair{Wait::epoll_edge, "epoll_edge"},
                            std::pair{Wait::epoll_one, "epoll_one"},
                            std::pair{Wait::sigwait, "sigwait"},
                            std::pair{Wait::sigsuspend, "sigsuspend"},
                            std::pair{Wait::ppoll, "ppoll"},
                            std::pair{Wait::sighandler, "sighandler"},
                            std::pair{Wait::aio, "aio"},
                            std::pair{Wait::aio_signal, "aio_signal"},
                            std::pair{Wait::tcp_recv, "tcp_recv"},
                            std::pair{Wait::accept, "accept"}};

struct Way {  // from the card into the stack
  const char* name;
  ReceiveMode mode;
  RxPath path;
  bool threaded = false;
  unsigned busy_us = 0;
};
constexpr std::array kWays{Way{"napi", ReceiveMode::napi, RxPath::rps},
                           Way{"napi_direct", ReceiveMode::napi, RxPath::direct},
                           Way{"napi_threaded", ReceiveMode::napi, RxPath::direct, true},
                           Way{"napi_busy", ReceiveMode::napi, RxPath::direct, false, 3},
                           Way{"dma_irq", ReceiveMode::dma_irq, RxPath::netif_rx},
                           Way{"pio", ReceiveMode::pio, RxPath::netif_rx}};

int open_socket(Posix& os, int type, std::uint16_t port) {
  const int fd = os.socket(AF_INET, type, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  [[maybe_unused]] const int result = os.bind(fd, here);
  assert(fd >= 0 && result == 0);
  return fd;
}

// Waits until one of these is readable and says which; -1: none, after all.
int wait_for(Posix& os, Wait how, int epoll, std::span<const int> files) {
  switch (how) {
    case Wait::poll: {
      std::vector<pollfd> asked;
      for (const int fd : files) asked.push_back({fd, POLLIN, 0});
      os.poll(asked, -1);
      const auto ready = std::ranges::find_if(asked, [](const pollfd& f) { return f.revents != 0; });
      return ready == asked.end() ? -1 : ready->fd;
    }
    case Wait::select: {
      fd_set readable;
      FD_ZERO(&readable);
      for (const int fd : files) FD_SET(fd, &readable);
      os.select(1 + std::ranges::max(files), &readable, nullptr, nullptr, nullptr);
      const auto ready = std::ranges::find_if(files, [&](int fd) { return FD_ISSET(fd, &readable); });
      return ready == files.end() ? -1 : *ready;
    }
    case Wait::epoll:
    case Wait::epoll_edge:
    case Wait::epoll_one: {
      epoll_event event{};
      return os.epoll_wait(epoll, {&event, 1}, -1) == 1 ? event.data.fd : -1;
    }
    case Wait::sigwait:
      os.sigwaitinfo({SIGIO}, nullptr);
      return files.front();
    case Wait::sigsuspend:
      os.sigsuspend({});
      return files.front();
    case Wait::ppoll: {
      const SignalSet none;
      os.ppoll({}, SimTime::never(), &none);
      return files.front();
    }
    default:
      return files.front();
  }
}

// Asks for a signal per arrival, which stays pending until the process waits for it.
void ask_for_sigio(Posix& os, int fd) {
  const SignalSet sigio{SIGIO};
  os.sigaction(SIGIO, [](int, const SigInfo&) {});
  os.sigprocmask(SIG_BLOCK, &sigio);
  os.fcntl(fd, F_SETOWN, os.getpid());
  os.fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
}

// Reads one datagram per wait; all there are when it is told once per arrival.
int read_datagrams(Posix& os, Wait how, unsigned& seen) {
  std::vector<int> files{open_socket(os, SOCK_DGRAM, kPort)};
  if (how == Wait::epoll_one) files.push_back(open_socket(os, SOCK_DGRAM, kSecondPort));
  const bool with_epoll = how == Wait::epoll || how == Wait::epoll_edge || how == Wait::epoll_one;
  const int epoll = with_epoll ? os.epoll_create1(0) : -1;
  for (const int fd : files) {
    if (how != Wait::recvfrom) os.set_nonblocking(fd, true);
    if (!with_epoll) continue;
    epoll_event event{.events = EPOLLIN | (how == Wait::epoll_edge ? EPOLLET : 0U), .data = {.fd = fd}};
    os.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  const bool with_signals = how == Wait::sigwait || how == Wait::sigsuspend || how == Wait::ppoll;
  if (with_signals) ask_for_sigio(os, files.front());
  const bool until_eagain = how == Wait::epoll_edge || with_signals;
  std::array<std::byte, 64> buffer;
  for (;;) {
    const int fd = wait_for(os, how, epoll, files);
    if (fd < 0) continue;
    while (os.recvfrom(fd, buffer, 0, nullptr) > 0) {
      ++seen;
      if (!until_eagain) break;
    }
  }
}

// Told by a signal that may come anywhere: on the way into a call, asleep in it, on the way out, in the handler. The
// call waits for something else, so that nothing but the signal can end it.
int read_in_handler(Posix& os, unsigned& seen) {
  const int fd = open_socket(os, SOCK_DGRAM, kPort);
  std::array<int, 2> pipe{};
  os.pipe2(pipe, 0);
  os.sigaction(SIGIO, [&](int, const SigInfo&) {
    std::array<std::byte, 64> buffer;
    while (os.recvfrom(fd, buffer, 0, nullptr) > 0) ++seen;
  });
  os.fcntl(fd, F_SETOWN, os.getpid());
  os.fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
  for (;;) {
    pollfd other{pipe[0], POLLIN, 0};
    os.poll({&other, 1}, -1);
  }
}

// One request at a time. A kernel worker waits for the datagram and copies it; the process waits for the worker.
int read_by_aio(Posix& os, Wait how, unsigned& seen) {
  const SignalSet done{SIGRTMIN};
  os.sigprocmask(SIG_BLOCK, &done);
  std::array<std::byte, 64> buffer;
  const auto control = std::make_unique<aiocb>();
  control->aio_fildes = open_socket(os, SOCK_DGRAM, kPort);
  control->aio_buf = buffer.data();
  control->aio_nbytes = buffer.size();
  control->aio_sigevent.sigev_notify = how == Wait::aio_signal ? SIGEV_SIGNAL : SIGEV_NONE;
  control->aio_sigevent.sigev_signo = SIGRTMIN;
  const aiocb* const list = control.get();
  for (;;) {
    if (const int error = os.aio_read(*control); error != 0) return error;
    if (how == Wait::aio_signal)
      os.sigwaitinfo(done, nullptr);
    else
      os.aio_suspend({&list, 1});
    if (os.aio_return(*control) > 0) ++seen;
  }
}

int serve(Posix& os, Wait how, unsigned& seen) {
  const int listener = open_socket(os, SOCK_STREAM, kTcpPort);
  os.listen(listener, 8);
  std::array<std::byte, 64> buffer;
  for (;;) {
    const int fd = os.accept4(listener, nullptr, 0);
    if (fd < 0) return fd;
    if (how == Wait::accept) {
      ++seen;
      continue;
    }
    for (long n = 1; n > 0;) {
      n = os.recvfrom(fd, buffer, 0, nullptr);
      if (n > 0) seen += static_cast<unsigned>(n);
    }
  }
}

}  // namespace

std::string Scene::name() const {
  std::string text;
  for (const Way& way : kWays)
    if (way.mode == mode && way.path == path && way.threaded == threaded && way.busy_us == busy_us) text += way.name;
  for (const auto& [how, what] : kWaits)
    if (how == wait) text += std::string{"_"} + what;
  return cores == 1 ? text : text + "_2_cores";
}

std::vector<Scene> every_scene() {
  std::vector<Scene> all;
  for (const Way& way : kWays)
    for (const auto& [how, what] : kWaits)
      for (const unsigned cores : {1U, 2U}) all.push_back({how, way.mode, way.path, cores, way.threaded, way.busy_us});
  return all;
}

// Each way to wait with NAPI, on both paths into the stack; each other mode with three of them.
std::vector<Scene> chosen_scenes() {
  std::vector<Scene> chosen = every_scene();
  std::erase_if(chosen, [](const Scene& s) {
    const bool common = s.wait == Wait::recvfrom || s.wait == Wait::epoll || s.wait == Wait::accept;
    if (s.mode == ReceiveMode::pio) return s.wait != Wait::recvfrom;
    if (s.threaded || s.busy_us != 0) return s.wait != Wait::recvfrom && !(s.wait == Wait::epoll && s.cores == 2);
    if (s.mode == ReceiveMode::napi) return (s.path == RxPath::direct) != (s.cores == 2) && s.wait != Wait::recvfrom;
    return s.cores == 2 ? s.wait != Wait::recvfrom : !common;
  });
  return chosen;
}

Scene scene_named(std::string_view name) {
  for (const Scene& scene : every_scene())
    if (scene.name() == name) return scene;
  throw std::invalid_argument("no scene is called " + std::string{name});
}

Stage::Stage(const Scene& scene) {
  SimulationSetup& setup = rig_.setup;
  setup.cores = scene.cores;
  setup.memory_bytes = 4U << 20U;  // every run begins with a copy of the page tables
  setup.stack.rx_path = scene.path;
  setup.nics[0].driver.mode = scene.mode;
  setup.nics[0].rps_cpus = {0};
  setup.nics[0].threaded = scene.threaded;
  setup.stack.sysctl.busy_read = setup.stack.sysctl.busy_poll = scene.busy_us;
  setup.nics[0].neighbours = {{kPeerIp, kPeerMac}};
  setup.apps.push_back({"reader",
                        [this, how = scene.wait, stream = scene.stream()](Posix& os) {
                          if (how == Wait::sighandler) return read_in_handler(os, seen_);
                          if (how == Wait::aio || how == Wait::aio_signal) return read_by_aio(os, how, seen_);
                          return stream ? serve(os, how, seen_) : read_datagrams(os, how, seen_);
                        },
                        scene.cores - 1});
  rig_.log_events();

  rig_.sim = new Simulation(setup);  // never freed: its threads' stacks still refer to it
  sim().set_wire(0, {nullptr, [this](Bytes frame) { return rig_.peers[0].receive(frame); }, {}});
  sim().run_slice(SimTime::never(), [this] { return sim().ready(); });
  sim().run_slice(sim().wire_start());
  if (scene.stream()) {
    handshakes();
    if (scene.wait == Wait::tcp_recv) {  // the connection is there, its data are what comes
      arrive(0);
      sim().run_slice(sim().now() + SimTime::us(50));
      const std::uint32_t ours = load_be32(frames_[0], 14 + 20 + 8);
      for (std::uint32_t i = 0; i < 2; ++i)
        frames_[i] =
            tcp_frame({.from = kFirstPeer, .to = kTcpPort, .seq = kPeerIsn + 1 + i, .ack = ours, .flags = kAck | kPsh},
                      bytes({1}));
    }
  } else {
    frames_[0] = udp_frame(text("first"), {.to = kPort});
    frames_[1] = udp_frame(text("second"), {.to = scene.wait == Wait::epoll_one ? kSecondPort : kPort});
  }
  // At a clock edge; everybody has been asleep for long
  const std::int64_t cycle = (sim().now() + SimTime::us(20)).in_ps() / kCyclePs + 1;
  start_ = SimTime::ps(cycle * kCyclePs);
  sim().run_slice(start_);
}

// Two connections that lack only the last ACK.
void Stage::handshakes() {
  for (std::uint16_t i = 0; i < 2; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstPeer + i);
    send(tcp_frame({.from = port, .to = kTcpPort, .seq = kPeerIsn, .flags = kSyn}));
    sim().run_slice(sim().now() + SimTime::us(50));
    const Packet& answer = rig_.peers[0].received.back();
    const std::uint32_t isn = load_be32(answer, 14 + 20 + 4);
    frames_[i] = tcp_frame({.from = port, .to = kTcpPort, .seq = kPeerIsn + 1, .ack = isn + 1, .flags = kAck});
  }
}

void Stage::send(Packet frame) {
  finish_for_wire(frame);
  sim().arrive(0, std::move(frame));
}

}  // namespace nicosim::hunt
