// Waiting with a mask (ppoll, pselect, epoll_pwait), without waiting at all, and signals that are read (signalfd).
#include "tb/sc_model/process_host.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <vector>

namespace nicosim {
namespace {

using Notes = std::vector<std::string>;
const SignalSet kNone, kUsr1{SIGUSR1};

SigHandler noting(ProcessHost& host, std::string name) {
  return [&host, name = std::move(name)](int, const SigInfo&) { host.note(name); };
}
std::array<int, 2> pipe(Posix& os) {
  std::array<int, 2> fds{};
  EXPECT_EQ(os.pipe2(fds, 0), 0);
  return fds;
}
int watching(Posix& os, int fd) {
  const int epoll = os.epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  os.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  return epoll;
}
SignalSet blocked(Posix& os) {
  SignalSet set;
  os.sigprocmask(SIG_BLOCK, nullptr, &set);
  return set;
}

// One way to wait for a pipe to become readable, with a mask.
struct Way {
  const char* name;
  std::function<int(Posix&, int fd, SimTime timeout, const SignalSet* mask)> wait;
  int pending_and_no_time;  // a signal waits behind the mask, and the timeout is zero
};
const std::vector<Way>& ways() {
  static const std::vector<Way> table{
      {"ppoll",
       [](Posix& os, int fd, SimTime timeout, const SignalSet* mask) {
         pollfd entry{fd, POLLIN, 0};
         return os.ppoll({&entry, 1}, timeout, mask);
       },
       -EINTR},
      {"pselect",
       [](Posix& os, int fd, SimTime timeout, const SignalSet* mask) {
         fd_set set;
         FD_ZERO(&set);
         FD_SET(fd, &set);
         const int result = os.pselect(fd + 1, &set, nullptr, nullptr, timeout, mask);
         EXPECT_EQ(FD_ISSET(fd, &set) != 0, result != 0) << "an interrupted call leaves the sets as they were";
         return result;
       },
       -EINTR},
      {"epoll_pwait",
       [](Posix& os, int fd, SimTime timeout, const SignalSet* mask) {
         epoll_event event{};
         const int ms = timeout.is_never() ? -1 : static_cast<int>(timeout.in_ns() / 1'000'000);
         return os.epoll_pwait(watching(os, fd), {&event, 1}, ms, mask);
       },
       0},
  };
  return table;
}
void with_each_way(const std::function<void(ProcessHost&, Posix&, const Way&)>& body) {
  for (const Way& way : ways()) {
    SCOPED_TRACE(way.name);
    on_host([&](ProcessHost& host) {
      host.program("test", [&](Posix& os) {
        os.sigaction(SIGUSR1, noting(host, "USR1"));
        os.sigprocmask(SIG_BLOCK, &kUsr1);
        body(host, os, way);
        return 0;
      });
      host.run();
    });
  }
}

TEST(MaskedWait, ASignalThatWasBlockedBeforeEndsTheWaitThatUnblocksIt) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    os.raise(SIGUSR1);
    EXPECT_TRUE(host.notes.empty());
    EXPECT_EQ(way.wait(os, pipe(os)[0], SimTime::never(), &kNone), -EINTR);
    EXPECT_EQ(host.notes, Notes{"USR1"});
    EXPECT_TRUE(blocked(os).has(SIGUSR1)) << "the mask is the old one again";
  });
}

TEST(MaskedWait, ASignalThatComesWhileItWaitsEndsIt) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    os.fork("sender", [to = os.getpid()](Posix& sender) {
      sender.nanosleep(SimTime::ms(1));
      return sender.kill(to, SIGUSR1);
    });
    EXPECT_EQ(way.wait(os, pipe(os)[0], SimTime::never(), &kNone), -EINTR);
    EXPECT_EQ(host.notes, Notes{"USR1"});
    EXPECT_TRUE(blocked(os).has(SIGUSR1));
  });
}

TEST(MaskedWait, WithoutTimeToWaitPollAndSelectAreInterruptedAndEpollIsNot) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    os.raise(SIGUSR1);
    EXPECT_EQ(way.wait(os, pipe(os)[0], SimTime::zero(), &kNone), way.pending_and_no_time);
    EXPECT_EQ(host.notes.size(), way.pending_and_no_time == 0 ? 0U : 1U) << "after 0 the old mask is back in time";
    SignalSet waiting;
    os.sigpending(waiting);
    EXPECT_EQ(waiting.has(SIGUSR1), way.pending_and_no_time == 0);
  });
}

TEST(MaskedWait, WhatIsReadyCountsForMoreThanASignalWhichStaysPending) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    const auto fds = pipe(os);
    const std::byte data[1]{};
    os.write(fds[1], data);
    os.raise(SIGUSR1);
    EXPECT_EQ(way.wait(os, fds[0], SimTime::never(), &kNone), 1);
    EXPECT_TRUE(host.notes.empty());
    os.sigprocmask(SIG_UNBLOCK, &kUsr1);
    EXPECT_EQ(host.notes, Notes{"USR1"});
  });
}

TEST(MaskedWait, TheMaskCanAlsoKeepASignalOut) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    os.sigprocmask(SIG_UNBLOCK, &kUsr1);
    os.fork("sender", [to = os.getpid()](Posix& sender) {
      sender.nanosleep(SimTime::ms(1));
      return sender.kill(to, SIGUSR1);
    });
    const SimTime began = os.clock();
    EXPECT_EQ(way.wait(os, pipe(os)[0], SimTime::ms(5), &kUsr1), 0);
    EXPECT_GE(os.clock() - began, SimTime::ms(5));
    EXPECT_EQ(host.notes, Notes{"USR1"}) << "delivered when it was over";
    EXPECT_FALSE(blocked(os).has(SIGUSR1));
  });
}

TEST(MaskedWait, WithoutAMaskItIsThePlainCall) {
  with_each_way([](ProcessHost& host, Posix& os, const Way& way) {
    os.raise(SIGUSR1);
    EXPECT_EQ(way.wait(os, pipe(os)[0], SimTime::ms(1), nullptr), 0);
    EXPECT_TRUE(host.notes.empty());
  });
}

// The alarm falls into the call: the process has entered the kernel and looks at its files.
TEST(PollWithoutTime, ASignalThatComesInTheCallRunsItsHandlerAtItsEnd) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      int alarms = 0, interrupted = 0, zero = 0;
      os.sigaction(SIGALRM, [&](int, const SigInfo&) { ++alarms; });
      std::vector<pollfd> files(100, pollfd{pipe(os)[0], POLLIN, 0});
      os.setitimer(ITIMER_REAL, {SimTime::us(50), SimTime::us(50)});
      while (alarms < 20) {
        const int before = alarms;
        const int result = os.poll(files, 0);
        (result == -EINTR ? interrupted : zero) += 1;
        if (result == -EINTR) EXPECT_EQ(alarms, before + 1) << "the handler has run when the call returns";
      }
      EXPECT_GT(interrupted, 0);
      EXPECT_GT(zero, 0);
      return 0;
    });
    host.run();
  });
}

// ---- signalfd

std::vector<signalfd_siginfo> read_signals(Posix& os, int fd, std::size_t most = 8) {
  std::vector<signalfd_siginfo> all(most);
  const long n = os.read(fd, std::as_writable_bytes(std::span{all}));
  EXPECT_EQ(n < 0 ? 0 : n % static_cast<long>(sizeof(signalfd_siginfo)), 0);
  all.resize(n < 0 ? 0 : static_cast<std::size_t>(n) / sizeof(signalfd_siginfo));
  return all;
}
int signalfd(Posix& os, SignalSet mask, int flags = 0) {
  os.sigprocmask(SIG_BLOCK, &mask);
  const int fd = os.signalfd(-1, mask, flags);
  EXPECT_GE(fd, 3);
  return fd;
}
short ready(Posix& os, int fd) {
  pollfd entry{fd, POLLIN, 0};
  os.poll({&entry, 1}, 0);
  return entry.revents;
}

TEST(SignalFdFile, ReadsSeveralSignalsInTheOrderOfDelivery) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int rt = kSigRtMin + 3;
      const int fd = signalfd(os, {SIGUSR1, SIGUSR2, rt}, O_NONBLOCK);
      EXPECT_TRUE(read_signals(os, fd).empty());
      EXPECT_EQ(ready(os, fd), 0);
      os.sigqueue(os.getpid(), rt, 7);
      os.sigqueue(os.getpid(), rt, 8);
      os.raise(SIGUSR2);
      os.kill(os.getpid(), SIGUSR1);
      EXPECT_EQ(ready(os, fd), POLLIN);
      const auto two = read_signals(os, fd, 2);
      EXPECT_EQ(two.size(), 2U);
      EXPECT_EQ(two.at(0).ssi_signo, static_cast<unsigned>(SIGUSR1));
      EXPECT_EQ(two.at(0).ssi_code, SI_USER);
      EXPECT_EQ(two.at(0).ssi_pid, static_cast<unsigned>(os.getpid()));
      EXPECT_EQ(two.at(1).ssi_signo, static_cast<unsigned>(SIGUSR2));
      EXPECT_EQ(two.at(1).ssi_code, SI_TKILL);
      const auto rest = read_signals(os, fd);
      EXPECT_EQ(rest.size(), 2U);
      EXPECT_EQ(rest.at(0).ssi_int, 7);
      EXPECT_EQ(rest.at(1).ssi_int, 8);
      EXPECT_EQ(rest.at(1).ssi_code, SI_QUEUE);
      EXPECT_EQ(ready(os, fd), 0);
      std::byte small[127];
      EXPECT_EQ(os.read(fd, small), -EINVAL);
      EXPECT_EQ(os.write(fd, small), -EBADF);
      return 0;
    });
    host.run();
  });
}

TEST(SignalFdFile, WakesAReaderAndAPollerAndAnEpoll) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = signalfd(os, {SIGUSR1});
      os.fork("sender", [to = os.getpid()](Posix& sender) {
        for (int i = 0; i < 3; ++i) {
          sender.nanosleep(SimTime::ms(1));
          sender.kill(to, SIGUSR1);
        }
        return 0;
      });
      EXPECT_EQ(read_signals(os, fd).size(), 1U);
      pollfd entry{fd, POLLIN, 0};
      EXPECT_EQ(os.poll({&entry, 1}, -1), 1);
      EXPECT_EQ(read_signals(os, fd).size(), 1U);
      epoll_event event{};
      EXPECT_EQ(os.epoll_wait(watching(os, fd), {&event, 1}, -1), 1);
      EXPECT_EQ(read_signals(os, fd).size(), 1U);
      return 0;
    });
    host.run();
  });
}

TEST(SignalFdFile, TellsOfChildrenAndOfFiles) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int rt = kSigRtMin + 1;
      const int fd = signalfd(os, {SIGCHLD, rt});
      const auto fds = pipe(os);
      os.fcntl(fds[0], F_SETOWN, os.getpid());
      os.fcntl(fds[0], F_SETSIG, rt);
      os.fcntl(fds[0], F_SETFL, O_ASYNC);
      const int pid = os.fork("child", [to = fds[1]](Posix& child) {
        const std::byte data[1]{};
        child.write(to, data);
        return 5;
      });
      EXPECT_EQ(os.waitpid(pid, nullptr, 0), pid);
      const auto told = read_signals(os, fd);
      EXPECT_EQ(told.size(), 2U);
      EXPECT_EQ(told.at(0).ssi_signo, static_cast<unsigned>(SIGCHLD));
      EXPECT_EQ(told.at(0).ssi_code, CLD_EXITED);
      EXPECT_EQ(told.at(0).ssi_pid, static_cast<unsigned>(pid));
      EXPECT_EQ(told.at(0).ssi_status, 5);
      EXPECT_EQ(told.at(1).ssi_code, POLL_IN);
      EXPECT_EQ(told.at(1).ssi_fd, fds[0]);
      EXPECT_NE(told.at(1).ssi_band & POLLIN, 0U);
      return 0;
    });
    host.run();
  });
}

TEST(SignalFdFile, ASignalOutsideTheMaskInterruptsTheReader) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGALRM, noting(host, "ALRM"));
      const int fd = signalfd(os, {SIGUSR1});
      os.setitimer(ITIMER_REAL, {SimTime::ms(1), {}});
      std::byte buffer[128];
      EXPECT_EQ(os.read(fd, buffer), -EINTR);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, Notes{"ALRM"});
  });
}

TEST(SignalFdFile, AChildReadsItsOwnSignalsAndAMaskCanBeChanged) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = signalfd(os, {SIGUSR1, SIGKILL}, O_NONBLOCK);
      os.raise(SIGUSR1);
      const int pid = os.fork("child", [fd](Posix& child) {
        EXPECT_EQ(ready(child, fd), 0) << "pending in the parent only";
        EXPECT_TRUE(read_signals(child, fd).empty());
        child.raise(SIGUSR1);
        EXPECT_EQ(read_signals(child, fd).size(), 1U);
        return 0;
      });
      EXPECT_EQ(os.waitpid(pid, nullptr, 0), pid);
      EXPECT_EQ(ready(os, fd), POLLIN);
      EXPECT_EQ(os.signalfd(fd, {SIGUSR2}, 0), fd);
      EXPECT_EQ(ready(os, fd), 0);
      EXPECT_EQ(os.signalfd(pipe(os)[0], {SIGUSR2}, 0), -EINVAL);
      EXPECT_EQ(os.signalfd(99, {SIGUSR2}, 0), -EBADF);
      EXPECT_EQ(os.signalfd(-1, {SIGUSR2}, 1), -EINVAL);
      return 0;
    });
    host.run();
  });
}

}  // namespace
}  // namespace nicosim
