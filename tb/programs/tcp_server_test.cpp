#include "programs/tcp_server.hpp"

#include "programs/http_server.hpp"
#include "tb/programs/scripted_posix.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Servers : ::testing::Test {
  std::string answer(std::deque<std::string> says, decltype(TcpServerProgram::serve) serve = serve_http) {
    os.clients.emplace_back().says = std::move(says);
    EXPECT_EQ(run_tcp_server(os, {.port = 80, .stats = &stats, .serve = std::move(serve)}), -EINVAL);
    EXPECT_TRUE(os.clients.back().closed);
    return os.clients.back().heard;
  }
  ScriptedPosix os;
  TcpServerStats stats;
};

TEST_F(Servers, EchoSendsBackWhatItReads) {
  EXPECT_EQ(answer({"hel", "lo"}, serve_echo), "hello");
  EXPECT_EQ(stats.bytes_in, 5U);
  EXPECT_EQ(stats.bytes_out, 5U);
}

TEST_F(Servers, EchoGoesOnWhenASendTakesOnlyAPart) {
  os.clients.emplace_back().says = {"abcdefghij"};
  os.clients.back().takes = 3;
  run_tcp_server(os, {.port = 7, .stats = &stats, .serve = serve_echo});
  EXPECT_EQ(os.clients.front().heard, "abcdefghij");
}

TEST_F(Servers, DiscardSaysNothing) {
  EXPECT_EQ(answer({"a", "b"}, serve_discard), "");
  EXPECT_EQ(stats.bytes_in, 2U);
}

TEST_F(Servers, ChargenSendsLinesOfSeventyTwoCharactersUntilNobodyListens) {
  os.clients.emplace_back().refuses_with = -EPIPE;
  run_tcp_server(os, {.port = 19, .stats = &stats, .serve = serve_chargen});
  const std::string& text = os.clients.front().heard;
  EXPECT_EQ(text.substr(72, 2), "\r\n");
  EXPECT_EQ(text.substr(0, 3), " !\"");
  EXPECT_EQ(text.substr(74, 3), "!\"#");
  EXPECT_EQ(stats.errors, 0U);
}

TEST_F(Servers, OneClientThatBreaksOffLeavesTheNextItsService) {
  os.clients.emplace_back().says = {"x"};
  os.clients.back().ends_with = -ECONNRESET;
  EXPECT_EQ(answer({"y"}, serve_echo), "y");
  EXPECT_EQ(stats.connections, 2U);
  EXPECT_EQ(stats.errors, 1U);
  EXPECT_TRUE(os.clients.front().closed);
}

TEST_F(Servers, APortThatIsTakenEndsTheProgram) {
  os.bind_result = -EADDRINUSE;
  EXPECT_EQ(run_tcp_server(os, {.port = 80, .serve = serve_http}), -EADDRINUSE);
}

TEST_F(Servers, APageHasItsLengthAndTheConnectionStays) {
  const std::string text = answer({"GET / HTTP/1.1\r\nHost: x\r\n\r\n"});
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Length: 50\r\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("Connection: close")));
}

TEST_F(Servers, TwoRequestsInOneSegmentAndOneInManyAreAllAnswered) {
  answer({"GET / HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\nG", "ET / HT", "TP/1.1\r", "\n\r", "\n"});
  EXPECT_EQ(stats.requests, 3U);
}

TEST_F(Servers, BytesAreGeneratedToLength) {
  const std::string text = answer({"GET /bytes/40000 HTTP/1.1\r\nConnection: close\r\n\r\n"});
  const std::size_t body = text.find("\r\n\r\n") + 4;
  EXPECT_EQ(text.size() - body, 40'000U);
  EXPECT_EQ(text[body + 300], static_cast<char>(300 & 0xff));
  EXPECT_THAT(text, HasSubstr("Connection: close"));
}

TEST_F(Servers, HeadHasNoBody) {
  EXPECT_THAT(answer({"HEAD /bytes/500 HTTP/1.1\r\n\r\n"}), EndsWith("Content-Length: 500\r\n\r\n"));
}

TEST_F(Servers, WhatIsWrongIsSaid) {
  EXPECT_THAT(answer({"GET /nowhere HTTP/1.1\r\n\r\n"}), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer({"GET /bytes/9999999999 HTTP/1.1\r\n\r\n"}), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer({"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"}), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer({"hello\r\n\r\n"}), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer({"GET / HTTP/2.0\r\n\r\n"}), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer({"GET / HTTP/1.1\r\nno colon\r\n\r\n"}), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer({"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer({std::string(20'000, 'a')}), StartsWith("HTTP/1.1 431 "));
}

TEST_F(Servers, ABodyIsSkippedBeforeTheNextRequest) {
  answer({"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n01234", "56789GET / HTTP/1.1\r\n\r\n"});
  EXPECT_EQ(stats.requests, 2U);
}

TEST_F(Servers, Http10ClosesUnlessAskedToStay) {
  EXPECT_FALSE(parse_http_request("GET / HTTP/1.0")->keep_alive);
  EXPECT_TRUE(parse_http_request("GET / HTTP/1.0\r\nconnection: Keep-Alive")->keep_alive);
}

}  // namespace
}  // namespace nicosim
