#include "stack/socket/file_table.hpp"

#include <algorithm>
#include <utility>

namespace nicosim {

int FileTable::install(std::shared_ptr<File> file, bool close_on_exec, int least) {
  int fd = std::max(least, all_taken_below_);
  for (auto taken = descriptors.lower_bound(fd); taken != descriptors.end() && taken->first == fd; ++taken) ++fd;
  if (fd >= limit) return -EMFILE;
  descriptors.emplace(fd, Descriptor{std::move(file), close_on_exec});
  if (least <= all_taken_below_) all_taken_below_ = fd + 1;
  return fd;
}

std::shared_ptr<File> FileTable::put_at(int fd, std::shared_ptr<File> file, bool close_on_exec) {
  Descriptor& place = descriptors[fd];
  place.close_on_exec = close_on_exec;
  return std::exchange(place.file, std::move(file));
}

Descriptor* FileTable::find(int fd) {
  const auto found = descriptors.find(fd);
  return found == descriptors.end() ? nullptr : &found->second;
}

std::shared_ptr<File> FileTable::remove(int fd) {
  const auto found = descriptors.find(fd);
  std::shared_ptr<File> file = std::move(found->second.file);
  descriptors.erase(found);
  all_taken_below_ = std::min(all_taken_below_, fd);
  return file;
}

}  // namespace nicosim
