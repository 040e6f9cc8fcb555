// The lower half of a socket: what packets find by address and port (struct sock and inet_sock).
#pragma once

#include "common/bytes.hpp"
#include "common/frame.hpp"
#include "common/runtime.hpp"
#include "common/sim_time.hpp"
#include "stack/ip/ip_output.hpp"

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

struct Socket;

// The ids of a frame that goes to somebody else; a frame has one as a rule.
using FewIds = boost::container::small_vector<FrameId, 4>;

// A received datagram: its payload, and who sent it.
struct Datagram {
  FramePtr frame;
  Ipv4Address source;
  std::uint16_t source_port = 0;
  std::size_t truesize = 0;
};

// A row of ss(8).
struct SockSummary {
  std::string_view netid, state;
  std::size_t recv_q = 0, send_q = 0;
};

enum class PathMtuDiscovery : std::uint8_t { dont = 0, want = 1, do_it = 2 };  // IP_PMTUDISC_*

struct Sock : TxAccount, std::enable_shared_from_this<Sock> {
  explicit Sock(Net& stack_net) : net(stack_net), ll_usec(stack_net.sysctl.busy_read) {}
  Sock(const Sock&) = delete;
  Sock& operator=(const Sock&) = delete;

  // A frame of this socket is on its way out; the space comes back when the card has it (sock_wfree).
  std::unique_ptr<TxOwner> charge(std::size_t truesize) override;
  virtual SockSummary summary() const;
  virtual void link_failure() {}  // a frame of ours found no neighbour; UDP keeps it to itself, as Linux does
  virtual void write_space();     // sk_write_space: some of it came back
  int take_error();               // sock_error: -errno once, then 0
  bool connected() const { return dport != 0; }
  virtual bool has_data() const {
    return error != 0 || !receive_queue.empty();
  }  // or an error: a reader has its answer
  // Who reads, for the ledger: "task=NAME pid=PID". Valid until somebody else does.
  std::string_view reader(const Task& task);

  Net& net;
  Socket* socket = nullptr;  // nullptr after close (sock_orphan)

  // Addresses; any and 0 are wildcards
  Ipv4Address rcv_saddr;  // accepts packets to this address
  Ipv4Address saddr;      // sends from it
  Ipv4Address daddr;      // connected: the peer
  std::uint16_t num = 0, dport = 0;
  bool address_locked = false, port_locked = false;  // given by bind(), so disconnecting keeps them

  // Receive queue
  std::deque<Datagram> receive_queue;
  std::size_t rmem_alloc = 0;  // truesize of what waits
  std::size_t rcvbuf = 0;
  std::uint64_t drops = 0;  // sk_drops

  // Send side
  std::size_t wmem_alloc = 0;  // truesize of what no card has taken yet
  std::size_t sndbuf = 0;

  int error = 0;  // sk_err: an errno that the next call returns
  SimTime rcvtimeo = SimTime::never(), sndtimeo = SimTime::never();
  bool reuse = false, reuseport = false, broadcast = false;
  std::uint8_t ttl = 0;  // 0: net.ipv4.ip_default_ttl
  std::uint8_t multicast_ttl = 1, tos = 0;
  PathMtuDiscovery pmtudisc = PathMtuDiscovery::want;
  struct Membership {
    Ipv4Address group;
    unsigned interface = 0;
  };
  std::vector<Membership> memberships;

  // Busy polling (stack/core/busy_poll.hpp)
  unsigned napi_id = 0;   // sk_napi_id: whose poll brought the last packet; 0: nobody's
  std::uint32_t ll_usec;  // sk_ll_usec: how long a reader polls the card before it sleeps; 0: not at all
  bool prefer_busy_poll = false;
  unsigned busy_poll_budget = 0;  // packets a poll; 0: BUSY_POLL_BUDGET

 private:
  unsigned reader_pid_ = 0;
  std::string reader_;
};

}  // namespace nicosim
