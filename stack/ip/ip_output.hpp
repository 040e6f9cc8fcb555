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
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace nicosim {

class NeighbourTable;
class Netfilter;

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

  IpOutput(Net& net, Routes& routes, Netfilter& netfilter, NeighbourTable& neighbours);
  // Told of every packet that a REJECT rule on OUTPUT refused: from its IP header on, and the ICMP code that fits.
  // Linux sends itself the message over its loopback device.
  void on_refused(std::function<void(Bytes packet, std::uint8_t code)> listener) { refused_ = std::move(listener); }

  // Opens the ids of the frames that `payload_bytes` will travel in over this route: one, or one per fragment. A GSO
  // frame has one (`whole`), whoever cuts it opens the others.
  std::vector<FrameId> open(const Route& route, std::size_t payload_bytes, std::span<const FrameId> parents,
                            std::size_t header_bytes = Ipv4Header::kBytes, bool whole = false);
  // ip_local_out: a transport segment that carries its ids from open(). 0, -ENOBUFS when a queue dropped (part of)
  // it, -EMSGSIZE when it may not be fragmented but must, -EPERM when netfilter dropped it. Whatever the result, the
  // ids are taken care of.
  int send(FramePtr segment, const Route& route, const Fields& fields, TxAccount* account = nullptr);
  // ip_output: a packet with its IP header, ids from open(), that may need fragmenting.
  int output(FramePtr packet, const Route& route, TxAccount* account);

 private:
  int local_out(FramePtr& packet, Route& route);  // NF_INET_LOCAL_OUT; may change the route, an error takes the packet
  std::uint16_t next_id(const Fields& fields);    // the first of `segs`
  int cut(FramePtr packet, const Route& route, TxAccount* account);
  int fragment(FramePtr packet, const Route& route, TxAccount* account);
  bool finish(FramePtr packet, const Route& route, TxAccount* account);  // ip_finish_output2

  Net& net_;
  Routes& routes_;
  Netfilter& netfilter_;
  NeighbourTable& neighbours_;
  std::function<void(Bytes, std::uint8_t)> refused_;
  std::array<std::uint16_t, 2048> ids_{};  // ip_idents: one counter per hash of (source, destination, protocol)
};

}  // namespace nicosim
