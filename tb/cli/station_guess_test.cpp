#include "cli/capture/station_guess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

MacAddress mac(std::uint8_t last) { return {{0x02, 0, 0, 0, 0, last}}; }
Ipv4Address ip(std::string_view text) { return *Ipv4Address::parse(text); }

std::vector<std::byte> udp(MacAddress to, MacAddress from, std::string_view dst, std::string_view src,
                           std::uint16_t port, bool tagged = false, std::uint16_t fragment = 0) {
  std::vector<std::byte> f(12);
  to.store(f);
  from.store(std::span{f}.subspan(6));
  const auto u16 = [&](unsigned v) {
    f.push_back(std::byte(v >> 8U));
    f.push_back(std::byte(v & 0xffU));
  };
  if (tagged) {
    u16(0x8100);
    u16(5);
  }
  u16(0x0800);
  const std::size_t at = f.size();
  f.resize(at + 28);
  store8(f, at, 0x45);
  store_be16(f, at + 6, fragment);
  store8(f, at + 9, 17);
  store_be32(f, at + 12, ip(src).value);
  store_be32(f, at + 16, ip(dst).value);
  store_be16(f, at + 22, port);
  return f;
}

std::vector<std::byte> arp_reply(MacAddress from, std::string_view address) {
  std::vector<std::byte> f(42);
  mac(99).store(f);
  from.store(std::span{f}.subspan(6));
  store_be16(f, 12, 0x0806);
  store_be32(f, 14, 0x0001'0800);
  store_be16(f, 18, 0x0604);
  store_be16(f, 20, 2);
  from.store(std::span{f}.subspan(22));
  store_be32(f, 28, ip(address).value);
  return f;
}

CaptureStation chosen(const StationGuess& guess, std::string_view as) {
  const auto station = guess.choose(as);
  EXPECT_TRUE(station) << as;
  return station ? *station : CaptureStation{};
}

TEST(StationGuess, TheBusiestEndpointOfUnicastIsTheStation) {
  StationGuess guess;
  guess.see(udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 53));
  guess.see(udp(mac(1), mac(2), "10.0.0.1", "10.0.0.2", 4000));
  guess.see(udp(mac(3), mac(1), "10.0.0.3", "10.0.0.1", 80));
  for (int i = 0; i < 9; ++i) guess.see(udp(MacAddress::broadcast(), mac(4), "10.0.0.255", "10.0.0.4", 67));
  const CaptureStation station = chosen(guess, "auto");
  EXPECT_EQ(station.mac, mac(1));
  EXPECT_EQ(station.address, ip("10.0.0.1"));
  EXPECT_THAT(station.udp_ports, ElementsAre(4000));
  EXPECT_THAT(station.neighbours,
              ElementsAre(Pair(ip("10.0.0.2"), mac(2)), Pair(ip("10.0.0.3"), mac(3)), Pair(ip("10.0.0.4"), mac(4))));
}

TEST(StationGuess, AStationWithOneAddressWinsOverAGatewayWithMany) {
  StationGuess guess;
  guess.see(udp(mac(1), mac(2), "9.9.9.1", "10.0.0.2", 53));
  guess.see(udp(mac(1), mac(2), "9.9.9.2", "10.0.0.2", 53));
  const CaptureStation station = chosen(guess, "auto");
  EXPECT_EQ(station.mac, mac(2));
  EXPECT_THAT(station.neighbours, ElementsAre(Pair(ip("9.9.9.1"), mac(1)), Pair(ip("9.9.9.2"), mac(1))));
}

TEST(StationGuess, BetweenEqualsThePrivateAddressIsAtHome) {
  StationGuess guess;
  guess.see(udp(mac(1), mac(2), "178.62.197.130", "192.168.1.178", 443));
  EXPECT_EQ(chosen(guess, "auto").address, ip("192.168.1.178"));
}

TEST(StationGuess, WithoutMacAddressesTheIpDecides) {
  StationGuess guess;
  for (const char* peer : {"10.0.0.2", "10.0.0.3"}) guess.see(udp({}, {}, peer, "10.0.0.9", 502));
  const CaptureStation station = chosen(guess, "auto");
  EXPECT_TRUE(station.mac.is_zero());
  EXPECT_EQ(station.address, ip("10.0.0.9"));
  EXPECT_EQ(station.neighbours.size(), 2U);
}

TEST(StationGuess, AnAddressGivenIsTaken) {
  StationGuess guess;
  guess.see(udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 53));
  guess.see(udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 69, true));        // behind a VLAN tag
  guess.see(udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 1111, false, 8));  // a later fragment has no ports
  for (const char* as : {"10.0.0.2", "02:00:00:00:00:02"}) {
    const CaptureStation station = chosen(guess, as);
    EXPECT_EQ(station.mac, mac(2));
    EXPECT_EQ(station.address, ip("10.0.0.2"));
    EXPECT_THAT(station.udp_ports, ElementsAre(53, 69));
  }
}

TEST(StationGuess, ArpKnowsBetterThanTheSenderOfAPacket) {
  StationGuess guess;
  guess.see(udp(mac(1), mac(7), "10.0.0.1", "10.0.0.5", 53));
  guess.see(arp_reply(mac(5), "10.0.0.5"));
  EXPECT_THAT(chosen(guess, "10.0.0.1").neighbours, ElementsAre(Pair(ip("10.0.0.5"), mac(5))));
}

TEST(StationGuess, SaysWhatItDoesNotKnow) {
  StationGuess guess;
  EXPECT_FALSE(guess.choose("auto"));
  guess.see(udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 53));
  EXPECT_THAT(guess.choose("10.0.0.77").error(), ::testing::HasSubstr("does not occur"));
  EXPECT_THAT(guess.choose("02:00:00:00:00:77").error(), ::testing::HasSubstr("does not occur"));
  EXPECT_THAT(guess.choose("me").error(), ::testing::HasSubstr("expected auto"));
}

TEST(StationGuess, ShortAndOddFramesAreSteppedOver) {
  StationGuess guess;
  const auto whole = udp(mac(2), mac(1), "10.0.0.2", "10.0.0.1", 53, true);
  for (std::size_t n = 0; n <= whole.size(); ++n) guess.see(Bytes{whole}.first(n));
  auto odd = whole;
  store8(odd, 18, 0x4f);  // a header longer than the frame
  guess.see(odd);
  EXPECT_EQ(chosen(guess, "auto").address, ip("10.0.0.1"));
}

}  // namespace
}  // namespace nicosim
