// Receive packet steering over two CPUs.
#include "common/frame_ledger.hpp"
#include "stack/core/flow_hash.hpp"
#include "stack/stack.hpp"
#include "tb/stack/stack_fixture.hpp"
#include "tb/stack/two_cpus.hpp"

namespace nicosim {
namespace {

using namespace packets;

TEST(Rps, AFlowStaysOnOneCpuAndFlowsSpreadOverBoth) {
  EventLog log;
  FrameLedger ledger{log};
  FramePool pool;
  TwoCpus runtime;
  FakeDevice card{ledger, runtime};
  Stack stack{runtime, ledger, pool, {}};
  stack.attach(card);
  stack.add_address(card, kOurIp, 24);
  std::uint64_t number = 0;
  const auto arrive = [&](std::uint16_t port) {
    const Packet bytes = ethernet(ipv4(udp(text("x"), {.from = port}), {.to = kOtherIp}));
    FramePtr frame = pool.make(bytes.size());
    std::ranges::copy(bytes, frame->put(bytes.size()).begin());
    frame->ids.push_back(ledger.open_on_wire(0, number++, runtime.now()));
    stack.receive(card, std::move(frame));
  };
  for (int i = 0; i < 10; ++i) arrive(5000);
  const auto first = stack.softnet(0).backlog_len;
  EXPECT_TRUE(first == 0 || first == 10) << "one flow, one CPU";
  for (std::uint16_t port = 1; port <= 64; ++port) arrive(port);
  EXPECT_GT(stack.softnet(0).backlog_len, 16U);
  EXPECT_GT(stack.softnet(1).backlog_len, 16U);

  EXPECT_TRUE(runtime.calls[1].empty()) << "the other CPU hears of it when this one's net_rx_action ends";
  stack.softirq(Softirq::net_rx);
  EXPECT_EQ(runtime.calls[1].size(), 1U);
  EXPECT_EQ(stack.softnet(0).backlog_len, 0U);
  runtime.at = 1;
  const auto waiting = stack.softnet(1).backlog_len;
  stack.softirq(Softirq::net_rx);
  EXPECT_EQ(stack.softnet(1).backlog_len, waiting) << "not on its poll_list before the interrupt has come";
  EXPECT_EQ(stack.softnet(1).received_rps, 0U);
  runtime.take_calls();
  EXPECT_TRUE(runtime.pending[1].contains(Softirq::net_rx));
  EXPECT_EQ(stack.softnet(1).received_rps, 1U);
  stack.softirq(Softirq::net_rx);
  EXPECT_EQ(stack.softnet(0).processed + stack.softnet(1).processed, 74U);
  EXPECT_EQ(ledger.dropped(false, Station::ip, DropReason::IP_INADDRERRORS), 74U);
  EXPECT_EQ(ledger.unexplained(), 0U);
}

TEST(Rps, AllFragmentsOfADatagramHashAlike) {
  const auto pieces = fragments(udp(pattern(3000)), 1480);
  for (const Packet& p : pieces) EXPECT_EQ(flow_hash(p), flow_hash(pieces[0]));
}

}  // namespace
}  // namespace nicosim
