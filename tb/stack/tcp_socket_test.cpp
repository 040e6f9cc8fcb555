// What a process sees of a TCP socket besides bytes: readiness, options, errors, ports.
#include "stack/io/poll_mask.hpp"
#include "stack/socket/socket_calls.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

namespace nicosim {
namespace {

using namespace packets;

struct TcpSocket : TcpFixture {
  PollMask poll(int fd) {
    const auto file = dynamic_cast<SocketCalls&>(stack->calls()).file(task, fd);
    return file->socket.ops->poll(file->socket);
  }
  // The last line of the table, without the blanks that fill its columns.
  std::string last_row() {
    std::string fields;
    std::istringstream lines(stack->sockets_table());
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      fields.clear();
      for (std::string word; words >> word;) fields += (fields.empty() ? "" : " ") + word;
    }
    return fields;
  }
};

// ---- readiness (tcp_poll)

TEST_F(TcpSocket, AListenerIsReadableWhenSomebodyWaits) {
  const int fd = listener();
  EXPECT_EQ(poll(fd), 0U);
  handshake({});
  EXPECT_EQ(poll(fd), kPollIn | kPollRdNorm);
}

TEST_F(TcpSocket, AFreshConnectionIsWritableAndReadableWithData) {
  const int fd = accepted();
  EXPECT_EQ(poll(fd), kPollOut | kPollWrNorm);
  inject({.flags = kAck | kPsh, .payload = text("x")});
  EXPECT_EQ(poll(fd), kPollOut | kPollWrNorm | kPollIn | kPollRdNorm);
  read(fd);
  EXPECT_EQ(poll(fd), kPollOut | kPollWrNorm);
}

TEST_F(TcpSocket, LowWaterHoldsReadinessBack) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 5);
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  EXPECT_EQ(poll(fd) & kPollIn, 0U);
  inject({.flags = kAck | kPsh, .seq = 4, .payload = text("de")});
  EXPECT_NE(poll(fd) & kPollIn, 0U);
}

TEST_F(TcpSocket, AFullSendBufferIsNotWritableUntilAThirdIsFree) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 20'000);
  const long sent = write(fd, pattern(100'000));
  EXPECT_EQ(poll(fd) & kPollOut, 0U);
  inject({.ack = 1461});
  EXPECT_EQ(poll(fd) & kPollOut, 0U) << "not for one segment";
  for (std::uint32_t acked = 1461; acked < static_cast<std::uint32_t>(sent); acked += 1460) inject({.ack = acked});
  EXPECT_NE(poll(fd) & kPollOut, 0U);
}

TEST_F(TcpSocket, APeersFinIsReadableAndHangsUpOneSide) {
  const int fd = accepted();
  inject({.flags = kAck | kFin});
  EXPECT_EQ(poll(fd), kPollIn | kPollRdNorm | kPollRdHup | kPollOut | kPollWrNorm);
}

TEST_F(TcpSocket, AResetConnectionHangsUpWithAnError) {
  const int fd = accepted();
  inject({.flags = kRst});
  EXPECT_NE(poll(fd) & kPollErr, 0U);
  EXPECT_NE(poll(fd) & kPollHup, 0U);
}

TEST_F(TcpSocket, AnAttemptIsNothingUntilItIsDecided) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  EXPECT_EQ(poll(fd), 0U);
  inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, {}, {});
  EXPECT_EQ(poll(fd), kPollOut | kPollWrNorm);
}

// ---- options

struct Option {
  const char* name;
  int level, option, initial, set, got;
};
constexpr std::array kOptions{
    Option{"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 0, 5, 1},
    Option{"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 0, 1, 1},
    Option{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1},
    Option{"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 1, 0, 1},
    Option{"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 131'072, 10'000, 20'000},
    Option{"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 16'384, 1, 4608},
    Option{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0, 1, 1},
    Option{"TCP_CORK", IPPROTO_TCP, TCP_CORK, 0, 1, 1},
    Option{"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 536, 1000, 536},
    Option{"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 7200, 10, 10},
    Option{"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 75, 3, 3},
    Option{"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 9, 4, 4},
    Option{"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 6, 2, 2},
    Option{"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 60, 20, 20},
    Option{"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 1500, 1500},
    Option{"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 1, 0, 0},
    Option{"IP_TTL", IPPROTO_IP, IP_TTL, 64, 9, 9},
    Option{"IP_TOS", IPPROTO_IP, IP_TOS, 0, 0x13, 0x10},
};

struct TcpOption : TcpFixture, ::testing::WithParamInterface<std::size_t> {};

TEST_P(TcpOption, StartsWithItsDefaultAndKeepsWhatItIsGiven) {
  const Option& o = kOptions[GetParam()];
  const int fd = tcp_socket();
  EXPECT_EQ(get_option<int>(fd, o.level, o.option), o.initial) << o.name;
  EXPECT_EQ(set_option(fd, o.level, o.option, o.set), 0) << o.name;
  EXPECT_EQ(get_option<int>(fd, o.level, o.option), o.got) << o.name;
}

INSTANTIATE_TEST_SUITE_P(Rows, TcpOption, ::testing::Range(std::size_t{0}, kOptions.size()),
                         [](const auto& row) { return kOptions[row.param].name; });

TEST_F(TcpSocket, ValuesThatMakeNoSenseAreRefused) {
  const int fd = tcp_socket();
  for (const auto& [option, value] : {std::pair{TCP_MAXSEG, 10},
                                      {TCP_KEEPIDLE, 0},
                                      {TCP_KEEPINTVL, 40'000},
                                      {TCP_KEEPCNT, 128},
                                      {TCP_SYNCNT, 0},
                                      {TCP_USER_TIMEOUT, -1}})
    EXPECT_EQ(set_option(fd, IPPROTO_TCP, option, value), -EINVAL) << option;
  EXPECT_EQ(set_option(fd, IPPROTO_TCP, TCP_NODELAY, char{1}), -EINVAL) << "too short";
  EXPECT_EQ(set_option(fd, IPPROTO_TCP, 9999, 1), -ENOPROTOOPT);
  const std::array<char, 6> name{'v', 'e', 'g', 'a', 's', 0};
  EXPECT_EQ(set_option(fd, IPPROTO_TCP, TCP_CONGESTION, name), -ENOENT);
}

TEST_F(TcpSocket, CubicIsTheDefaultAndRenoTheChoice) {
  const int fd = tcp_socket();
  EXPECT_STREQ((get_option<std::array<char, 16>>(fd, IPPROTO_TCP, TCP_CONGESTION)).data(), "cubic");
  const std::array<char, 5> reno{'r', 'e', 'n', 'o', 0};
  EXPECT_EQ(set_option(fd, IPPROTO_TCP, TCP_CONGESTION, reno), 0);
  EXPECT_STREQ((get_option<std::array<char, 16>>(fd, IPPROTO_TCP, TCP_CONGESTION)).data(), "reno");
}

TEST_F(TcpSocket, WhatAListenerHasItsConnectionsInherit) {
  const int listening = listener();
  set_option(listening, SOL_SOCKET, SO_RCVBUF, 30'000);
  set_option(listening, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(listening, IPPROTO_IP, IP_TTL, 9);
  handshake({});
  const int fd = accept(listening);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_RCVBUF), 60'000);
  EXPECT_EQ(get_option<int>(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(get_option<int>(fd, IPPROTO_IP, IP_TTL), 9);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
  EXPECT_EQ(get_option<int>(listening, SOL_SOCKET, SO_ACCEPTCONN), 1);
  write(fd, text("x"));
  EXPECT_EQ(load8(heard().frame, 22), 9) << "the TTL on the wire";
}

// ---- who wants a signal (O_ASYNC)

struct SignalCodes final : FasyncEntry {
  explicit SignalCodes(FasyncList& list) : of(list) { of.add(*this); }
  ~SignalCodes() override { of.remove(*this); }
  void signal(int code) override { codes.push_back(code); }
  FasyncList& of;
  std::vector<int> codes;
};

TEST_F(TcpSocket, AListenerSignalsANewConnection) {
  const int fd = listener();
  SignalCodes signals{*dynamic_cast<SocketCalls&>(stack->calls()).file(task, fd)->fasync_list()};
  handshake({});
  EXPECT_EQ(signals.codes, (std::vector<int>{POLL_IN}));
}

TEST_F(TcpSocket, DataSignalsTheOwnerUnlessSomebodySleepsInRecv) {
  const int fd = accepted();
  SignalCodes signals{*dynamic_cast<SocketCalls&>(stack->calls()).file(task, fd)->fasync_list()};
  runtime.on_sleep = [&] {
    inject({.flags = kAck | kPsh, .payload = text("abc")});
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("abc"));
  EXPECT_TRUE(signals.codes.empty());
  inject({.flags = kAck | kPsh, .seq = 4, .payload = text("def")});
  EXPECT_EQ(signals.codes, (std::vector<int>{POLL_IN}));
}

// ---- names and errors

TEST_F(TcpSocket, BothEndsHaveTheirNames) {
  const int fd = accepted();
  sockaddr_in here{}, there{};
  EXPECT_EQ(sys().getsockname(task, fd, here), 0);
  EXPECT_EQ(sys().getpeername(task, fd, there), 0);
  EXPECT_EQ(ntohs(here.sin_port), 80);
  EXPECT_EQ(ntohl(here.sin_addr.s_addr), kOurIp.value);
  EXPECT_EQ(ntohs(there.sin_port), peer_port);
  EXPECT_EQ(ntohl(there.sin_addr.s_addr), kPeerIp.value);
}

TEST_F(TcpSocket, CallsOnAnUnconnectedSocketSaySo) {
  const int fd = tcp_socket();
  sockaddr_in name{};
  EXPECT_EQ(sys().getpeername(task, fd, name), -ENOTCONN);
  EXPECT_EQ(sys().shutdown(task, fd, SHUT_WR), -ENOTCONN);
  EXPECT_EQ(write(fd, text("x")), -EPIPE);
  read(fd);
  EXPECT_EQ(result, -ENOTCONN);
  EXPECT_EQ(sys().shutdown(task, fd, 7), -EINVAL);
}

TEST_F(TcpSocket, ForeignAddressesCannotBeBound) {
  const int fd = tcp_socket();
  EXPECT_EQ(sys().bind(task, fd, endpoint(kPeerIp, 80)), -EADDRNOTAVAIL);
  EXPECT_EQ(sys().bind(task, fd, endpoint(kOurIp, 80)), 0);
  EXPECT_EQ(sys().bind(task, fd, endpoint(kOurIp, 81)), -EINVAL) << "once";
}

TEST_F(TcpSocket, UrgentDataAreNotForNewPrograms) {
  const int fd = accepted();
  EXPECT_EQ(write(fd, text("x"), MSG_OOB), -EOPNOTSUPP);
  read(fd, MSG_OOB);
  EXPECT_EQ(result, -EINVAL);
}

TEST_F(TcpSocket, TheTableShowsConnectionsAsSsDoes) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  forget_sent();
  write(fd, text("12345"));
  EXPECT_EQ(stack->sockets_table(),
            "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process                       \n"
            "tcp   LISTEN 0      10           0.0.0.0:80        0.0.0.0:*     users:((\"reader\",pid=7,fd=3))\n"
            "tcp   ESTAB  3      5          10.77.0.2:80      10.77.0.1:40000 users:((\"reader\",pid=7,fd=4))\n");
}

TEST_F(TcpSocket, TheTableShowsConnectionsThatNoProcessHas) {
  const int listening = listener();
  syn(syn_options(false, false, -1));
  EXPECT_EQ(stack->sockets_table(),
            "Netid State    Recv-Q Send-Q Local Address:Port Peer Address:Port Process                       \n"
            "tcp   LISTEN   0      10           0.0.0.0:80        0.0.0.0:*     users:((\"reader\",pid=7,fd=3))\n"
            "tcp   SYN-RECV 0      0          10.77.0.2:80      10.77.0.1:40000                              \n");
  our_isn = heard().raw_seq;
  inject({.flags = kAck});
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  EXPECT_EQ(last_row(), "tcp ESTAB 3 0 10.77.0.2:80 10.77.0.1:40000") << "waits for accept()";
  const int fd = accept(listening);
  read(fd);
  EXPECT_EQ(close(fd), 0);
  EXPECT_EQ(last_row(), "tcp FIN-WAIT-1 0 1 10.77.0.2:80 10.77.0.1:40000");
  inject({.flags = kAck | kFin, .seq = 4, .ack = 2});
  EXPECT_EQ(last_row(), "tcp TIME-WAIT 0 0 10.77.0.2:80 10.77.0.1:40000");
  advance(SimTime::s(61));
  EXPECT_EQ(stack->sockets_table().find("TIME-WAIT"), std::string::npos);
}

TEST_F(TcpSocket, TcpAndUdpPortsAreTwoSpaces) {
  listener(5, 9);
  udp_socket(9);
  EXPECT_EQ(sys().socket(task, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
}

}  // namespace
}  // namespace nicosim
