// Who gets a segment, and which ports are free (struct inet_hashinfo: ehash, lhash2, bhash).
#pragma once

#include "common/bytes.hpp"
#include "stack/core/net.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace nicosim {

struct RequestSock;
struct TcpSock;
class TimeWaitSock;

// A connection as its segments name it, from our side.
struct FourTuple {
  Ipv4Address daddr, saddr;  // the peer, us
  std::uint16_t dport = 0, num = 0;
  auto operator<=>(const FourTuple&) const = default;
};

class TcpTable {
 public:
  static constexpr std::uint16_t kFirstEphemeral = 32768, kLastEphemeral = 60999;  // net.ipv4.ip_local_port_range

  explicit TcpTable(Net& net);
  ~TcpTable();
  TcpTable(const TcpTable&) = delete;
  TcpTable& operator=(const TcpTable&) = delete;

  // ---- bhash. 0 or -EADDRINUSE; port 0 picks a free one at random.
  int bind(TcpSock& sock, std::uint16_t port);
  void unbind(TcpSock& sock);
  // __inet_inherit_port: an accepted connection shares its listener's port without asking.
  void inherit_port(TcpSock& child);
  bool conflict(const TcpSock& sock, std::uint16_t port) const;  // inet_csk_bind_conflict
  // __inet_hash_connect: a local port under which this tuple is not known yet. 0 or -EADDRNOTAVAIL.
  int bind_for_connect(TcpSock& sock);

  // ---- ehash: at most one of the three under a tuple
  void insert(std::shared_ptr<TcpSock> sock);
  void insert(std::shared_ptr<RequestSock> request);
  void insert(std::shared_ptr<TimeWaitSock> time_wait);
  void remove(const TcpSock& sock);
  void remove(const RequestSock& request);
  void remove(const TimeWaitSock& time_wait);
  std::shared_ptr<TcpSock> established(const FourTuple& tuple) const;
  std::shared_ptr<RequestSock> request(const FourTuple& tuple) const;
  std::shared_ptr<TimeWaitSock> time_wait(const FourTuple& tuple) const;
  bool known(const FourTuple& tuple) const;
  std::size_t time_waits() const { return time_waits_.size(); }
  std::size_t requests() const { return requests_.size(); }

  // ---- lhash2: the one bound to the address before a wildcard; among SO_REUSEPORT equals by the hash of the tuple.
  void listen(std::shared_ptr<TcpSock> sock);
  void unlisten(const TcpSock& sock);
  std::shared_ptr<TcpSock> listener(const FourTuple& tuple) const;

  void for_each(const std::function<void(TcpSock&)>& visit) const;  // connections, then listeners, in table order
  void for_each_time_wait(const std::function<void(const TimeWaitSock&)>& visit) const;
  void for_each_request(const std::function<void(const RequestSock&)>& visit) const;
  void clear();

 private:
  struct Bound {
    const void* owner;
    Ipv4Address rcv_saddr;
    bool reuse, reuseport;
    const TcpSock* sock;  // nullptr: a time-wait socket
  };

  Net& net_;
  std::map<FourTuple, std::shared_ptr<TcpSock>> established_;
  std::map<FourTuple, std::shared_ptr<RequestSock>> requests_;
  std::map<FourTuple, std::shared_ptr<TimeWaitSock>> time_waits_;
  std::map<std::uint16_t, std::vector<std::shared_ptr<TcpSock>>> listeners_;  // in order of listen()
  std::map<std::uint16_t, std::vector<Bound>> ports_;
};

}  // namespace nicosim
