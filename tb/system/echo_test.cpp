// Frames in, answers out: the whole way through card, driver, stack and process, and back to the wire.
#include "common/station.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"
#include "tb/system/wire_check.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace nicosim {
namespace {

using namespace packets;

Rig& new_rig() { return *new Rig; }  // as long as the process

TEST(Echo, ADatagramComesBackWithAddressesAndPortsSwapped) {
  in_child([] {
    Rig& rig = new_rig();
    const DatagramStats& stats = rig.add_program(7, true);
    const std::vector<std::size_t> sizes{0, 1, 17, 18, 19, 255, 256, 257, 1471, 1472};
    SimTime at = SimTime::us(10);
    for (const std::size_t size : sizes) {
      rig.peers[0].send(at, udp_frame(pattern(size), {.from = 5000, .to = 7}));
      at += SimTime::us(40);
    }
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, sizes.size());

    const auto answers = ip_packets(rig.peers[0].received);
    ASSERT_EQ(answers.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const Sent& answer = answers[i];
      EXPECT_EQ(answer.to, kPeerMac);
      EXPECT_EQ(answer.ip_from, kOurIp);
      EXPECT_EQ(answer.ip_to, kPeerIp);
      ASSERT_EQ(answer.protocol, 17);
      EXPECT_EQ(load_be16(answer.body, 0), 7);
      EXPECT_EQ(load_be16(answer.body, 2), 5000);
      EXPECT_NE(load_be16(answer.body, 6), 0) << "sent without a checksum";
      EXPECT_EQ(Packet(answer.body.begin() + 8, answer.body.end()), pattern(sizes[i])) << sizes[i] << " bytes";
    }
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), sizes.size());
  });
}

TEST(Echo, ADatagramOverTheMtuComesBackInFragments) {
  in_child([] {
    Rig& rig = new_rig();
    rig.add_program(7, true);
    SimTime at = SimTime::us(10);
    for (const Packet& piece : fragments(udp(pattern(5000), {.to = 7}), 1480, {.id = 77})) {
      rig.peers[0].send(at, piece);
      at += SimTime::us(2);
    }
    rig.run();
    rig.expect_sums();
    const auto answers = ip_packets(rig.peers[0].received);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(Packet(answers[0].body.begin() + 8, answers[0].body.end()), pattern(5000));
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), 4U);  // the ARP reply, which nobody reads, is consumed
  });
}

TEST(Echo, AnArpRequestIsAnswered) {
  in_child([] {
    Rig& rig = new_rig();
    rig.peers[0].send(SimTime::us(10), arp_frame({.target_ip = kOtherIp}));
    rig.peers[0].send(SimTime::us(50), arp_frame({}));
    rig.run();
    rig.expect_sums();
    ASSERT_EQ(rig.peers[0].received.size(), 1U);
    const Sent answer = parse_sent(rig.peers[0].received[0]);
    EXPECT_EQ(answer.to, kPeerMac);
    EXPECT_EQ(answer.type, 0x0806);
    Packet expected =
        arp({.operation = 2, .sender_mac = kOurMac, .sender_ip = kOurIp, .target_mac = kPeerMac, .target_ip = kPeerIp});
    expected.resize(46);  // padded with zeros to the shortest frame
    EXPECT_EQ(answer.body, expected);
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::answered), 1U);
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::link, DropReason::ARP_IGNORED), 1U);
  });
}

TEST(Echo, PingsOfEverySizeAreAnsweredAlsoInPieces) {
  in_child([] {
    Rig& rig = new_rig();
    const std::vector<std::size_t> sizes{0, 1, 18, 56, 1000, 1472, 1473, 3000, 10'000};
    SimTime at = SimTime::us(10);
    std::uint16_t id = 100;
    for (const std::size_t size : sizes) {
      for (const Packet& piece : fragments(echo(pattern(size)), 1480, {.protocol = 1, .id = id})) {
        rig.peers[0].send(at, piece);
        at += SimTime::us(2);
      }
      ++id;
      at += SimTime::us(200);
    }
    rig.run();
    rig.expect_sums();
    const auto answers = ip_packets(rig.peers[0].received);
    ASSERT_EQ(answers.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const Sent& answer = answers[i];
      EXPECT_EQ(answer.protocol, 1);
      EXPECT_EQ(answer.ip_from, kOurIp);
      EXPECT_EQ(answer.ip_to, kPeerIp);
      EXPECT_EQ(load8(answer.body, 0), 0) << "echo reply";
      EXPECT_EQ(load8(answer.body, 1), 0);
      EXPECT_EQ(load_be32(answer.body, 4), 0x1234'0001U) << "identifier and sequence number";
      EXPECT_EQ(Packet(answer.body.begin() + 8, answer.body.end()), pattern(sizes[i])) << sizes[i] << " bytes";
    }
  });
}

TEST(Echo, ADatagramToAClosedPortIsAnsweredByPortUnreachable) {
  in_child([] {
    Rig& rig = new_rig();
    const Packet frame = udp_frame(pattern(100), {.to = 4444});
    rig.peers[0].send(SimTime::us(10), frame);
    rig.run();
    rig.expect_sums();
    const auto answers = ip_packets(rig.peers[0].received);
    ASSERT_EQ(answers.size(), 1U);
    const Packet& body = answers[0].body;
    EXPECT_EQ(answers[0].protocol, 1);
    EXPECT_EQ(answers[0].ip_to, kPeerIp);
    EXPECT_EQ(load8(body, 0), 3);
    EXPECT_EQ(load8(body, 1), 3);
    EXPECT_EQ(Packet(body.begin() + 8, body.end()), Packet(frame.begin() + 14, frame.end())) << "quotes the datagram";
    // The host did deliver nothing; an error it sent is a stateless reply.
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::answered), 1U);
  });
}

TEST(Echo, ASynIsAnsweredByAReset) {
  in_child([] {
    Rig& rig = new_rig();
    rig.peers[0].send(SimTime::us(10), tcp_frame({.seq = 0x1000'0000}));
    rig.run();
    rig.expect_sums();
    const auto answers = ip_packets(rig.peers[0].received);
    ASSERT_EQ(answers.size(), 1U);
    const Packet& body = answers[0].body;
    EXPECT_EQ(answers[0].protocol, 6);
    EXPECT_EQ(load_be16(body, 0), 80);
    EXPECT_EQ(load_be16(body, 2), 40000);
    EXPECT_EQ(load_be32(body, 4), 0U) << "sequence number, RFC 9293, 3.10.7.1";
    EXPECT_EQ(load_be32(body, 8), 0x1000'0001U);
    EXPECT_EQ(load8(body, 13) & 0x17U, 0x14U) << "RST and ACK";
  });
}

// Every station from the wire to the process, in this order.
TEST(FirstFrame, PassesEveryStationInOrderUntilAProcessHasReadIt) {
  in_child([] {
    Rig& rig = new_rig();
    std::string read;
    rig.add_program(9, false, [&](std::span<const std::byte> data, const sockaddr_in&) {
      for (const std::byte b : data) read += static_cast<char>(b);
    });
    rig.peers[0].send(SimTime::us(10), udp_frame(text("hello, process")));
    rig.log_events();
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(read, "hello, process");

    std::istringstream lines{rig.events};
    auto next = static_cast<std::size_t>(Station::wire);
    std::int64_t last_ps = 0;
    std::string last_line;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields{line};
      std::int64_t ps = 0;
      std::string station, frame;
      fields >> ps >> station >> frame;
      EXPECT_GE(ps, last_ps) << "the log is in order of time";
      last_ps = ps;
      // One handler run stands for all frames that wait, so its line names the port instead.
      const bool ours = frame == "r0:0" || (next == static_cast<std::size_t>(Station::handler) && frame == "-");
      if (!ours) continue;
      last_line = line;
      if (next <= static_cast<std::size_t>(Station::read) && station == name_of(static_cast<Station>(next))) ++next;
    }
    EXPECT_EQ(next, static_cast<std::size_t>(Station::read) + 1)
        << "never at " << name_of(static_cast<Station>(next)) << " or not in order";
    EXPECT_NE(last_line.find("\tread\tr0:0"), std::string::npos) << last_line;
    for (std::size_t s = 0; s <= static_cast<std::size_t>(Station::read); ++s)
      EXPECT_EQ(rig.sim->ledger().latency(static_cast<Station>(s)).count, 1U) << name_of(static_cast<Station>(s));
  });
}

constexpr MacAddress kAnother{{0x02, 0, 0, 0, 0, 0x99}};

TEST(Filter, AnotherStationsUnicastIsDroppedByTheCard) {
  in_child([] {
    Rig& rig = new_rig();
    rig.add_program(9, false);
    rig.peers[0].send(SimTime::us(10), ethernet(ipv4(udp(pattern(10))), {.to = kAnother}));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::filter, DropReason::MAC_FILTER), 1U);
    EXPECT_EQ(rig.sim->driver(0).work().frames, 0U);
  });
}

TEST(Filter, APromiscuousCardHandsItUpAndTheLinkLayerDropsIt) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.nics[0].driver.promiscuous = true;
    const DatagramStats& stats = rig.add_program(9, false);
    rig.peers[0].send(SimTime::us(10), ethernet(ipv4(udp(pattern(10))), {.to = kAnother}));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::link, DropReason::OTHERHOST), 1U);
    EXPECT_EQ(rig.sim->driver(0).work().frames, 1U);
    EXPECT_EQ(stats.datagrams, 0U) << "the IP address is ours, the MAC address is not";
  });
}

TEST(Filter, DamagedAndShortFramesAreDroppedByTheMacAndCounted) {
  in_child([] {
    Rig& rig = new_rig();
    const DatagramStats& stats = rig.add_program(9, false);
    Packet damaged = udp_frame(pattern(100));
    finish_for_wire(damaged);
    damaged[50] ^= std::byte{1};
    Packet runt(30);
    const std::uint32_t fcs = slow_fcs(runt);
    for (unsigned i = 0; i < 4; ++i) runt.push_back(static_cast<std::byte>(fcs >> (8 * i)));
    rig.peers[0].send_raw(SimTime::us(10), damaged);
    rig.peers[0].send_raw(SimTime::us(20), runt);
    rig.peers[0].send(SimTime::us(30), udp_frame(pattern(3)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::mac, DropReason::CRC_ERROR), 1U);
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::mac, DropReason::RUNT), 1U);
    EXPECT_EQ(stats.datagrams, 1U);
    const CounterGroup& ethtool = rig.sim->driver(0).ethtool();
    EXPECT_EQ(ethtool.value("rx_crc_errors"), 1U);
  });
}

}  // namespace
}  // namespace nicosim
