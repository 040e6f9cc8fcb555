// IPv4 on the way out: header, fragmentation, next hop (net/ipv4/ip_output.c).
#pragma once

#include "common/frame.hpp"
#include "stack/core/net.hpp"
#include "stack/core/tx_queue.hpp"
#include "stack/ip/ipv4.hpp"
#include "stack/ip/routes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace nicosim {

class NeighbourTable;

// A socket's send buffer as the way out sees it: every frame charges its truesize until the card has it.
class TxAccount {
 public:
  virtual ~TxAccount() = default;
  virtual std::unique_ptr<TxOwner> charge(std::size_t truesize) = 0;
};

class IpOutput {
 public:
  struct Fields {  // what the transport decides about the IP header
    Ipv4Address source, destination;
    std::uint8_t protocol = 0, tos = 0, ttl = 64;
    bool dont_fragment = false;
    bool zero_id = false;  // an atomic datagram that needs no identification (RFC 6864)
    unsigned segs = 1;     // packets in a GSO frame: each takes an identification
  };

  IpOutput(Net& net, NeighbourTable& neighbours);

  // Opens the ids of the frames that `payload_bytes` will travel in over this route: one, or one per fragment. A GSO
  // frame has one (`whole`), whoever cuts it opens the others.
  std::vector<FrameId> open(const Route& route, std::size_t payload_bytes, std::span<const FrameId> parents,
                            std::size_t header_bytes = Ipv4Header::kBytes, bool whole = false);
  // ip_local_out: a transport segment that carries its ids from open(). 0, -ENOBUFS when a queue dropped (part of)
  // it, -EMSGSIZE when it may not be fragmented but must. Whatever the result, the ids are taken care of.
  int send(FramePtr segment, const Route& route, const Fields& fields, TxAccount* account = nullptr);
  // ip_output: a packet with its IP header, ids from open(), that may need fragmenting.
  int output(FramePtr packet, const Route& route, TxAccount* account);

 private:
  std::uint16_t next_id(const Fields& fields);  // the first of `segs`
  int fragment(FramePtr packet, const Route& route, TxAccount* account);
  bool finish(FramePtr packet, const Route& route, TxAccount* account);  // ip_finish_output2

  Net& net_;
  NeighbourTable& neighbours_;
  std::array<std::uint16_t, 2048> ids_{};  // ip_idents: one counter per hash of (source, destination, protocol)
};

}  // namespace nicosim
