// What the tests of exactness run: scenes on a simulated host, their logs, and the comparison over ways to evaluate.
#pragma once

#include "common/crc32.hpp"
#include "common/rng.hpp"
#include "tb/system/exactness.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

namespace scenes {

using namespace packets;  // inside here only

using Scene = std::function<void(Rig&)>;

inline std::string digest(Bytes frame) { return std::to_string(ethernet_fcs(frame.first(frame.size() - 4))); }

inline std::string log_of(const Scene& scene, const Engine& engine) {
  return text_from_child([&] {
    Rig& rig = *new Rig;  // as long as the process
    rig.setup.stop_after = SimTime::us(500);
    scene(rig);
    rig.setup.batch = engine.batch;
    rig.setup.skip = engine.skip;
    rig.setup.check_skip = engine.check_skip;
    rig.setup.random_reset_seed = engine.random_reset;
    rig.log_events();
    rig.run();
    rig.expect_sums();
    // What left the cards belongs to it: the log names frames, not their bytes.
    for (const ScriptedPeer& peer : rig.peers)
      for (const Packet& frame : peer.received)
        rig.events += MacAddress::from(frame).text() + " " + digest(frame) + "\n";
    return rig.events + rig.notes + (rig.epilogue ? rig.epilogue() : "");
  });
}

inline void expect_same(const Scene& scene, std::initializer_list<Engine> engines,
                        std::initializer_list<std::string_view> stations = {"read", "tx_wire"}) {
  const std::string expected = log_of(scene, kDefault);
  // A log without the traffic would be equal for bad reasons.
  for (const std::string_view station : stations)
    EXPECT_GE(lines_with(expected, station), 30U) << "frames at " << station;
  for (const Engine& engine : engines) {
    const std::string log = log_of(scene, engine);
    EXPECT_TRUE(log == expected) << engine.name << ", first difference: " << first_difference(expected, log);
  }
}

// A few hundred frames of mixed sizes in bursts: datagrams to the echo and to nobody, ARP, ping, some broken on the
// way.
inline void mixed_traffic(ScriptedPeer& peer, std::uint64_t seed, const MacAddress& to, Ipv4Address ip_to,
                          Ipv4Address ip_from) {
  Rng rng{seed, "traffic"};
  SimTime at = SimTime::us(5);
  for (int burst = 0; burst < 24; ++burst) {
    const std::uint64_t frames = 1 + rng.below(20);
    for (std::uint64_t i = 0; i < frames; ++i) {
      const std::uint64_t kind = rng.below(16);
      const std::uint64_t size = rng.below(3) == 0 ? rng.below(1400) : rng.below(100);
      const Eth eth{.to = to, .from = peer.mac};
      const Ip ip{.from = ip_from, .to = ip_to};
      Packet frame;
      if (kind == 0) {
        frame = ethernet(arp({.sender_mac = peer.mac, .sender_ip = ip_from, .target_ip = ip_to}),
                         {.to = MacAddress::broadcast(), .from = peer.mac, .type = 0x0806});
      } else if (kind < 3) {
        frame = ethernet(ipv4(echo(pattern(size)), {.from = ip_from, .to = ip_to, .protocol = 1}), eth);
      } else {
        const Udp header{.to = static_cast<std::uint16_t>(kind < 12   ? 7
                                                          : kind < 15 ? 9
                                                                      : 4444),
                         .ip_from = ip_from,
                         .ip_to = ip_to};
        frame = ethernet(ipv4(udp(pattern(size, static_cast<unsigned>(i)), header), ip), eth);
      }
      finish_for_wire(frame);
      if (rng.below(40) == 0) frame[frame.size() / 2] ^= std::byte{0x10};  // a wrong FCS
      peer.send_raw(at, std::move(frame));
      if (rng.below(4) == 0) at += SimTime::ps(static_cast<std::int64_t>(rng.below(2'000'000)));
    }
    at += SimTime::ps(static_cast<std::int64_t>(rng.below(15'000'000)));
  }
}

// A datagram that comes back from the echo is sent again, once: traffic that depends on when the card has sent.
inline void play_ball(ScriptedPeer& peer) {
  peer.on_frame([&peer](Bytes frame) -> std::vector<Packet> {
    if (frame.size() < 60 || load_be16(frame, 12) != 0x0800 || load8(frame, 23) != 17 || load8(frame, 35) != 7)
      return {};
    if (peer.received.size() % 3 != 0) return {};
    const Udp header{.from = 6000, .to = 9, .ip_from = {load_be32(frame, 30)}, .ip_to = {load_be32(frame, 26)}};
    return {ethernet(ipv4(udp(pattern(frame.size() % 50), header), {.from = header.ip_from, .to = header.ip_to}),
                     {.to = MacAddress::from(frame.subspan(6)), .from = peer.mac})};
  });
}

inline void one_card(Rig& rig) {
  rig.setup.nics[0].driver.rx_ring = 64;
  rig.add_program(7, true);
  rig.add_program(9, false);
  mixed_traffic(rig.peers[0], 1, kOurMac, kOurIp, kPeerIp);
  play_ball(rig.peers[0]);
}

}  // namespace scenes
}  // namespace nicosim
