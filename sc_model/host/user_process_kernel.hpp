// One system call from the program's side: in, work, out, and what signals make of it. For the sources of UserProcess.
#pragma once

#include "sc_model/host/user_process.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <utility>

namespace nicosim {

template <class Call>
auto UserProcess::kernel(std::string_view name, Call call) {
  for (;;) {
    ++count_;
    cpu_.count_syscall();
    if (Usage* const usage = cpu_.usage()) usage->called(name);
    cpu_.charge(Cost::syscall_entry, 1);
    if (cpu_.tells_states())
      ledger_.note(cpu_.now(), "syscall", {},
                   fmt::format("pid={} task={} call={}", task_.pid(), task_.task_name(), name));
    auto result = call();
    if (static_cast<long>(result) == -EAGAIN)
      if (Usage* const usage = cpu_.usage()) ++usage->would_block;
    cpu_.charge(Cost::syscall_exit, 1);
    cpu_.return_to_user();
    end_with_process();
    Exit exit = prepare_exit(static_cast<long>(result));
    if (!exit.again && must_restart(static_cast<long>(result))) result = -EINTR;
    if (cpu_.tells_states())
      ledger_.note(cpu_.now(), "sysret", {},
                   fmt::format("pid={} task={} call={} result={}", task_.pid(), task_.task_name(), name,
                               exit.again ? "restart" : std::to_string(result)));
    if (!exit.frames.empty()) run_handlers(std::move(exit.frames));
    if (!exit.again) return result;
  }
}

template <class Call>
long UserProcess::reads(std::string_view name, Call call) {
  return kernel(name, [&] {
    cpu_.reading(true);
    const long result = call();
    cpu_.reading(false);
    return result;
  });
}

}  // namespace nicosim
