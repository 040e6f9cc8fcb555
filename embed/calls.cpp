// The socket calls of the interface: arguments checked, bytes and addresses put into the stack's types.
#include "embed/registry.hpp"
#include "stack/socket/options.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <fcntl.h>

namespace nicosim {
namespace {

// A call of a thread of the simulated process.
template <class Call>
long called(const nicosim_handle* handle, Call body) {
  return with_instance(handle, [&](Instance& instance, BigLock& lock) { return instance.call(lock, body); });
}
template <class Call>
int called_int(const nicosim_handle* handle, Call body) {
  return static_cast<int>(called(handle, body));
}

// move_addr_to_kernel and the length checks of inet_bind and inet_stream_connect: 0 or -errno.
int take_address(const sockaddr* from, socklen_t size, sockaddr_in& to) {
  if (from == nullptr) return -EFAULT;
  if (size > sizeof(sockaddr_storage)) return -EINVAL;
  const bool unspecified = size >= sizeof from->sa_family && from->sa_family == AF_UNSPEC;  // needs no more
  if (size < sizeof to && !unspecified) return -EINVAL;
  to = {};
  std::memcpy(&to, from, std::min<std::size_t>(size, sizeof to));
  return 0;
}

// move_addr_to_user: cut to the room there is, and the whole length told.
int give_address(const sockaddr_in& from, sockaddr* to, socklen_t* size) {
  if (to == nullptr) return 0;
  if (size == nullptr) return -EFAULT;
  if (*size > INT_MAX) return -EINVAL;
  std::memcpy(to, &from, std::min<std::size_t>(*size, sizeof from));
  *size = sizeof from;
  return 0;
}

template <class Get>
int named(const nicosim_handle* handle, sockaddr* address, socklen_t* size, Get get) {
  if (address == nullptr || size == nullptr) return -EFAULT;
  sockaddr_in name{};
  if (const int error = called_int(handle, [&](Posix& os) -> long { return get(os, name); }); error != 0) return error;
  return give_address(name, address, size);
}

std::span<std::byte> writable(void* buffer, size_t size) { return {static_cast<std::byte*>(buffer), size}; }
std::span<const std::byte> readable(const void* buffer, size_t size) {
  return {static_cast<const std::byte*>(buffer), size};
}

// read() and write() know no sockets, so a file that is none is a wrong argument.
long of_file(long result) { return result == -ENOTSOCK ? -EINVAL : result; }

}  // namespace
}  // namespace nicosim

using namespace nicosim;

int nicosim_socket(nicosim_handle* handle, int domain, int type, int protocol) {
  return called_int(handle, [&](Posix& os) -> long { return os.socket(domain, type, protocol); });
}

int nicosim_bind(nicosim_handle* handle, int fd, const struct sockaddr* address, socklen_t size) {
  sockaddr_in to{};
  if (const int error = take_address(address, size, to); error != 0) return error;
  return called_int(handle, [&](Posix& os) -> long { return os.bind(fd, to); });
}

int nicosim_listen(nicosim_handle* handle, int fd, int backlog) {
  return called_int(handle, [&](Posix& os) -> long { return os.listen(fd, backlog); });
}

int nicosim_accept(nicosim_handle* handle, int fd, struct sockaddr* peer, socklen_t* size) {
  return nicosim_accept4(handle, fd, peer, size, 0);
}

int nicosim_accept4(nicosim_handle* handle, int fd, struct sockaddr* peer, socklen_t* size, int flags) {
  if (peer != nullptr && size == nullptr) return -EFAULT;
  sockaddr_in from{};
  const int accepted = called_int(handle, [&](Posix& os) -> long { return os.accept4(fd, &from, flags); });
  if (accepted >= 0) give_address(from, peer, size);
  return accepted;
}

int nicosim_connect(nicosim_handle* handle, int fd, const struct sockaddr* address, socklen_t size) {
  sockaddr_in to{};
  if (const int error = take_address(address, size, to); error != 0) return error;
  return called_int(handle, [&](Posix& os) -> long { return os.connect(fd, to); });
}

// ---- bytes

ssize_t nicosim_read(nicosim_handle* handle, int fd, void* buffer, size_t size) {
  if (size == 0)  // on a socket: nothing, even at the end of the file
    return std::min(nicosim_fcntl(handle, fd, F_GETFD, 0), 0);
  return of_file(nicosim_recvfrom(handle, fd, buffer, size, 0, nullptr, nullptr));
}

ssize_t nicosim_write(nicosim_handle* handle, int fd, const void* buffer, size_t size) {
  return of_file(nicosim_sendto(handle, fd, buffer, size, 0, nullptr, 0));
}

ssize_t nicosim_recv(nicosim_handle* handle, int fd, void* buffer, size_t size, int flags) {
  return nicosim_recvfrom(handle, fd, buffer, size, flags, nullptr, nullptr);
}

ssize_t nicosim_recvfrom(nicosim_handle* handle, int fd, void* buffer, size_t size, int flags, struct sockaddr* from,
                         socklen_t* from_size) {
  if ((buffer == nullptr && size != 0) || (from != nullptr && from_size == nullptr)) return -EFAULT;
  sockaddr_in sender{};
  const long result =
      called(handle, [&](Posix& os) { return os.recvfrom(fd, writable(buffer, size), flags, &sender); });
  if (result < 0 || from == nullptr) return result;
  if (sender.sin_family == AF_INET)
    give_address(sender, from, from_size);
  else
    *from_size = 0;  // a stream has one sender, and the call does not name it
  return result;
}

ssize_t nicosim_recvmsg(nicosim_handle* handle, int fd, struct msghdr* message, int flags) {
  if (message == nullptr || (message->msg_iov == nullptr && message->msg_iovlen != 0)) return -EFAULT;
  return called(handle, [&](Posix& os) { return os.recvmsg(fd, *message, flags); });
}

ssize_t nicosim_send(nicosim_handle* handle, int fd, const void* buffer, size_t size, int flags) {
  return nicosim_sendto(handle, fd, buffer, size, flags, nullptr, 0);
}

ssize_t nicosim_sendto(nicosim_handle* handle, int fd, const void* buffer, size_t size, int flags,
                       const struct sockaddr* to, socklen_t to_size) {
  if (buffer == nullptr && size != 0) return -EFAULT;
  sockaddr_in address{};
  if (to != nullptr)
    if (const int error = take_address(to, to_size, address); error != 0) return error;
  return called(handle, [&](Posix& os) {
    return os.sendto(fd, readable(buffer, size), flags, to != nullptr ? &address : nullptr);
  });
}

ssize_t nicosim_sendmsg(nicosim_handle* handle, int fd, const struct msghdr* message, int flags) {
  if (message == nullptr || (message->msg_iov == nullptr && message->msg_iovlen != 0)) return -EFAULT;
  return called(handle, [&](Posix& os) { return os.sendmsg(fd, *message, flags); });
}

// ---- the rest of a socket's life

int nicosim_shutdown(nicosim_handle* handle, int fd, int how) {
  return called_int(handle, [&](Posix& os) -> long { return os.shutdown(fd, how); });
}

int nicosim_close(nicosim_handle* handle, int fd) {
  return called_int(handle, [&](Posix& os) -> long { return os.close(fd); });
}

int nicosim_getsockname(nicosim_handle* handle, int fd, struct sockaddr* address, socklen_t* size) {
  return named(handle, address, size, [&](Posix& os, sockaddr_in& name) { return os.getsockname(fd, name); });
}

int nicosim_getpeername(nicosim_handle* handle, int fd, struct sockaddr* address, socklen_t* size) {
  return named(handle, address, size, [&](Posix& os, sockaddr_in& name) { return os.getpeername(fd, name); });
}

int nicosim_getsockopt(nicosim_handle* handle, int fd, int level, int option, void* value, socklen_t* size) {
  if (value == nullptr || size == nullptr) return -EFAULT;
  if (*size > INT_MAX) return -EINVAL;
  const std::size_t length = std::min<std::size_t>(*size, option_bytes(level, option));
  const int result =
      called_int(handle, [&](Posix& os) -> long { return os.getsockopt(fd, level, option, writable(value, length)); });
  if (result == 0) *size = static_cast<socklen_t>(length);
  return result;
}

int nicosim_setsockopt(nicosim_handle* handle, int fd, int level, int option, const void* value, socklen_t size) {
  if (value == nullptr) return -EFAULT;
  if (size > INT_MAX) return -EINVAL;
  return called_int(handle, [&](Posix& os) -> long { return os.setsockopt(fd, level, option, readable(value, size)); });
}

int nicosim_ioctl(nicosim_handle* handle, int fd, unsigned long request, void* argument) {
  if (argument == nullptr) return -EFAULT;
  int value = 0;
  std::memcpy(&value, argument, sizeof value);
  const int result = called_int(handle, [&](Posix& os) -> long { return os.ioctl(fd, request, value); });
  if (result == 0) std::memcpy(argument, &value, sizeof value);
  return result;
}

int nicosim_fcntl(nicosim_handle* handle, int fd, int command, int argument) {
  return called_int(handle, [&](Posix& os) -> long { return os.fcntl(fd, command, argument); });
}

// ---- waiting for several

int nicosim_poll(nicosim_handle* handle, struct pollfd* files, nfds_t count, int timeout_ms) {
  if (files == nullptr && count != 0) return -EFAULT;
  return called_int(handle, [&](Posix& os) -> long { return os.poll({files, count}, timeout_ms); });
}

int nicosim_select(nicosim_handle* handle, int nfds, fd_set* r, fd_set* w, fd_set* x, struct timeval* timeout) {
  return called_int(handle, [&](Posix& os) -> long { return os.select(nfds, r, w, x, timeout); });
}

int nicosim_epoll_create1(nicosim_handle* handle, int flags) {
  return called_int(handle, [&](Posix& os) -> long { return os.epoll_create1(flags); });
}

int nicosim_epoll_ctl(nicosim_handle* handle, int epfd, int op, int fd, struct epoll_event* event) {
  return called_int(handle, [&](Posix& os) -> long { return os.epoll_ctl(epfd, op, fd, event); });
}

int nicosim_epoll_wait(nicosim_handle* handle, int epfd, struct epoll_event* events, int count, int timeout_ms) {
  if (count <= 0) return -EINVAL;
  if (events == nullptr) return -EFAULT;
  return called_int(handle, [&](Posix& os) -> long {
    return os.epoll_wait(epfd, {events, static_cast<std::size_t>(count)}, timeout_ms);
  });
}
