#include "cli/report/phases.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct PhasesOf : ::testing::Test {
  void at(std::int64_t ns, std::string_view station, std::string_view rest) {
    phases.see(fmt::format("{}\t{}\t-\tpid=5 task=web {}\n", ns * 1000, station, rest));
  }
  std::string drawn() const { return phases.text({{"web", "blocking"}}); }
  Phases phases;
};

TEST_F(PhasesOf, ABlockingReadHasItsWaitAndItsCopy) {
  at(0, "sysret", "call=sendto result=600");
  at(100, "syscall", "call=recvfrom");
  at(200, "state", "state=blocked");
  at(50'200, "state", "state=ready");
  at(51'400, "state", "state=running");
  at(51'500, "state", "state=copying");
  at(51'510, "state", "state=running");
  at(51'700, "sysret", "call=recvfrom result=64");
  const std::string text = drawn();
  EXPECT_THAT(text, HasSubstr("web (blocking), pid 5"));
  EXPECT_THAT(text, HasSubstr("50 us   |                                   blocked: waits for data"));
  EXPECT_THAT(text, HasSubstr("64 bytes"));
  EXPECT_THAT(text, HasSubstr("blocked until there was data 50 us, while it was copied 10 ns"));
}

TEST_F(PhasesOf, AskingAgainAndAgainIsToldOnce) {
  at(0, "sysret", "call=sendto result=600");
  for (int i = 0; i < 40; ++i) {
    at(100 + i * 10'000, "syscall", "call=recvfrom");
    at(400 + i * 10'000, "sysret", "call=recvfrom result=-11");
  }
  at(400'100, "syscall", "call=recvfrom");
  at(400'400, "sysret", "call=recvfrom result=64");
  EXPECT_THAT(drawn(), HasSubstr("asks 40 times"));
  EXPECT_THAT(drawn(), HasSubstr("EWOULDBLOCK: recvfrom()\n"));
  EXPECT_THAT(drawn(), HasSubstr("blocked until there was data 0 ps"));
}

TEST_F(PhasesOf, AnAsynchronousReadEndsWithoutACall) {
  at(0, "aio_complete", "op=write fd=4 result=580");
  at(100, "syscall", "call=aio_read");
  at(500, "sysret", "call=aio_read result=0");
  at(90'000, "aio_complete", "op=read fd=4 result=44");
  EXPECT_THAT(drawn(), HasSubstr("own work"));
  EXPECT_THAT(drawn(), HasSubstr("aio_read: 44 bytes, copied"));
  EXPECT_THAT(drawn(), HasSubstr("blocked until there was data 0 ps, while it was copied 0 ps"));
}

TEST_F(PhasesOf, WhoNeverWaitedIsNotDrawn) {
  at(0, "sysret", "call=sendto result=600");
  at(100, "syscall", "call=recvfrom");
  at(400, "sysret", "call=recvfrom result=64");
  EXPECT_EQ(drawn(), "");
}

TEST_F(PhasesOf, OtherLinesOfTheLogArePassedOver) {
  phases.see("12\twire\tr0:0\tbytes=64\n");
  phases.see("nonsense");
  EXPECT_EQ(drawn(), "");
}

}  // namespace
}  // namespace nicosim
