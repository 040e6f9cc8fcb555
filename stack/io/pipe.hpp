// A pipe: bytes from writers to readers through 16 pages of memory (fs/pipe.c).
//
// A page holds what one write() put there, and more if that fits whole, so a write of at most PIPE_BUF bytes is never
// mixed with others, and 64 KiB is what there is room for at best.
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"
#include "stack/io/fasync.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace nicosim {

struct File;

class Pipe {
 public:
  static constexpr std::size_t kPage = 4096, kPages = 16;  // PIPE_DEF_BUFFERS

  explicit Pipe(Runtime& runtime) : runtime_(runtime) {}
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // Bytes, 0: there is no writer any more; -EAGAIN, -kERESTARTSYS.
  long read(Task&, bool nonblocking, std::span<std::byte> buffer);
  // Bytes; -EPIPE: there is no reader any more; -EAGAIN, -kERESTARTSYS.
  long write(Task&, bool nonblocking, std::span<const std::byte> data);
  PollMask poll_reader();
  PollMask poll_writer();
  void reader_gone() { end_gone(has_reader_); }
  void writer_gone() { end_gone(has_writer_); }

  WaitQueue rd_wait, wr_wait;
  FasyncList fasync_readers, fasync_writers;

 private:
  struct Page {
    std::vector<std::byte> bytes;
    std::size_t read = 0;  // of them, taken
  };

  bool full() const { return pages_.size() == kPages; }
  void end_gone(bool& end);

  Runtime& runtime_;
  std::deque<Page> pages_;
  bool has_reader_ = true, has_writer_ = true;
  bool poll_usage_ = false;  // somebody polls: every write is told, not only the first into an empty pipe
};

// The end to read from and the end to write to.
std::pair<std::shared_ptr<File>, std::shared_ptr<File>> make_pipe(Runtime& runtime);

}  // namespace nicosim
