// What a signal does to a call that sleeps: EINTR or made again, by the table of signal(7).
#include "tb/sc_model/process_host.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>

namespace nicosim {
namespace {

int tcp(Posix& os, int timeout_option = 0) {
  const int fd = os.socket(AF_INET, SOCK_STREAM, 0);
  const timeval second{1, 0};
  if (timeout_option != 0) os.setsockopt(fd, SOL_SOCKET, timeout_option, std::as_bytes(std::span{&second, 1}));
  return fd;
}
int listener(Posix& os, int timeout_option = 0) {
  const int fd = tcp(os, timeout_option);
  EXPECT_EQ(os.listen(fd, 5), 0);
  return fd;
}
int opening(Posix& os, int timeout_option = 0) {  // a SYN is out, and nobody answers
  const int fd = tcp(os, timeout_option);
  os.set_nonblocking(fd, true);
  EXPECT_EQ(os.connect(fd, peer_endpoint(80)), -EINPROGRESS);
  os.set_nonblocking(fd, false);
  return fd;
}
int udp(Posix& os, int timeout_option = 0) {
  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(9);
  EXPECT_EQ(os.bind(fd, here), 0);
  const timeval second{1, 0};
  if (timeout_option != 0) os.setsockopt(fd, SOL_SOCKET, timeout_option, std::as_bytes(std::span{&second, 1}));
  return fd;
}
long receive(Posix& os, int fd) {
  std::byte buffer[8];
  return os.recvfrom(fd, buffer, 0, nullptr);
}
long read(Posix& os, int fd) {
  std::byte buffer[8];
  return os.read(fd, buffer);
}
std::array<int, 2> pipe(Posix& os) {
  std::array<int, 2> fds{};
  EXPECT_EQ(os.pipe2(fds, 0), 0);
  return fds;
}
long read_signal(Posix& os, int fd) {
  std::byte buffer[128];
  return os.read(fd, buffer);
}
int unix_stream(Posix& os) {
  std::array<int, 2> fds{};
  EXPECT_EQ(os.socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  return fds[0];
}
// A socket whose send buffer the card does not empty.
long send_without_room(Posix& os, ProcessHost& host, int timeout_option) {
  host.card.open = false;
  const int fd = udp(os, timeout_option);
  const int least = 2304;
  os.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, std::as_bytes(std::span{&least, 1}));
  const auto to = peer_endpoint(7);
  const std::byte data[1]{};
  while (os.sendto(fd, data, MSG_DONTWAIT, &to) == 1) {
  }
  return os.sendto(fd, data, 0, &to);
}

struct Row {
  const char* name;
  std::function<long(Posix&, ProcessHost&)> call;
  bool restarts;  // with SA_RESTART
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"accept", [](Posix& os, auto&) { return os.accept4(listener(os), nullptr, 0); }, true},
      {"accept, SO_RCVTIMEO", [](Posix& os, auto&) { return os.accept4(listener(os, SO_RCVTIMEO), nullptr, 0); },
       false},
      {"connect", [](Posix& os, auto&) { return os.connect(tcp(os), peer_endpoint(80)); }, true},
      {"connect, SO_SNDTIMEO", [](Posix& os, auto&) { return os.connect(tcp(os, SO_SNDTIMEO), peer_endpoint(80)); },
       false},
      {"recv from a stream", [](Posix& os, auto&) { return receive(os, opening(os)); }, true},
      {"recv from a stream, SO_RCVTIMEO", [](Posix& os, auto&) { return receive(os, opening(os, SO_RCVTIMEO)); },
       false},
      {"recv a datagram", [](Posix& os, auto&) { return receive(os, udp(os)); }, true},
      {"recv a datagram, SO_RCVTIMEO", [](Posix& os, auto&) { return receive(os, udp(os, SO_RCVTIMEO)); }, false},
      {"read from a socket", [](Posix& os, auto&) { return read(os, udp(os)); }, true},
      {"send to a stream",
       [](Posix& os, auto&) {
         const std::byte data[1]{};
         return os.sendto(opening(os), data, 0, nullptr);
       },
       true},
      {"send a datagram", [](Posix& os, ProcessHost& host) { return send_without_room(os, host, 0); }, true},
      {"send a datagram, SO_SNDTIMEO",
       [](Posix& os, ProcessHost& host) { return send_without_room(os, host, SO_SNDTIMEO); }, false},
      {"read from a pipe", [](Posix& os, auto&) { return read(os, pipe(os)[0]); }, true},
      {"write to a pipe",
       [](Posix& os, auto&) {
         const int to = pipe(os)[1];
         const std::vector<std::byte> all(65536);
         EXPECT_EQ(os.write(to, all), 65536);
         return os.write(to, std::span{all}.first(1));
       },
       true},
      {"read from an eventfd", [](Posix& os, auto&) { return read(os, os.eventfd(0, 0)); }, true},
      {"read from a timerfd", [](Posix& os, auto&) { return read(os, os.timerfd_create(CLOCK_MONOTONIC, 0)); }, true},
      {"read from a signalfd", [](Posix& os, auto&) { return read_signal(os, os.signalfd(-1, {SIGHUP}, 0)); }, true},
      {"recv from a socket pair", [](Posix& os, auto&) { return receive(os, unix_stream(os)); }, true},
      {"send to a socket pair",
       [](Posix& os, auto&) {
         const int fd = unix_stream(os);
         const std::vector<std::byte> much(100'000);
         while (os.sendto(fd, much, MSG_DONTWAIT, nullptr) > 0) {
         }
         return os.sendto(fd, much, 0, nullptr);
       },
       true},
      {"waitpid", [](Posix& os, auto&) { return long{os.waitpid(-1, nullptr, 0)}; }, true},
      {"poll",
       [](Posix& os, auto&) {
         pollfd entry{udp(os), POLLIN, 0};
         return os.poll({&entry, 1}, -1);
       },
       false},
      {"select",
       [](Posix& os, auto&) {
         const int fd = udp(os);
         fd_set set;
         FD_ZERO(&set);
         FD_SET(fd, &set);
         return os.select(fd + 1, &set, nullptr, nullptr, nullptr);
       },
       false},
      {"epoll_wait",
       [](Posix& os, auto&) {
         epoll_event event{};
         return os.epoll_wait(os.epoll_create1(0), {&event, 1}, -1);
       },
       false},
      {"nanosleep", [](Posix& os, auto&) { return os.nanosleep(SimTime::s(1)); }, false},
      {"pause", [](Posix& os, auto&) { return os.pause(); }, false},
      {"sigsuspend", [](Posix& os, auto&) { return os.sigsuspend({}); }, false},
      {"sigtimedwait", [](Posix& os, auto&) { return os.sigtimedwait({SIGHUP}, nullptr, SimTime::never()); }, false},
  };
  return table;
}

// The call is interrupted after 1 ms by a handler with these flags, and after 10 ms by one without. When does it end?
void expect_end(const Row& row, int flags, SimTime expected) {
  on_host([&](ProcessHost& host) {
    host.program("sleeper", [&](Posix& os) {
      int first = 0, second = 0;
      os.sigaction(
          SIGUSR1, [&](int, const SigInfo&) { ++first; }, flags);
      os.sigaction(SIGUSR2, [&](int, const SigInfo&) { ++second; });
      os.fork("sender", [to = os.getpid()](Posix& sender) {
        sender.nanosleep(SimTime::ms(1));
        sender.kill(to, SIGUSR1);
        sender.nanosleep(SimTime::ms(9));
        sender.kill(to, SIGUSR2);
        sender.pause();
        return 0;
      });
      const SimTime began = os.clock();
      EXPECT_EQ(row.call(os, host), -EINTR);
      const SimTime took = os.clock() - began;
      EXPECT_GE(took, expected);
      EXPECT_LT(took, expected + SimTime::ms(1));
      EXPECT_EQ(first, 1);
      EXPECT_EQ(second, expected == SimTime::ms(10) ? 1 : 0);
      return 0;
    });
    host.run();
  });
}

TEST(Restart, WithoutSaRestartEveryCallThatSleepsReturnsEintr) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    expect_end(row, 0, SimTime::ms(1));
  }
}

TEST(Restart, WithSaRestartThoseOfSignal7AreMadeAgain) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    expect_end(row, SA_RESTART, SimTime::ms(row.restarts ? 10 : 1));
  }
}

TEST(Restart, ARestartedCallStillGetsWhatItWaitedFor) {
  on_host([](ProcessHost& host) {
    host.program("reader", [](Posix& os) {
      const auto fds = pipe(os);
      os.sigaction(
          SIGCHLD, [](int, const SigInfo&) {}, SA_RESTART);
      os.fork("writer", [to = fds[1]](Posix& child) {
        child.kill(child.getppid(), SIGCHLD);
        child.nanosleep(SimTime::ms(1));
        const std::byte data[3]{};
        return static_cast<int>(child.write(to, data));
      });
      EXPECT_EQ(read(os, fds[0]), 3);
      return 0;
    });
    host.run();
    EXPECT_NE(host.events.find("call=read result=restart"), std::string::npos);
  });
}

TEST(Restart, AnInterruptedSleepTellsWhatWasLeft) {
  on_host([](ProcessHost& host) {
    host.program("sleeper", [](Posix& os) {
      os.sigaction(SIGALRM, [](int, const SigInfo&) {});
      os.setitimer(ITIMER_REAL, {SimTime::ms(3), {}});
      SimTime left;
      EXPECT_EQ(os.nanosleep(SimTime::ms(10), &left), -EINTR);
      EXPECT_GT(left, SimTime::us(6990));
      EXPECT_LT(left, SimTime::ms(7));
      return 0;
    });
    host.run();
  });
}

TEST(Restart, BytesThatWereMovedBeforeTheSignalAreNotLost) {
  on_host([](ProcessHost& host) {
    host.program("writer", [](Posix& os) {
      const auto fds = pipe(os);
      os.sigaction(
          SIGALRM, [](int, const SigInfo&) {}, SA_RESTART);
      os.setitimer(ITIMER_REAL, {SimTime::ms(1), {}});
      const std::vector<std::byte> much(100'000);
      EXPECT_EQ(os.write(fds[1], much), 65536);
      return 0;
    });
    host.run();
  });
}

}  // namespace
}  // namespace nicosim
