// The stations of a frame's life and the fates that end it (docs/life_of_a_frame.md).
//
// One list for trace, tests, latency report and documentation. Names are what the event log prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nicosim {

// clang-format off
#define NICOSIM_STATIONS(X) \
  X(wire,         "first bit on the wire") \
  X(mac,          "preamble seen, FCS checked") \
  X(filter,       "unicast, multicast, broadcast, promiscuous") \
  X(fifo,         "whole frame stored") \
  X(dma,          "buffer written, then the descriptor, DD last") \
  X(interrupt,    "cause, mask, moderation, line") \
  X(handler,      "ICR read, IMC, napi_schedule") \
  X(poll,         "descriptor cleaned, buffer replaced") \
  X(backlog,      "input_pkt_queue, netdev_max_backlog") \
  X(tap,          "what Wireshark sees") \
  X(link,         "address class, ARP, type") \
  X(ip,           "checks, hooks, local or forward, reassembly") \
  X(transport,    "4-tuple lookup, connection queues") \
  X(socket,       "receive queue") \
  X(wake,         "wait queue, fasync list, completions") \
  X(process,      "scheduled in") \
  X(read,         "the call returned with the bytes") \
  X(write,        "the process handed bytes to the kernel") \
  X(tx_transport, "segment or datagram built") \
  X(tx_ip,        "header, route, hooks") \
  X(tx_queue,     "neighbour resolved, device queue") \
  X(tx_ring,      "descriptor posted, TDT written") \
  X(tx_dma,       "frame read from memory") \
  X(tx_fifo,      "whole frame stored in the card") \
  X(tx_mac,       "first column given to the wire") \
  X(tx_wire,      "last bit on the wire")

#define NICOSIM_FATES(X) \
  X(read,      "the last byte it contributed was copied to a process") \
  X(answered,  "nothing delivered, a stateless reply sent (ARP, echo, RST, ICMP error)") \
  X(forwarded, "passed on towards another host") \
  X(consumed,  "used up by the stack itself: handshake, ACK, FIN, ARP reply, ICMP message; or by the card: PAUSE") \
  X(queued,    "still in a queue or in reassembly at the end of the run") \
  X(sent,      "host frames only: left on the wire") \
  X(dropped,   "one station, one reason")
// clang-format on

enum class Station : std::uint8_t {
#define NICOSIM_X(name, text) name,
  NICOSIM_STATIONS(NICOSIM_X)
#undef NICOSIM_X
};
inline constexpr std::size_t kStations = static_cast<std::size_t>(Station::tx_wire) + 1;

enum class Fate : std::uint8_t {
#define NICOSIM_X(name, text) name,
  NICOSIM_FATES(NICOSIM_X)
#undef NICOSIM_X
};
inline constexpr std::size_t kFates = static_cast<std::size_t>(Fate::dropped) + 1;

std::string_view name_of(Station);
std::string_view describe(Station);  // one phrase for people
std::string_view name_of(Fate);
std::string_view describe(Fate);
std::optional<Station> station_from(std::string_view name);

}  // namespace nicosim
