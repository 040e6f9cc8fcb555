#include "stack/io/pipe.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/io/wait_event.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>

namespace nicosim {
namespace {

constexpr PollMask kIn = kPollIn | kPollRdNorm, kOut = kPollOut | kPollWrNorm;

class ReadEnd final : public FileOps {
 public:
  explicit ReadEnd(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  void release() override { pipe_->reader_gone(); }
  long read(Task& task, const File& file, std::span<std::byte> buffer) override {
    return pipe_->read(task, file.nonblocking, buffer);
  }
  PollMask poll() override { return pipe_->poll_reader(); }
  WaitQueue& wait_queue() override { return pipe_->rd_wait; }
  FasyncList* fasync_list() override { return &pipe_->fasync_readers; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

class WriteEnd final : public FileOps {
 public:
  explicit WriteEnd(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  void release() override { pipe_->writer_gone(); }
  long write(Task& task, const File& file, std::span<const std::byte> data) override {
    return pipe_->write(task, file.nonblocking, data);
  }
  PollMask poll() override { return pipe_->poll_writer(); }
  WaitQueue& wait_queue() override { return pipe_->wr_wait; }
  FasyncList* fasync_list() override { return &pipe_->fasync_writers; }

 private:
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace

std::pair<std::shared_ptr<File>, std::shared_ptr<File>> make_pipe(Runtime& runtime) {
  const auto pipe = std::make_shared<Pipe>(runtime);
  return {std::make_shared<File>(std::make_unique<ReadEnd>(pipe), O_RDONLY),
          std::make_shared<File>(std::make_unique<WriteEnd>(pipe), O_WRONLY)};
}

long Pipe::read(Task& task, bool nonblocking, std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  runtime_.charge(Cost::pipe_io);
  std::size_t got = 0;
  bool was_full = full(), wake_next_reader = false;
  long error = 0;
  for (;;) {
    while (!pages_.empty() && got < buffer.size()) {
      Page& page = pages_.front();
      const std::size_t n = std::min(page.bytes.size() - page.read, buffer.size() - got);
      std::copy_n(page.bytes.begin() + static_cast<std::ptrdiff_t>(page.read), n,
                  buffer.begin() + static_cast<std::ptrdiff_t>(got));
      runtime_.charge(Cost::copy_to_user_per_byte, n);
      got += n;
      page.read += n;
      if (page.read == page.bytes.size()) pages_.pop_front();
    }
    if (got > 0 || !has_writer_) break;
    if (nonblocking) {
      error = -EAGAIN;
      break;
    }
    if (was_full) wr_wait.wake_up(kOut, 1, true);
    fasync_writers.signal_all(POLL_OUT);
    const auto ready = [this] { return !pages_.empty() || !has_writer_; };
    if (!wait_event_interruptible(runtime_, rd_wait, task, true, ready)) return -kERESTARTSYS;
    was_full = full();
    wake_next_reader = true;
  }
  if (was_full) wr_wait.wake_up(kOut, 1, true);
  if (wake_next_reader && !pages_.empty()) rd_wait.wake_up(kIn, 1, true);
  if (got > 0) fasync_writers.signal_all(POLL_OUT);
  return got > 0 ? static_cast<long>(got) : error;
}

long Pipe::write(Task& task, bool nonblocking, std::span<const std::byte> data) {
  if (data.empty()) return 0;
  runtime_.charge(Cost::pipe_io);
  if (!has_reader_) return -EPIPE;
  std::size_t put = 0;
  bool was_empty = pages_.empty(), wake_next_writer = false;
  const auto into = [&](Page& page, std::size_t n) {
    const auto piece = data.subspan(put, n);
    page.bytes.insert(page.bytes.end(), piece.begin(), piece.end());
    runtime_.charge(Cost::copy_to_user_per_byte, n);
    put += n;
  };
  // What is left beyond whole pages goes first, behind what the last page has already.
  const std::size_t odd = data.size() % kPage;
  if (odd != 0 && !was_empty && pages_.back().bytes.size() + odd <= kPage) into(pages_.back(), odd);

  long error = 0;
  while (put < data.size()) {
    if (!has_reader_) {
      error = -EPIPE;
      break;
    }
    if (!full()) {
      into(pages_.emplace_back(), std::min(kPage, data.size() - put));
      continue;
    }
    if (nonblocking) {
      error = -EAGAIN;
      break;
    }
    if (was_empty) rd_wait.wake_up(kIn, 1, true);
    fasync_readers.signal_all(POLL_IN);
    const auto ready = [this] { return !full() || !has_reader_; };
    if (!wait_event_interruptible(runtime_, wr_wait, task, true, ready)) {
      error = -kERESTARTSYS;
      break;
    }
    was_empty = pages_.empty();
    wake_next_writer = true;
  }
  if (was_empty || poll_usage_) rd_wait.wake_up(kIn, 1, true);
  fasync_readers.signal_all(POLL_IN);
  if (wake_next_writer && !full()) wr_wait.wake_up(kOut, 1, true);
  return put > 0 ? static_cast<long>(put) : error;
}

PollMask Pipe::poll_reader() {
  poll_usage_ = true;
  return (pages_.empty() ? 0 : kIn) | (has_writer_ ? 0 : kPollHup);
}

PollMask Pipe::poll_writer() {
  poll_usage_ = true;
  return (full() ? 0 : kOut) | (has_reader_ ? 0 : kPollErr);
}

void Pipe::end_gone(bool& end) {  // pipe_release: the other end looks again
  end = false;
  if (!has_reader_ && !has_writer_) return;
  rd_wait.wake_up(kIn | kPollErr | kPollHup, 0);
  wr_wait.wake_up(kOut | kPollErr | kPollHup, 0);
  fasync_readers.signal_all(POLL_IN);
  fasync_writers.signal_all(POLL_OUT);
}

}  // namespace nicosim
