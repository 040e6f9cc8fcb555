#include "tb/system/http_over_card.hpp"

namespace nicosim {
namespace {

struct LwipHttp : ::testing::TestWithParam<Offloads> {};

TEST_P(LwipHttp, AThousandRequestsOverTheCardAreAnsweredByteForByte) {
  expect_http_over_card({.connections = small_requests(20, 50), .offloads = GetParam()});
}

TEST_P(LwipHttp, SixtyFourMegabytesOverTheCardArriveByteForByte) {
  expect_http_over_card({.connections = {{64U << 20U}}, .offloads = GetParam()});
}

INSTANTIATE_TEST_SUITE_P(Switches, LwipHttp, ::testing::Values(Offloads::off, Offloads::on));

}  // namespace
}  // namespace nicosim
