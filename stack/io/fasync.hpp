// The other kind of waiting: who does not sleep but wants a signal (fs/fcntl.c: kill_fasync; net/socket.c:
// sock_wake_async).
#pragma once

#include <algorithm>
#include <cassert>
#include <vector>

namespace nicosim {

class ProcessTable;

// struct fown_struct: who gets the signals of a file, and which.
struct FileOwner {
  int pid = 0;     // F_SETOWN: below 0 a process group, 0 nobody
  int signum = 0;  // F_SETSIG: 0 is SIGIO that carries nothing
};

// send_sigio: tells the owner what happened to descriptor `fd`; POLL_IN, ... as `code`. Any context; takes time, in
// which the file may be closed.
void send_sigio(ProcessTable& processes, const FileOwner& owner, int fd, int code);

// A file with O_ASYNC set.
class FasyncEntry {
 public:
  FasyncEntry() = default;
  FasyncEntry(const FasyncEntry&) = delete;
  FasyncEntry& operator=(const FasyncEntry&) = delete;
  virtual ~FasyncEntry() = default;
  virtual void signal(int code) = 0;  // POLL_IN, POLL_OUT, ... as si_code of <signal.h>
};

class FasyncList {
 public:
  FasyncList() = default;
  FasyncList(const FasyncList&) = delete;
  FasyncList& operator=(const FasyncList&) = delete;
  ~FasyncList() { assert(entries_.empty() && "a fasync list died with entries on it"); }

  void add(FasyncEntry& entry) { entries_.insert(entries_.begin(), &entry); }  // newest first, as Linux
  void remove(FasyncEntry& entry) { std::erase(entries_, &entry); }
  bool empty() const { return entries_.empty(); }
  unsigned signal_all(int code);  // how many were signalled

 private:
  std::vector<FasyncEntry*> entries_;  // not owned
};

}  // namespace nicosim
