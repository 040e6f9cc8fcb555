#include "tb/lwip/http_over_card.hpp"

namespace nicosim {
namespace {

TEST(LwipHttpLong, SixtyFourMegabytesOverTheCardArriveByteForByte) {
  expect_http_over_card({.connections = {{64U << 20U}}});
}

}  // namespace
}  // namespace nicosim
