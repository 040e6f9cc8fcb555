// A program started for a test: killed with its owner, by its own process id, and never left behind.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace nicosim {

class ChildProcess {
 public:
  // The first argument is looked up in PATH. What it prints goes to the file `output`. Throws std::runtime_error.
  ChildProcess(const std::vector<std::string>& arguments, const std::string& output);
  ~ChildProcess();  // kills and reaps it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool running();  // false: it ended by itself
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// Whether a program of this name is in PATH.
bool program_exists(const std::string& name);

}  // namespace nicosim
