// The command that a live run is for: started once the host has booted, and its end is the end of the run.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nicosim {

class CommandProcess {
 public:
  // Blocks the signals that a live run waits for (SIGCHLD, SIGTERM, SIGHUP, SIGINT); they come by descriptor(). Throws
  // std::system_error.
  CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;
  ~CommandProcess();

  // Starts it, looked for in PATH. What a shell would return when there is no such program, or when it cannot be run,
  // is its status then (127, 126).
  //
  // It runs as SCHED_BATCH (sched(7)): woken by a frame it does not take the simulation's CPU from it, only to find
  // that there is one frame. On an idle CPU it starts as soon as ever.
  void start(const std::vector<std::string>& command);
  int descriptor() const { return signals_; }  // readable: call see()
  // Takes the signals that have come: reaps children, passes SIGTERM and SIGHUP on to the command. Without a command
  // any of them, and Ctrl-C, ends the run.
  void see();

  bool ended() const { return status_.has_value(); }
  std::optional<int> status() const { return status_; }  // exit status, or 128 plus the signal that killed it
  // No command: until somebody says stop.
  bool asked_to_stop() const { return stop_; }

 private:
  int signals_ = -1, pid_ = 0;
  std::optional<int> status_;
  bool stop_ = false;
};

}  // namespace nicosim
