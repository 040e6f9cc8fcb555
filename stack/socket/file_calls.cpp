// Messages in pieces, and ioctl (net/socket.c).
#include "stack/socket/socket_calls.hpp"

#include <algorithm>
#include <asm/ioctls.h>
#include <cerrno>
#include <climits>
#include <cstring>
#include <linux/sockios.h>
#include <vector>

namespace nicosim {
namespace {

// The bytes of all pieces, or -errno (import_iovec).
long total(const msghdr& message) {
  if (message.msg_iovlen > IOV_MAX) return -EMSGSIZE;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
    const iovec& piece = message.msg_iov[i];
    if (piece.iov_len > SSIZE_MAX) return -EINVAL;
    if (piece.iov_base == nullptr && piece.iov_len != 0) return -EFAULT;
    sum = std::min<std::size_t>(sum + piece.iov_len, 0x7fff'f000);  // MAX_RW_COUNT
  }
  return static_cast<long>(sum);
}

}  // namespace

long SocketCalls::recvmsg(Task& task, int fd, msghdr& message, int flags) {
  const long room = total(message);
  if (room < 0) return room;
  return with(task, fd, [&](File& f) -> long {
    sockaddr_in from{};
    std::vector<std::byte> bytes(static_cast<std::size_t>(room));
    const bool datagrams = f.socket.type == SOCK_DGRAM;
    // For datagrams: the whole length, so that one knows whether it was cut. For a stream the flag means "keep none".
    const long length = f.socket.ops->recvmsg(task, f.socket, bytes, flags | (datagrams ? MSG_TRUNC : 0), &from);
    if (length < 0) return length;
    const std::size_t copied = std::min(static_cast<std::size_t>(length), bytes.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < message.msg_iovlen && at < copied; ++i) {
      const std::size_t n = std::min(message.msg_iov[i].iov_len, copied - at);
      if (datagrams || (flags & MSG_TRUNC) == 0) std::memcpy(message.msg_iov[i].iov_base, bytes.data() + at, n);
      at += n;
    }
    message.msg_flags = datagrams && static_cast<std::size_t>(length) > copied ? MSG_TRUNC : 0;
    message.msg_controllen = 0;
    if (message.msg_name != nullptr && datagrams) {
      std::memcpy(message.msg_name, &from, std::min<std::size_t>(message.msg_namelen, sizeof from));
      message.msg_namelen = sizeof from;
    } else {
      message.msg_namelen = 0;
    }
    return datagrams && (flags & MSG_TRUNC) == 0 ? static_cast<long>(copied) : length;
  });
}

long SocketCalls::sendmsg(Task& task, int fd, const msghdr& message, int flags) {
  const long size = total(message);
  if (size < 0) return size;
  sockaddr_in to{};
  if (message.msg_name != nullptr && message.msg_namelen < sizeof to) return -EINVAL;
  if (message.msg_name != nullptr) std::memcpy(&to, message.msg_name, sizeof to);
  return with(task, fd, [&](File& f) -> long {
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    std::size_t at = 0;
    for (std::size_t i = 0; i < message.msg_iovlen && at < bytes.size(); ++i) {
      const std::size_t n = std::min(message.msg_iov[i].iov_len, bytes.size() - at);
      if (n != 0) std::memcpy(bytes.data() + at, message.msg_iov[i].iov_base, n);
      at += n;
    }
    const sockaddr_in* const name = message.msg_name != nullptr ? &to : nullptr;
    return sent(task, f, flags, f.socket.ops->sendmsg(task, f.socket, bytes, flags & ~kMsgSplicePages, name));
  });
}

int SocketCalls::ioctl(Task& task, int fd, unsigned long request, int& value) {
  return with_file(task, fd, [&](File& f) {
    switch (request) {
      case FIONBIO:
        f.nonblocking = value != 0;
        return 0;
      case FIOASYNC:
        return set_async(f, fd, value != 0);
      default:
        return f.is_socket() ? f.socket.ops->ioctl(f.socket, request, value) : -ENOTTY;
    }
  });
}

}  // namespace nicosim
