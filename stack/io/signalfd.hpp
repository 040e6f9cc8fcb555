// signalfd: signals that are read like a file instead of handled (fs/signalfd.c).
//
// Whoever reads or polls gets its own signals, also when the descriptor came from its parent. They must be blocked,
// else they are delivered first.
#pragma once

#include "common/runtime.hpp"
#include "common/sig_info.hpp"
#include "common/wait_queue.hpp"
#include "stack/io/file_ops.hpp"
#include "stack/process/process_calls.hpp"

namespace nicosim {

class SignalFd final : public FileOps, public SignalWatcher {
 public:
  SignalFd(Runtime& runtime, ProcessCalls& processes, SignalSet mask);
  ~SignalFd() override;

  // As many struct signalfd_siginfo (128 bytes each) as are pending and have room; sleeps for the first.
  long read(Task&, const File&, std::span<std::byte>) override;
  PollMask poll() override;
  WaitQueue& wait_queue() override { return wqh_; }
  void set_mask(SignalSet mask);  // SIGKILL and SIGSTOP cannot be read
  void sent(int sig) override;    // signalfd_notify

 private:
  bool pending(const Task& task) const { return processes_.has_pending(task, mask_); }

  Runtime& runtime_;
  ProcessCalls& processes_;
  WaitQueue wqh_;
  SignalSet mask_;
};

}  // namespace nicosim
