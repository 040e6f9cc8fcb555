// An HTTP server inside the simulated host, the RTL card, and lwIP as its client at the other end of the wire.
//
// Every frame that leaves the card is judged by code of its own (tb/system/wire_check.hpp), every byte of every body by
// the client, and the ledger has to add up.
#pragma once

#include "programs/http_server.hpp"
#include "sc_model/simulation.hpp"
#include "tb/lwip/http_client.hpp"
#include "tb/system/lwip_wire.hpp"
#include "tb/system/run_in_child.hpp"
#include "tb/system/wire_check.hpp"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace nicosim {

enum class Offloads : bool { off, on };  // checksums and segmentation in the card

struct HttpRun {
  std::vector<std::vector<std::uint64_t>> connections;
  Offloads offloads = Offloads::off;
};

inline void expect_http_over_card(const HttpRun& run) {
  in_child([&run] {
    std::uint64_t requests = 0, bytes = 0;
    for (const auto& connection : run.connections)
      for (const std::uint64_t n : connection) {
        ++requests;
        bytes += n;
      }
    SimulationSetup setup;
    setup.linger = SimTime::ms(1);
    NicSetup& nic = setup.nics.emplace_back();
    nic.mac = packets::kOurMac;
    nic.addresses = {{packets::kOurIp, 24}};
    nic.driver.features.tso = nic.driver.features.tx_checksum = run.offloads == Offloads::on;
    TcpServerStats served;
    TcpServerProgram program;
    program.port = 80;
    program.stats = &served;
    program.serve = serve_http;
    setup.apps.push_back({"http", [program](Posix& os) { return run_tcp_server(os, program); }});

    HttpClient client{packets::kOurIp, run.connections};
    LwipWire lwip{{.mac = packets::kPeerMac, .address = packets::kPeerIp},
                  [&](LwipPeer& peer) { client.begin(peer); },
                  [&] { return client.done(); }};
    std::uint64_t frames = 0;
    lwip.on_frame = [&](Bytes frame) {
      ++frames;
      packets::parse_sent(frame);
    };
    auto& sim = *new Simulation(std::move(setup));  // never freed: its threads' stacks still refer to it
    sim.set_wire(0, {.source = nullptr, .receiver = {}, .peers = {&lwip}});
    sim.run();

    EXPECT_EQ(client.answers(), requests);
    EXPECT_EQ(client.bytes(), bytes);
    EXPECT_EQ(served.requests, requests);
    EXPECT_EQ(served.errors, 0U);
    const FrameLedger& ledger = sim.ledger();
    std::uint64_t arrived = 0, sent = 0;
    for (const auto& [fate, count] : ledger.totals()) arrived += count;
    for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
    EXPECT_EQ(arrived, ledger.opened_on_wire());
    EXPECT_EQ(sent, ledger.opened_from_host());
    EXPECT_EQ(sim.unexplained(), 0U);
    EXPECT_EQ(ledger.dropped(false, Station::link, DropReason::ARP_IGNORED), 1U) << "lwIP announces itself";
    EXPECT_EQ(ledger.count(false, Fate::dropped), 1U);
    EXPECT_EQ(ledger.count(true, Fate::sent), frames) << "what the ledger calls sent is what came out";
    EXPECT_GT(frames, bytes / 1460);
  });
}

// `connections` of `requests` each, bodies from nothing to 3000 bytes.
inline std::vector<std::vector<std::uint64_t>> small_requests(std::size_t connections, std::size_t requests) {
  std::vector<std::vector<std::uint64_t>> plan(connections);
  std::uint64_t size = 0;
  for (auto& connection : plan)
    for (std::size_t i = 0; i < requests; ++i) connection.push_back((size += 1237) % 3001);
  return plan;
}

}  // namespace nicosim
