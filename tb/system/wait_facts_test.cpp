// Who is woken by what, with real processes on a real host: herds, timeouts, and what happens to a sleeper whose file
// is closed or shut down.
//
// Linux's answers. The same rules on bytes alone, without processes, are in tb/stack (epoll_test, poll_test,
// wait_test).
#include "sc_model/host/user_process.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;

constexpr std::uint16_t kUdpPort = 9, kTcpPort = 80;
constexpr std::uint8_t kSyn = 2, kPsh = 8, kAck = 16;

sockaddr_in here(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return address;
}

int open_socket(Posix& os, int type, std::uint16_t port) {
  const int fd = os.socket(AF_INET, type, 0);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(os.bind(fd, here(port)), 0);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(os.listen(fd, 128), 0);
  }
  return fd;
}

// A host whose first program starts threads: they share its descriptors.
struct Threads {
  Threads() {
    rig.setup.nics[0].neighbours = {{kPeerIp, kPeerMac}};
    rig.setup.stop_after = SimTime::ms(20);
    rig.peers[0].on_frame([](Bytes frame) -> std::vector<Packet> {  // completes every handshake
      if (load8(frame, 14 + 9) != 6 || (load8(frame, 14 + 20 + 13) & 0x3fU) != (kSyn | kAck)) return {};
      return {tcp_frame({.from = load_be16(frame, 14 + 20 + 2),
                         .seq = load_be32(frame, 14 + 20 + 8),
                         .ack = load_be32(frame, 14 + 20 + 4) + 1,
                         .flags = kAck})};
    });
  }
  void main(std::function<void(Posix&)> body) {
    rig.setup.apps.push_back({"main", [body = std::move(body)](Posix& os) {
                                body(os);
                                os.nanosleep(SimTime::s(1));  // its end would close everything
                                return 0;
                              }});
  }
  // From within main.
  void start(std::string name, std::function<void(Posix&)> body) {
    Simulation& sim = *rig.sim;
    sim.cpu().spawn(
        std::move(name),
        [&sim, body = std::move(body)] {
          UserProcess os{sim.cpu(), sim.stack().calls(), sim.ledger(), *sim.cpu().current()};
          body(os);
        },
        std::nullopt, sim.cpu().current()->pid());
  }
  void datagram(SimTime at) { rig.peers[0].send(at, udp_frame(text("x"), {.to = kUdpPort})); }
  void connection(SimTime at) { rig.peers[0].send(at, tcp_frame({.to = kTcpPort, .flags = kSyn})); }
  SimTime since_start() const { return rig.sim->now() - rig.sim->wire_start(); }

  Rig rig;
};

Threads& new_threads() { return *new Threads; }  // as long as the process

// ---- a hundred sleepers, one connection

enum class Crowd : std::uint8_t { accept, poll, select, epoll_each, epoll_exclusive };

struct Herd {
  const char* name;
  Crowd how;
  unsigned woken;  // get the core
};
void PrintTo(const Herd& herd, std::ostream* out) { *out << herd.name; }

class AHundredWaitForAConnection : public testing::TestWithParam<Herd> {};

// On one core the first to run takes the connection; those woken after it look, find nothing, and sleep again inside
// their call. What the herd costs is context switches.
TEST_P(AHundredWaitForAConnection, SoManyWakeAndOneGetsIt) {
  in_child([] {
    const Herd& herd = GetParam();
    Threads& host = new_threads();
    unsigned returned = 0, accepted = 0;
    std::uint64_t switches = 0;
    host.main([&](Posix& os) {
      const int listener = open_socket(os, SOCK_STREAM, kTcpPort);
      if (herd.how != Crowd::accept) os.set_nonblocking(listener, true);
      for (int i = 0; i < 100; ++i)
        host.start("worker" + std::to_string(i), [&, listener](Posix& own) {
          if (herd.how == Crowd::poll) {
            pollfd asked{listener, POLLIN, 0};
            EXPECT_EQ(own.poll({&asked, 1}, -1), 1);
          } else if (herd.how == Crowd::select) {
            fd_set readable;
            FD_ZERO(&readable);
            FD_SET(listener, &readable);
            EXPECT_EQ(own.select(listener + 1, &readable, nullptr, nullptr, nullptr), 1);
          } else if (herd.how != Crowd::accept) {
            const int epoll = own.epoll_create1(0);
            epoll_event mine{.events = EPOLLIN | (herd.how == Crowd::epoll_exclusive ? EPOLLEXCLUSIVE : 0U),
                             .data = {}};
            EXPECT_EQ(own.epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &mine), 0);
            EXPECT_EQ(own.epoll_wait(epoll, {&mine, 1}, -1), 1);
          }
          const int fd = own.accept4(listener, nullptr, 0);
          ++returned;
          if (fd >= 0) ++accepted;
          own.nanosleep(SimTime::s(1));  // no second call
        });
      const HostCpu& cpu = host.rig.sim->cpu();
      os.nanosleep(SimTime::ms(3));  // all are asleep
      switches = cpu.context_switches();
      os.nanosleep(SimTime::ms(10));
      switches = cpu.context_switches() - switches - 1;  // without the return of this one
    });
    host.connection(SimTime::ms(5));
    host.rig.run();
    host.rig.expect_sums();
    EXPECT_EQ(switches, herd.woken);
    EXPECT_EQ(returned, 1U);
    EXPECT_EQ(accepted, 1U);
  });
}

INSTANTIATE_TEST_SUITE_P(Each, AHundredWaitForAConnection,
                         testing::Values(Herd{"accept", Crowd::accept, 1}, Herd{"poll", Crowd::poll, 100},
                                         Herd{"select", Crowd::select, 100},
                                         Herd{"epoll_of_their_own", Crowd::epoll_each, 100},
                                         Herd{"epoll_of_their_own_exclusive", Crowd::epoll_exclusive, 1}),
                         [](const auto& herd) { return std::string{herd.param.name}; });

// ---- how long select, poll and epoll_wait sleep

enum class Call : std::uint8_t { select, poll, epoll };

struct CallName {
  const char* name;
  Call call;
};
void PrintTo(const CallName& call, std::ostream* out) { *out << call.name; }

class TimeOut : public testing::TestWithParam<CallName> {
 protected:
  // How many files are ready; timeout in ms, negative for ever.
  static int call(Posix& os, int fd, int timeout_ms) {
    switch (GetParam().call) {
      case Call::select: {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(fd, &readable);
        timeval timeout{.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
        return os.select(fd + 1, &readable, nullptr, nullptr, timeout_ms < 0 ? nullptr : &timeout);
      }
      case Call::poll: {
        pollfd asked{fd, POLLIN, 0};
        return os.poll({&asked, 1}, timeout_ms);
      }
      case Call::epoll: {
        const int epoll = os.epoll_create1(0);
        epoll_event event{.events = EPOLLIN, .data = {}};
        EXPECT_EQ(os.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
        const int ready = os.epoll_wait(epoll, {&event, 1}, timeout_ms);
        os.close(epoll);
        return ready;
      }
    }
    return -1;
  }
  // Runs a process that has a socket open when the wire comes to life; a datagram comes 5 ms later.
  static void run(std::function<void(Posix& os, int fd)> body) {
    in_child([&] {
      Threads& host = new_threads();
      bool done = false;
      host.main([&](Posix& os) {
        const int fd = open_socket(os, SOCK_DGRAM, kUdpPort);
        os.set_nonblocking(fd, true);
        while (!host.rig.sim->ready()) os.nanosleep(SimTime::us(100));
        os.nanosleep(host.rig.sim->wire_start() - os.clock());
        body(os, fd);
        done = true;
      });
      host.datagram(SimTime::ms(5));
      host.rig.run();
      host.rig.expect_sums();
      EXPECT_TRUE(done) << "still asleep";
    });
  }
  static constexpr SimTime kWork = SimTime::us(20);  // system calls and a context switch, at most
};

TEST_P(TimeOut, OfZeroLooksAndReturnsAtOnce) {
  run([](Posix& os, int fd) {
    const SimTime before = os.clock();
    EXPECT_EQ(call(os, fd, 0), 0);
    EXPECT_LT(os.clock() - before, SimTime::us(2));
    os.nanosleep(SimTime::ms(6));
    EXPECT_EQ(call(os, fd, 0), 1) << "the datagram is there";
  });
}

TEST_P(TimeOut, ThatIsFiniteEndsTheSleepWithNothing) {
  run([](Posix& os, int fd) {
    const SimTime before = os.clock();
    EXPECT_EQ(call(os, fd, 2), 0);
    EXPECT_GE(os.clock() - before, SimTime::ms(2));
    EXPECT_LT(os.clock() - before, SimTime::ms(2) + kWork);
  });
}

TEST_P(TimeOut, ThatIsFiniteDoesNotDelayAnArrival) {
  run([](Posix& os, int fd) {
    const SimTime before = os.clock();
    EXPECT_EQ(call(os, fd, 10), 1);
    EXPECT_GE(os.clock() - before, SimTime::ms(5));
    EXPECT_LT(os.clock() - before, SimTime::ms(5) + kWork);
  });
}

TEST_P(TimeOut, ThatIsInfiniteEndsWithTheArrival) {
  run([](Posix& os, int fd) {
    const SimTime before = os.clock();
    EXPECT_EQ(call(os, fd, -1), 1);
    EXPECT_GE(os.clock() - before, SimTime::ms(5));
    EXPECT_LT(os.clock() - before, SimTime::ms(5) + kWork);
  });
}

TEST_P(TimeOut, OfZeroAndANonBlockingReadNeverSleep) {
  run([](Posix& os, int fd) {
    std::array<std::byte, 8> buffer{};
    const SimTime before = os.clock();
    EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), -EAGAIN);
    EXPECT_LT(os.clock() - before, SimTime::us(2));
    int looks = 0;
    while (call(os, fd, 0) == 0) {  // the loop of a program that polls by itself
      os.work(SimTime::us(10));
      ++looks;
    }
    EXPECT_GT(looks, 400);
    EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), 1);
    EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), -EAGAIN);
  });
}

INSTANTIATE_TEST_SUITE_P(Each, TimeOut,
                         testing::Values(CallName{"select", Call::select}, CallName{"poll", Call::poll},
                                         CallName{"epoll_wait", Call::epoll}),
                         [](const auto& call) { return std::string{call.param.name}; });

// ---- the file goes away, or is shut down, while somebody sleeps on it

constexpr int kStillAsleep = -9999;

// One thread sleeps in `wait`, another does `act` at 4 ms, then a datagram (6 ms) and a connection (7 ms) arrive.
// Returns what `wait` returned, and when.
struct Ending {
  int result = kStillAsleep;
  SimTime at;
};
Ending sleeper(int type, const std::function<int(Posix&, int fd)>& wait,
               const std::function<void(Posix&, int fd)>& act) {
  const std::string told = text_from_child([&] {
    Threads& host = new_threads();
    Ending& ending = *new Ending;
    host.main([&](Posix& os) {
      const int fd = open_socket(os, type, type == SOCK_STREAM ? kTcpPort : kUdpPort);
      host.start("sleeper", [&, fd](Posix& own) {
        const int result = wait(own, fd);
        ending = {result, host.since_start()};
        own.nanosleep(SimTime::s(1));
      });
      while (!host.rig.sim->ready()) os.nanosleep(SimTime::us(100));
      os.nanosleep(host.rig.sim->wire_start() + SimTime::ms(4) - os.clock());
      act(os, fd);
    });
    host.datagram(SimTime::ms(6));
    host.connection(SimTime::ms(7));
    host.rig.run();
    host.rig.expect_sums();
    return std::to_string(ending.result) + " " + std::to_string(ending.at.in_ps());
  });
  std::istringstream fields{told};
  Ending ending;
  std::int64_t ps = 0;
  fields >> ending.result >> ps;
  ending.at = SimTime::ps(ps);
  return ending;
}

int wait_recv(Posix& os, int fd) {
  std::array<std::byte, 8> buffer{};
  return static_cast<int>(os.recvfrom(fd, buffer, 0, nullptr));
}
int wait_accept(Posix& os, int fd) { return os.accept4(fd, nullptr, 0) >= 0 ? 1 : -EINVAL; }
int wait_poll(Posix& os, int fd) {
  pollfd asked{fd, POLLIN, 0};
  const int ready = os.poll({&asked, 1}, -1);
  return ready < 0 ? ready : asked.revents;
}
int wait_epoll(Posix& os, int fd) {
  const int epoll = os.epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {}};
  os.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  const int ready = os.epoll_wait(epoll, {&event, 1}, -1);
  return ready < 0 ? ready : static_cast<int>(event.events);
}
void do_close(Posix& os, int fd) { EXPECT_EQ(os.close(fd), 0); }

bool about(SimTime at, SimTime wanted) { return at >= wanted && at < wanted + SimTime::us(200); }

TEST(CloseWhileAnotherSleeps, RecvGoesOnAndReadsTheNextDatagram) {
  const Ending end = sleeper(SOCK_DGRAM, wait_recv, do_close);
  EXPECT_EQ(end.result, 1) << "the call holds the file";
  EXPECT_TRUE(about(end.at, SimTime::ms(6))) << end.at.in_ns();
}

TEST(CloseWhileAnotherSleeps, AcceptGoesOnAndTakesTheNextConnection) {
  const Ending end = sleeper(SOCK_STREAM, wait_accept, do_close);
  EXPECT_EQ(end.result, 1);
  EXPECT_TRUE(about(end.at, SimTime::ms(7))) << end.at.in_ns();
}

// poll() holds the file: the arrival wakes it, and the second look finds that the number means nothing any more.
TEST(CloseWhileAnotherSleeps, PollIsWokenByTheArrivalAndFindsNoFile) {
  const Ending end = sleeper(SOCK_DGRAM, wait_poll, do_close);
  EXPECT_EQ(end.result, POLLNVAL);
  EXPECT_TRUE(about(end.at, SimTime::ms(6))) << end.at.in_ns();
}

// An epoll entry does not hold its file: the socket is gone with close(), and nothing is ever reported.
TEST(CloseWhileAnotherSleeps, EpollWaitSleepsForEver) {
  EXPECT_EQ(sleeper(SOCK_DGRAM, wait_epoll, do_close).result, kStillAsleep);
}

TEST(ShutdownWhileAnotherSleeps, AcceptReturnsAtOnceWithEinval) {
  const Ending end =
      sleeper(SOCK_STREAM, wait_accept, [](Posix& os, int fd) { EXPECT_EQ(os.shutdown(fd, SHUT_RDWR), 0); });
  EXPECT_EQ(end.result, -EINVAL);
  EXPECT_TRUE(about(end.at, SimTime::ms(4))) << end.at.in_ns();
}

TEST(ShutdownWhileAnotherSleeps, EpollWaitReportsTheHangUpOfAListener) {
  const Ending end =
      sleeper(SOCK_STREAM, wait_epoll, [](Posix& os, int fd) { EXPECT_EQ(os.shutdown(fd, SHUT_RDWR), 0); });
  ASSERT_NE(end.result, kStillAsleep);
  EXPECT_NE(end.result & EPOLLHUP, 0) << end.result;
  EXPECT_TRUE(about(end.at, SimTime::ms(4))) << end.at.in_ns();
}

// ---- a program that reads too little: EPOLLET tells once per arrival, not once per byte left over

TEST(EdgeTriggered, WhoDoesNotReadUntilEagainWaitsForTheNextArrival) {
  in_child([] {
    Threads& host = new_threads();
    std::vector<std::int64_t> told_at_us;
    host.main([&](Posix& os) {
      const int fd = open_socket(os, SOCK_DGRAM, kUdpPort);
      const int epoll = os.epoll_create1(0);
      epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
      os.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
      os.nanosleep(host.rig.sim->ready() ? SimTime::zero() : SimTime::ms(6));  // two datagrams come meanwhile
      for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(os.epoll_wait(epoll, {&event, 1}, -1), 1);
        told_at_us.push_back(host.since_start().in_ns() / 1000);
        std::array<std::byte, 8> buffer{};
        EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), 1);  // one of them only
      }
    });
    host.datagram(SimTime::us(100));
    host.datagram(SimTime::us(110));
    host.datagram(SimTime::ms(10));
    host.rig.run();
    ASSERT_EQ(told_at_us.size(), 2U);
    EXPECT_LT(told_at_us[0], 9000);
    EXPECT_GE(told_at_us[1], 10'000) << "the second datagram lay there all the time";
    EXPECT_EQ(host.rig.sim->ledger().count(false, Fate::read), 2U);
    EXPECT_EQ(host.rig.sim->ledger().count(false, Fate::queued), 1U);
  });
}

}  // namespace
}  // namespace nicosim
