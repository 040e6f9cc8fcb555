// The two phases of reading, as the textbooks draw them: one process between one answer and the next request, what it
// does, what the kernel does for it, and who is blocked for how long. Made from the event log.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class Phases {
 public:
  // A line of the event log, with its end. Those that are about no process are passed over quickly.
  void see(std::string_view line);
  // One drawing for each program that has answered something and then read something; `models` names how it waits.
  std::string text(const std::map<std::string, std::string>& models) const;

 private:
  enum class Kind : std::uint8_t { call, result, state, signal, done };  // done: an asynchronous request
  struct Entry {
    SimTime time;
    Kind kind;
    std::string name;  // of the call or the state
    long value = 0;    // the call's or request's result, the signal's number
  };
  struct Episode {
    std::string task;
    std::string pid;
    std::vector<Entry> entries;
    bool began = false;   // an answer was sent: what follows is waiting for the next request
    bool waited = false;  // it was not there yet
  };
  void add(Episode& episode, const Entry& entry);
  static std::string draw(const Episode& episode, const std::string& model);

  std::map<std::string, Episode> now_;   // by pid
  std::map<std::string, Episode> last_;  // by program: the last one in which it had to wait
};

}  // namespace nicosim
