// A stack alone: one fake card that records what is sent, a test runtime, and the real ledger.
#pragma once

#include "common/frame.hpp"
#include "common/frame_ledger.hpp"
#include "stack/stack.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/stack/card_model.hpp"
#include "tb/stack/packets.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace nicosim {

using packets::Packet;

// Takes frames as a card would; `room` limits how many before it says NETDEV_TX_BUSY.
class FakeDevice final : public NetDevice {
 public:
  FakeDevice(Ledger& ledger, Runtime& runtime, unsigned port = 0) : ledger_(ledger), runtime_(runtime), port_(port) {}
  std::string_view name() const override { return port_ == 0 ? "eth0" : "eth1"; }
  unsigned port() const override { return port_; }
  MacAddress address() const override {
    MacAddress mac = packets::kOurMac;
    mac.octets[4] = static_cast<std::uint8_t>(port_);
    return mac;
  }
  unsigned mtu() const override { return mtu_bytes; }
  Features features() const override { return offers; }
  bool carrier() const override { return link_up; }
  bool transmit(FramePtr& frame) override {
    if (room == 0) return false;
    --room;
    frame_bytes.push_back(frame->size());
    for (Packet& packet : packets::as_sent(*frame)) {
      sent.push_back(std::move(packet));
      sent_ids.push_back(frame->ids);
      left.push_back(frame->checksum_left());
    }
    frame->close(ledger_, Fate::sent, Station::tx_wire, runtime_.now(), DropReason::none);
    frame.reset();
    return true;
  }
  Napi* napi() override { return source; }
  void set_rx_mode(bool promisc, bool, std::span<const MacAddress> list) override {
    promiscuous = promisc;
    groups.assign(list.begin(), list.end());
  }

  unsigned mtu_bytes = 1500;
  Napi* source = nullptr;  // what a busy poller may poll
  bool link_up = true, promiscuous = false;
  std::size_t room = ~std::size_t{0};
  Features offers;           // none: the stack does everything
  std::vector<Packet> sent;  // as on the wire
  std::vector<std::vector<FrameId>> sent_ids;
  std::vector<bool> left;                // its checksum was left to the card
  std::vector<std::size_t> frame_bytes;  // of each frame that transmit() took
  std::vector<MacAddress> groups;

 private:
  Ledger& ledger_;
  Runtime& runtime_;
  unsigned port_;
};

inline sockaddr_in endpoint(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value);
  return out;
}

struct StackFixture : ::testing::Test {
  explicit StackFixture(StackConfig config = {}, bool free_of_charge = true) : runtime(free_of_charge) {
    rebuild(config);
  }
  ~StackFixture() override {
    if (stack != nullptr) {  // some tests end it, or use others
      EXPECT_EQ(stack->broken_invariant(), "");
    }
    stack.reset();
    EXPECT_EQ(ledger.unexplained(), 0U) << "frames without a fate";
    EXPECT_EQ(pool.in_use(), 0U) << "frames leaked";
  }
  void rebuild(const StackConfig& config) {
    stack = std::make_unique<Stack>(runtime, ledger, pool, config);
    stack->attach(card);
    stack->add_address(card, packets::kOurIp, 24);
  }
  // Most tests do not want to see ARP first.
  void know_peer() { stack->set_neighbour(card, packets::kPeerIp, packets::kPeerMac); }

  FramePtr frame_of(const Packet& bytes) {
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(0, next_number++, runtime.now()));
    return frame;
  }
  void receive(const Packet& bytes) {
    stack->receive(card, frame_of(bytes));
    run_softirqs();
  }
  void run_softirqs() {
    while (!runtime.pending.empty()) {
      const Softirq next = *runtime.pending.begin();
      runtime.pending.erase(runtime.pending.begin());
      stack->softirq(next);
    }
  }
  // Lets time pass, timers included.
  void advance(SimTime duration) {
    const SimTime until = runtime.now() + duration;
    while (stack->next_deadline() <= until) {
      EXPECT_EQ(runtime.armed, stack->next_deadline());
      runtime.set_now(std::max(runtime.now(), stack->next_deadline()));
      stack->softirq(Softirq::timer);
      run_softirqs();
    }
    runtime.set_now(until);
  }

  std::uint64_t dropped(Station station, DropReason reason) const { return ledger.dropped(false, station, reason); }
  std::uint64_t tx_dropped(Station station, DropReason reason) const { return ledger.dropped(true, station, reason); }
  std::uint64_t fate(Fate f) const { return ledger.count(false, f); }
  std::uint64_t nstat(std::string_view name) const { return stack->nstat().value(name); }

  // Process side
  Syscalls& sys() {
    runtime.enter(Context::process, &task);
    return stack->calls();
  }
  int udp_socket(std::uint16_t port = 9, Ipv4Address address = Ipv4Address::any()) {
    const int fd = sys().socket(task, AF_INET, SOCK_DGRAM, 0);
    EXPECT_GE(fd, 3);
    if (port != 0) {
      EXPECT_EQ(sys().bind(task, fd, endpoint(address, port)), 0);
    }
    return fd;
  }
  template <class T>
  int set_option(int fd, int level, int option, const T& value) {
    return sys().setsockopt(task, fd, level, option, std::as_bytes(std::span{&value, 1}));
  }
  template <class T>
  T get_option(int fd, int level, int option) {
    T value{};
    EXPECT_EQ(sys().getsockopt(task, fd, level, option, std::as_writable_bytes(std::span{&value, 1})), 0);
    return value;
  }
  // A datagram, or the negative errno as a one-element list's length in `result`.
  Packet read(int fd, int flags = MSG_DONTWAIT, std::size_t room = 65536, sockaddr_in* from = nullptr) {
    Packet buffer(room);
    result = sys().recvfrom(task, fd, buffer, flags, from);
    runtime.enter(Context::softirq);
    buffer.resize(static_cast<std::size_t>(std::clamp<long>(result, 0, static_cast<long>(room))));
    return buffer;
  }
  long send(int fd, const Packet& data, const sockaddr_in* to, int flags = 0) {
    const long sent = sys().sendto(task, fd, data, flags, to);
    runtime.enter(Context::softirq);
    run_softirqs();
    return sent;
  }

  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TestRuntime runtime;
  FakeDevice card{ledger, runtime};
  TestTask task{7, "reader"};
  std::unique_ptr<Stack> stack;
  std::uint64_t next_number = 0;
  long result = 0;
};

}  // namespace nicosim
