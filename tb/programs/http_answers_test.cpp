#include "programs/http_answers.hpp"

#include <gtest/gtest.h>
#include <string_view>

namespace nicosim {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

TEST(HttpAnswers, AnAnswerEndsWithTheLastByteOfItsBody) {
  HttpAnswers answers;
  EXPECT_EQ(answers.hear(bytes("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc")), 0U);
  EXPECT_EQ(answers.hear(bytes("d")), 1U);
}

TEST(HttpAnswers, SeveralMayComeInOnePieceAndOneInMany) {
  HttpAnswers answers;
  EXPECT_EQ(answers.hear(
                bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\nHT")),
            2U);
  std::uint64_t whole = 0;
  for (const char c : std::string_view{"TP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"})
    whole += answers.hear(std::as_bytes(std::span{&c, 1}));
  EXPECT_EQ(whole, 1U);
}

}  // namespace
}  // namespace nicosim
