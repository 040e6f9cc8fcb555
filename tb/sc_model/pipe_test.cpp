// Pipes, eventfd, timerfd: files by which processes wake each other (pipe(7), eventfd(2), timerfd_create(2)).
#include "tb/sc_model/process_host.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

namespace nicosim {
namespace {

using Fds = std::array<int, 2>;

Fds pipe(Posix& os, int flags = 0) {
  Fds fds{};
  EXPECT_EQ(os.pipe2(fds, flags), 0);
  return fds;
}
long write(Posix& os, int fd, std::string_view text) { return os.write(fd, std::as_bytes(std::span{text})); }
std::string read(Posix& os, int fd, std::size_t room = 100) {
  std::vector<std::byte> buffer(room);
  const long n = os.read(fd, buffer);
  if (n < 0) return fmt::format("error {}", -n);
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(n)};
}
short ready(Posix& os, int fd) {
  pollfd entry{fd, POLLIN | POLLOUT, 0};
  os.poll({&entry, 1}, 0);
  return entry.revents;
}
std::uint64_t count(Posix& os, int fd) {
  std::uint64_t value = 0;
  EXPECT_EQ(os.read(fd, std::as_writable_bytes(std::span{&value, 1})), 8);
  return value;
}
long add(Posix& os, int fd, std::uint64_t value) { return os.write(fd, std::as_bytes(std::span{&value, 1})); }

TEST(Pipe, CarriesBytesFromAChildAndEndsWithTheLastWriter) {
  on_host([](ProcessHost& host) {
    host.program("parent", [](Posix& os) {
      const Fds fds = pipe(os);
      os.fork("child", [fds](Posix& child) {
        child.nanosleep(SimTime::ms(1));
        EXPECT_EQ(write(child, fds[1], "hello"), 5);
        return 0;
      });
      EXPECT_EQ(os.close(fds[1]), 0) << "else it would wait for itself";
      EXPECT_EQ(read(os, fds[0]), "hello");
      EXPECT_EQ(read(os, fds[0]), "") << "the child has ended";
      return 0;
    });
    host.run();
  });
}

TEST(Pipe, TellsBytesApartOnlyByTheirOrder) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const Fds fds = pipe(os, O_NONBLOCK);
      write(os, fds[1], "abc");
      write(os, fds[1], "def");
      EXPECT_EQ(read(os, fds[0], 4), "abcd");
      EXPECT_EQ(read(os, fds[0], 4), "ef");
      EXPECT_EQ(read(os, fds[0]), fmt::format("error {}", EAGAIN));
      EXPECT_EQ(write(os, fds[0], "x"), -EBADF) << "an end has one direction";
      std::byte buffer[1];
      EXPECT_EQ(os.read(fds[1], buffer), -EBADF);
      EXPECT_EQ(os.recvfrom(fds[0], buffer, 0, nullptr), -ENOTSOCK);
      return 0;
    });
    host.run();
  });
}

TEST(Pipe, HoldsSixteenPages) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const Fds fds = pipe(os, O_NONBLOCK);
      const std::vector<std::byte> much(100'000);
      EXPECT_EQ(os.write(fds[1], much), 65536) << "what there is room for";
      EXPECT_EQ(os.write(fds[1], std::span{much}.first(1)), -EAGAIN);
      EXPECT_EQ(ready(os, fds[1]), 0);
      EXPECT_EQ(read(os, fds[0], 4095).size(), 4095U);
      EXPECT_EQ(ready(os, fds[1]), 0) << "a page is free when all of it was read";
      EXPECT_EQ(read(os, fds[0], 1).size(), 1U);
      EXPECT_EQ(ready(os, fds[1]), POLLOUT);
      EXPECT_EQ(os.write(fds[1], std::span{much}.first(4097)), 4096) << "larger than PIPE_BUF: in part";
      return 0;
    });
    host.run();
  });
}

TEST(Pipe, AWriteOfAtMostPipeBufIsWholeOrNotAtAll) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const Fds fds = pipe(os, O_NONBLOCK);
      const std::vector<std::byte> page(4096);
      for (int i = 0; i < 15; ++i) EXPECT_EQ(os.write(fds[1], page), 4096);
      EXPECT_EQ(os.write(fds[1], std::span{page}.first(4000)), 4000);
      EXPECT_EQ(os.write(fds[1], std::span{page}.first(100)), -EAGAIN) << "96 bytes are not enough";
      EXPECT_EQ(os.write(fds[1], std::span{page}.first(96)), 96);
      return 0;
    });
    host.run();
  });
}

TEST(Pipe, AWriterThatSleepsGoesOnWhenAPageIsFree) {
  on_host([](ProcessHost& host) {
    host.program("parent", [](Posix& os) {
      const Fds fds = pipe(os);
      os.fork("child", [fds](Posix& child) {
        std::vector<std::byte> much(150'000);
        for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<std::byte>(i % 251);
        EXPECT_EQ(child.write(fds[1], much), 150'000);
        return 0;
      });
      os.close(fds[1]);
      std::size_t got = 0;
      for (std::string piece; !(piece = read(os, fds[0], 5000)).empty();)
        for (const char c : piece) EXPECT_EQ(static_cast<unsigned char>(c), got++ % 251);
      EXPECT_EQ(got, 150'000U);
      return 0;
    });
    host.run();
  });
}

TEST(Pipe, WithoutAReaderAWriteIsEpipeAndSigpipe) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGPIPE, [&](int, const SigInfo&) { host.note("SIGPIPE"); });
      const Fds fds = pipe(os);
      os.close(fds[0]);
      EXPECT_EQ(ready(os, fds[1]), POLLOUT | POLLERR);
      EXPECT_EQ(write(os, fds[1], "x"), -EPIPE);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes.size(), 1U);
  });
}

TEST(Pipe, PollAndEpollSeeBytesAndTheEnd) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const Fds fds = pipe(os);
      EXPECT_EQ(ready(os, fds[0]), 0);
      const int epfd = os.epoll_create1(0);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fds[0];
      EXPECT_EQ(os.epoll_ctl(epfd, EPOLL_CTL_ADD, fds[0], &event), 0);
      os.fork("child", [fds](Posix& child) {
        child.close(fds[0]);
        child.nanosleep(SimTime::ms(1));
        write(child, fds[1], "x");
        child.nanosleep(SimTime::ms(1));
        return 0;
      });
      os.close(fds[1]);
      epoll_event got{};
      EXPECT_EQ(os.epoll_wait(epfd, {&got, 1}, -1), 1);
      EXPECT_EQ(got.events, static_cast<std::uint32_t>(EPOLLIN));
      EXPECT_EQ(read(os, fds[0]), "x");
      EXPECT_EQ(os.epoll_wait(epfd, {&got, 1}, -1), 1);
      EXPECT_EQ(got.events, static_cast<std::uint32_t>(EPOLLHUP));
      return 0;
    });
    host.run();
  });
}

TEST(EventFd, AddsUpWhatIsWrittenAndGivesItAllAtOnce) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = os.eventfd(2, EFD_NONBLOCK);
      EXPECT_EQ(add(os, fd, 5), 8);
      EXPECT_EQ(ready(os, fd), POLLIN | POLLOUT);
      EXPECT_EQ(count(os, fd), 7U);
      EXPECT_EQ(ready(os, fd), POLLOUT);
      std::byte buffer[8];
      EXPECT_EQ(os.read(fd, buffer), -EAGAIN);
      EXPECT_EQ(os.read(fd, std::span{buffer}.first(7)), -EINVAL);
      EXPECT_EQ(add(os, fd, ~std::uint64_t{0}), -EINVAL);
      EXPECT_EQ(add(os, fd, ~std::uint64_t{0} - 1), 8);
      EXPECT_EQ(add(os, fd, 1), -EAGAIN) << "it would not fit";
      EXPECT_EQ(ready(os, fd), POLLIN);
      return 0;
    });
    host.run();
  });
}

TEST(EventFd, AsASemaphoreGivesOneAtATimeAndWakesWhoWaits) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = os.eventfd(0, EFD_SEMAPHORE);
      os.fork("child", [fd](Posix& child) {
        child.nanosleep(SimTime::ms(1));
        return add(child, fd, 2) == 8 ? 0 : 1;
      });
      EXPECT_EQ(count(os, fd), 1U);
      EXPECT_EQ(count(os, fd), 1U);
      EXPECT_EQ(ready(os, fd), POLLOUT);
      return 0;
    });
    host.run();
  });
}

TEST(TimerFd, IsReadableWhenItsTimeHasComeAndTellsHowOften) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = os.timerfd_create(CLOCK_MONOTONIC, 0);
      const SimTime began = os.clock();
      EXPECT_EQ(os.timerfd_settime(fd, 0, {SimTime::ms(3), SimTime::ms(2)}), 0);
      IntervalTime left;
      EXPECT_EQ(os.timerfd_gettime(fd, left), 0);
      EXPECT_EQ(left.interval, SimTime::ms(2));
      EXPECT_LT(left.value, SimTime::ms(3));
      EXPECT_EQ(ready(os, fd), 0);
      EXPECT_EQ(count(os, fd), 1U);
      EXPECT_GT(os.clock() - began, SimTime::ms(3));
      EXPECT_LT(os.clock() - began, SimTime::us(3100));
      os.nanosleep(SimTime::ms(5));  // to about 8 ms: expiries at 5 and 7
      EXPECT_EQ(ready(os, fd), POLLIN);
      EXPECT_EQ(count(os, fd), 2U);
      EXPECT_EQ(count(os, fd), 1U);
      EXPECT_LT(os.clock() - began, SimTime::us(9100)) << "the interval does not drift";
      EXPECT_EQ(os.timerfd_settime(fd, TFD_TIMER_ABSTIME, {began + SimTime::ms(20), {}}), 0);
      EXPECT_EQ(count(os, fd), 1U);
      EXPECT_GE(os.clock() - began, SimTime::ms(20));
      EXPECT_EQ(os.timerfd_settime(0, 0, {}), -EBADF);
      return 0;
    });
    host.run();
  });
}

TEST(Itimer, SignalsAtEachIntervalAndStopsWhenTold) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const SimTime began = os.clock();
      std::vector<std::int64_t> at;
      os.sigaction(SIGALRM, [&](int, const SigInfo&) { at.push_back((os.clock() - began).in_ns() / 1'000'000); });
      os.setitimer(ITIMER_REAL, {SimTime::ms(3), SimTime::ms(2)});
      for (int i = 0; i < 3; ++i) os.pause();
      IntervalTime old;
      EXPECT_EQ(os.setitimer(ITIMER_REAL, {}, &old), 0);
      EXPECT_EQ(old.interval, SimTime::ms(2));
      EXPECT_EQ(os.nanosleep(SimTime::ms(10)), 0);
      EXPECT_EQ(at, (std::vector<std::int64_t>{3, 5, 7}));
      EXPECT_EQ(os.alarm(2), 0U);
      os.nanosleep(SimTime::ms(600));
      EXPECT_EQ(os.alarm(0), 1U);
      return 0;
    });
    host.run();
  });
}

}  // namespace
}  // namespace nicosim
