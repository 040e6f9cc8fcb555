// Signals between processes, and from files to their owners: when handlers run, and what they are told.
#include "tb/sc_model/process_host.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace nicosim {
namespace {

using Notes = std::vector<std::string>;
constexpr int kRt = kSigRtMin + 5;
const packets::Packet kDatagram = packets::udp_frame(packets::text("x"));

sockaddr_in any(std::uint16_t port) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  return here;
}
int udp(Posix& os) {
  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(os.bind(fd, any(9)), 0);
  return fd;
}
SigHandler noting(ProcessHost& host, std::string name) {
  return [&host, name = std::move(name)](int, const SigInfo&) { host.note(name); };
}

// ---- handlers

TEST(SignalDelivery, AHandlerInterruptsWorkAndTheRestIsDoneBehindIt) {
  on_host([](ProcessHost& host) {
    host.program("busy", [&](Posix& os) {
      const SimTime began = os.clock();
      os.sigaction(SIGALRM, [&](int, const SigInfo& info) {
        EXPECT_EQ(info.code, SI_KERNEL);
        const SimTime at = os.clock() - began;
        EXPECT_GE(at, SimTime::ms(2));
        EXPECT_LT(at, SimTime::us(2100));
        host.note("handled");
      });
      os.setitimer(ITIMER_REAL, {SimTime::ms(2), {}});
      const SimTime start = os.clock();
      os.work(SimTime::ms(5));
      const SimTime took = os.clock() - start;
      EXPECT_GT(took, SimTime::ms(5)) << "the handler comes on top";
      EXPECT_LT(took, SimTime::us(5100));
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, Notes{"handled"});
  });
}

TEST(SignalDelivery, AProcessThatComputesOnAnotherCoreIsInterruptedThere) {
  on_host(
      [](ProcessHost& host) {
        host.program("busy", [&](Posix& os) {
          SimTime handled;
          os.sigaction(SIGUSR1, [&](int, const SigInfo&) { handled = os.clock(); });
          os.fork("sender", [to = os.getpid()](Posix& sender) {
            sender.nanosleep(SimTime::ms(1));
            return sender.kill(to, SIGUSR1);
          });
          const SimTime began = os.clock();
          os.work(SimTime::ms(5));
          EXPECT_GT(handled, began);
          EXPECT_LT(handled - began, SimTime::us(1100)) << "in the middle of the work, not behind it";
          return 0;
        });
        host.run();
      },
      2);
}

TEST(SignalDelivery, OfTwoThatWaitTheHandlerOfTheLaterFrameRunsFirst) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGUSR1, noting(host, "USR1"));
      os.sigaction(SIGUSR2, noting(host, "USR2"));
      const SignalSet both{SIGUSR1, SIGUSR2};
      os.sigprocmask(SIG_BLOCK, &both);
      os.raise(SIGUSR1);
      os.raise(SIGUSR2);
      EXPECT_TRUE(host.notes.empty());
      os.sigprocmask(SIG_UNBLOCK, &both);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (Notes{"USR2", "USR1"})) << "frames are a stack";
  });
}

TEST(SignalDelivery, AMaskedSignalWaitsForTheEndOfTheHandler) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGUSR2, noting(host, "USR2"));
      const SigHandler handler = [&](int, const SigInfo&) {
        os.raise(SIGUSR2);
        host.note("end of USR1");
      };
      os.sigaction(SIGUSR1, SigAction::call(handler, 0, {SIGUSR2}));
      os.raise(SIGUSR1);
      os.sigaction(SIGUSR1, SigAction::call(handler));
      os.raise(SIGUSR1);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (Notes{"end of USR1", "USR2", "USR2", "end of USR1"})) << "masked, then not";
  });
}

TEST(SignalDelivery, SigsuspendOpensTheMaskAndSleepsAtOnce) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGUSR1, noting(host, "handled"));
      const SignalSet usr1{SIGUSR1};
      os.sigprocmask(SIG_BLOCK, &usr1);
      os.raise(SIGUSR1);  // before it sleeps: pause() would lose it
      EXPECT_EQ(os.sigsuspend({}), -EINTR);
      host.note("back");
      SignalSet now;
      os.sigprocmask(SIG_BLOCK, nullptr, &now);
      EXPECT_EQ(now, usr1);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (Notes{"handled", "back"}));
  });
}

TEST(SignalDelivery, ASignalThatTurnsOutToBeIgnoredDoesNotEndSigsuspend) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const SignalSet usr1{SIGUSR1};
      os.sigprocmask(SIG_BLOCK, &usr1);
      os.sigaction(SIGUSR1, SigAction::ignore());
      os.raise(SIGUSR1);
      os.sigaction(SIGALRM, noting(host, "alarm"));
      os.setitimer(ITIMER_REAL, {SimTime::ms(4), {}});
      const SimTime began = os.clock();
      EXPECT_EQ(os.sigsuspend({}), -EINTR);
      EXPECT_GT(os.clock() - began, SimTime::us(3900));
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, Notes{"alarm"});
  });
}

TEST(SignalDelivery, SigtimedwaitTakesASignalWithoutAHandler) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const SignalSet set{kRt};
      os.sigprocmask(SIG_BLOCK, &set);
      SigInfo info;
      EXPECT_EQ(os.sigtimedwait(set, &info, SimTime::ms(1)), -EAGAIN);
      os.fork("sender", [to = os.getpid()](Posix& sender) { return sender.sigqueue(to, kRt, 42); });
      EXPECT_EQ(os.sigwaitinfo(set, &info), kRt);
      EXPECT_EQ(info.value, 42);
      EXPECT_EQ(info.code, SI_QUEUE);
      EXPECT_NE(info.pid, 0U);
      EXPECT_EQ(os.sigtimedwait(set, nullptr, SimTime::zero()), -EAGAIN);
      return 0;
    });
    host.run();
  });
}

TEST(SignalDelivery, WritingToAStreamThatIsShutDownRaisesSigpipeUnlessToldNotTo) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const int fd = os.socket(AF_INET, SOCK_STREAM, 0);
      const std::byte data[1]{};
      os.sigaction(SIGPIPE, noting(host, "SIGPIPE"));
      EXPECT_EQ(os.sendto(fd, data, MSG_NOSIGNAL, nullptr), -EPIPE);
      EXPECT_TRUE(host.notes.empty());
      EXPECT_EQ(os.write(fd, data), -EPIPE);
      EXPECT_EQ(os.sendto(fd, data, 0, nullptr), -EPIPE);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (Notes{"SIGPIPE", "SIGPIPE"}));
  });
}

TEST(SignalDelivery, TheEventLogShowsTheSignalAndItsReturn) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      os.sigaction(SIGUSR1, [](int, const SigInfo&) {});
      os.raise(SIGUSR1);
      return 0;
    });
    host.run();
    const std::size_t call = host.events.find("call=tgkill result=0");
    const std::size_t signal =
        host.events.find(fmt::format("task=test kind=signal signo={} code={}\n", SIGUSR1, SI_TKILL));
    const std::size_t back = host.events.find("call=rt_sigreturn");
    EXPECT_LT(call, signal);
    EXPECT_LT(signal, back);
    EXPECT_NE(back, std::string::npos);
  });
}

// ---- signals of files

TEST(Sigio, ADatagramSignalsTheOwnerOfItsSocket) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const int fd = udp(os);
      os.sigaction(SIGIO, [&](int, const SigInfo& info) {
        host.note(fmt::format("code {} fd {} band {}", info.code, info.fd, info.band));
      });
      EXPECT_EQ(os.fcntl(fd, F_SETOWN, os.getpid()), 0);
      EXPECT_EQ(os.fcntl(fd, F_GETOWN, 0), os.getpid());
      EXPECT_EQ(os.fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK), 0);
      EXPECT_EQ(os.fcntl(fd, F_GETFL, 0), O_RDWR | O_ASYNC | O_NONBLOCK);
      EXPECT_EQ(os.pause(), -EINTR);
      std::byte buffer[8];
      EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), 1);
      return 0;
    });
    host.at(SimTime::ms(1), [&] { host.receive({kDatagram}); });
    host.run();
    EXPECT_EQ(host.notes, Notes{fmt::format("code {} fd -1 band 0", int{SI_KERNEL})})
        << "without F_SETSIG nobody says which descriptor";
  });
}

TEST(Sigio, WithSetsigEachEventIsQueuedWithItsDescriptorAndBand) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const int fd = udp(os);
      const SignalSet set{kRt, SIGIO};
      os.sigprocmask(SIG_BLOCK, &set);
      EXPECT_EQ(os.fcntl(fd, F_SETSIG, kRt), 0);
      EXPECT_EQ(os.fcntl(fd, F_GETSIG, 0), kRt);
      os.fcntl(fd, F_SETOWN, os.getpid());
      os.fcntl(fd, F_SETFL, O_ASYNC);
      os.nanosleep(SimTime::ms(2));
      for (int i = 0; i < 3; ++i) {
        SigInfo info;
        EXPECT_EQ(os.sigtimedwait(set, &info, SimTime::zero()), kRt);
        EXPECT_EQ(info.code, POLL_IN);
        EXPECT_EQ(info.fd, fd);
        EXPECT_EQ(info.band, POLLIN | POLLRDNORM);
      }
      EXPECT_EQ(os.sigtimedwait(set, nullptr, SimTime::zero()), -EAGAIN);
      return 0;
    });
    host.at(SimTime::ms(1), [&] { host.receive(std::vector(3, kDatagram)); });
    host.run();
  });
}

TEST(Sigio, WhenTheQueueIsFullPlainSigioSaysLookEverywhere) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const int fd = udp(os);
      const SignalSet set{kRt, SIGIO};
      os.sigprocmask(SIG_BLOCK, &set);
      os.setrlimit(RLIMIT_SIGPENDING, 2);
      os.fcntl(fd, F_SETSIG, kRt);
      os.fcntl(fd, F_SETOWN, os.getpid());
      os.fcntl(fd, F_SETFL, O_ASYNC);
      os.nanosleep(SimTime::ms(2));
      std::vector<int> taken;
      SigInfo info;
      for (int sig = 0; (sig = os.sigtimedwait(set, &info, SimTime::zero())) > 0;) taken.push_back(sig);
      EXPECT_EQ(taken, (std::vector<int>{SIGIO, kRt, kRt})) << "of five";
      return 0;
    });
    host.at(SimTime::ms(1), [&] { host.receive(std::vector(5, kDatagram)); });
    host.run();
  });
}

TEST(Sigio, ClosingTheFileOrClearingTheFlagEndsTheSignals) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGIO, noting(host, "SIGIO"));
      std::array<int, 2> fds{};
      EXPECT_EQ(os.pipe2(fds, 0), 0);
      os.fcntl(fds[0], F_SETOWN, os.getpid());
      os.fcntl(fds[0], F_SETFL, O_ASYNC);
      const std::byte data[1]{};
      EXPECT_EQ(os.write(fds[1], data), 1);
      EXPECT_EQ(host.notes.size(), 1U);
      os.fcntl(fds[0], F_SETFL, 0);
      EXPECT_EQ(os.write(fds[1], data), 1);
      EXPECT_EQ(host.notes.size(), 1U);
      os.fcntl(fds[0], F_SETFL, O_ASYNC);
      os.close(fds[0]);
      os.sigaction(SIGPIPE, SigAction::ignore());
      EXPECT_EQ(os.write(fds[1], data), -EPIPE);
      EXPECT_EQ(host.notes.size(), 1U);
      return 0;
    });
    host.run();
  });
}

TEST(Sigio, OnlyAProcessThatExistsCanBeTheOwner) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const int fd = udp(os);
      EXPECT_EQ(os.fcntl(fd, F_SETOWN, 9999), -ESRCH);
      EXPECT_EQ(os.fcntl(fd, F_SETOWN, -9999), -ESRCH);
      EXPECT_EQ(os.fcntl(fd, F_SETOWN, -os.getpid()), 0) << "its own group";
      EXPECT_EQ(os.fcntl(fd, F_SETSIG, kSignals + 1), -EINVAL);
      return 0;
    });
    host.run();
  });
}

TEST(Sigio, ADatagramWakesTheReaderAndSignalsTheOwner) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      const int fd = udp(os);
      os.fork("owner", [&, fd](Posix& owner) {
        owner.sigaction(SIGIO, noting(host, "SIGIO"));
        owner.fcntl(fd, F_SETOWN, owner.getpid());
        owner.fcntl(fd, F_SETFL, O_ASYNC);
        return owner.pause() == -EINTR ? 0 : 1;
      });
      std::byte buffer[8];
      EXPECT_EQ(os.recvfrom(fd, buffer, 0, nullptr), 1);
      int status = -1;
      EXPECT_GT(os.waitpid(-1, &status, 0), 0);
      EXPECT_EQ(status, 0);
      return 0;
    });
    host.at(SimTime::ms(1), [&] { host.receive({kDatagram}); });
    host.run();
    EXPECT_EQ(host.notes, Notes{"SIGIO"});
  });
}

}  // namespace
}  // namespace nicosim
