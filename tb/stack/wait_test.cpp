// Sleeping, waking, closing: what a process and a packet do to each other.
#include "stack/io/fasync.hpp"
#include "stack/io/signal.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/socket.hpp"
#include "tb/stack/stack_fixture.hpp"
#include "tb/stack/two_cpus.hpp"

#include <csignal>
#include <sys/time.h>

namespace nicosim {
namespace {

using namespace packets;

struct Wait : StackFixture {
  Wait() { know_peer(); }
};

TEST_F(Wait, ABlockedReaderIsWokenByItsDatagram) {
  const int fd = udp_socket();
  unsigned slept = 0;
  runtime.on_sleep = [&] {
    ++slept;
    runtime.advance(SimTime::us(10));
    receive(udp_frame(text("at last")));
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("at last"));
  EXPECT_EQ(slept, 1U);
  EXPECT_TRUE(runtime.wakes.contains(7));
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::sock_wake)], 1U);
}

TEST_F(Wait, AFramePassesEveryStationInOrder) {
  std::vector<std::string> lines;
  EventLog events{[&](std::string_view line) { lines.emplace_back(line); }};
  FrameLedger watched{events};
  TestRuntime clock{false};  // every cost takes time, so equal times cannot hide a wrong order
  Stack alone{clock, watched, pool, {}};
  alone.attach(card);
  alone.add_address(card, kOurIp, 24);
  clock.enter(Context::process, &task);
  const int own = alone.calls().socket(task, AF_INET, SOCK_DGRAM, 0);
  alone.calls().bind(task, own, endpoint(Ipv4Address::any(), 9));
  clock.on_sleep = [&] {
    FramePtr frame = pool.make(100);
    const Packet bytes = udp_frame(text("x"));
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(watched.open_on_wire(0, 0, clock.now()));
    alone.receive(card, std::move(frame));
    clock.pending.clear();
    alone.softirq(Softirq::net_rx);
    return true;
  };
  Packet buffer(10);
  EXPECT_EQ(alone.calls().recvfrom(task, own, buffer, 0, nullptr), 1);
  events.release(SimTime::never());
  std::vector<std::string> stations;
  for (const std::string& line : lines) {
    const auto begin = line.find('\t') + 1;
    stations.push_back(line.substr(begin, line.find('\t', begin) - begin));
  }
  EXPECT_EQ(stations, (std::vector<std::string>{"wire", "backlog", "tap", "link", "ip", "transport", "socket", "wake",
                                                "process", "read"}))
      << "the last one is the fate, too";
}

TEST_F(Wait, NobodyAsleepMeansNoWakeStation) {
  const int fd = udp_socket();
  receive(udp_frame(text("x")));
  read(fd);
  EXPECT_EQ(ledger.latency(Station::socket).count, 1U);
  EXPECT_EQ(ledger.latency(Station::wake).count, 0U);
  EXPECT_EQ(ledger.latency(Station::process).count, 1U);
}

TEST_F(Wait, NonBlockingReadsSayTryAgain) {
  const int fd = udp_socket();
  read(fd, MSG_DONTWAIT);
  EXPECT_EQ(result, -EAGAIN);
  sys().set_nonblocking(task, fd, true);
  read(fd, 0);
  EXPECT_EQ(result, -EAGAIN);
  const int born = sys().socket(task, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  read(born, 0);
  EXPECT_EQ(result, -EAGAIN);
}

TEST_F(Wait, AReceiveTimeoutEndsTheSleep) {
  const int fd = udp_socket();
  set_option(fd, SOL_SOCKET, SO_RCVTIMEO, timeval{2, 500'000});
  const timeval shown = get_option<timeval>(fd, SOL_SOCKET, SO_RCVTIMEO);
  EXPECT_EQ(shown.tv_sec, 2);
  EXPECT_EQ(shown.tv_usec, 500'000);
  runtime.on_sleep = [] { return false; };
  read(fd, 0);
  EXPECT_EQ(result, -EAGAIN);
  EXPECT_EQ(runtime.now(), SimTime::ms(2500));
}

TEST_F(Wait, ADatagramForAnotherSocketDoesNotEndTheSleep) {
  const int fd = udp_socket(9);
  const int other = udp_socket(10);
  int step = 0;
  runtime.on_sleep = [&] {
    receive(udp_frame(text("x"), {.to = static_cast<std::uint16_t>(step++ == 0 ? 10 : 9)}));
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("x"));
  EXPECT_EQ(step, 2);
  read(other);
}

TEST_F(Wait, AnIcmpErrorWakesTheReaderOfAConnectedSocket) {
  const int fd = udp_socket(4000);
  sys().connect(task, fd, endpoint(kPeerIp, 7));
  runtime.on_sleep = [&] {
    Packet original = ipv4(udp(text("x"), {.from = 4000, .to = 7, .ip_from = kOurIp, .ip_to = kPeerIp}),
                           {.from = kOurIp, .to = kPeerIp});
    receive(ethernet(ipv4(icmp(3, 3, 0, original), {.protocol = 1})));
    return true;
  };
  read(fd, 0);
  EXPECT_EQ(result, -ECONNREFUSED);
}

TEST_F(Wait, OneDatagramWakesOneOfTwoReadersAndTheNextTheOther) {
  TestTask second{8, "second"};
  WaitQueue queue;
  TaskWaiter a{runtime, queue, task, 1}, b{runtime, queue, second, 1};
  queue.add_exclusive(a);
  queue.add_exclusive(b);
  EXPECT_EQ(queue.wake_up(1), 1U);
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7}));
  EXPECT_EQ(queue.wake_up(1), 1U) << "the first one has left the queue";
  EXPECT_EQ(runtime.wakes, (std::set<unsigned>{7, 8}));
  EXPECT_FALSE(queue.has_sleepers());
}

TEST_F(Wait, AWaiterIsNotWokenByWhatItDoesNotWaitFor) {
  WaitQueue queue;
  TaskWaiter a{runtime, queue, task, 1};
  queue.add_exclusive(a);
  EXPECT_EQ(queue.wake_up(4), 0U);
  EXPECT_TRUE(runtime.wakes.empty());
}

TEST_F(Wait, CloseWhileAnotherThreadReadsTakesTheDescriptorAndTheReadGoesOn) {
  const int fd = udp_socket();
  int step = 0;
  runtime.on_sleep = [&] {
    if (step++ == 0) {
      EXPECT_EQ(stack->calls().close(task, fd), 0);
      EXPECT_EQ(stack->calls().close(task, fd), -EBADF);
    } else {
      receive(udp_frame(text("still there")));
    }
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("still there")) << "the call in progress holds the file";
  receive(udp_frame(text("x")));
  EXPECT_EQ(fate(Fate::answered), 1U) << "now the port is closed";
}

TEST_F(Wait, ClosePurgesWhatNobodyRead) {
  const int fd = udp_socket();
  receive(udp_frame(text("a")));
  receive(udp_frame(text("b")));
  sys().close(task, fd);
  EXPECT_EQ(dropped(Station::socket, DropReason::SOCKET_CLOSED), 2U);
}

TEST_F(Wait, ExitClosesEverythingTheProcessHad) {
  udp_socket(9);
  udp_socket(10);
  receive(udp_frame(text("a")));
  sys().exit(task);
  EXPECT_EQ(dropped(Station::socket, DropReason::SOCKET_CLOSED), 1U);
  EXPECT_EQ(udp_socket(9), 3) << "ports and descriptors are free again";
}

TEST_F(Wait, LocksAndContextsAreBalancedAfterEveryCall) {
  const int fd = udp_socket();
  receive(udp_frame(text("a")));
  read(fd);
  const auto to = endpoint(kPeerIp, 1);
  send(fd, pattern(5000), &to);
  sys().close(task, fd);
  EXPECT_EQ(runtime.preempt_depth, 0);
  EXPECT_EQ(runtime.irq_depth, 0);
}

TEST_F(Wait, AWriterSleepsWhenItsSendBufferIsFullAndIsWokenWhenHalfIsFree) {
  const int fd = udp_socket();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 2304);  // doubled: six short frames
  card.room = 0;
  const auto to = endpoint(kPeerIp, 1);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(send(fd, text("x"), &to, MSG_DONTWAIT), 1);
  EXPECT_EQ(send(fd, text("x"), &to, MSG_DONTWAIT), -EAGAIN);
  unsigned sleeps = 0;
  runtime.on_sleep = [&] {
    ++sleeps;
    card.room = 1;
    stack->tx_wake(card);
    run_softirqs();
    return true;
  };
  EXPECT_EQ(send(fd, text("x"), &to), 1);
  EXPECT_EQ(sleeps, 3U) << "woken only when three of six are gone";
  card.room = 100;
  stack->tx_wake(card);
  run_softirqs();
  EXPECT_EQ(card.sent.size(), 7U);
}

// Waking takes time. A run that ends in it leaves by an exception, also where a frame gives its space back as it dies.
TEST_F(Wait, ARunMayEndWhileAWriterIsWokenForSpace) {
  struct Over {};
  const int fd = udp_socket();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 2304);
  card.room = 0;
  const auto to = endpoint(kPeerIp, 1);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(send(fd, text("x"), &to, MSG_DONTWAIT), 1);
  runtime.on_wake = [] { throw Over{}; };
  runtime.on_sleep = [&]() -> bool {
    card.room = 6;
    stack->tx_wake(card);
    run_softirqs();
    return true;
  };
  EXPECT_THROW(send(fd, text("x"), &to), Over);
}

struct TwoCpuWait : ::testing::Test {
  TwoCpuWait() {
    stack.attach(card);
    stack.add_address(card, kOurIp, 24);
    fd = stack.calls().socket(task, AF_INET, SOCK_DGRAM, 0);
    stack.calls().bind(task, fd, endpoint(Ipv4Address::any(), 9));
  }
  void receive() {
    const Packet bytes = udp_frame(text("x"));
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(0, 0, runtime.now()));
    stack.receive(card, std::move(frame));
  }
  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TwoCpus runtime;
  FakeDevice card{ledger, runtime};
  TestTask task{7, "reader"};
  Stack stack{runtime, ledger, pool, {.rx_path = RxPath::direct, .sysctl = {}}};
  int fd = -1;
};

TEST_F(TwoCpuWait, ASignalEndsTheSleepOfAReader) {
  runtime.woken = Woken::signal;
  Packet buffer(10);
  EXPECT_EQ(stack.calls().recvfrom(task, fd, buffer, 0, nullptr), -kERESTARTSYS);
}

TEST_F(TwoCpuWait, DataThatCameWithTheSignalGoesFirst) {
  runtime.woken = Woken::signal;
  receive();
  Packet buffer(10);
  EXPECT_EQ(stack.calls().recvfrom(task, fd, buffer, 0, nullptr), 1);
}

TEST_F(TwoCpuWait, ADatagramThatMeetsACloseOnAnotherCpuIsDropped) {
  runtime.on_catch_up = [&] { stack.calls().close(task, fd); };
  receive();
  EXPECT_EQ(ledger.dropped(false, Station::socket, DropReason::SOCKET_CLOSED), 1U);
  EXPECT_EQ(ledger.unexplained(), 0U);
}

TEST_F(Wait, AtTheEndOfARunNobodyIsWokenAndNoCardIsTouched) {
  const int fd = udp_socket(0);  // bound by connect, and unbound again with a datagram in its queue
  sys().connect(task, fd, endpoint(kPeerIp, 5000));
  sockaddr_in name{};
  sys().getsockname(task, fd, name);
  receive(udp_frame(text("x"), {.to = ntohs(name.sin_port)}));
  sockaddr_in unspec{};
  unspec.sin_family = AF_UNSPEC;
  sys().connect(task, fd, unspec);
  ip_mreq request{};
  request.imr_multiaddr.s_addr = htonl(0xe101'0203);
  request.imr_interface.s_addr = htonl(kOurIp.value);
  set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
  card.room = 0;
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  const auto groups = card.groups;
  stack.reset();
  EXPECT_EQ(card.groups, groups);
  EXPECT_TRUE(runtime.wakes.empty());
  EXPECT_EQ(fate(Fate::queued), 1U);
  EXPECT_EQ(ledger.count(true, Fate::queued), 1U);
}

TEST_F(Wait, AWriterAsleepAtTheEndOfARunStaysAsleep) {
  const int fd = udp_socket();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 2304);
  set_option(fd, SOL_SOCKET, SO_SNDTIMEO, timeval{1, 0});
  card.room = 0;
  const auto to = endpoint(kPeerIp, 1);
  for (int i = 0; i < 6; ++i) send(fd, text("x"), &to);
  runtime.on_sleep = [&] {
    stack->close_queued(runtime.now());  // gives all the space back
    return false;
  };
  send(fd, text("x"), &to);
  EXPECT_TRUE(runtime.wakes.empty()) << "its time runs out, but nobody wakes it";
}

struct CountingEntry final : FasyncEntry {
  void signal(int code) override { codes.push_back(code); }
  std::vector<int> codes;
};

TEST(Fasync, ASignalForDataIsLeftOutWhileAReaderWaitsForItAnyway) {
  SocketWq wq;
  CountingEntry entry;
  wq.fasync_list.add(entry);
  wq.flags = kAsyncWaitData;
  EXPECT_EQ(sock_wake_async(wq, AsyncWake::wait_data, POLL_IN), 0U);
  wq.flags = 0;
  EXPECT_EQ(sock_wake_async(wq, AsyncWake::wait_data, POLL_IN), 1U);
  EXPECT_EQ(entry.codes, (std::vector<int>{POLL_IN}));
  wq.fasync_list.remove(entry);
}

TEST(Fasync, ASignalForSpaceComesOncePerTimeItRanOut) {
  SocketWq wq;
  CountingEntry entry;
  wq.fasync_list.add(entry);
  EXPECT_EQ(sock_wake_async(wq, AsyncWake::space, POLL_OUT), 0U);
  wq.flags = kAsyncNoSpace;
  EXPECT_EQ(sock_wake_async(wq, AsyncWake::space, POLL_OUT), 1U);
  EXPECT_EQ(sock_wake_async(wq, AsyncWake::space, POLL_OUT), 0U);
  wq.fasync_list.remove(entry);
}

}  // namespace
}  // namespace nicosim
