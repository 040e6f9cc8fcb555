// Opening, accepting and closing a TCP socket (net/ipv4/af_inet.c, inet_connection_sock.c, tcp.c).
#include "common/spin_lock.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/socket/address.hpp"
#include "stack/tcp/sock_lock.hpp"
#include "stack/tcp/tcp.hpp"
#include "stack/tcp/time_wait.hpp"

#include <algorithm>
#include <asm/ioctls.h>
#include <cerrno>
#include <linux/sockios.h>

namespace nicosim {

SockSummary TcpSock::summary() const {
  if (state == TcpState::LISTEN)
    return {"tcp", name_of(state), accept_queue.accepted.size(), accept_queue.max_ack_backlog};
  return {"tcp", name_of(state), rcv_nxt - copied_seq - (done ? 1U : 0U), write_seq - snd_una};
}

void Tcp::attach(Socket& socket, std::shared_ptr<TcpSock> sock) {
  std::erase_if(socks_, [](const std::weak_ptr<TcpSock>& one) { return one.expired(); });
  socks_.push_back(sock);
  sock->socket = &socket;
  socket.sock = std::move(sock);
  socket.ops = this;
}

void Tcp::create(Socket& socket) { attach(socket, std::make_shared<TcpSock>(layer_)); }

void Tcp::renew(Socket& socket) {
  TcpSock& old = tcp_sk(*socket.sock);
  auto fresh = std::make_shared<TcpSock>(layer_);
  fresh->inherit_options(old);
  fresh->address_locked = old.address_locked;
  fresh->port_locked = old.port_locked;
  fresh->error = old.error;
  if (old.address_locked) fresh->rcv_saddr = fresh->saddr = old.rcv_saddr;
  const std::uint16_t port = old.port_locked ? old.num : 0;
  old.dead = true;
  old.socket = nullptr;
  old.destroy();
  if (port != 0) layer_.table.bind(*fresh, port);
  attach(socket, std::move(fresh));
}

int Tcp::bind(Socket& socket, const sockaddr_in& address) {
  TcpSock& sock = tcp_sk(*socket.sock);
  const SockLock lock{sock};
  const Ipv4Address wanted = address_of(address);
  if (address.sin_family != AF_INET && !(address.sin_family == AF_UNSPEC && wanted.is_any())) return -EAFNOSUPPORT;
  if (!wanted.is_any() && layer_.routes.kind_of(wanted) == AddressKind::unicast) return -EADDRNOTAVAIL;
  if (sock.state != TcpState::CLOSE || sock.num != 0) return -EINVAL;
  sock.rcv_saddr = sock.saddr = wanted;
  const std::uint16_t port = ntohs(address.sin_port);
  if (const int error = layer_.table.bind(sock, port); error != 0) {
    sock.rcv_saddr = sock.saddr = Ipv4Address::any();
    return error;
  }
  sock.address_locked = !wanted.is_any();
  sock.port_locked = port != 0;
  return 0;
}

// ---- connect

int Tcp::start_connect(Socket& socket, const sockaddr_in& address) {
  if (tcp_sk(*socket.sock).dport != 0) renew(socket);  // an earlier attempt has failed
  TcpSock& sock = tcp_sk(*socket.sock);
  const SockLock lock{sock};  // an answer may come before the SYN is booked
  const Ipv4Address to = address_of(address);
  const auto route = layer_.routes.output(to, sock.saddr);
  if (!route) {
    ++layer_.net.mib.IpOutNoRoutes;
    return -ENETUNREACH;
  }
  if (route->kind != AddressKind::unicast) return -ENETUNREACH;
  if (sock.saddr.is_any()) sock.saddr = sock.rcv_saddr = route->source;
  sock.daddr = to;
  sock.dport = ntohs(address.sin_port);
  if (const int error = layer_.table.bind_for_connect(sock); error != 0) {
    sock.daddr = Ipv4Address::any();
    sock.dport = 0;
    return error;
  }
  sock.set_state(TcpState::SYN_SENT);
  sock.write_seq = sock.pushed_seq = layer_.secrets.isn(sock.rcv_saddr, sock.num, sock.daddr, sock.dport);
  sock.ts_off = layer_.secrets.timestamp_offset(sock.rcv_saddr, sock.daddr);
  layer_.table.insert(sock.self());
  if (const int error = sock.connect_syn(); error != 0) {
    sock.finish();
    return error;
  }
  return 0;
}

int Tcp::connect(Task& task, Socket& socket, const sockaddr_in& address) {  // __inet_stream_connect
  if (address.sin_family == AF_UNSPEC) return disconnect(socket);
  if (address.sin_family != AF_INET) return -EAFNOSUPPORT;
  const bool nonblocking = socket.file->nonblocking;
  switch (socket.state) {
    case SocketState::connected:
      return -EISCONN;
    case SocketState::connecting:
      break;
    default: {
      if (tcp_sk(*socket.sock).state != TcpState::CLOSE) return -EISCONN;
      if (const int error = start_connect(socket, address); error != 0) return error;
      socket.state = SocketState::connecting;
      if (nonblocking) return -EINPROGRESS;
      break;
    }
  }
  TcpSock& sock = tcp_sk(*socket.sock);
  SockLock lock{sock};
  const auto pending = [&] { return sock.in({TcpState::SYN_SENT, TcpState::SYN_RECV}); };
  if (pending() && nonblocking) return -EALREADY;
  const SimTime until = layer_.net.now() + sock.sndtimeo;
  Woken woken = Woken::event;
  while (pending()) {
    if (woken == Woken::signal) return sock_intr_errno(until);
    if (woken == Woken::timeout) return -EINPROGRESS;
    woken = lock.sleep(task, socket.wq.wait, ~PollMask{0}, false, until, [&] { return !pending(); });
  }
  if (sock.state == TcpState::CLOSE) {
    const int error = sock.take_error();
    socket.state = SocketState::unconnected;
    return error != 0 ? error : -ECONNABORTED;
  }
  socket.state = SocketState::connected;
  return 0;
}

int Tcp::disconnect(Socket& socket) {  // tcp_disconnect
  TcpSock& sock = tcp_sk(*socket.sock);
  {
    const SockLock lock{sock};
    const TcpState old = sock.state;
    if (old == TcpState::LISTEN) {
      sock.set_state(TcpState::CLOSE);
      listener_.stop(sock);
    } else if (sock.in({TcpState::ESTABLISHED, TcpState::CLOSE_WAIT, TcpState::FIN_WAIT1, TcpState::FIN_WAIT2,
                        TcpState::SYN_RECV})) {
      sock.send_active_reset();
      sock.error = ECONNRESET;
    } else if (old == TcpState::SYN_SENT) {
      sock.error = ECONNRESET;
    }
    if (sock.state != TcpState::CLOSE) sock.finish();
  }
  renew(socket);
  socket.state = SocketState::unconnected;
  return 0;
}

// ---- listen and accept

int Tcp::listen(Socket& socket, int backlog) {  // inet_listen
  if (socket.state != SocketState::unconnected) return -EINVAL;
  if (tcp_sk(*socket.sock).state == TcpState::CLOSE && tcp_sk(*socket.sock).dport != 0) renew(socket);
  TcpSock& sock = tcp_sk(*socket.sock);
  const SockLock lock{sock};
  if (!sock.in({TcpState::CLOSE, TcpState::LISTEN})) return -EINVAL;
  sock.accept_queue.max_ack_backlog =
      static_cast<unsigned>(std::min<std::uint64_t>(static_cast<unsigned>(backlog), layer_.net.sysctl.somaxconn));
  if (sock.state == TcpState::LISTEN) return 0;
  if (sock.num == 0) {
    if (const int error = layer_.table.bind(sock, 0); error != 0) return error;
  } else {
    sock.state = TcpState::LISTEN;  // now that we listen, may the port still be shared?
    const bool taken = layer_.table.conflict(sock, sock.num);
    sock.state = TcpState::CLOSE;
    if (taken) return -EADDRINUSE;
  }
  sock.set_state(TcpState::LISTEN);
  layer_.table.listen(sock.self());
  return 0;
}

int Tcp::accept(Task& task, Socket& listener, Socket& fresh) {  // inet_csk_accept
  TcpSock& sock = tcp_sk(*listener.sock);
  SockLock lock{sock};
  if (sock.state != TcpState::LISTEN) return -EINVAL;
  auto& queue = sock.accept_queue.accepted;
  const SimTime until = listener.file->nonblocking ? SimTime::zero() : layer_.net.now() + sock.rcvtimeo;
  Woken woken = Woken::event;
  while (queue.empty()) {  // inet_csk_wait_for_connect: one connection wakes one process
    if (sock.state != TcpState::LISTEN) return -EINVAL;
    if (woken == Woken::signal) return sock_intr_errno(until);
    if (woken == Woken::timeout || layer_.net.now() >= until) return -EAGAIN;
    woken = lock.sleep(task, listener.wq.wait, kPollIn | kPollErr | kPollHup, true, until,
                       [&] { return !queue.empty() || sock.state != TcpState::LISTEN; });
  }
  std::shared_ptr<TcpSock> child;
  {
    const BottomHalfGuard guard{layer_.net.runtime};
    child = std::move(queue.front());
    queue.pop_front();
  }
  child->parent.reset();
  layer_.net.runtime.charge(Cost::sock_recv);
  fresh.state = SocketState::connected;
  attach(fresh, std::move(child));
  return 0;
}

int Tcp::getname(Socket& socket, sockaddr_in& address) {
  const Sock& sock = *socket.sock;
  address = sockaddr_of(sock.rcv_saddr.is_any() ? sock.saddr : sock.rcv_saddr, sock.num);
  return 0;
}

int Tcp::getpeername(Socket& socket, sockaddr_in& address) {
  const TcpSock& sock = tcp_sk(*socket.sock);
  if (sock.dport == 0 || sock.in({TcpState::CLOSE, TcpState::SYN_SENT})) return -ENOTCONN;
  address = sockaddr_of(sock.daddr, sock.dport);
  return 0;
}

// ---- shutdown and close

int Tcp::shutdown(Socket& socket, int how) {  // inet_shutdown
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  const unsigned mask = static_cast<unsigned>(how) + 1;
  TcpSock& sock = tcp_sk(*socket.sock);
  bool drop_all = false;
  {
    const SockLock lock{sock};
    switch (sock.state) {
      case TcpState::CLOSE:
        if (sock.dport == 0) return -ENOTCONN;
        sock.shutdown_mask |= mask;
        return -ENOTCONN;
      case TcpState::LISTEN:
        drop_all = (mask & kRcvShutdown) != 0;
        break;
      case TcpState::SYN_SENT:
        drop_all = true;
        break;
      default:
        sock.shutdown_mask |= mask;
        if ((mask & kSendShutdown) != 0 && sock.in({TcpState::ESTABLISHED, TcpState::SYN_RECV, TcpState::CLOSE_WAIT}) &&
            sock.close_state())
          sock.send_fin();
        sock.state_change();
    }
  }
  if (!drop_all) return 0;
  const auto old = sock.self();
  disconnect(socket);
  old->socket = &socket;  // whoever sleeps in accept() or connect() finds it closed
  old->dead = false;
  old->state_change();
  old->dead = true;
  old->socket = nullptr;
  return 0;
}

// SO_LINGER: close() says FIN and waits until the peer has it (sk_stream_wait_close).
void Tcp::closing(Task& task, Socket& socket) {
  TcpSock& sock = tcp_sk(*socket.sock);
  const auto keep = sock.self();
  SockLock lock{sock};
  if (!sock.linger || sock.lingertime == SimTime::zero() || !sock.queue.empty()) return;
  if (sock.in({TcpState::CLOSE, TcpState::LISTEN, TcpState::SYN_SENT})) return;
  sock.shutdown_mask = kRcvShutdown | kSendShutdown;
  if (sock.close_state()) sock.send_fin();
  const auto closing = [&] { return sock.in({TcpState::FIN_WAIT1, TcpState::CLOSING, TcpState::LAST_ACK}); };
  const SimTime until = layer_.net.now() + sock.lingertime;
  Woken woken = Woken::event;
  while (closing() && woken == Woken::event)
    woken = lock.sleep(task, socket.wq.wait, ~PollMask{0}, false, until, [&] { return !closing(); });
}

void Tcp::release(Socket& socket) {  // inet_release, __tcp_close
  const auto keep = tcp_sk(*socket.sock).self();
  TcpSock& sock = *keep;
  if (layer_.net.over) {
    sock.dead = true;
    sock.socket = nullptr;
    return;
  }
  SockLock lock{sock};
  close(socket, lock);
}

void Tcp::close(Socket& socket, SockLock& lock) {
  Net& net = layer_.net;
  TcpSock& sock = tcp_sk(*socket.sock);
  const auto keep = sock.self();
  sock.shutdown_mask = kRcvShutdown | kSendShutdown;
  if (sock.state == TcpState::LISTEN) {
    sock.set_state(TcpState::CLOSE);
    listener_.stop(sock);
  } else {
    const bool unread = !sock.queue.empty();
    sock.queue.purge(Station::socket, DropReason::SOCKET_CLOSED);
    if (sock.state == TcpState::CLOSE) {
    } else if (unread) {  // bytes the peer believes delivered are lost: say so (RFC 2525, 2.17)
      ++net.mib.TcpExtTCPAbortOnClose;
      sock.send_active_reset();
      sock.set_state(TcpState::CLOSE);
    } else if (sock.linger && sock.lingertime == SimTime::zero()) {
      ++net.mib.TcpExtTCPAbortOnData;
      sock.send_active_reset();
      sock.set_state(TcpState::CLOSE);
    } else if (sock.close_state()) {
      sock.send_fin();
    }
  }
  const TcpState before = sock.state;
  sock.dead = true;  // sock_orphan
  sock.socket = nullptr;
  lock.unlock();                                                           // what waited in the backlog finds nobody
  if (before != TcpState::CLOSE && sock.state == TcpState::CLOSE) return;  // destroyed by it
  if (sock.state == TcpState::FIN_WAIT2) {
    const SimTime lasts = sock.fin_time();
    if (sock.linger2_s < 0) {
      ++net.mib.TcpExtTCPAbortOnLinger;
      sock.send_active_reset();
      sock.set_state(TcpState::CLOSE);
    } else if (lasts > kTcpTimewaitLen) {
      sock.keepalive_timer.arm(net.now() + lasts - kTcpTimewaitLen);
    } else {
      return sock.time_wait(true, lasts);
    }
  }
  if (sock.state == TcpState::CLOSE) sock.destroy();
}

int Tcp::ioctl(Socket& socket, unsigned long request, int& value) {  // tcp_ioctl
  TcpSock& sock = tcp_sk(*socket.sock);
  if (request != SIOCINQ && request != SIOCOUTQ && request != SIOCOUTQNSD) return -ENOTTY;
  const SockLock lock{sock};
  if (sock.state == TcpState::LISTEN) return -EINVAL;
  if (sock.in({TcpState::SYN_SENT, TcpState::SYN_RECV}))
    value = 0;
  else if (request == SIOCINQ)
    value = static_cast<int>(sock.queue.unread(sock.copied_seq));
  else
    value = static_cast<int>(sock.write_seq - (request == SIOCOUTQ ? sock.snd_una : sock.snd_nxt));
  return 0;
}

// tcp_poll
PollMask Tcp::poll(Socket& socket) const {
  const TcpSock& sock = tcp_sk(*socket.sock);
  if (sock.state == TcpState::LISTEN) return sock.accept_queue.accepted.empty() ? 0 : kPollIn | kPollRdNorm;
  PollMask ready = 0;
  if (sock.shutdown_mask == (kRcvShutdown | kSendShutdown) || sock.state == TcpState::CLOSE) ready |= kPollHup;
  if ((sock.shutdown_mask & kRcvShutdown) != 0) ready |= kPollIn | kPollRdNorm | kPollRdHup;
  if (sock.state != TcpState::SYN_SENT) {
    if (sock.queue.unread(sock.copied_seq) >= sock.rcvlowat) ready |= kPollIn | kPollRdNorm;
    const std::size_t queued = sock.write_queue.wmem_queued();
    const bool writeable = sock.stream_memory_free() && queued < sock.sndbuf && sock.sndbuf - queued >= queued / 2;
    if ((sock.shutdown_mask & kSendShutdown) != 0 || writeable)
      ready |= kPollOut | kPollWrNorm;
    else
      socket.wq.flags |= kAsyncNoSpace;
  }
  if (sock.error != 0) ready |= kPollErr;
  return ready;
}

}  // namespace nicosim
