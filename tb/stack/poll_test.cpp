// poll and select: readiness of many files in one call, and the small calls on descriptors (fs/select.c, fs/fcntl.c).
#include "stack/io/poll_mask.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <array>
#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/sockios.h>

namespace nicosim {
namespace {

using namespace packets;

struct Poll : TcpFixture {
  int poll(std::span<pollfd> files, int timeout_ms = 0) {
    const int n = sys().poll(task, files, timeout_ms);
    runtime.enter(Context::softirq);
    return n;
  }
  void arrive(std::uint16_t port = 9) { receive(udp_frame(text("x"), {.to = port})); }
};

TEST_F(Poll, EveryReadyFileIsMarkedAndCounted) {
  std::array files{pollfd{udp_socket(9), POLLIN, 0}, pollfd{udp_socket(10), POLLIN | POLLOUT, 0},
                   pollfd{udp_socket(11), POLLIN, 0}};
  arrive(9);
  EXPECT_EQ(poll(files), 2);
  EXPECT_EQ(files[0].revents, POLLIN);
  EXPECT_EQ(files[1].revents, POLLOUT);
  EXPECT_EQ(files[2].revents, 0);
}

TEST_F(Poll, NegativeDescriptorsAreSkippedAndClosedOnesAreInvalid) {
  std::array files{pollfd{-1, POLLIN, 7}, pollfd{99, POLLIN, 0}};
  EXPECT_EQ(poll(files, -1), 1);
  EXPECT_EQ(files[0].revents, 0);
  EXPECT_EQ(files[1].revents, POLLNVAL);
}

TEST_F(Poll, ErrorAndHangUpNeedNotBeAskedFor) {
  std::array files{pollfd{accepted(), 0, 0}};
  EXPECT_EQ(poll(files), 0);
  inject({.flags = kRst});
  EXPECT_EQ(poll(files), 1);
  EXPECT_EQ(files[0].revents, POLLERR | POLLHUP);
}

TEST_F(Poll, AnArrivalOnAnyFileEndsTheSleep) {
  std::array files{pollfd{udp_socket(9), POLLIN, 0}, pollfd{udp_socket(10), POLLIN, 0}};
  runtime.on_sleep = [&] {
    runtime.advance(SimTime::ms(1));
    arrive(10);
    return true;
  };
  EXPECT_EQ(poll(files, -1), 1);
  EXPECT_EQ(files[0].revents, 0);
  EXPECT_EQ(files[1].revents, POLLIN);
}

TEST_F(Poll, WhatNobodyAskedForDoesNotWake) {
  const int fd = accepted();
  std::array files{pollfd{fd, POLLRDHUP, 0}};
  runtime.on_sleep = [&] {
    inject({.flags = kAck | kPsh, .payload = text("x")});
    return false;
  };
  EXPECT_EQ(poll(files, 10), 0);
  EXPECT_TRUE(runtime.wakes.empty());
}

TEST_F(Poll, EverybodyWhoPollsIsWoken) {
  const int fd = udp_socket();
  TestThread thread{9, task};
  int depth = 0, other = 0;
  runtime.on_sleep = [&] {
    if (depth++ > 0) {
      arrive();
      return true;
    }
    std::array files{pollfd{fd, POLLIN, 0}};
    runtime.enter(Context::process, &thread);
    other = stack->calls().poll(thread, files, -1);
    return true;
  };
  std::array files{pollfd{fd, POLLIN, 0}};
  EXPECT_EQ(poll(files, -1), 1);
  EXPECT_EQ(other, 1);
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7, 9}));
}

TEST_F(Poll, TheTimeOutCountsMillisecondsAndZeroDoesNotSleep) {
  std::array files{pollfd{udp_socket(), POLLIN, 0}};
  EXPECT_EQ(poll(files, 0), 0);
  runtime.on_sleep = [] { return false; };
  const SimTime began = runtime.now();
  EXPECT_EQ(poll(files, 30), 0);
  EXPECT_EQ(runtime.now() - began, SimTime::ms(30));
  EXPECT_EQ(poll({}, 5), 0) << "no files: only the time passes";
  EXPECT_EQ(runtime.now() - began, SimTime::ms(35));
}

TEST_F(Poll, AFileClosedMeanwhileIsInvalidWhenSomethingElseWakes) {
  const int first = udp_socket(9), second = udp_socket(10);
  std::array files{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  runtime.on_sleep = [&] {
    sys().close(task, first);
    runtime.enter(Context::softirq);
    arrive(10);
    return true;
  };
  EXPECT_EQ(poll(files, -1), 2);
  EXPECT_EQ(files[0].revents, POLLNVAL);
  EXPECT_EQ(files[1].revents, POLLIN);
  arrive(9);
  EXPECT_EQ(nstat("UdpNoPorts"), 1U) << "the socket went with the last one who polled it";
}

TEST_F(Poll, TooManyFilesAreRefused) {
  std::vector<pollfd> files(1025, pollfd{-1, 0, 0});
  EXPECT_EQ(poll(files), -EINVAL);
}

TEST_F(Poll, AnEpollFileCanBePolled) {
  const int fd = udp_socket();
  const int epfd = sys().epoll_create1(task, 0);
  epoll_event event{};
  event.events = EPOLLIN;
  sys().epoll_ctl(task, epfd, EPOLL_CTL_ADD, fd, &event);
  std::array files{pollfd{epfd, POLLIN, 0}};
  EXPECT_EQ(poll(files), 0);
  runtime.on_sleep = [&] {
    arrive();
    return true;
  };
  EXPECT_EQ(poll(files, -1), 1);
  EXPECT_EQ(files[0].revents, POLLIN);
}

// ---- select

struct Select : Poll {
  Select() {
    FD_ZERO(&r);
    FD_ZERO(&w);
  }
  int select(int nfds, timeval* timeout) {
    const int n = sys().select(task, nfds, &r, &w, nullptr, timeout);
    runtime.enter(Context::softirq);
    return n;
  }
  fd_set r{}, w{};
  timeval none{0, 0};
};

TEST_F(Select, TheSetsHoldWhatIsReady) {
  const int first = udp_socket(9), second = udp_socket(10);
  FD_SET(first, &r);
  FD_SET(second, &r);
  FD_SET(second, &w);
  arrive(9);
  EXPECT_EQ(select(second + 1, &none), 2);
  EXPECT_TRUE(FD_ISSET(first, &r));
  EXPECT_FALSE(FD_ISSET(second, &r));
  EXPECT_TRUE(FD_ISSET(second, &w));
}

TEST_F(Select, DescriptorsBeyondTheCountAreNotLookedAt) {
  const int fd = udp_socket();
  FD_SET(fd, &r);
  FD_SET(500, &r);
  arrive();
  EXPECT_EQ(select(fd + 1, &none), 1);
}

TEST_F(Select, ABitWithoutAFileIsAnErrorAndLeavesTheSets) {
  FD_SET(500, &r);
  EXPECT_EQ(select(FD_SETSIZE, &none), -EBADF);
  EXPECT_TRUE(FD_ISSET(500, &r));
  EXPECT_EQ(select(-1, &none), -EINVAL);
  timeval wrong{0, 1'000'000};
  EXPECT_EQ(select(0, &wrong), -EINVAL);
}

TEST_F(Select, TheTimeThatWasLeftIsWrittenBack) {
  const int fd = udp_socket();
  FD_SET(fd, &r);
  timeval timeout{1, 0};
  runtime.on_sleep = [&] {
    runtime.advance(SimTime::ms(400));
    arrive();
    return true;
  };
  EXPECT_EQ(select(fd + 1, &timeout), 1);
  EXPECT_EQ(timeout.tv_sec, 0);
  EXPECT_EQ(timeout.tv_usec, 600'000);
}

TEST_F(Select, WhenTheTimeIsUpTheSetsAreEmpty) {
  const int fd = udp_socket();
  FD_SET(fd, &r);
  runtime.on_sleep = [] { return false; };
  timeval timeout{0, 1000};
  EXPECT_EQ(select(fd + 1, &timeout), 0);
  EXPECT_FALSE(FD_ISSET(fd, &r));
  EXPECT_EQ(timeout.tv_usec, 0);
}

// ---- descriptors

TEST_F(Poll, FcntlKeepsNonBlockingAndCloseOnExec) {
  const int fd = sys().socket(task, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(sys().fcntl(task, fd, F_GETFL, 0), O_RDWR);
  EXPECT_EQ(sys().fcntl(task, fd, F_GETFD, 0), FD_CLOEXEC);
  EXPECT_EQ(sys().fcntl(task, fd, F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(sys().fcntl(task, fd, F_SETFD, 0), 0);
  EXPECT_EQ(sys().fcntl(task, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  EXPECT_EQ(sys().fcntl(task, fd, F_GETFD, 0), 0);
  EXPECT_EQ(sys().fcntl(task, fd, 4711, 0), -EINVAL);
  EXPECT_EQ(sys().fcntl(task, 99, F_GETFL, 0), -EBADF);
}

TEST_F(Poll, IoctlCountsBytesToReadAndBytesNotAcknowledged) {
  const int fd = accepted();
  int value = -1;
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  EXPECT_EQ(sys().ioctl(task, fd, FIONREAD, value), 0);
  EXPECT_EQ(value, 3);
  runtime.enter(Context::softirq);
  write(fd, text("12345"));
  EXPECT_EQ(sys().ioctl(task, fd, SIOCOUTQ, value), 0);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(sys().ioctl(task, fd, SIOCOUTQNSD, value), 0);
  EXPECT_EQ(value, 0) << "all of it has been sent";
  value = 1;
  EXPECT_EQ(sys().ioctl(task, fd, FIONBIO, value), 0);
  EXPECT_EQ(sys().fcntl(task, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  EXPECT_EQ(sys().ioctl(task, fd, 0x1234, value), -ENOTTY);
  const int datagrams = udp_socket();
  runtime.enter(Context::softirq);
  arrive();
  EXPECT_EQ(sys().ioctl(task, datagrams, FIONREAD, value), 0);
  EXPECT_EQ(value, 1);
}

TEST_F(Poll, AMessageIsSpreadOverItsPiecesAndSaysWhenItWasCut) {
  const int fd = udp_socket();
  receive(udp_frame(text("abcdef")));
  std::array<char, 2> a{}, b{};
  std::array pieces{iovec{a.data(), a.size()}, iovec{b.data(), b.size()}};
  sockaddr_in from{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  EXPECT_EQ(sys().recvmsg(task, fd, message, 0), 4);
  EXPECT_EQ((std::string{a.data(), 2} + std::string{b.data(), 2}), "abcd");
  EXPECT_EQ(message.msg_flags, MSG_TRUNC);
  EXPECT_EQ(ntohl(from.sin_addr.s_addr), kPeerIp.value);
  runtime.enter(Context::softirq);

  from = endpoint(kPeerIp, 7);
  EXPECT_EQ(sys().sendmsg(task, fd, message, 0), 4);
  runtime.enter(Context::softirq);
  run_softirqs();
  const Packet& sent = card.sent.back();
  EXPECT_EQ(Packet(sent.begin() + 42, sent.begin() + 46), text("abcd"));
}

}  // namespace
}  // namespace nicosim
