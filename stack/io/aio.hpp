// Asynchronous I/O: the caller is blocked neither while the data comes nor while it is copied (aio(7)).
//
// A request waits where a sleeping reader would: on the socket's wait queue, or on the page that the disk is reading.
// When it is ready a kernel worker (kaio/N, at most kMostWorkers) copies, and the request is complete: its owner gets a
// signal, a call on a thread of its own process, or nothing but a changed state to look at. Workers never wait for
// data to come, so a few are enough for any number of requests; a write to a file may keep one until the disk has taken
// older pages, an fsync until it has taken all.
//
// Requests of one descriptor's file and one direction are served in the order of submission, as glibc's are; an fsync
// counts as a write. Reads of regular files do not wait for each other. A request holds its file. close() cancels what
// is not in a worker's hands; exit() forgets all of it without a word. Bytes reach the caller's buffer, and leave it,
// in one step at completion and at submission, so that no worker touches memory of a process that is gone.
#pragma once

#include "common/ledger.hpp"
#include "common/runtime.hpp"
#include "common/wait_queue.hpp"
#include "stack/syscalls.hpp"

#include <aio.h>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace nicosim {

class ProcessTable;
struct File;

class Aio {
 public:
  static constexpr unsigned kMostWorkers = 4;
  static constexpr std::size_t kMostRequests = 65536;  // fs.aio-max-nr

  Aio(Runtime& runtime, Ledger& ledger, ProcessTable& processes)
      : runtime_(runtime), ledger_(ledger), processes_(processes) {}
  ~Aio();
  Aio(const Aio&) = delete;
  Aio& operator=(const Aio&) = delete;

  // All: process context; results or -errno. `control` is known by its address until aio_return() has taken its result.
  // aio_read, aio_write, aio_fsync: `opcode` is LIO_READ, LIO_WRITE or kAioFsync. The file is a socket or regular and
  // may do that.
  int submit(Task& task, std::shared_ptr<File> file, aiocb& control, int opcode, AioCallback on_thread);
  // lio_listio. Files as submit(); nullptr where the descriptor is none. -EIO: with LIO_WAIT, one has failed.
  struct Entry {
    aiocb* control;
    std::shared_ptr<File> file;
  };
  int listio(Task& task, int mode, std::span<const Entry> entries, const sigevent* event, AioCallback on_thread);
  int error(const Task& task, const aiocb* control) const;  // 0, EINPROGRESS, ECANCELED or what went wrong, as errno
  long take(const Task& task, const aiocb* control);        // aio_return: once
  // Until one of them is complete. -EAGAIN: none by then, -EINTR: a signal.
  int suspend(Task& task, std::span<const aiocb* const> list, SimTime until);
  // AIO_CANCELED, AIO_NOTCANCELED, AIO_ALLDONE; `control` nullptr: all of the descriptor.
  int cancel(Task& task, int fd, const aiocb* control);
  void closing(Task& task, int fd);
  void exit(const Task& task);

  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Request;
  struct Group;    // of lio_listio
  struct Process;  // what one process has asked for
  using RequestPtr = std::shared_ptr<Request>;
  using Lane = std::pair<const File*, int>;  // a socket and a direction
  struct Worker {
    Task* task = nullptr;
    bool idle = false;
  };

  static RequestPtr find(const Process& process, const aiocb* control);
  Process& process_of(const Task& task);
  void begin(const RequestPtr& request);
  void arm(const RequestPtr& request);  // check, register, check again
  void make_ready(const RequestPtr& request);
  bool start_worker();  // false: the runtime has no threads
  void work(Task& self, unsigned number);
  void step(Task& worker, const RequestPtr& request);  // one attempt
  void complete(const RequestPtr& request, long result);
  bool withdraw(const RequestPtr& request);  // false: a worker has it, or has begun it
  void notify(const std::shared_ptr<Process>& process, const sigevent& event, const AioCallback& on_thread);
  static bool wants_thread(const sigevent& event) { return event.sigev_notify == SIGEV_THREAD; }

  Runtime& runtime_;
  Ledger& ledger_;
  ProcessTable& processes_;
  std::map<unsigned, std::shared_ptr<Process>> by_process_;  // by tgid
  std::map<Lane, std::deque<RequestPtr>> lanes_;             // looked up only, never walked: keys are addresses
  std::deque<RequestPtr> ready_;
  std::vector<Worker> workers_;
  std::size_t in_flight_ = 0;
};

}  // namespace nicosim
