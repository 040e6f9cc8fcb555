// Pairs of AF_UNIX sockets between processes: bytes and datagrams, readiness, ends and what a full buffer does.
#include "tb/sc_model/process_host.hpp"

#include <asm/ioctls.h>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <vector>

namespace nicosim {
namespace {

using Fds = std::array<int, 2>;

Fds pair(Posix& os, int type) {
  Fds fds{};
  EXPECT_EQ(os.socketpair(AF_UNIX, type, 0, fds), 0);
  return fds;
}
long send(Posix& os, int fd, std::string_view text, int flags = 0) {
  return os.sendto(fd, std::as_bytes(std::span{text}), flags, nullptr);
}
std::string receive(Posix& os, int fd, std::size_t room = 100, int flags = 0) {
  std::vector<std::byte> buffer(room);
  const long n = os.recvfrom(fd, buffer, flags, nullptr);
  if (n < 0) return fmt::format("error {}", -n);
  return {reinterpret_cast<const char*>(buffer.data()), std::min(static_cast<std::size_t>(n), room)};
}
std::string error(int number) { return fmt::format("error {}", number); }
int ready(Posix& os, int fd) {
  pollfd entry{fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  os.poll({&entry, 1}, 0);
  return entry.revents;
}
void alone(const std::function<void(Posix&)>& body) {
  on_host([&](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      body(os);
      return 0;
    });
    host.run();
  });
}

TEST(SocketPair, AStreamCarriesBytesBothWaysBetweenParentAndChild) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_STREAM);
    os.fork("child", [fds](Posix& child) {
      child.close(fds[0]);
      EXPECT_EQ(receive(child, fds[1]), "ping");
      child.nanosleep(SimTime::ms(1));
      EXPECT_EQ(send(child, fds[1], "po"), 2);
      EXPECT_EQ(send(child, fds[1], "ng"), 2);
      return 0;
    });
    os.close(fds[1]);
    EXPECT_EQ(send(os, fds[0], "ping"), 4);
    EXPECT_EQ(receive(os, fds[0], 4, MSG_WAITALL), "pong") << "bytes, not messages";
    EXPECT_EQ(receive(os, fds[0]), "") << "the child has ended, and its socket with it";
    EXPECT_EQ(ready(os, fds[0]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
  });
}

TEST(SocketPair, WritingToAStreamThatNobodyReadsIsEpipeAndSigpipe) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGPIPE, [&](int, const SigInfo&) { host.note("PIPE"); });
      const Fds fds = pair(os, SOCK_STREAM);
      os.close(fds[1]);
      EXPECT_EQ(send(os, fds[0], "x", MSG_NOSIGNAL), -EPIPE);
      EXPECT_TRUE(host.notes.empty());
      const std::byte data[1]{};
      EXPECT_EQ(os.write(fds[0], data), -EPIPE);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, std::vector<std::string>{"PIPE"});
  });
}

TEST(SocketPair, ClosingWithUnreadBytesResetsTheStream) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_STREAM);
    send(os, fds[0], "never read");
    os.close(fds[1]);
    EXPECT_EQ(receive(os, fds[0]), error(ECONNRESET));
    EXPECT_EQ(receive(os, fds[0]), "");
  });
}

TEST(SocketPair, WhatWasSentBeforeTheEndIsStillRead) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_STREAM);
    send(os, fds[0], "last");
    os.close(fds[0]);
    EXPECT_EQ(receive(os, fds[1], 2), "la");
    EXPECT_EQ(receive(os, fds[1]), "st");
    EXPECT_EQ(receive(os, fds[1]), "");
  });
}

TEST(SocketPair, ShutdownEndsOneDirection) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_STREAM);
    os.sigaction(SIGPIPE, SigAction::ignore());
    EXPECT_EQ(os.shutdown(fds[0], SHUT_WR), 0);
    EXPECT_EQ(send(os, fds[0], "x"), -EPIPE);
    EXPECT_EQ(receive(os, fds[1]), "");
    EXPECT_EQ(ready(os, fds[1]), POLLIN | POLLOUT | POLLRDHUP);
    EXPECT_EQ(send(os, fds[1], "back"), 4) << "the other direction is open";
    EXPECT_EQ(receive(os, fds[0]), "back");
    EXPECT_EQ(os.shutdown(fds[0], 3), -EINVAL);
  });
}

TEST(SocketPair, DatagramsKeepTheirBordersAndAreCut) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_DGRAM);
    send(os, fds[0], "one");
    send(os, fds[0], "");
    send(os, fds[0], "three");
    int waiting = 0;
    EXPECT_EQ(os.ioctl(fds[1], SIOCINQ, waiting), 0);
    EXPECT_EQ(waiting, 3) << "of the first one";
    EXPECT_EQ(receive(os, fds[1], 100, MSG_PEEK), "one");
    EXPECT_EQ(receive(os, fds[1]), "one");
    EXPECT_EQ(receive(os, fds[1]), "");
    std::byte buffer[2];
    EXPECT_EQ(os.recvfrom(fds[1], buffer, MSG_TRUNC, nullptr), 5);
    EXPECT_EQ(receive(os, fds[1], 100, MSG_DONTWAIT), error(EAGAIN)) << "what did not fit is gone";
    EXPECT_EQ(os.sendto(fds[0], std::vector<std::byte>(300'000), 0, nullptr), -EMSGSIZE);
  });
}

TEST(SocketPair, ADatagramToAClosedPeerIsRefusedOnce) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_DGRAM);
    os.close(fds[1]);
    EXPECT_EQ(send(os, fds[0], "x"), -ECONNREFUSED);
    EXPECT_EQ(send(os, fds[0], "x"), -ENOTCONN);
  });
}

TEST(SocketPair, AFullBufferIsNotWritableUntilTheReaderHasMadeRoom) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    alone([type](Posix& os) {
      const Fds fds = pair(os, type);
      const int small = 4608;
      os.setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, std::as_bytes(std::span{&small, 1}));
      EXPECT_EQ(ready(os, fds[0]), POLLOUT);
      int sent = 0;
      while (send(os, fds[0], "12345678", MSG_DONTWAIT) == 8) ++sent;
      EXPECT_EQ(send(os, fds[0], "12345678", MSG_DONTWAIT), -EAGAIN);
      EXPECT_EQ(sent, 12) << "768 bytes of memory each";
      EXPECT_EQ(ready(os, fds[0]), 0);
      os.fork("reader", [fds, sent](Posix& reader) {
        reader.nanosleep(SimTime::ms(1));
        for (int i = 0; i < sent; ++i) EXPECT_EQ(receive(reader, fds[1], 8), "12345678");
        return 0;
      });
      pollfd entry{fds[0], POLLOUT, 0};
      const SimTime began = os.clock();
      EXPECT_EQ(os.poll({&entry, 1}, -1), 1);
      EXPECT_GE(os.clock() - began, SimTime::ms(1) - SimTime::us(50));
    });
  }
}

TEST(SocketPair, AWriterSleepsUntilAllOfItFitsAndAReaderGetsAllOfIt) {
  alone([](Posix& os) {
    const Fds fds = pair(os, SOCK_STREAM);
    static constexpr long kMuch = 600'000;
    os.fork("writer", [fds](Posix& writer) {
      writer.close(fds[1]);
      std::vector<std::byte> data(kMuch);
      for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7);
      EXPECT_EQ(writer.sendto(fds[0], data, 0, nullptr), kMuch);
      return 0;
    });
    os.close(fds[0]);
    std::vector<std::byte> buffer(10'000);
    long got = 0;
    for (long n = 1; n > 0; got += n) {
      n = os.recvfrom(fds[1], buffer, 0, nullptr);
      for (long i = 0; i < n; ++i)
        if (buffer[static_cast<std::size_t>(i)] != static_cast<std::byte>((got + i) * 7)) {
          ADD_FAILURE() << "byte " << got + i;
          return;
        }
    }
    EXPECT_EQ(got, kMuch);
  });
}

TEST(SocketPair, EpollAndSigioHearOfDataAndOfTheEnd) {
  on_host([](ProcessHost& host) {
    host.program("test", [&](Posix& os) {
      os.sigaction(SIGIO, [&](int, const SigInfo&) { host.note("IO"); });
      const Fds fds = pair(os, SOCK_STREAM);
      os.fcntl(fds[0], F_SETOWN, os.getpid());
      os.fcntl(fds[0], F_SETFL, O_ASYNC);
      const int epoll = os.epoll_create1(0);
      epoll_event event{};
      event.events = EPOLLIN | EPOLLRDHUP;
      os.epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event);
      EXPECT_EQ(os.epoll_wait(epoll, {&event, 1}, 0), 0);
      send(os, fds[1], "x");
      EXPECT_EQ(os.epoll_wait(epoll, {&event, 1}, -1), 1);
      EXPECT_EQ(event.events, std::uint32_t{EPOLLIN});
      EXPECT_EQ(receive(os, fds[0]), "x");
      os.close(fds[1]);
      EXPECT_EQ(os.epoll_wait(epoll, {&event, 1}, -1), 1);
      EXPECT_EQ(event.events, std::uint32_t{EPOLLIN} | EPOLLRDHUP | EPOLLHUP);
      return 0;
    });
    host.run();
    EXPECT_EQ(host.notes, (std::vector<std::string>{"IO", "IO"}));
  });
}

TEST(SocketPair, ASignalInterruptsWhoWaits) {
  on_host([](ProcessHost& host) {
    host.program("test", [](Posix& os) {
      const Fds fds = pair(os, SOCK_STREAM);
      os.sigaction(SIGALRM, [](int, const SigInfo&) {});
      os.setitimer(ITIMER_REAL, {SimTime::ms(1), {}});
      EXPECT_EQ(receive(os, fds[0]), error(EINTR));
      const timeval ms{0, 2000};
      os.setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, std::as_bytes(std::span{&ms, 1}));
      EXPECT_EQ(receive(os, fds[0]), error(EAGAIN));
      return 0;
    });
    host.run();
  });
}

TEST(SocketPair, WhatThereIsNotIsRefused) {
  alone([](Posix& os) {
    Fds fds{};
    EXPECT_EQ(os.socketpair(AF_INET, SOCK_STREAM, 0, fds), -EOPNOTSUPP);
    EXPECT_EQ(os.socketpair(AF_INET6, SOCK_STREAM, 0, fds), -EAFNOSUPPORT);
    EXPECT_EQ(os.socketpair(AF_UNIX, SOCK_RAW, 0, fds), -ESOCKTNOSUPPORT);
    EXPECT_EQ(os.socketpair(AF_UNIX, SOCK_STREAM, IPPROTO_TCP, fds), -EPROTONOSUPPORT);
    fds = pair(os, SOCK_STREAM | SOCK_NONBLOCK);
    EXPECT_EQ(receive(os, fds[0]), error(EAGAIN));
    const auto to = peer_endpoint(80);
    const std::byte data[1]{};
    EXPECT_EQ(os.sendto(fds[0], data, 0, &to), -EISCONN);
    int domain = 0;
    os.getsockopt(fds[0], SOL_SOCKET, SO_DOMAIN, std::as_writable_bytes(std::span{&domain, 1}));
    EXPECT_EQ(domain, AF_UNIX);
    sockaddr_in name{};
    EXPECT_EQ(os.getpeername(fds[0], name), 0);
    EXPECT_EQ(name.sin_family, AF_UNIX);
  });
}

}  // namespace
}  // namespace nicosim
