// fork, exit, wait, kill: processes and what they share (fork(2), waitpid(2), kill(2)).
#include "tb/sc_model/process_host.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>

namespace nicosim {
namespace {

using Notes = std::vector<std::string>;

TEST(Process, ForkRunsTheChildAndWaitpidTellsItsExitStatus) {
  on_host([](ProcessHost& host) {
    host.program("parent", [&](Posix& os) {
      const int pid = os.fork("child", [&](Posix& child) {
        host.note(fmt::format("child of {}", child.getppid()));
        return 7;
      });
      EXPECT_GT(pid, os.getpid());
      int status = 0;
      EXPECT_EQ(os.waitpid(-1, &status, 0), pid);
      EXPECT_TRUE(WIFEXITED(status));
      EXPECT_EQ(WEXITSTATUS(status), 7);
      EXPECT_EQ(os.waitpid(-1, &status, 0), -ECHILD) << "it was the only one";
      host.note(fmt::format("parent {}", os.getpid()));
      return 0;
    });
    host.run();
    ASSERT_EQ(host.notes.size(), 2U);
    EXPECT_EQ(host.notes[0].substr(9), host.notes[1].substr(7));
  });
}

TEST(Process, ASocketIsSharedAfterForkAndReleasedWithItsLastDescriptor) {
  on_host([](ProcessHost& host) {
    host.program("parent", [&](Posix& os) {
      const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
      sockaddr_in here{};
      here.sin_family = AF_INET;
      here.sin_port = htons(9);
      EXPECT_EQ(os.bind(fd, here), 0);
      const auto port_is_taken = [&] {
        const int other = os.socket(AF_INET, SOCK_DGRAM, 0);
        const int result = os.bind(other, here);
        os.close(other);
        return result == -EADDRINUSE;
      };
      os.fork("child", [&, fd](Posix& child) {
        child.nanosleep(SimTime::ms(5));
        sockaddr_in name{};
        EXPECT_EQ(child.getsockname(fd, name), 0);
        EXPECT_EQ(ntohs(name.sin_port), 9);
        return 0;  // closes
      });
      EXPECT_EQ(os.close(fd), 0);
      EXPECT_TRUE(port_is_taken()) << "the child has it still";
      EXPECT_EQ(os.waitpid(-1, nullptr, 0) > 0, true);
      EXPECT_FALSE(port_is_taken());
      return 0;
    });
    host.run();
  });
}

TEST(Process, DupGivesTheLowestNumberAndDup2TakesOneOver) {
  on_host([](ProcessHost& host) {
    host.program("dup", [](Posix& os) {
      const int a = os.socket(AF_INET, SOCK_DGRAM, 0);
      const int b = os.socket(AF_INET, SOCK_STREAM, 0);
      EXPECT_EQ(os.dup(a), b + 1);
      EXPECT_EQ(os.fcntl(a, F_SETFL, O_NONBLOCK), 0);
      EXPECT_EQ(os.fcntl(b + 1, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK) << "one file, one set of flags";
      EXPECT_EQ(os.dup2(a, b), b);
      int type = 0;
      EXPECT_EQ(os.getsockopt(b, SOL_SOCKET, SO_TYPE, std::as_writable_bytes(std::span{&type, 1})), 0);
      EXPECT_EQ(type, SOCK_DGRAM) << "the stream that was there is closed";
      EXPECT_EQ(os.dup2(a, a), a);
      EXPECT_EQ(os.dup2(99, b), -EBADF);
      EXPECT_EQ(os.dup3(a, a, 0), -EINVAL);
      EXPECT_EQ(os.fcntl(a, F_DUPFD_CLOEXEC, 20), 20);
      EXPECT_EQ(os.fcntl(20, F_GETFD, 0), FD_CLOEXEC);
      EXPECT_EQ(os.fcntl(a, F_GETFD, 0), 0) << "the flag is the descriptor's";
      return 0;
    });
    host.run();
  });
}

TEST(Process, WaitpidWithWnohangDoesNotWait) {
  on_host([](ProcessHost& host) {
    host.program("parent", [](Posix& os) {
      const int pid = os.fork("child", [](Posix& child) {
        child.nanosleep(SimTime::ms(1));
        return 1;
      });
      EXPECT_EQ(os.waitpid(pid, nullptr, WNOHANG), 0);
      EXPECT_EQ(os.waitpid(pid + 1, nullptr, 0), -ECHILD);
      os.nanosleep(SimTime::ms(2));
      EXPECT_EQ(os.kill(pid, 0), 0) << "a zombie is still there";
      EXPECT_EQ(os.waitpid(pid, nullptr, WNOHANG), pid);
      EXPECT_EQ(os.kill(pid, 0), -ESRCH);
      return 0;
    });
    host.run();
  });
}

TEST(Process, KillEndsAProcessInTheMiddleOfACallAndUnwindsIt) {
  struct Says {
    ProcessHost& host;
    ~Says() { host.note("unwound"); }
  };
  on_host([](ProcessHost& host) {
    host.program("parent", [&](Posix& os) {
      const int pid = os.fork("child", [&](Posix& child) {
        const Says says{host};
        child.pause();
        host.note("lives");
        return 0;
      });
      os.nanosleep(SimTime::ms(1));
      EXPECT_EQ(os.kill(pid, SIGTERM), 0);
      int status = 0;
      EXPECT_EQ(os.waitpid(pid, &status, 0), pid);
      EXPECT_TRUE(WIFSIGNALED(status));
      EXPECT_EQ(WTERMSIG(status), SIGTERM);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, Notes{"unwound"});
  });
}

TEST(Process, AParentHearsOfItsChildsEndBySigchld) {
  on_host([](ProcessHost& host) {
    host.program("parent", [&](Posix& os) {
      int child = 0;
      EXPECT_EQ(os.sigaction(SIGCHLD,
                             [&](int, const SigInfo& info) {
                               host.note(fmt::format("code {} status {} of ours {}", info.code, info.status,
                                                     static_cast<int>(info.pid) == child));
                               EXPECT_EQ(os.waitpid(-1, nullptr, WNOHANG), child);
                             }),
                0);
      child = os.fork("child", [](Posix&) { return 3; });
      EXPECT_EQ(os.pause(), -EINTR);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, Notes{fmt::format("code {} status 3 of ours true", int{CLD_EXITED})});
  });
}

TEST(Process, WhoIgnoresSigchldGetsNoZombies) {
  on_host([](ProcessHost& host) {
    host.program("parent", [](Posix& os) {
      os.sigaction(SIGCHLD, SigAction::ignore());
      const int pid = os.fork("child", [](Posix&) { return 0; });
      EXPECT_EQ(os.waitpid(pid, nullptr, 0), -ECHILD) << "waits until it has ended, and finds nothing";
      EXPECT_EQ(os.kill(pid, 0), -ESRCH);
      return 0;
    });
    host.run();
  });
}

TEST(Process, SignalsReachAWholeGroup) {
  on_host([](ProcessHost& host) {
    host.program("parent", [&](Posix& os) {
      const auto count = [&](int, const SigInfo&) { host.note("told"); };
      os.sigaction(SIGUSR1, count);
      for (int i = 0; i < 2; ++i)
        os.fork("child", [](Posix& child) {
          child.pause();
          return 0;
        });
      os.nanosleep(SimTime::ms(1));
      EXPECT_EQ(os.kill(0, SIGUSR1), 0);
      EXPECT_GT(os.waitpid(0, nullptr, 0), 0);
      EXPECT_GT(os.waitpid(0, nullptr, 0), 0);
      return 0;
    });
    host.program("stranger", [](Posix& os) {
      os.nanosleep(SimTime::ms(5));
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (Notes{"told", "told", "told"})) << "both children inherit the handler";
  });
}

TEST(Process, ForkCopiesDescriptorsSoThatAChildsCloseIsItsOwn) {
  on_host([](ProcessHost& host) {
    host.program("parent", [](Posix& os) {
      const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
      os.fork("child", [fd](Posix& child) {
        EXPECT_EQ(child.close(fd), 0);
        EXPECT_EQ(child.close(fd), -EBADF);
        return 0;
      });
      os.waitpid(-1, nullptr, 0);
      EXPECT_EQ(os.fcntl(fd, F_GETFD, 0), 0);
      return 0;
    });
    host.run();
  });
}

}  // namespace
}  // namespace nicosim
