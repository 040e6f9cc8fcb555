// Groups that a process joins, down to the filter of the card and back.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;

Ipv4Address group(unsigned i) { return {0xef01'0100U + i}; }  // 239.1.1.0 and on

Packet to_group(Ipv4Address to) {
  const std::uint32_t v = to.value;
  const MacAddress mac{{0x01, 0, 0x5e, static_cast<std::uint8_t>((v >> 16U) & 0x7fU),
                        static_cast<std::uint8_t>(v >> 8U), static_cast<std::uint8_t>(v)}};
  return ethernet(ipv4(udp(pattern(30), {.to = 9, .ip_to = to}), {.to = to}), {.to = mac});
}

// 15 groups have a receive address of their own, the rest share the hash table.
TEST(Multicast, TheCardLetsThroughWhatAProcessHasJoinedAndNothingElse) {
  in_child([] {
    constexpr unsigned kJoined = 20, kForeign = 5;
    Rig& rig = *new Rig;  // as long as the process
    unsigned datagrams = 0;
    rig.setup.apps.push_back(
        {"member", [&](Posix& os) {
           const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
           sockaddr_in here{};
           here.sin_family = AF_INET;
           here.sin_port = htons(9);
           EXPECT_EQ(os.bind(fd, here), 0);
           for (unsigned i = 0; i < kJoined; ++i) {
             ip_mreq request{};
             request.imr_multiaddr.s_addr = htonl(group(i).value);
             request.imr_interface.s_addr = htonl(kOurIp.value);
             EXPECT_EQ(os.setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, std::as_bytes(std::span{&request, 1})), 0);
           }
           std::vector<std::byte> buffer(100);
           while (os.recvfrom(fd, buffer, 0, nullptr) >= 0) ++datagrams;
           return 0;
         }});
    SimTime at = SimTime::us(10);
    for (unsigned i = 0; i < kJoined + kForeign; ++i, at += SimTime::us(20))
      rig.peers[0].send(at, to_group(group(i < kJoined ? i : i + 100)));
    rig.peers[0].send(at, to_group({0xe000'0001}));  // all hosts; a socket gets every group of its host
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(datagrams, kJoined + 1);
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::filter, DropReason::MAC_FILTER), kForeign);
    EXPECT_EQ(rig.sim->driver(0).work().frames, kJoined + 1);
  });
}

}  // namespace
}  // namespace nicosim
