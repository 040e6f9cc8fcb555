#include "sc_model/host/user_space.hpp"

#include "sc_model/host/user_process.hpp"
#include "stack/process/process_calls.hpp"

#include <utility>

namespace nicosim {

UserSpace::UserSpace(HostCpu& cpu, Syscalls& calls, Ledger& ledger) : cpu_(cpu), calls_(calls), ledger_(ledger) {}
UserSpace::~UserSpace() = default;

// The process's own door to the kernel is made when it runs, on its own stack.
Process& UserSpace::spawn(std::string name, Main main, std::optional<unsigned> core) {
  return cpu_.spawn(
      std::move(name),
      [this, main = std::move(main)] {
        doors_.push_back(std::make_unique<UserProcess>(cpu_, calls_, ledger_, *cpu_.current(), this));
        doors_.back()->run(main);
      },
      core);
}

Process& UserSpace::start(std::string name, Main main, std::optional<unsigned> core) {
  Process& process = spawn(std::move(name), std::move(main), core);
  calls_.processes().table().add(process);
  return process;
}

int UserSpace::fork(const Process& parent, std::string name, Main main) {
  cpu_.charge(Cost::fork, 1);
  cpu_.catch_up();
  Process& child = spawn(std::move(name), std::move(main), parent.pinned());
  if (parent.usage() != nullptr) cpu_.bill(child, *parent.usage());
  calls_.fork_files(parent, child);
  calls_.processes().table().fork(parent, child);
  return static_cast<int>(child.pid());
}

std::uint64_t UserSpace::syscalls() const {
  std::uint64_t sum = 0;
  for (const auto& door : doors_) sum += door->syscalls();
  return sum;
}

}  // namespace nicosim
