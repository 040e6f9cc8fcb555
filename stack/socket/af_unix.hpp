// Sockets between processes of one host, as socketpair() makes them: streams and datagrams (net/unix/af_unix.c).
//
// They have no names, and no frame travels. What is sent lies in the peer's receive queue and counts against the
// sender's SO_SNDBUF until it is read. A pair of datagram sockets has no other limit (unix_recvq_full is about senders
// that the receiver does not send to).
#pragma once

#include "stack/core/net.hpp"
#include "stack/socket/sock.hpp"
#include "stack/socket/socket.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace nicosim {

struct UnixSock final : Sock {
  using Sock::Sock;
  bool has_data() const override { return error != 0 || !messages.empty(); }
  void write_space() override;  // unix_write_space
  bool writable() const { return wmem_alloc * 4 <= sndbuf; }
  // Keeps a closed one from hearing of what it is told by others.
  bool dead() const { return socket == nullptr; }

  struct Message {
    std::vector<std::byte> bytes;
    std::size_t read = 0;             // of a stream: taken already
    std::unique_ptr<TxOwner> charge;  // in its sender's send buffer
  };
  std::deque<Message> messages;
  std::shared_ptr<UnixSock> peer;
  unsigned shutdown_mask = 0;  // RCV_SHUTDOWN, SEND_SHUTDOWN
};

class AfUnix final : public ProtoOps {
 public:
  explicit AfUnix(Net& net) : net_(net) {}

  void pair(Socket& a, Socket& b, int type);  // unix_socketpair

  void release(Socket& socket) override;
  int bind(Socket&, const sockaddr_in&) override { return -EINVAL; }  // an address of another family
  int connect(Task&, Socket&, const sockaddr_in&) override { return -EINVAL; }
  int shutdown(Socket& socket, int how) override;
  int getname(Socket& socket, sockaddr_in& address) override;
  int getpeername(Socket& socket, sockaddr_in& address) override;
  int setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) override;
  int getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) override;
  long sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in* to) override;
  long recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in* from) override;
  int ioctl(Socket& socket, unsigned long request, int& value) override;
  PollMask poll(Socket& socket) const override;

 private:
  long send_stream(Task& task, Socket& socket, std::span<const std::byte> data, int flags, SimTime until);
  long send_datagram(Task& task, Socket& socket, std::span<const std::byte> data, SimTime until);
  long receive_stream(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, SimTime until);
  long receive_datagram(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, SimTime until);
  int wait_for_space(Task& task, Socket& socket, SimTime until);    // 0 or -errno (sock_alloc_send_pskb)
  int wait_for_message(Task& task, Socket& socket, SimTime until);  // 0: there is one, or there will be none
  void queue(UnixSock& from, std::span<const std::byte> bytes);
  void consumed(UnixSock& sock);

  Net& net_;
};

}  // namespace nicosim
