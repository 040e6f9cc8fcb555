// A stack with a disk that answers on demand, and the kernel workers of asynchronous I/O, which run when a test says
// so.
#pragma once

#include "stack/fs/file_system.hpp"
#include "stack/io/aio.hpp"
#include "stack/process/process_calls.hpp"
#include "tb/stack/fake_disk.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <cstring>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

struct AioFixture : TcpFixture {
  AioFixture() {
    runtime.on_sleep = [this] {
      if (worker_runs && disk_answers_workers && disk.answer()) return true;
      if (worker_runs) throw Parked{};
      return world && world();
    };
    stack->file_system().mount(disk, 64 * kPageBytes);
    stack->file_system().add({"/a", 10'000, "", 1});
    stack->calls().processes().table().add(task);
    fd = udp_socket();
  }
  ~AioFixture() override { stack->calls().exit(task); }

  struct Parked {};  // a worker sleeps
  // Every kernel worker runs until it has nothing to do any more.
  void run_workers() {
    for (std::size_t i = 0; i < runtime.threads.size(); ++i) {
      if (runtime.threads[i].tgid != 0) continue;
      TestTask& self = workers.emplace_back(100 + static_cast<unsigned>(i), runtime.threads[i].name);
      runtime.enter(Context::process, &self);
      worker_runs = true;
      try {
        runtime.threads[i].body(self);
      } catch (const Parked&) {
        worker_runs = false;
      }
      runtime.enter(Context::softirq);
      run_softirqs();
    }
    if (runtime.wakes.contains(task.pid())) runtime.wake(task, false);  // the runtime keeps it of the last sleeper only
  }
  // The thread of the process that SIGEV_THREAD wants, if it was started.
  unsigned run_helpers() {
    unsigned ran = 0;
    for (std::size_t i = 0; i < runtime.threads.size();) {
      if (runtime.threads[i].tgid == 0) {
        ++i;
        continue;
      }
      const TestRuntime::Thread thread = runtime.threads[i];
      runtime.threads.erase(runtime.threads.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_EQ(thread.tgid, task.pid());
      TestThread self{50, task};
      runtime.enter(Context::process, &self);
      thread.body(self);
      ++ran;
    }
    return ran;
  }
  aiocb block(int on, std::size_t bytes = 100) {
    aiocb control{};
    control.aio_fildes = on;
    control.aio_buf = buffer.data();
    control.aio_nbytes = bytes;
    control.aio_sigevent.sigev_notify = SIGEV_NONE;
    return control;
  }
  int start(aiocb& control, int opcode = LIO_READ, AioCallback call = {}) {
    return sys().aio_submit(task, control, opcode, std::move(call));
  }
  int error(const aiocb& control) { return sys().aio().error(task, &control); }
  long take(const aiocb& control) { return sys().aio().take(task, &control); }
  std::string got(std::size_t n) const { return {reinterpret_cast<const char*>(buffer.data()), n}; }
  int open(std::string_view path) { return sys().open(task, path, O_RDONLY); }
  SignalSet pending() {
    SignalSet set;
    stack->calls().processes().sigpending(task, set);
    return set;
  }

  FakeDisk disk;
  std::function<bool()> world;  // what happens while the process sleeps; false: nothing more
  bool worker_runs = false;
  bool disk_answers_workers = false;  // a worker that sleeps is waiting for it
  std::deque<TestTask> workers;
  std::vector<std::byte> buffer = std::vector<std::byte>(20'000);
  int fd = -1;
};

}  // namespace nicosim
