// One transfer over a NetSim: host 1 connects and sends, host 0 accepts, reads and checks every byte.
#pragma once

#include "tb/netsim/net_sim.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <string_view>

namespace nicosim {

struct TransferResult {
  bool complete = false, intact = true;
  std::uint64_t bytes = 0;  // arrived
  SimTime took;             // from connect() to the end of file at the reader
  std::uint64_t retransmitted = 0, timeouts = 0;
};

class Transfer {
 public:
  Transfer(NetSim& sim, std::size_t bytes, int buffer_bytes, std::string_view congestion) : sim_(sim), total_(bytes) {
    listening_ = open(0, buffer_bytes, congestion);
    auto& server = sim_.host(0);
    EXPECT_EQ(server.sys().bind(server.task, listening_, at(Ipv4Address::any(), 80)), 0);
    EXPECT_EQ(server.sys().listen(server.task, listening_, 5), 0);
    client_ = open(1, buffer_bytes, congestion);
    auto& client = sim_.host(1);
    EXPECT_EQ(client.sys().connect(client.task, client_, at(NetSim::Host::address(0), 80)), -EINPROGRESS);
  }

  TransferResult run(SimTime limit) {
    TransferResult result;
    result.complete = sim_.run(
        limit, [&] { step(); }, [&] { return ended_; });
    result.intact = intact_ && received_ == total_;
    result.bytes = received_;
    result.took = sim_.now();
    const CounterGroup& nstat = sim_.host(1).stack->nstat();
    result.retransmitted = nstat.value("TcpRetransSegs");
    result.timeouts = nstat.value("TcpExtTCPTimeouts");
    return result;
  }

 private:
  static sockaddr_in at(Ipv4Address address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(address.value);
    return out;
  }
  static std::byte byte_at(std::uint64_t i) { return static_cast<std::byte>((i * 31 + i / 251 + i / 65'537) & 0xffU); }

  int open(unsigned side, int buffer_bytes, std::string_view congestion) {
    auto& host = sim_.host(side);
    const int fd = host.sys().socket(host.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const auto set = [&](int level, int option, std::span<const std::byte> value) {
      EXPECT_EQ(host.sys().setsockopt(host.task, fd, level, option, value), 0);
    };
    if (buffer_bytes != 0) {
      set(SOL_SOCKET, SO_RCVBUF, std::as_bytes(std::span{&buffer_bytes, 1}));
      set(SOL_SOCKET, SO_SNDBUF, std::as_bytes(std::span{&buffer_bytes, 1}));
    }
    set(IPPROTO_TCP, TCP_CONGESTION, std::as_bytes(std::span{congestion}));
    return fd;
  }

  void step() {
    auto& client = sim_.host(1);
    while (sent_ < total_) {
      std::array<std::byte, 16384> chunk;
      const std::size_t n = std::min<std::size_t>(chunk.size(), total_ - sent_);
      for (std::size_t i = 0; i < n; ++i) chunk[i] = byte_at(sent_ + i);
      const long taken = client.sys().sendto(client.task, client_, std::span{chunk}.first(n), MSG_NOSIGNAL, nullptr);
      if (taken <= 0) break;
      sent_ += static_cast<std::uint64_t>(taken);
      if (sent_ == total_) client.sys().shutdown(client.task, client_, SHUT_WR);
    }
    auto& server = sim_.host(0);
    if (accepted_ < 0) accepted_ = server.sys().accept4(server.task, listening_, nullptr, SOCK_NONBLOCK);
    if (accepted_ < 0) return;
    for (;;) {
      std::array<std::byte, 16384> chunk;
      const long n = server.sys().recvfrom(server.task, accepted_, chunk, 0, nullptr);
      if (n == 0) ended_ = true;
      if (n <= 0) return;
      for (long i = 0; i < n; ++i)
        if (chunk[static_cast<std::size_t>(i)] != byte_at(received_ + static_cast<std::uint64_t>(i))) intact_ = false;
      received_ += static_cast<std::uint64_t>(n);
    }
  }

  NetSim& sim_;
  std::uint64_t total_, sent_ = 0, received_ = 0;
  int listening_ = -1, client_ = -1, accepted_ = -1;
  bool intact_ = true, ended_ = false;
};

}  // namespace nicosim
