// The open descriptors of one process (struct files_struct). fork() copies it; the files behind are then shared.
#pragma once

#include "stack/socket/socket.hpp"

#include <map>
#include <memory>
#include <string>

namespace nicosim {

struct Descriptor {
  std::shared_ptr<File> file;
  bool close_on_exec = false;  // FD_CLOEXEC
};

class FileTable {
 public:
  static constexpr int kFirst = 3;  // 0 to 2 are the standard streams

  // fd_install: the lowest free descriptor from `least` on, or -EMFILE.
  int install(std::shared_ptr<File> file, bool close_on_exec, int least = kFirst);
  // dup2: at this number; returns the file that was there, nullptr: none.
  std::shared_ptr<File> put_at(int fd, std::shared_ptr<File> file, bool close_on_exec);
  Descriptor* find(int fd);              // nullptr: EBADF
  std::shared_ptr<File> remove(int fd);  // the descriptor must be there

  int limit = 1024;       // RLIMIT_NOFILE
  std::string task_name;  // of the process, for people
  std::map<int, Descriptor> descriptors;

 private:
  int all_taken_below_ = kFirst;  // no descriptor from kFirst up to here is free
};

}  // namespace nicosim
