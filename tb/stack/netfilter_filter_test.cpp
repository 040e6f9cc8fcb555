// Rules without connections: what matches, what a verdict does to the packet, what is counted.
#include "tb/stack/netfilter_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;
using namespace rules;

constexpr std::uint8_t kUdp = 17, kTcp = 6;

struct NetfilterFilter : NetfilterFixture {
  std::uint64_t filtered() const { return dropped(Station::ip, DropReason::NETFILTER_DROP); }
  Packet to_us(std::uint16_t dport = 9) { return udp_packet(kClient, 5000, kInside, dport); }
  Packet through(std::uint16_t dport = 9) { return udp_packet(kClient, 5000, kServer, dport); }
};

TEST_F(NetfilterFilter, WithoutRulesEverythingPassesAndNothingIsCharged) {
  start();
  from_client(through());
  EXPECT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::nf_rule)], 0U);
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::nf_conntrack)], 0U);
  EXPECT_EQ(stack->netfilter_rules(), "");
}

TEST_F(NetfilterFilter, InputDropsWhatIsForThisHostAndNotWhatPassesThrough) {
  with({on(NfHook::local_in, NfTarget::drop)});
  from_client(to_us());
  from_client(through());
  EXPECT_EQ(filtered(), 1U);
  EXPECT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(counter("filter.INPUT.1.packets"), 1U);
  EXPECT_EQ(counter("filter.INPUT.1.bytes"), to_us().size());
}

TEST_F(NetfilterFilter, ForwardDropsWhatPassesThroughAndNotWhatIsForThisHost) {
  with({on(NfHook::forward, NfTarget::drop)});
  const int fd = udp_socket();
  from_client(to_us());
  from_client(through());
  EXPECT_EQ(filtered(), 1U);
  EXPECT_TRUE(far.sent.empty());
  EXPECT_EQ(read(fd), text("hello"));
  EXPECT_EQ(nstat("IpForwDatagrams"), 0U);
}

TEST_F(NetfilterFilter, PreRoutingDropsBeforeTheRouteIsAskedFor) {
  NfRule rule = on(NfHook::pre_routing, NfTarget::drop);
  rule.table = NfTable::mangle;
  with({rule});
  from_client(udp_packet(kClient, 1, {0x0808'0808}, 2));
  EXPECT_EQ(filtered(), 1U);
  EXPECT_EQ(nstat("IpOutNoRoutes"), 0U);
}

TEST_F(NetfilterFilter, PostRoutingDropsWhatWasForwardedAndTheArrivalSharesTheFate) {
  NfRule rule = on(NfHook::post_routing, NfTarget::drop);
  rule.table = NfTable::mangle;
  with({rule});
  from_client(through());
  EXPECT_TRUE(far.sent.empty());
  EXPECT_EQ(tx_dropped(Station::tx_ip, DropReason::NETFILTER_DROP), 1U);
  EXPECT_EQ(dropped(Station::tx_ip, DropReason::NETFILTER_DROP), 1U);
}

TEST_F(NetfilterFilter, OutputDropsWhatAProcessSendsAndTellsItEperm) {
  with({on(NfHook::local_out, NfTarget::drop)});
  const int fd = udp_socket();
  const auto to = endpoint(kClient, 7);
  EXPECT_EQ(send(fd, text("x"), &to), -EPERM);
  EXPECT_TRUE(card.sent.empty());
  EXPECT_EQ(tx_dropped(Station::tx_ip, DropReason::NETFILTER_DROP), 1U);
}

TEST_F(NetfilterFilter, TheFirstRuleThatMatchesDecides) {
  NfRule first = on(NfHook::forward, NfTarget::accept);
  first.source = is(NfPrefix{kClient, 32});
  with({first, on(NfHook::forward, NfTarget::drop)});
  from_client(through());
  from_client(udp_packet(kOtherIp, 5000, kServer, 9));
  EXPECT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(filtered(), 1U);
}

TEST_F(NetfilterFilter, ARuleWithoutATargetCountsAndGoesOn) {
  with({on(NfHook::forward, NfTarget::none)});
  from_client(through());
  EXPECT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(counter("filter.FORWARD.1.packets"), 1U);
  EXPECT_EQ(counter("filter.FORWARD.policy.packets"), 1U);
}

TEST_F(NetfilterFilter, ThePolicyDecidesWhatNoRuleDid) {
  policy(NfHook::local_in);
  NfRule ports = on(NfHook::local_in, NfTarget::accept);
  ports.protocol = is(kUdp);
  ports.dport = is(NfPorts{9, 9});
  with({ports});
  const int fd = udp_socket();
  from_client(to_us(9));
  from_client(to_us(10));
  EXPECT_EQ(read(fd), text("hello"));
  EXPECT_EQ(filtered(), 1U);
  EXPECT_EQ(counter("filter.INPUT.policy.packets"), 1U);
}

// One match at a time: a packet that meets it and one that does not.
struct MatchCase {
  const char* name;
  void (*set)(NfRule&);
  Packet meets, fails;
};

struct NetfilterMatch : NetfilterFilter, ::testing::WithParamInterface<int> {
  static std::vector<MatchCase> cases() {
    const Ipv4Address c = kClient, s = kServer, o = kOtherIp;
    const auto u = [&](std::uint16_t sport, std::uint16_t dport) { return udp_packet(c, sport, s, dport); };
    const auto t = [&](std::uint8_t flags) { return tcp_packet(c, 40'000, s, 80, flags); };
    return {
        {"source",
         [](NfRule& r) {
           r.source = is(NfPrefix{kClient, 32});
         },
         u(1, 2), udp_packet(o, 1, s, 2)},
        {"source prefix",
         [](NfRule& r) {
           r.source = is(NfPrefix{{0x0a4d'0000}, 31});
         },
         u(1, 2), udp_packet(o, 1, s, 2)},
        {"not source",
         [](NfRule& r) {
           r.source = isnt(NfPrefix{kClient, 32});
         },
         udp_packet(o, 1, s, 2), u(1, 2)},
        {"destination",
         [](NfRule& r) {
           r.destination = is(NfPrefix{kServer, 32});
         },
         u(1, 2), udp_packet(c, 1, kInside, 2)},
        {"protocol", [](NfRule& r) { r.protocol = is(kTcp); }, t(2), u(1, 2)},
        {"not protocol", [](NfRule& r) { r.protocol = isnt(kTcp); }, u(1, 2), t(2)},
        {"sport range",
         [](NfRule& r) {
           r.sport = is(NfPorts{100, 200});
         },
         u(200, 1), u(201, 1)},
        {"dport",
         [](NfRule& r) {
           r.dport = is(NfPorts{53, 53});
         },
         u(1, 53), u(53, 1)},
        {"not dport",
         [](NfRule& r) {
           r.dport = isnt(NfPorts{53, 60});
         },
         u(1, 61), u(1, 60)},
        {"ports need TCP or UDP",
         [](NfRule& r) {
           r.dport = isnt(NfPorts{1, 1});
         },
         u(1, 2), ipv4(pattern(20), {.from = c, .to = s, .protocol = 47})},
        {"syn alone",
         [](NfRule& r) {
           r.tcp_flags = is(NfTcpFlags{0x17, 0x02});
         },
         t(0x02), t(0x12)},
        {"not syn alone",
         [](NfRule& r) {
           r.tcp_flags = isnt(NfTcpFlags{0x17, 0x02});
         },
         t(0x12), t(0x02)},
        {"flags need TCP",
         [](NfRule& r) {
           r.tcp_flags = isnt(NfTcpFlags{0x17, 0x02});
         },
         t(0x10), u(1, 2)},
    };
  }
};

TEST_F(NetfilterMatch, EachConditionHoldsForWhatItNamesAndForNothingElse) {
  for (const MatchCase& one : cases()) {
    NfRule rule{.table = NfTable::mangle, .chain = NfHook::pre_routing, .target = NfTarget::drop};
    one.set(rule);
    with({rule});
    from_client(one.meets);
    EXPECT_EQ(counter("mangle.PREROUTING.1.packets"), 1U) << one.name;
    from_client(one.fails);
    EXPECT_EQ(counter("mangle.PREROUTING.1.packets"), 1U) << one.name << " matched what it should not";
  }
}

TEST_F(NetfilterFilter, InterfacesMatchByNameAndByBeginning) {
  NfRule in = on(NfHook::forward, NfTarget::none), out = in, all = in, none = in;
  in.in = is(std::string{"eth0"});
  out.out = isnt(std::string{"eth0"});
  all.in = is(std::string{"eth+"});
  none.in = is(std::string{"eth1"});
  with({in, out, all, none});
  from_client(through());
  EXPECT_EQ(counter("filter.FORWARD.1.packets"), 1U);
  EXPECT_EQ(counter("filter.FORWARD.2.packets"), 1U);
  EXPECT_EQ(counter("filter.FORWARD.3.packets"), 1U);
  EXPECT_EQ(counter("filter.FORWARD.4.packets"), 0U);
}

TEST_F(NetfilterFilter, TheSourceMacIsThatOfTheFrame) {
  NfRule rule = on(NfHook::forward, NfTarget::drop);
  rule.mac_source = is(kPeerMac);
  with({rule});
  from_client(through());
  receive(ethernet(through(), {.from = {{2, 9, 9, 9, 9, 9}}}));
  EXPECT_EQ(filtered(), 1U);
  EXPECT_EQ(far.sent.size(), 1U);
}

TEST_F(NetfilterFilter, RejectAnswersWithPortUnreachableUnlessToldOtherwise) {
  with({on(NfHook::local_in, NfTarget::reject)});
  from_client(to_us());
  EXPECT_EQ(fate(Fate::answered), 1U);
  ASSERT_EQ(card.sent.size(), 1U);
  const Seen answer = to_client(0);
  EXPECT_EQ(answer.from, kInside);
  EXPECT_EQ(answer.to, kClient);
  EXPECT_EQ(load_be16(answer.body, 0), 0x0303);
  EXPECT_EQ(Packet(answer.body.begin() + 8, answer.body.end()), to_us()) << "quotes the packet";
}

TEST_F(NetfilterFilter, EveryIcmpRejectHasItsCode) {
  const std::pair<NfRejectWith, unsigned> codes[] = {
      {NfRejectWith::icmp_net_unreachable, 0},   {NfRejectWith::icmp_host_unreachable, 1},
      {NfRejectWith::icmp_proto_unreachable, 2}, {NfRejectWith::icmp_port_unreachable, 3},
      {NfRejectWith::icmp_net_prohibited, 9},    {NfRejectWith::icmp_host_prohibited, 10},
      {NfRejectWith::icmp_admin_prohibited, 13}};
  for (const auto& [with_what, code] : codes) {
    NfRule rule = on(NfHook::forward, NfTarget::reject);
    rule.reject_with = with_what;
    with({rule});
    card.sent.clear();
    from_client(through());
    ASSERT_EQ(card.sent.size(), 1U) << name_of(with_what);
    EXPECT_EQ(load_be16(to_client(0).body, 0), 0x0300U + code) << name_of(with_what);
  }
}

TEST_F(NetfilterFilter, RejectWithTcpResetAnswersForTheServer) {
  NfRule rule = on(NfHook::forward, NfTarget::reject);
  rule.reject_with = NfRejectWith::tcp_reset;
  with({rule});
  from_client(tcp_packet(kClient, 40'000, kServer, 80, 0x02, 1000));
  EXPECT_EQ(fate(Fate::answered), 1U);
  ASSERT_EQ(card.sent.size(), 1U);
  const Seen answer = to_client(0);
  EXPECT_EQ(answer.from, kServer);
  EXPECT_EQ(answer.sport(), 80);
  EXPECT_EQ(answer.dport(), 40'000);
  EXPECT_EQ(load8(answer.body, 13), 0x14) << "RST and ACK";
  EXPECT_EQ(load_be32(answer.body, 8), 1001U);
}

TEST_F(NetfilterFilter, ARejectThatMayNotAnswerIsADrop) {
  NfRule rule = on(NfHook::forward, NfTarget::reject);
  rule.reject_with = NfRejectWith::tcp_reset;
  with({rule});
  from_client(tcp_packet(kClient, 40'000, kServer, 80, 0x04));  // a RST is never answered
  from_client(through());                                       // nor is UDP by a RST
  EXPECT_TRUE(card.sent.empty());
  EXPECT_EQ(filtered(), 2U);
}

TEST_F(NetfilterFilter, ARejectedDatagramOfOurOwnTellsItsConnectedSocket) {
  with({on(NfHook::local_out, NfTarget::reject)});
  const int fd = udp_socket();
  const auto to = endpoint(kClient, 7);
  ASSERT_EQ(sys().connect(task, fd, to), 0);
  EXPECT_EQ(send(fd, text("x"), nullptr), -EPERM);
  advance(SimTime::ns(1));
  read(fd);
  EXPECT_EQ(result, -ECONNREFUSED);
}

TEST_F(NetfilterFilter, TheListingReadsLikeIptables) {
  policy(NfHook::local_in);
  NfRule rule = on(NfHook::local_in, NfTarget::reject);
  rule.in = is(std::string{"eth0"});
  rule.protocol = is(kTcp);
  rule.source = isnt(NfPrefix{{0x0a00'0000}, 8});
  rule.dport = is(NfPorts{80, 90});
  rule.reject_with = NfRejectWith::tcp_reset;
  rule.comment = "no web";
  with({rule});
  from_client(to_us());
  const std::string listing = stack->netfilter_rules();
  EXPECT_NE(listing.find("Chain INPUT (policy DROP 1 packets, 33 bytes)\n"), std::string::npos) << listing;
  EXPECT_NE(listing.find("       0        0 REJECT     tcp  --  eth0   *      !10.0.0.0/8          0.0.0.0/0           "
                         " tcp dpts:80:90 /* no web */ reject-with tcp-reset\n"),
            std::string::npos)
      << listing;
}

TEST(NetfilterRules, TablesHaveTheChainsAndChainsTakeTheTargetsOfIptables) {
  EXPECT_FALSE(has_chain(NfTable::filter, NfHook::pre_routing));
  EXPECT_FALSE(has_chain(NfTable::nat, NfHook::forward));
  EXPECT_TRUE(has_chain(NfTable::raw, NfHook::local_out));
  EXPECT_FALSE(takes_target(NfTable::nat, NfHook::pre_routing, NfTarget::drop));
  EXPECT_FALSE(takes_target(NfTable::nat, NfHook::post_routing, NfTarget::dnat));
  EXPECT_FALSE(takes_target(NfTable::nat, NfHook::pre_routing, NfTarget::masquerade));
  EXPECT_FALSE(takes_target(NfTable::mangle, NfHook::forward, NfTarget::reject));
  EXPECT_TRUE(takes_target(NfTable::filter, NfHook::forward, NfTarget::reject));
}

}  // namespace
}  // namespace nicosim
