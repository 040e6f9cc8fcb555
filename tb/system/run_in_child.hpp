// Runs a piece of a test in a process of its own, because SystemC elaborates once per process.
//
// Expectations may stand in the piece: what fails is printed by the child, and the parent fails with it. The child
// leaves without running destructors, since simulated threads are still on their stacks.
#pragma once

#include "tb/cli/temporary_folder.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nicosim {

// How many expectations of the running test have failed so far; the child starts with its parent's.
inline int failures_so_far() {
  return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

inline void in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0) << "no process";
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing behind
    const int before = failures_so_far();
    try {
      body();
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
    std::fflush(nullptr);
    ::_exit(failures_so_far() == before ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_FALSE(WIFSIGNALED(status)) << "the child was ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "in the child, see above";
}

// The same for a piece that has something to tell; empty when it failed.
inline std::string text_from_child(const std::function<std::string()>& body) {
  const TemporaryFolder folder;
  in_child([&] { folder.write("text", body()); });
  return folder.read("text");
}

}  // namespace nicosim
