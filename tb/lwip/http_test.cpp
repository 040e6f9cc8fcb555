#include "tb/lwip/http_over_card.hpp"

namespace nicosim {
namespace {

TEST(LwipHttp, AThousandRequestsOverTheCardAreAnsweredByteForByte) {
  expect_http_over_card({.connections = small_requests(20, 50)});
}

TEST(LwipHttp, AMegabyteOverTheCardArrivesByteForByte) { expect_http_over_card({.connections = {{1U << 20U}}}); }

}  // namespace
}  // namespace nicosim
