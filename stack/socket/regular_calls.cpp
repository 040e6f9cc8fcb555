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
  auto file = file_system_.open(path);
  const bool wants_new = (flags & O_CREAT) != 0;
  if (!file) return wants_new ? -EROFS : -ENOENT;
  if (wants_new && (flags & O_EXCL) != 0) return -EEXIST;
  if ((flags & O_DIRECTORY) != 0) return -ENOTDIR;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0) return -EROFS;
  return install(task, std::make_shared<File>(std::move(file), O_RDONLY), flags & (SOCK_NONBLOCK | SOCK_CLOEXEC));
}

long SocketCalls::pread(Task& task, int fd, std::span<std::byte> buffer, std::int64_t offset) {
  return with_file(task, fd, [&](File& f) -> long {
    RegularFile* const file = regular(f);
    if (offset < 0) return -EINVAL;
    if (file == nullptr) return -ESPIPE;
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
      from = static_cast<std::int64_t>(file->inode.image.size);
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
      to.st_mode = S_IFREG | 0444;
      to.st_ino = file->inode.number;
      to.st_size = static_cast<off_t>(file->inode.image.size);
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
          const bool last = done + page.size() == count || begin + done + page.size() >= from->inode.image.size;
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
