// Connection tracking: states, time-outs, the table's limit.
#include "stack/netfilter/conntrack_tcp.hpp"
#include "tb/stack/netfilter_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;
using namespace rules;

constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16, kSynAck = 18, kFinAck = 17;

struct NetfilterConntrack : NetfilterFixture {
  // One rule per state that only counts, on FORWARD.
  void watch() {
    std::vector<NfRule> all;
    for (const NfState state :
         {NfState::new_, NfState::established, NfState::related, NfState::invalid, NfState::untracked}) {
      NfRule rule = on(NfHook::forward, NfTarget::none);
      rule.ctstate = states({state});
      all.push_back(rule);
    }
    config.netfilter.rules.insert(config.netfilter.rules.end(), all.begin(), all.end());
    start();
  }
  std::string seen() const {
    std::string out;
    for (const char* n : {"1", "2", "3", "4", "5"})
      out += std::to_string(counter(std::string{"filter.FORWARD."} + n + ".packets")) + " ";
    return out;  // "NEW ESTABLISHED RELATED INVALID UNTRACKED "
  }
  void client(std::uint8_t flags) { from_client(tcp_packet(kClient, 40'000, kServer, 80, flags)); }
  void server(std::uint8_t flags) { from_server(tcp_packet(kServer, 80, kClient, 40'000, flags)); }
  bool listed(const std::string& what) { return stack->netfilter_connections().find(what) != std::string::npos; }
};

TEST_F(NetfilterConntrack, AConnectionIsNewUntilItIsAnswered) {
  watch();
  from_client(udp_packet(kClient, 5000, kServer, 53));
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(seen(), "2 0 0 0 0 ");
  EXPECT_TRUE(listed("[UNREPLIED]"));
  from_server(udp_packet(kServer, 53, kClient, 5000));
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(seen(), "2 2 0 0 0 ");
  EXPECT_FALSE(listed("[UNREPLIED]"));
  EXPECT_EQ(conntrack("nf_conntrack_count"), 1U);
}

TEST_F(NetfilterConntrack, ErrorsAboutAConnectionAreRelatedAndOthersInvalid) {
  watch();
  const Packet sent = udp_packet(kClient, 5000, kServer, 53);
  from_client(sent);
  from_server(ipv4(icmp(3, 3, 0, sent), {.from = kServer, .to = kClient, .protocol = 1}));
  EXPECT_EQ(seen(), "1 0 1 0 0 ");
  from_server(
      ipv4(icmp(3, 3, 0, udp_packet(kClient, 5001, kServer, 53)), {.from = kServer, .to = kClient, .protocol = 1}));
  EXPECT_EQ(seen(), "1 0 1 1 0 ");
  EXPECT_EQ(conntrack("invalid"), 1U);
}

TEST_F(NetfilterConntrack, AnErrorThatIsNotSentBackToTheSenderIsInvalid) {
  watch();
  const Packet sent = udp_packet(kClient, 5000, kServer, 53);
  from_client(sent);
  stack->set_neighbour(card, kOtherIp, kPeerMac);
  from_server(ipv4(icmp(3, 3, 0, sent), {.from = kServer, .to = kOtherIp, .protocol = 1}));
  EXPECT_EQ(seen(), "1 0 0 1 0 ");
}

TEST_F(NetfilterConntrack, AWrongChecksumMakesAPacketInvalid) {
  watch();
  Packet packet = udp_packet(kClient, 5000, kServer, 53);
  store8(packet, 30, 0xaa);
  from_client(packet);
  EXPECT_EQ(seen(), "0 0 0 1 0 ");
  EXPECT_EQ(conntrack("error"), 1U);
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
}

TEST_F(NetfilterConntrack, FlagsThatNoTcpSendsAreInvalid) {
  watch();
  client(kSyn | kFin);
  client(kSyn | kRst);
  client(0);
  client(0x29);  // FIN, PSH, URG: a Christmas tree
  EXPECT_EQ(seen(), "0 0 0 4 0 ");
}

TEST_F(NetfilterConntrack, AnAnswerWithoutAQuestionIsInvalid) {
  watch();
  server(kSynAck);
  from_server(ipv4(icmp(0, 0, 7, pattern(8)), {.from = kServer, .to = kClient, .protocol = 1}));
  EXPECT_EQ(seen(), "0 0 0 2 0 ");
}

TEST_F(NetfilterConntrack, NotrackLeavesAPacketWithoutAConnection) {
  NfRule rule = on(NfHook::pre_routing, NfTarget::notrack);
  rule.table = NfTable::raw;
  config.netfilter.rules = {rule};
  watch();
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(seen(), "0 0 0 0 1 ");
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
}

TEST_F(NetfilterConntrack, TheUsualStatefulFirewallLetsAnswersInAndNothingElse) {
  policy(NfHook::forward);
  NfRule outgoing = on(NfHook::forward, NfTarget::accept), answers = outgoing;
  outgoing.in = is(std::string{"eth0"});
  answers.ctstate = states({NfState::established, NfState::related});
  with({outgoing, answers});
  from_server(udp_packet(kServer, 53, kClient, 5000));
  EXPECT_TRUE(card.sent.empty());
  EXPECT_EQ(dropped(Station::ip, DropReason::NETFILTER_DROP), 1U);
  advance(SimTime::s(31));
  from_client(udp_packet(kClient, 5000, kServer, 53));
  from_server(udp_packet(kServer, 53, kClient, 5000));
  EXPECT_EQ(card.sent.size(), 1U);
}

TEST_F(NetfilterConntrack, ADroppedFirstPacketLeavesNoEntry) {
  policy(NfHook::forward);
  watch();
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
  EXPECT_EQ(conntrack("insert"), 0U);
}

TEST_F(NetfilterConntrack, TcpGoesThroughItsStatesWithLinuxTimeOuts) {
  watch();
  client(kSyn);
  EXPECT_TRUE(listed("tcp      6 120 SYN_SENT ")) << stack->netfilter_connections();
  server(kSynAck);
  EXPECT_TRUE(listed(" 60 SYN_RECV "));
  client(kAck);
  EXPECT_TRUE(listed(" 432000 ESTABLISHED "));
  EXPECT_TRUE(listed("[ASSURED]"));
  client(kFinAck);
  EXPECT_TRUE(listed(" 120 FIN_WAIT "));
  server(kAck);
  EXPECT_TRUE(listed(" 60 CLOSE_WAIT "));
  server(kFinAck);
  EXPECT_TRUE(listed(" 30 LAST_ACK "));
  client(kAck);
  EXPECT_TRUE(listed(" 120 TIME_WAIT "));
  advance(SimTime::s(120));
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
}

TEST_F(NetfilterConntrack, ARefusedConnectionIsForgottenAndAResetOneSoon) {
  watch();
  client(kSyn);
  server(kRst | kAck);
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
  client(kSyn);
  server(kSynAck);
  client(kAck);
  server(kRst);
  EXPECT_TRUE(listed(" 10 CLOSE "));
}

TEST_F(NetfilterConntrack, ASynAfterTheEndIsAnotherConnection) {
  watch();
  client(kSyn);
  server(kSynAck);
  client(kRst);
  client(kSyn);
  EXPECT_TRUE(listed(" SYN_SENT ")) << stack->netfilter_connections();
  EXPECT_EQ(conntrack("insert"), 2U);
  EXPECT_EQ(conntrack("nf_conntrack_count"), 1U);
}

TEST_F(NetfilterConntrack, AConnectionIsPickedUpInItsMiddleUnlessTcpLooseIsOff) {
  watch();
  client(kAck);
  EXPECT_EQ(seen(), "1 0 0 0 0 ");
  EXPECT_TRUE(listed(" 300 ESTABLISHED ")) << stack->netfilter_connections();
  config.netfilter.rules.clear();
  config.sysctl.nf_conntrack_tcp_loose = 0;
  watch();
  client(kAck);
  EXPECT_EQ(seen(), "0 0 0 1 0 ");
}

TEST_F(NetfilterConntrack, UdpLivesHalfAMinuteAndAStreamTwo) {
  watch();
  const auto ask = [&] { from_client(udp_packet(kClient, 5000, kServer, 53)); };
  ask();
  EXPECT_TRUE(listed("udp      17 30 "));
  from_server(udp_packet(kServer, 53, kClient, 5000));
  ask();
  EXPECT_TRUE(listed("udp      17 30 ")) << "both ways, but too young";
  advance(SimTime::ms(2001));
  ask();
  EXPECT_TRUE(listed("udp      17 120 "));
  EXPECT_TRUE(listed("[ASSURED]"));
  advance(SimTime::s(120));
  EXPECT_EQ(conntrack("nf_conntrack_count"), 0U);
}

TEST_F(NetfilterConntrack, AnIdleTableRunsNoTimer) {
  watch();
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_TRUE(stack->next_deadline().is_never());
}

TEST_F(NetfilterConntrack, IcmpAndOtherProtocolsHaveTimeOutsOfTheirOwn) {
  watch();
  from_client(ipv4(echo(pattern(8)), {.from = kClient, .to = kServer, .protocol = 1}));
  EXPECT_TRUE(listed("icmp     1 30 src=10.77.0.1 dst=10.99.0.9 type=8 code=0 id=4660 "))
      << stack->netfilter_connections();
  from_client(ipv4(pattern(20), {.from = kClient, .to = kServer, .protocol = 47}));
  EXPECT_TRUE(listed("47       47 600 ")) << stack->netfilter_connections();
}

TEST_F(NetfilterConntrack, AFullTableForgetsTheOldestUnassuredFirst) {
  config.sysctl.nf_conntrack_max = 2;
  watch();
  for (std::uint16_t port = 5000; port < 5003; ++port) from_client(udp_packet(kClient, port, kServer, 53));
  EXPECT_EQ(far.sent.size(), 3U);
  EXPECT_EQ(conntrack("early_drop"), 1U);
  EXPECT_EQ(conntrack("nf_conntrack_count"), 2U);
  EXPECT_FALSE(listed("sport=5000"));
}

TEST_F(NetfilterConntrack, ATableFullOfAssuredConnectionsDropsTheNewcomer) {
  config.sysctl.nf_conntrack_max = 1;
  watch();
  client(kSyn);
  server(kSynAck);
  client(kAck);
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(conntrack("drop"), 1U);
  EXPECT_EQ(dropped(Station::ip, DropReason::NETFILTER_DROP), 1U);
  client(kAck);
  EXPECT_EQ(far.sent.size(), 3U) << "the old one goes on";
}

TEST_F(NetfilterConntrack, CountsPacketsAndBytesBothWays) {
  watch();
  const Packet question = udp_packet(kClient, 5000, kServer, 53), answer = udp_packet(kServer, 53, kClient, 5000);
  from_client(question);
  from_server(answer);
  from_server(answer);
  EXPECT_TRUE(listed("packets=1 bytes=" + std::to_string(question.size()) + " src=10.99.0.9"))
      << stack->netfilter_connections();
  EXPECT_TRUE(listed("packets=2 bytes=" + std::to_string(2 * answer.size())));
}

// The whole table of transitions in one place a person can check; a letter per state as in the source.
TEST(NetfilterTcpStates, SimultaneousOpenEndsEstablished) {
  using enum NfTcpState;
  NfTcpState state = next_tcp_state(NONE, kSyn, false);
  state = next_tcp_state(state, kSyn, true);
  EXPECT_EQ(state, SYN_SENT2);
  state = next_tcp_state(state, kSynAck, false);
  EXPECT_EQ(state, SYN_RECV);
  EXPECT_EQ(next_tcp_state(state, kSynAck, true), ignore);
  EXPECT_EQ(next_tcp_state(state, kAck, false), ESTABLISHED);
}

TEST(NetfilterTcpStates, OnlySomeSegmentsBeginAConnection) {
  using enum NfTcpState;
  EXPECT_EQ(next_tcp_state(NONE, kSyn, false), SYN_SENT);
  EXPECT_EQ(next_tcp_state(NONE, kAck, false), ESTABLISHED);
  EXPECT_EQ(next_tcp_state(NONE, kSynAck, false), invalid);
  EXPECT_EQ(next_tcp_state(NONE, kFinAck, false), invalid);
  EXPECT_EQ(next_tcp_state(NONE, kRst, false), invalid);
}

TEST(NetfilterTcpStates, AResetClosesFromEveryState) {
  for (std::size_t i = 1; i < kNfTcpStates; ++i) {
    EXPECT_EQ(next_tcp_state(static_cast<NfTcpState>(i), kRst, false), NfTcpState::CLOSE) << i;
    EXPECT_EQ(next_tcp_state(static_cast<NfTcpState>(i), kRst, true), NfTcpState::CLOSE) << i;
  }
}

}  // namespace
}  // namespace nicosim
