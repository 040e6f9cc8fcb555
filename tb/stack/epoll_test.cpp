// epoll: who is told what, how often, and who is woken (epoll(7), fs/eventpoll.c).
#include "stack/io/poll_mask.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <array>
#include <sys/epoll.h>

namespace nicosim {
namespace {

using namespace packets;

struct Epoll : TcpFixture {
  int create() {
    const int fd = sys().epoll_create1(task, 0);
    EXPECT_GE(fd, 3);
    return fd;
  }
  int ctl(int epfd, int op, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return sys().epoll_ctl(task, epfd, op, fd, &event);
  }
  int add(int epfd, int fd, std::uint32_t events) { return ctl(epfd, EPOLL_CTL_ADD, fd, events); }
  // What is ready now, as (descriptor, events).
  using Ready = std::vector<std::pair<int, std::uint32_t>>;
  Ready wait(int epfd, int timeout_ms = 0, std::size_t most = 8) {
    std::vector<epoll_event> events(most);
    result = sys().epoll_wait(task, epfd, events, timeout_ms);
    runtime.enter(Context::softirq);
    Ready ready;
    for (long i = 0; i < result; ++i) ready.push_back({int{events[i].data.fd}, std::uint32_t{events[i].events}});
    return ready;
  }
  // A second thread of the process sleeps in epoll_wait(), for up to a millisecond.
  int wait_in_thread(int epfd) {
    std::array<epoll_event, 1> events{};
    runtime.enter(Context::process, &thread);
    return stack->calls().epoll_wait(thread, epfd, events, 1);
  }
  TestThread thread{9, task};
  void arrive(std::uint16_t port = 9) { receive(udp_frame(text("x"), {.to = port})); }
};

// ---- triggers

TEST_F(Epoll, LevelTriggeredReportsUntilNothingIsLeft) {
  const int fd = udp_socket();
  const int epfd = create();
  EXPECT_EQ(add(epfd, fd, EPOLLIN), 0);
  EXPECT_EQ(wait(epfd), Ready{});
  arrive();
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
  read(fd);
  EXPECT_EQ(wait(epfd), Ready{});
}

TEST_F(Epoll, EdgeTriggeredReportsOncePerArrival) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN | EPOLLET);
  arrive();
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
  EXPECT_EQ(wait(epfd), Ready{}) << "though the datagram is still there";
  arrive();
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
}

TEST_F(Epoll, AddingAReadyFileReportsItEvenOnTheEdge) {
  const int fd = udp_socket();
  arrive();
  const int epfd = create();
  add(epfd, fd, EPOLLIN | EPOLLET);
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
}

TEST_F(Epoll, OneShotDisarmsUntilItIsSetAgain) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN | EPOLLONESHOT);
  arrive();
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
  arrive();
  EXPECT_EQ(wait(epfd), Ready{});
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT), 0);
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}})) << "at once: there is something to read";
}

TEST_F(Epoll, AnEventThatIsGoneWhenLookedAtIsNotReported) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  arrive();
  read(fd);
  EXPECT_EQ(wait(epfd), Ready{});
}

TEST_F(Epoll, ChangingTheEventsChangesWhatIsReported) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT), 0);
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLOUT}}));
}

TEST_F(Epoll, MoreThanFitsComesWithTheNextCallInTurn) {
  const int epfd = create();
  std::vector<int> files;
  for (std::uint16_t port = 9; port < 12; ++port) {
    files.push_back(udp_socket(port));
    add(epfd, files.back(), EPOLLIN);
    arrive(port);
  }
  EXPECT_EQ(wait(epfd, 0, 2), (Ready{{files[0], EPOLLIN}, {files[1], EPOLLIN}}));
  EXPECT_EQ(wait(epfd, 0, 2), (Ready{{files[2], EPOLLIN}, {files[0], EPOLLIN}})) << "nobody starves";
}

// ---- TCP

TEST_F(Epoll, AHalfClosedConnectionSaysReadHangUpToThoseWhoAsk) {
  const int fd = accepted();
  const int asks = create(), does_not = create();
  add(asks, fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
  add(does_not, fd, EPOLLIN);
  inject({.flags = kAck | kFin});
  EXPECT_EQ(wait(asks), (Ready{{fd, EPOLLIN | EPOLLRDHUP}}));
  EXPECT_EQ(wait(does_not), (Ready{{fd, EPOLLIN}}));
}

TEST_F(Epoll, ErrorAndHangUpAreReportedWithoutBeingAskedFor) {
  const int fd = accepted();
  const int epfd = create();
  add(epfd, fd, 0);
  EXPECT_EQ(wait(epfd), Ready{});
  inject({.flags = kRst});
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLERR | EPOLLHUP}}));
}

TEST_F(Epoll, AListenerIsReadableWhenAConnectionIsComplete) {
  const int listening = listener();
  const int epfd = create();
  add(epfd, listening, EPOLLIN);
  handshake({});
  EXPECT_EQ(wait(epfd), (Ready{{listening, EPOLLIN}}));
  accept(listening);
  EXPECT_EQ(wait(epfd), Ready{});
}

TEST_F(Epoll, AConnectionAttemptIsWritableWhenItIsDecided) {
  const int fd = connect_nonblocking();
  const int epfd = create();
  add(epfd, fd, EPOLLOUT | EPOLLET);
  EXPECT_EQ(wait(epfd), Ready{});
  our_isn = heard().raw_seq;
  inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, {}, {});
  EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLOUT}}));
}

// ---- sleeping

TEST_F(Epoll, ASleeperIsWokenByAnArrival) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  runtime.on_sleep = [&] {
    runtime.advance(SimTime::us(10));
    arrive();
    return true;
  };
  EXPECT_EQ(wait(epfd, -1), (Ready{{fd, EPOLLIN}}));
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7}));
}

TEST_F(Epoll, TheTimeOutIsExactAndReportsNothing) {
  const int epfd = create();
  add(epfd, udp_socket(), EPOLLIN);
  runtime.on_sleep = [] { return false; };
  const SimTime began = runtime.now();
  EXPECT_EQ(wait(epfd, 25), Ready{});
  EXPECT_EQ(result, 0);
  EXPECT_EQ(runtime.now() - began, SimTime::ms(25));
}

TEST_F(Epoll, OneOfSeveralSleepersOnOneInstanceIsWoken) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN | EPOLLET);
  int sleeps = 0, other = -1;
  runtime.on_sleep = [&] {
    const int sleep = ++sleeps;
    if (sleep == 1) other = wait_in_thread(epfd);
    if (sleep == 2) arrive();
    return sleep == 2;
  };
  wait(epfd, 5);
  EXPECT_EQ(result + other, 1) << "one event, given once";
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7}));
}

TEST_F(Epoll, WithoutExclusiveAnArrivalMakesEveryInstanceReady) {
  const int fd = udp_socket();
  const std::array instances{create(), create()};
  for (const int epfd : instances) add(epfd, fd, EPOLLIN | EPOLLET);
  arrive();
  for (const int epfd : instances) EXPECT_EQ(wait(epfd), (Ready{{fd, EPOLLIN}}));
}

TEST_F(Epoll, ExclusiveWakesOneOfTheSleepingInstances) {
  const int fd = udp_socket();
  const int first = create(), second = create();
  add(first, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET);
  add(second, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET);
  int sleeps = 0, other = -1;
  runtime.on_sleep = [&] {
    const int sleep = ++sleeps;
    if (sleep == 1) other = wait_in_thread(second);
    if (sleep == 2) arrive();
    return sleep == 2;
  };
  EXPECT_EQ(wait(first, 5), (Ready{{fd, EPOLLIN}})) << "who asked first";
  EXPECT_EQ(other, 0);
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7}));
  EXPECT_EQ(wait(second), Ready{});
}

// ---- closing

TEST_F(Epoll, AClosedFileLeavesTheList) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  arrive();
  close(fd);
  EXPECT_EQ(wait(epfd), Ready{});
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_DEL, fd, 0), -EBADF);
  EXPECT_EQ(udp_socket(), fd) << "the same number";
  EXPECT_EQ(add(epfd, fd, EPOLLIN), 0) << "and another file";
}

TEST_F(Epoll, AFileClosedWhileSomebodyWaitsWakesNobody) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  runtime.on_sleep = [&] {
    sys().close(task, fd);
    runtime.enter(Context::softirq);
    arrive();
    return false;
  };
  EXPECT_EQ(wait(epfd, 10), Ready{});
  EXPECT_TRUE(runtime.wakes.empty());
}

TEST_F(Epoll, ClosingTheInstanceForgetsItsFiles) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  close(epfd);
  arrive();
  EXPECT_TRUE(runtime.wakes.empty());
  read(fd);
  EXPECT_EQ(result, 1);
}

TEST_F(Epoll, TheInstanceLivesAsLongAsSomebodyWaitsInIt) {
  const int fd = udp_socket();
  const int epfd = create();
  add(epfd, fd, EPOLLIN);
  runtime.on_sleep = [&] {
    sys().close(task, epfd);
    runtime.enter(Context::softirq);
    arrive();
    return true;
  };
  EXPECT_EQ(wait(epfd, -1), (Ready{{fd, EPOLLIN}}));
  EXPECT_EQ(wait(epfd), Ready{});
  EXPECT_EQ(result, -EBADF);
}

// ---- instances that watch instances

TEST_F(Epoll, AnInstanceIsReadableWhileOneOfItsFilesIs) {
  const int fd = udp_socket();
  const int inner = create(), outer = create();
  EXPECT_EQ(add(inner, fd, EPOLLIN), 0);
  EXPECT_EQ(add(outer, inner, EPOLLIN), 0);
  EXPECT_EQ(wait(outer), Ready{});
  arrive();
  EXPECT_EQ(wait(outer), (Ready{{inner, EPOLLIN}}));
  read(fd);
  EXPECT_EQ(wait(outer), Ready{});
}

TEST_F(Epoll, RingsAndDeepNestsAreRefused) {
  std::array<int, 6> instances{};
  for (int& epfd : instances) epfd = create();
  EXPECT_EQ(add(instances[0], instances[0], EPOLLIN), -EINVAL);
  EXPECT_EQ(add(instances[0], instances[1], EPOLLIN), 0);
  EXPECT_EQ(add(instances[1], instances[0], EPOLLIN), -ELOOP);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(add(instances[i], instances[i + 1], EPOLLIN), 0);
  EXPECT_EQ(add(instances[4], instances[5], EPOLLIN), -ELOOP) << "six deep";
  EXPECT_EQ(add(instances[5], instances[0], EPOLLIN), -ELOOP) << "from the other side";
}

// ---- what is refused

TEST_F(Epoll, WrongCallsSayWhy) {
  const int fd = udp_socket();
  const int epfd = create();
  EXPECT_EQ(sys().epoll_create1(task, 1), -EINVAL);
  EXPECT_EQ(add(epfd, 99, EPOLLIN), -EBADF);
  EXPECT_EQ(add(99, fd, EPOLLIN), -EBADF);
  EXPECT_EQ(add(fd, epfd, EPOLLIN), -EINVAL) << "not an epoll file";
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_MOD, fd, EPOLLIN), -ENOENT);
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_DEL, fd, 0), -ENOENT);
  EXPECT_EQ(ctl(epfd, 17, fd, EPOLLIN), -EINVAL);
  EXPECT_EQ(sys().epoll_ctl(task, epfd, EPOLL_CTL_ADD, fd, nullptr), -EFAULT);
  EXPECT_EQ(add(epfd, fd, EPOLLIN), 0);
  EXPECT_EQ(add(epfd, fd, EPOLLIN), -EEXIST);
  EXPECT_EQ(sys().epoll_wait(task, epfd, {}, 0), -EINVAL) << "room for none";
  std::array<epoll_event, 1> room{};
  EXPECT_EQ(sys().epoll_wait(task, fd, room, 0), -EINVAL);
  Packet buffer(1);
  EXPECT_EQ(sys().recvfrom(task, epfd, buffer, MSG_DONTWAIT, nullptr), -ENOTSOCK);
  EXPECT_EQ(sys().listen(task, epfd, 1), -ENOTSOCK);
}

TEST_F(Epoll, ExclusiveIsForAddingPlainFilesOnly) {
  const int fd = udp_socket();
  const int epfd = create(), other = create();
  EXPECT_EQ(add(epfd, other, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
  EXPECT_EQ(add(epfd, fd, EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE), -EINVAL);
  EXPECT_EQ(add(epfd, fd, EPOLLIN | EPOLLRDHUP | EPOLLEXCLUSIVE), -EINVAL);
  EXPECT_EQ(add(epfd, fd, EPOLLIN | EPOLLEXCLUSIVE), 0);
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_MOD, fd, EPOLLIN), -EINVAL) << "exclusive entries cannot be changed";
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_DEL, fd, 0), 0);
  add(epfd, fd, EPOLLIN);
  EXPECT_EQ(ctl(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
}

}  // namespace
}  // namespace nicosim
