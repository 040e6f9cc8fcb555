// eventfd: a counter that write() adds to and read() takes, so that one process can wake another by a descriptor
// (fs/eventfd.c).
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"
#include "stack/io/file_ops.hpp"

#include <cstdint>

namespace nicosim {

class EventFd final : public FileOps {
 public:
  EventFd(Runtime& runtime, unsigned count, bool semaphore) : runtime_(runtime), count_(count), semaphore_(semaphore) {}

  // Both move 8 bytes. -EAGAIN or sleep: while the counter is 0, or too large for what is added.
  long read(Task&, const File&, std::span<std::byte>) override;
  long write(Task&, const File&, std::span<const std::byte>) override;
  PollMask poll() override;
  WaitQueue& wait_queue() override { return wqh_; }

 private:
  Runtime& runtime_;
  WaitQueue wqh_;
  std::uint64_t count_;
  bool semaphore_;  // read() takes one
};

}  // namespace nicosim
