// The programs of one host: starts them, forks them, and keeps their doors to the kernel.
#pragma once

#include "common/ledger.hpp"
#include "programs/posix.hpp"
#include "sc_model/host/cpu.hpp"
#include "stack/syscalls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

class UserProcess;

class UserSpace {
 public:
  using Main = std::function<int(Posix&)>;  // its result is the exit status

  UserSpace(HostCpu& cpu, Syscalls& calls, Ledger& ledger);  // all must outlive it
  ~UserSpace();

  // A process without parent; `core`: the only one it may run on.
  Process& start(std::string name, Main main, std::optional<unsigned> core = std::nullopt);
  // From the parent's call: its child, which runs when the scheduler gets to it. The pid.
  int fork(const Process& parent, std::string name, Main main);

  std::uint64_t syscalls() const;  // of all processes, ended ones too

 private:
  Process& spawn(std::string name, Main main, std::optional<unsigned> core);

  HostCpu& cpu_;
  Syscalls& calls_;
  Ledger& ledger_;
  std::vector<std::unique_ptr<UserProcess>> doors_;
};

}  // namespace nicosim
