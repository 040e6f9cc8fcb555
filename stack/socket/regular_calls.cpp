// Calls on files that lie on a disk (fs/open.c, read_write.c, stat.c, splice.c).
#include "stack/socket/socket_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kMaxRwCount = 0x7fff'f000;  // MAX_RW_COUNT

RegularFile* regular(const File& file) { return file.ops ? file.ops->regular() : nullptr; }

}  // namespace

int SocketCalls::open(Task& task, std::string_view path, int flags) {
  const int access = flags & O_ACCMODE;
  if (access == O_ACCMODE) return -EINVAL;
  auto file = file_system_.open(path);
  const bool wants_new = (flags & O_CREAT) != 0;
  if (file) {
    if (wants_new && (flags & O_EXCL) != 0) return -EEXIST;
    if ((flags & O_DIRECTORY) != 0) return -ENOTDIR;
    if ((flags & O_TRUNC) != 0) file_system_.truncate(task, *file, 0);
  } else {
    if (wants_new) file = file_system_.create(path);
    if (!file) return -ENOENT;
  }
  file->append = (flags & O_APPEND) != 0;
  return install(task, std::make_shared<File>(std::move(file), access), flags & (SOCK_NONBLOCK | SOCK_CLOEXEC));
}

long SocketCalls::pwrite(Task& task, int fd, std::span<const std::byte> data, std::int64_t offset) {
  return with_file(task, fd, [&](File& f) -> long {
    RegularFile* const file = regular(f);
    if (offset < 0) return -EINVAL;
    if (file == nullptr) return -ESPIPE;
    if (!f.writable()) return -EBADF;
    // With O_APPEND the offset counts for nothing, which POSIX does not want (pwrite(2), bugs).
    const auto pos = file->append ? RegularFile::kAppend : static_cast<std::uint64_t>(offset);
    return file_system_.write(task, *file, pos, data.first(std::min(data.size(), kMaxRwCount)));
  });
}

int SocketCalls::ftruncate(Task& task, int fd, std::int64_t length) {
  return with_file(task, fd, [&](File& f) {
    RegularFile* const file = regular(f);
    if (length < 0 || file == nullptr || !f.writable()) return -EINVAL;
    file_system_.truncate(task, *file, static_cast<std::uint64_t>(length));
    return 0;
  });
}

int SocketCalls::fsync(Task& task, int fd) {
  return with_file(task, fd, [&](File& f) {
    RegularFile* const file = regular(f);
    if (file == nullptr) return -EINVAL;
    file_system_.sync(task, *file);
    return 0;
  });
}

long SocketCalls::pread(Task& task, int fd, std::span<std::byte> buffer, std::int64_t offset) {
  return with_file(task, fd, [&](File& f) -> long {
    RegularFile* const file = regular(f);
    if (offset < 0) return -EINVAL;
    if (file == nullptr) return -ESPIPE;
    if (!f.readable()) return -EBADF;
    const auto most = std::min(buffer.size(), kMaxRwCount);
    return file_system_.read(task, *file, static_cast<std::uint64_t>(offset), buffer.first(most));
  });
}

long SocketCalls::lseek(Task& task, int fd, std::int64_t offset, int whence) {
  return with_file(task, fd, [&](File& f) -> long {
    RegularFile* const file = regular(f);
    if (file == nullptr) return -ESPIPE;
    std::int64_t from = 0;
    if (whence == SEEK_CUR)
      from = static_cast<std::int64_t>(file->pos);
    else if (whence == SEEK_END)
      from = static_cast<std::int64_t>(file->inode.size);
    else if (whence != SEEK_SET)
      return -EINVAL;
    std::int64_t at = 0;
    if (__builtin_add_overflow(from, offset, &at)) return -EOVERFLOW;
    if (at < 0) return -EINVAL;
    file->pos = static_cast<std::uint64_t>(at);
    return at;
  });
}

int SocketCalls::fstat(Task& task, int fd, struct stat& to) {
  return with_file(task, fd, [&](File& f) {
    to = {};
    to.st_nlink = 1;
    to.st_blksize = kPageBytes;
    if (const RegularFile* const file = regular(f)) {
      to.st_mode = S_IFREG | 0644;
      to.st_ino = file->inode.number;
      to.st_size = static_cast<off_t>(file->inode.size);
      to.st_blocks = static_cast<blkcnt_t>(file->inode.page_count() * (kPageBytes / kSectorBytes));
    } else {
      to.st_mode = f.is_socket() ? S_IFSOCK | 0777 : f.ops ? S_IFIFO | 0600 : 0600;
    }
    return 0;
  });
}

// do_splice_direct, page by page: each waits for the disk, then for room in the socket.
long SocketCalls::sendfile(Task& task, int out_fd, int in_fd, std::int64_t* offset, std::size_t count) {
  auto out = file(task, out_fd);
  auto in = file(task, in_fd);
  if (!in || !out || !in->readable() || !out->writable()) return -EBADF;
  RegularFile* const from = regular(*in);
  if (from == nullptr || !out->is_socket()) return -EINVAL;
  if (offset != nullptr && *offset < 0) return -EINVAL;
  const std::uint64_t begin = offset != nullptr ? static_cast<std::uint64_t>(*offset) : from->pos;
  count = std::min(count, kMaxRwCount);
  std::size_t done = 0;
  long error = 0;
  for (bool whole = true; done < count && whole;) {
    const long n =
        file_system_.with_page(task, *from, begin + done, count - done, [&](std::span<const std::byte> page) {
          runtime_.charge(Cost::splice_page, 1);
          const bool last = done + page.size() == count || begin + done + page.size() >= from->inode.size;
          const int flags = kMsgSplicePages | (last ? 0 : MSG_MORE);
          const long sent_now = sent(task, *out, 0, out->socket.ops->sendmsg(task, out->socket, page, flags, nullptr));
          whole = sent_now == static_cast<long>(page.size());
          return sent_now;
        });
    if (n <= 0) {
      error = n;
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  if (offset != nullptr)
    *offset += static_cast<std::int64_t>(done);
  else
    from->pos += done;
  put(std::move(in));
  put(std::move(out));
  return done > 0 ? static_cast<long>(done) : error;
}

}  // namespace nicosim
