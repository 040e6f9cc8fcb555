// The socket as a process holds it: struct socket, its wait structure, its operations and its file.
//
// Socket is the upper half (state, file, who waits); Sock (sock.hpp) the lower one that packets reach. close() parts
// them: the Sock may live on while frames it sent are still queued.
#pragma once

#include "common/runtime.hpp"
#include "common/wait_queue.hpp"
#include "stack/io/fasync.hpp"
#include "stack/io/file_ops.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>
#include <vector>

namespace nicosim {

class EpollItem;
class EventPoll;
struct File;
struct Sock;
struct Socket;

enum class SocketState : std::uint8_t { free, unconnected, connecting, connected, disconnecting };  // SS_*

inline constexpr unsigned kAsyncNoSpace = 1U << 0U;   // SOCKWQ_ASYNC_NOSPACE: a writer ran out of space
inline constexpr unsigned kAsyncWaitData = 1U << 1U;  // SOCKWQ_ASYNC_WAITDATA: a reader sleeps in a call

// For sendmsg() inside the kernel: the data lies in pages that the segment may refer to instead of copying it
// (MSG_SPLICE_PAGES). Programs cannot pass it.
inline constexpr int kMsgSplicePages = 0x0800'0000;

struct SocketWq {  // struct socket_wq
  WaitQueue wait;
  FasyncList fasync_list;
  unsigned flags = 0;
};

// struct proto_ops: what a protocol family does for a socket. Process context; results or -errno.
class ProtoOps {
 public:
  virtual ~ProtoOps() = default;
  virtual void closing(Task&, Socket&) {}  // close() of the last descriptor: SO_LINGER waits here
  virtual void release(Socket&) = 0;       // the last file reference is gone
  virtual int bind(Socket&, const sockaddr_in& address) = 0;
  virtual int connect(Task&, Socket&, const sockaddr_in& address) = 0;
  virtual int listen(Socket&, int /*backlog*/) { return -EOPNOTSUPP; }
  // Makes `fresh`, an empty socket with a file, the next connection of a listener.
  virtual int accept(Task&, Socket& /*listener*/, Socket& /*fresh*/) { return -EOPNOTSUPP; }
  virtual int shutdown(Socket&, int /*how*/) { return -EOPNOTSUPP; }
  virtual int getname(Socket&, sockaddr_in& address) = 0;
  virtual int getpeername(Socket&, sockaddr_in& address) = 0;
  virtual int setsockopt(Socket&, int level, int option, std::span<const std::byte> value) = 0;
  virtual int getsockopt(Socket&, int level, int option, std::span<std::byte> value) = 0;
  virtual long sendmsg(Task&, Socket&, std::span<const std::byte> data, int flags, const sockaddr_in* to) = 0;
  virtual long recvmsg(Task&, Socket&, std::span<std::byte> buffer, int flags, sockaddr_in* from) = 0;
  virtual int ioctl(Socket&, unsigned long /*request*/, int& /*value*/) { return -ENOTTY; }  // SIOCINQ and its kind
  virtual PollMask poll(Socket&) const = 0;  // what is ready now; who finds no room is told when there is some
};

struct Socket {
  SocketState state = SocketState::free;
  int type = 0;  // SOCK_DGRAM, ...
  unsigned flags = 0;
  File* file = nullptr;
  std::shared_ptr<Sock> sock;
  ProtoOps* ops = nullptr;
  SocketWq wq;
};

// struct file: an open socket, an epoll instance, or whatever else has FileOps. Descriptors share it (dup, fork), and
// calls in progress hold a reference, so close() in the middle of one takes the descriptor away but lets the call end
// first (fdget, fput).
struct File : std::enable_shared_from_this<File> {
  File();
  explicit File(std::unique_ptr<FileOps> of, int access = O_RDWR);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();
  // fput of the last reference. Takes time, in which a run may end, so whoever can calls it before the destructor does.
  void release();

  bool is_socket() const { return socket.ops != nullptr; }
  bool readable() const { return access_mode != O_WRONLY; }
  bool writable() const { return access_mode != O_RDONLY; }
  PollMask poll();            // vfs_poll: what is ready now
  WaitQueue& wait_queue();    // where those wait that want to hear when this changes
  FasyncList* fasync_list();  // nullptr: has none

  Socket socket;                         // without ops: not a socket
  std::unique_ptr<EventPoll> eventpoll;  // of an epoll file
  std::unique_ptr<FileOps> ops;          // of all others
  std::vector<EpollItem*> watched_by;    // f_ep: who watches this file, oldest first
  int access_mode = O_RDWR;              // O_RDONLY, O_WRONLY
  bool nonblocking = false;              // O_NONBLOCK
  FileOwner owner;                       // F_SETOWN, F_SETSIG
  std::unique_ptr<FasyncEntry> async;    // O_ASYNC is set
};

}  // namespace nicosim
