// What a file does that is neither a socket nor an epoll instance (struct file_operations): a pipe's end, an eventfd, a
// timerfd, a file on disk.
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"

#include <cerrno>
#include <cstddef>
#include <span>

namespace nicosim {

class FasyncList;
class RegularFile;
struct File;

// Owned by its File, which outlives every call. Process context; results or -errno (-kERESTARTSYS when a signal comes).
class FileOps {
 public:
  FileOps() = default;
  FileOps(const FileOps&) = delete;
  FileOps& operator=(const FileOps&) = delete;
  virtual ~FileOps() = default;

  // The last reference is gone. Takes time when somebody waits for that.
  virtual void release() {}
  // The file says by `nonblocking` whether they may sleep, and has checked that it was opened for this.
  virtual long read(Task&, const File&, std::span<std::byte>) { return -EINVAL; }
  virtual long write(Task&, const File&, std::span<const std::byte>) { return -EINVAL; }
  virtual PollMask poll() = 0;                           // what is ready now
  virtual WaitQueue& wait_queue() = 0;                   // where those wait that want to hear when this changes
  virtual bool can_epoll() const { return true; }        // a file that is always ready cannot be watched: EPERM
  virtual RegularFile* regular() { return nullptr; }     // itself, when it is a file on disk
  virtual FasyncList* fasync_list() { return nullptr; }  // nullptr: O_ASYNC is kept and means nothing
};

}  // namespace nicosim
