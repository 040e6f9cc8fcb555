// What another CPU does while a step of the stack lets time pass must not pull the ground from under it.
#include "common/frame_ledger.hpp"
#include "stack/stack.hpp"
#include "tb/stack/stack_fixture.hpp"
#include "tb/stack/two_cpus.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Races : ::testing::Test {
  explicit Races(StackConfig config = {.rx_path = RxPath::direct, .sysctl = {}})
      : stack(runtime, ledger, pool, std::move(config)) {
    stack.attach(card);
    stack.add_address(card, kOurIp, 24);
    stack.set_neighbour(card, kPeerIp, kPeerMac);
  }
  void receive(const Packet& bytes) {
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(0, number++, runtime.now()));
    stack.receive(card, std::move(frame));
  }
  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TwoCpus runtime;
  FakeDevice card{ledger, runtime};
  Stack stack;
  std::uint64_t number = 0;
};

TEST_F(Races, TheLastFragmentArrivesWhileTheSenderIsToldThatTimeIsUp) {
  const auto pieces = fragments(udp(pattern(3000)), 1480);
  ASSERT_EQ(pieces.size(), 3U);
  receive(pieces[0]);
  receive(pieces[1]);
  runtime.set_now(stack.next_deadline());
  runtime.on_preempt_disable = [&] { receive(pieces[2]); };  // the message about the first one is on its way out
  stack.softirq(Softirq::timer);
  EXPECT_EQ(ledger.dropped(false, Station::ip, DropReason::FRAG_REASM_TIMEOUT), 2U);
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(load_be16(card.sent[0], 34), 0x0b01);
  EXPECT_EQ(ledger.unexplained(), 1U) << "it waits for its datagram now";
  stack.close_queued(runtime.now());
  EXPECT_EQ(ledger.unexplained(), 0U);
}

struct ConntrackRaces : Races {
  ConntrackRaces() : Races(tracking()) {
    fd = stack.calls().socket(task, AF_INET, SOCK_DGRAM, 0);
    stack.calls().bind(task, fd, endpoint(Ipv4Address::any(), 5000));
  }
  static StackConfig tracking() {
    StackConfig config{.rx_path = RxPath::direct, .sysctl = {}};
    NfRule rule{.chain = NfHook::local_in, .target = NfTarget::accept};
    rule.ctstate = NfMatch<std::uint8_t>{std::uint8_t{0xff}};
    config.netfilter.rules = {rule};
    return config;
  }
  long send() {
    const sockaddr_in to = endpoint(kPeerIp, 9);
    return stack.calls().sendto(task, fd, text("x"), 0, &to);
  }
  std::uint64_t conntrack(const std::string& name) {
    for (const auto& [key, value] : stack.conntrack_counters())
      if (key == name) return value;
    ADD_FAILURE() << "no counter " << name;
    return 0;
  }
  TestTask task{7, "sender"};
  int fd = -1;
};

TEST_F(ConntrackRaces, TwoFirstDatagramsOfOneFlowAtOnceShareTheConnectionOfTheFasterOne) {
  runtime.preempt_disables_before = 1;  // behind OUTPUT, in front of POSTROUTING
  runtime.on_preempt_disable = [&] { EXPECT_EQ(send(), 1); };
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(card.sent.size(), 2U);
  EXPECT_EQ(conntrack("clash_resolve"), 1U);
  EXPECT_EQ(conntrack("insert"), 1U);
  EXPECT_EQ(conntrack("insert_failed"), 0U);
  EXPECT_EQ(conntrack("nf_conntrack_count"), 1U);
}

}  // namespace
}  // namespace nicosim
