// What a process does with a UDP socket (net/ipv4/udp.c, datagram.c, net/core/datagram.c).
#include "common/spin_lock.hpp"
#include "stack/core/busy_poll.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/address.hpp"
#include "stack/socket/options.hpp"
#include "stack/udp/udp.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <asm/ioctls.h>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>

namespace nicosim {
void Udp::create(Socket& socket) {
  socket.sock = std::make_shared<Sock>(net_);
  socket.sock->socket = &socket;
  socket.sock->rcvbuf = net_.sysctl.rmem_default;
  socket.sock->sndbuf = net_.sysctl.wmem_default;
  socket.ops = this;
  socks_.push_back(socket.sock.get());
}

void Udp::release(Socket& socket) {
  Sock& sock = *socket.sock;
  if (sock.num != 0) table_.remove(sock);
  std::erase(socks_, &sock);
  if (net_.over) return;  // queues are empty, and there is no CPU left to do the rest on
  const BottomHalfGuard guard{net_.runtime};
  while (!sock.memberships.empty()) leave(sock, sock.memberships.size() - 1);
  while (auto datagram = dequeue(sock))
    net_.drop(std::move(datagram->frame), Station::socket, DropReason::SOCKET_CLOSED);
  sock.socket = nullptr;  // sock_orphan: what is still on its way out finds nobody to wake
}

int Udp::bind(Socket& socket, const sockaddr_in& address) {
  Sock& sock = *socket.sock;
  const Ipv4Address wanted = address_of(address);
  if (address.sin_family != AF_INET && !(address.sin_family == AF_UNSPEC && wanted.is_any())) return -EAFNOSUPPORT;
  const AddressKind kind = routes_.kind_of(wanted);
  if (!wanted.is_any() && kind == AddressKind::unicast) return -EADDRNOTAVAIL;
  if (sock.num != 0) return -EINVAL;  // bound already

  sock.rcv_saddr = sock.saddr = wanted;
  if (kind == AddressKind::multicast || kind == AddressKind::broadcast) sock.saddr = Ipv4Address::any();
  const std::uint16_t port = ntohs(address.sin_port);
  if (const int error = table_.insert(sock, port, net_.runtime); error != 0) {
    sock.rcv_saddr = sock.saddr = Ipv4Address::any();
    return error;
  }
  sock.address_locked = !wanted.is_any();
  sock.port_locked = port != 0;
  return 0;
}

int Udp::connect(Task&, Socket& socket, const sockaddr_in& address) {
  if (address.sin_family == AF_UNSPEC) {
    disconnect(socket);
    return 0;
  }
  if (address.sin_family != AF_INET) return -EAFNOSUPPORT;
  Sock& sock = *socket.sock;
  if (const int error = autobind(sock); error != 0) return error;
  const auto route = routes_.output(address_of(address), sock.saddr);
  if (!route) return -ENETUNREACH;
  if (route->kind == AddressKind::broadcast && !sock.broadcast) return -EACCES;
  if (sock.saddr.is_any()) sock.saddr = route->source;
  if (sock.rcv_saddr.is_any()) sock.rcv_saddr = route->source;
  sock.daddr = address_of(address);
  sock.dport = ntohs(address.sin_port);
  socket.state = SocketState::connected;
  return 0;
}

void Udp::disconnect(Socket& socket) {  // __udp_disconnect
  Sock& sock = *socket.sock;
  sock.daddr = Ipv4Address::any();
  sock.dport = 0;
  if (!sock.address_locked) sock.saddr = sock.rcv_saddr = Ipv4Address::any();
  if (!sock.port_locked && sock.num != 0) {
    table_.remove(sock);
    sock.num = 0;
  }
  socket.state = SocketState::unconnected;
}

int Udp::getname(Socket& socket, sockaddr_in& address) {
  const Sock& sock = *socket.sock;
  address = sockaddr_of(sock.rcv_saddr.is_any() ? sock.saddr : sock.rcv_saddr, sock.num);
  return 0;
}

int Udp::getpeername(Socket& socket, sockaddr_in& address) {
  const Sock& sock = *socket.sock;
  if (!sock.connected()) return -ENOTCONN;
  address = sockaddr_of(sock.daddr, sock.dport);
  return 0;
}

int Udp::setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) {
  Sock& sock = *socket.sock;
  if (level == SOL_SOCKET) return sock_setsockopt(net_.sysctl, socket, option, value);
  if (level != IPPROTO_IP) return -ENOPROTOOPT;
  if (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP)
    return change_membership(sock, option == IP_ADD_MEMBERSHIP, value);
  const auto number = option_value<int>(value);
  if (!number) return -EINVAL;
  switch (option) {
    case IP_TTL:
      if (*number != -1 && (*number < 1 || *number > 255)) return -EINVAL;
      sock.ttl = static_cast<std::uint8_t>(*number == -1 ? 0 : *number);
      return 0;
    case IP_MULTICAST_TTL:
      if (*number < -1 || *number > 255) return -EINVAL;
      sock.multicast_ttl = static_cast<std::uint8_t>(*number == -1 ? 1 : *number);
      return 0;
    case IP_TOS:
      sock.tos = static_cast<std::uint8_t>(*number);
      return 0;
    case IP_MTU_DISCOVER:
      if (*number < IP_PMTUDISC_DONT || *number > IP_PMTUDISC_DO) return -EINVAL;
      sock.pmtudisc = static_cast<PathMtuDiscovery>(*number);
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

int Udp::getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) {
  const Sock& sock = *socket.sock;
  if (level == SOL_SOCKET) return sock_getsockopt(socket, option, value);
  if (level != IPPROTO_IP) return -ENOPROTOOPT;
  switch (option) {
    case IP_TTL:
      return give_option(value, static_cast<int>(sock.ttl != 0 ? sock.ttl : net_.sysctl.ip_default_ttl));
    case IP_MULTICAST_TTL:
      return give_option(value, int{sock.multicast_ttl});
    case IP_TOS:
      return give_option(value, int{sock.tos});
    case IP_MTU_DISCOVER:
      return give_option(value, static_cast<int>(sock.pmtudisc));
    default:
      return -ENOPROTOOPT;
  }
}

int Udp::change_membership(Sock& sock, bool join, std::span<const std::byte> value) {
  const auto request = option_value<ip_mreq>(value);
  if (!request) return -EINVAL;
  const Ipv4Address group{ntohl(request->imr_multiaddr.s_addr)};
  const Ipv4Address on{ntohl(request->imr_interface.s_addr)};
  if (!group.is_multicast()) return -EINVAL;
  // ip_mc_find_dev: the interface with that address, else the one a packet to the group would leave by.
  Interface* interface = nullptr;
  for (Interface* const candidate : interfaces_)
    for (const InterfaceAddress& own : candidate->addresses)
      if (!on.is_any() && own.address == on) interface = candidate;
  if (on.is_any())
    if (const auto route = routes_.output(group)) interface = route->out;
  if (interface == nullptr) return -ENODEV;

  const auto found = std::ranges::find_if(
      sock.memberships, [&](const Sock::Membership& m) { return m.group == group && m.interface == interface->index; });
  if (!join) {
    if (found == sock.memberships.end()) return -EADDRNOTAVAIL;
    leave(sock, static_cast<std::size_t>(found - sock.memberships.begin()));
    return 0;
  }
  if (found != sock.memberships.end()) return -EADDRINUSE;
  sock.memberships.push_back({group, interface->index});
  if (++interface->groups[group] == 1) interface->update_rx_mode();
  return 0;
}

void Udp::leave(Sock& sock, std::size_t membership) {
  const Sock::Membership gone = sock.memberships[membership];
  sock.memberships.erase(sock.memberships.begin() + static_cast<std::ptrdiff_t>(membership));
  Interface& interface = *interfaces_[gone.interface];
  if (--interface.groups[gone.group] != 0) return;
  interface.groups.erase(gone.group);
  interface.update_rx_mode();
}

int Udp::autobind(Sock& sock) {
  if (sock.num != 0) return 0;
  return table_.insert(sock, 0, net_.runtime) == 0 ? 0 : -EAGAIN;
}

long Udp::recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in* from) {
  if ((flags & MSG_ERRQUEUE) != 0) return -EAGAIN;
  Sock& sock = *socket.sock;
  const bool nonblocking = (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking;
  const SimTime until = nonblocking ? SimTime::zero() : net_.now() + sock.rcvtimeo;
  const auto copy_out = [&](const Datagram& datagram) {
    const std::size_t bytes = std::min(buffer.size(), datagram.frame->size());
    copy_bytes(std::as_const(*datagram.frame).bytes().first(bytes), buffer);
    if (from != nullptr) *from = sockaddr_of(datagram.source, datagram.source_port);
    return static_cast<long>((flags & MSG_TRUNC) != 0 ? datagram.frame->size() : bytes);
  };
  if ((flags & MSG_PEEK) != 0) {
    if (const int error = wait_for_datagram(task, socket, until); error != 0) return error;
    const long result = copy_out(sock.receive_queue.front());
    net_.runtime.charge(Cost::sock_recv);
    net_.runtime.charge(Cost::copy_to_user_per_byte, std::min(buffer.size(), static_cast<std::size_t>(result)));
    return result;
  }
  std::optional<Datagram> datagram;
  while (!datagram) {  // a reader on another CPU may have been faster
    if (const int error = wait_for_datagram(task, socket, until); error != 0) return error;
    datagram = dequeue(sock);
  }
  datagram->frame->at(net_.ledger, Station::process, net_.now(), sock.reader(task));
  net_.runtime.charge(Cost::sock_recv);
  net_.runtime.charge(Cost::copy_to_user_per_byte, std::min(buffer.size(), datagram->frame->size()));
  const long result = copy_out(*datagram);
  ++net_.mib.UdpInDatagrams;
  net_.runtime.catch_up();
  net_.at(*datagram->frame, Station::read);
  net_.finish(std::move(datagram->frame), Fate::read, Station::read);
  return result;
}

std::optional<Datagram> Udp::dequeue(Sock& sock) {
  const BottomHalfGuard guard{net_.runtime};
  if (sock.receive_queue.empty()) return std::nullopt;
  Datagram datagram = std::move(sock.receive_queue.front());
  sock.receive_queue.pop_front();
  sock.rmem_alloc -= datagram.truesize;
  return datagram;
}

// __skb_recv_datagram and __skb_wait_for_more_packets: check, register, check again, sleep. The wait is exclusive: one
// datagram wakes one reader.
int Udp::wait_for_datagram(Task& task, Socket& socket, SimTime until) {
  Sock& sock = *socket.sock;
  Woken woken = Woken::event;
  for (;;) {
    if (sock.error != 0) return sock.take_error();
    if (!sock.receive_queue.empty()) return 0;
    if (BusyPoll::can_loop(sock) && woken != Woken::signal) {
      net_.busy_poll->sk_busy_loop(sock, until == SimTime::zero());
      if (sock.has_data()) continue;
    }
    if (woken == Woken::timeout || net_.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return sock_intr_errno(until);
    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kPollIn | kPollErr};
    socket.wq.wait.add_exclusive(waiter);
    net_.runtime.prepare_to_sleep();
    if (sock.error == 0 && sock.receive_queue.empty()) woken = net_.runtime.sleep(until, true);
  }
}

// sock_alloc_send_pskb: a writer waits until less than the whole send buffer is on its way.
int Udp::wait_for_space(Task& task, Socket& socket, SimTime until) {
  Sock& sock = *socket.sock;
  Woken woken = Woken::event;
  for (;;) {
    if (sock.error != 0) return sock.take_error();
    if (sock.wmem_alloc < sock.sndbuf) return 0;
    socket.wq.flags |= kAsyncNoSpace;
    if (woken == Woken::timeout || net_.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return sock_intr_errno(until);
    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kPollOut | kPollErr};
    socket.wq.wait.add(waiter);
    net_.runtime.prepare_to_sleep();
    if (sock.error == 0 && sock.wmem_alloc >= sock.sndbuf) woken = net_.runtime.sleep(until, true);
  }
}

long Udp::sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in* to) {
  Sock& sock = *socket.sock;
  if (data.size() > 0xffff) return -EMSGSIZE;
  if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  if (to == nullptr && !sock.connected()) return -EDESTADDRREQ;
  if (to != nullptr && to->sin_family != AF_INET && to->sin_family != AF_UNSPEC) return -EAFNOSUPPORT;
  const Ipv4Address peer = to != nullptr ? address_of(*to) : sock.daddr;
  const std::uint16_t port = to != nullptr ? ntohs(to->sin_port) : sock.dport;
  if (port == 0) return -EINVAL;
  if (const int error = autobind(sock); error != 0) return error;
  const auto route = routes_.output(peer, sock.saddr);
  if (!route) {
    ++net_.mib.IpOutNoRoutes;
    return -ENETUNREACH;
  }
  if (route->kind == AddressKind::broadcast && !sock.broadcast) return -EACCES;
  if (data.size() > UdpHeader::kMaxPayload) return -EMSGSIZE;
  const std::size_t packet = Ipv4Header::kBytes + UdpHeader::kBytes + data.size();
  if (sock.pmtudisc == PathMtuDiscovery::do_it && packet > route->mtu) return -EMSGSIZE;
  const bool nonblocking = (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking;
  const SimTime until = nonblocking ? SimTime::zero() : net_.now() + sock.sndtimeo;
  if (const int error = wait_for_space(task, socket, until); error != 0) return error;
  return transmit(socket, *route, peer, port, data);
}

// ip_make_skb and udp_send_skb
long Udp::transmit(Socket& socket, const Route& route, Ipv4Address to, std::uint16_t port,
                   std::span<const std::byte> data) {
  Sock& sock = *socket.sock;
  FramePtr segment = net_.pool.make(UdpHeader::kBytes + data.size());
  segment->ids = output_.open(route, UdpHeader::kBytes + data.size(), {});
  net_.at(*segment, Station::write);
  net_.runtime.charge(Cost::sock_send);
  net_.runtime.charge(Cost::skb_alloc);
  net_.runtime.charge(Cost::copy_to_user_per_byte, data.size());
  const auto bytes = segment->put(UdpHeader::kBytes + data.size());
  copy_bytes(data, bytes.subspan(UdpHeader::kBytes));
  const bool fits = Ipv4Header::kBytes + bytes.size() <= route.mtu;
  const bool leave_checksum = fits && route.out->device.features().tx_checksum;
  if (!leave_checksum) net_.runtime.charge(Cost::checksum_per_byte, bytes.size());
  write_udp(bytes, sock.num, port, {route.source, to}, leave_checksum);
  if (leave_checksum) segment->leave_checksum(0, UdpHeader::kChecksum);
  net_.at(*segment, Station::tx_transport);

  IpOutput::Fields fields;
  fields.source = route.source;
  fields.destination = to;
  fields.protocol = kIpUdp;
  fields.tos = sock.tos;
  fields.ttl = sock.ttl != 0 ? sock.ttl : static_cast<std::uint8_t>(net_.sysctl.ip_default_ttl);
  if (route.kind == AddressKind::multicast) fields.ttl = sock.multicast_ttl;
  fields.dont_fragment = fits && sock.pmtudisc != PathMtuDiscovery::dont;
  fields.zero_id = sock.pmtudisc == PathMtuDiscovery::do_it;  // others may still be fragmented on the way
  const int result = output_.send(std::move(segment), route, fields, &sock);
  if (result == -EPERM) return result;  // a netfilter rule on OUTPUT or POSTROUTING
  if (result == -ENOBUFS) {             // a queue was full: UDP may lose, so the process hears nothing (no IP_RECVERR)
    ++net_.mib.UdpSndbufErrors;
    ++net_.mib.IpOutDiscards;
  } else {
    ++net_.mib.UdpOutDatagrams;
  }
  return static_cast<long>(data.size());
}

int Udp::ioctl(Socket& socket, unsigned long request, int& value) {  // udp_ioctl
  const Sock& sock = *socket.sock;
  switch (request) {
    case SIOCINQ:  // of the next datagram
      value = sock.receive_queue.empty() ? 0 : static_cast<int>(sock.receive_queue.front().frame->size());
      return 0;
    case SIOCOUTQ:
      value = static_cast<int>(sock.wmem_alloc);
      return 0;
    default:
      return -ENOTTY;
  }
}

PollMask Udp::poll(Socket& socket) const {  // udp_poll, datagram_poll
  const Sock& sock = *socket.sock;
  PollMask ready = 0;
  if (sock.error != 0) ready |= kPollErr;
  if (!sock.receive_queue.empty()) ready |= kPollIn | kPollRdNorm;
  if (sock.wmem_alloc * 2 < sock.sndbuf) ready |= kPollOut | kPollWrNorm | kPollWrBand;  // sock_writeable
  return ready;
}

}  // namespace nicosim
