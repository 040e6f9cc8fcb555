// The verilated card behind plain C++: its assertions are off unless asked for, and a failing one says where.
#include "sc_model/rtl_model.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

namespace nicosim {
namespace {

// The last beat of a read that nobody asked for: dma_arbiter and the ring it goes to assert that this never happens.
void answer_nobody(const RtlModel::Options& options) {
  RtlModel card{options};
  card.pins().rvalid = card.pins().rlast = 1;
  for (int i = 0; i < 4; ++i) card.cycle();
}

TEST(RtlModel, FailingAssertionNamesFileLineAndBlock) {
  unsetenv("NICOSIM_ASSERT");
  const auto to_stderr = [] {
    dup2(STDERR_FILENO, STDOUT_FILENO);  // Verilator reports on stdout, the test reads stderr
    answer_nobody({.assertions = true});
  };
  EXPECT_DEATH(to_stderr(),
               "[.]sv:[0-9]+: Assertion failed in nic[.].*[.](AnswersOnlyWhatWasAsked|ReadAnswerHasARequest)");
}

TEST(RtlModel, EnvironmentSwitchesAssertionsOn) {
  setenv("NICOSIM_ASSERT", "1", 1);
  EXPECT_DEATH(answer_nobody({}), "");
}

TEST(RtlModel, AssertionsAreOffUnlessAskedFor) {
  unsetenv("NICOSIM_ASSERT");
  answer_nobody({});
}

TEST(RtlModel, PowerOnWithAnyContentsOfTheFlopsBreaksNoAssertion) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RtlModel card{{.random_reset_seed = seed, .assertions = true}};
    for (int i = 0; i < 50; ++i) card.cycle();
  }
}

}  // namespace
}  // namespace nicosim
