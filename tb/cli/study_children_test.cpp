#include "cli/study/children.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <unistd.h>

namespace nicosim {
namespace {

void ignore(std::size_t, std::size_t) {}

TEST(Children, KeepTheOrderOfTheirJobsWhoeverEndsFirst) {
  const auto results = run_in_children(
      6, 3,
      [](std::size_t i) {
        usleep(i % 2 == 0 ? 30'000 : 0);
        std::printf("job %zu", i);
        return static_cast<int>(i);
      },
      ignore);
  for (std::size_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(results.of[i]);
    EXPECT_EQ(results.of[i]->out, "job " + std::to_string(i));
    EXPECT_EQ(results.of[i]->exit_code, static_cast<int>(i));
  }
  EXPECT_FALSE(results.interrupted);
}

TEST(Children, AreNeverMoreThanAskedFor) {
  std::size_t most = 0;
  run_in_children(
      8, 3, [](std::size_t) { return 0; }, [&](std::size_t, std::size_t running) { most = std::max(most, running); });
  EXPECT_EQ(most, 3U);
}

TEST(Children, MayWriteMoreThanAPipeHolds) {
  const auto results = run_in_children(
      1, 1,
      [](std::size_t) {
        for (int i = 0; i < 300'000; ++i) std::fputs("ten bytes\n", i % 2 == 0 ? stdout : stderr);
        return 0;
      },
      ignore);
  ASSERT_TRUE(results.of[0]);
  EXPECT_EQ(results.of[0]->out.size(), 1'500'000U);
  EXPECT_EQ(results.of[0]->err.size(), 1'500'000U);
}

TEST(Children, OneThatDiesOfASignalSaysWhich) {
  const auto results = run_in_children(
      2, 1, [](std::size_t i) { return i == 0 ? raise(SIGKILL) : 0; }, ignore);
  ASSERT_TRUE(results.of[0] && results.of[1]);
  EXPECT_EQ(results.of[0]->exit_code, 128 + SIGKILL);
  EXPECT_EQ(results.of[1]->exit_code, 0);
}

TEST(Children, AreToldOfASignalAndNoMoreAreStarted) {
  const auto results = run_in_children(
      4, 2,
      [](std::size_t i) {
        if (i == 0) return 0;
        if (i == 1) kill(getppid(), SIGTERM);
        for (;;) pause();
      },
      ignore);
  EXPECT_TRUE(results.interrupted);
  EXPECT_FALSE(results.of[3]);
}

}  // namespace
}  // namespace nicosim
