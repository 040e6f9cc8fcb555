// Jobs in processes of their own: SystemC elaborates once per process, so every point of a study gets a fresh one.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

struct ChildResult {
  int exit_code = 0;  // 128 + N when signal N ended it
  std::string out, err;
};

struct ChildResults {
  std::vector<std::optional<ChildResult>> of;  // in the order of the jobs; nothing: not run to its end
  bool interrupted = false;                    // by SIGINT or SIGTERM
};

// Runs job(0) .. job(count - 1), each in a forked child with its own stdout and stderr, `at_once` at a time; a job's
// value is the child's exit code. SIGINT and SIGTERM reach the children once, and no more are started; a second one
// ends everything at once with exit code 130. `progress` hears of every start and end. Throws std::system_error when
// the system gives no more processes.
ChildResults run_in_children(std::size_t count, unsigned at_once, const std::function<int(std::size_t)>& job,
                             const std::function<void(std::size_t done, std::size_t running)>& progress);

}  // namespace nicosim
