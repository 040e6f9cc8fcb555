/* nicosim inside another program: a protocol stack alone, or a whole simulated host with the card's RTL.
 *
 * Two kinds of instance share one interface. nicosim_stack() makes a stack whose cards are byte queues: packets go in
 * and out by nicosim_input() and nicosim_output(), work takes no simulated time. nicosim_host() makes a host with CPU,
 * driver and verilated card; there is at most one in an OS process, since SystemC elaborates once.
 *
 * Simulated time is in picoseconds, starts at 0 and moves only by calls of this interface. Any number of host threads
 * may call; one lock inside lets them take turns. All threads together are one simulated process: they share its
 * descriptors. Calls return what Linux would: a result, or a negative errno. Constants and structures are Linux's, of
 * the headers included here. NULL or a destroyed instance gives -EINVAL, a null pointer where bytes are wanted -EFAULT.
 * There are no signals: a broken connection says -EPIPE and nothing else.
 */
#ifndef NICOSIM_EMBED_H
#define NICOSIM_EMBED_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#if defined(__GNUC__)
#define NICOSIM_API __attribute__((visibility("default")))
#else
#define NICOSIM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nicosim nicosim; /* a handle; there is nothing behind it to look at */

#define NICOSIM_NEVER INT64_MAX /* a time that does not come */

/* Who moves simulated time while a call sleeps. */
enum nicosim_time {
  NICOSIM_TIME_BY_OTHER = 0, /* the calling thread waits until another one has moved time or brought a packet */
  NICOSIM_TIME_BY_CALLER = 1 /* the call goes from deadline to deadline itself; -EDEADLK when there is none */
};

/* ---- making and ending one */

/* `toml` is a scenario (docs/scenario.md). A stack alone uses `seed`, `host.rx_path`, `host.sysctl.*` and the addresses
 * and MTU of its [nic.NAME], and refuses programs, peers and wires. NULL: wrong, and `error` (may be NULL) says what.
 */
NICOSIM_API nicosim* nicosim_stack(const char* toml, enum nicosim_time mode, char* error, size_t error_size);
NICOSIM_API nicosim* nicosim_host(const char* toml, enum nicosim_time mode, char* error, size_t error_size);
/* Calls that sleep end with -EBADF; returns when they have left. The host can be destroyed, but not made again. */
NICOSIM_API void nicosim_destroy(nicosim*);
/* Joins two stacks by a cable: what one sends arrives at the other `delay_ps` later, and both have one clock from now
 * on (the later of the two). Not for hosts. -EBUSY: that port has a cable. */
NICOSIM_API int nicosim_cable(nicosim*, unsigned port, nicosim* other, unsigned other_port, int64_t delay_ps);

/* ---- packets; ports count the [nic.NAME] in file order. -ENODEV: no such port */

/* A packet arrives now: an Ethernet frame without FCS, or (not `ethernet`) an IP packet, which gets a header first.
 * -EMSGSIZE: too long for the card, or too short. */
NICOSIM_API int nicosim_input(nicosim*, unsigned port, const void* packet, size_t size, bool ethernet);
/* The oldest packet sent and not taken yet: its length, 0 when there is none, -EMSGSIZE when it is longer than `size`
 * (it stays). *sent_ps: when it was sent; on a host: when its last bit was on the wire. */
NICOSIM_API int nicosim_output(nicosim*, unsigned port, void* packet, size_t size, int64_t* sent_ps);
/* Off: the port speaks IP packets, as a TUN device does; nicosim_output() gives them without header, and whoever is
 * asked for by ARP is there at once. On (the default): Ethernet frames. */
NICOSIM_API int nicosim_set_ethernet(nicosim*, unsigned port, bool on);

/* ---- time */

NICOSIM_API int64_t nicosim_now(nicosim*);
/* Everything due until then happens, each at its time; then it is `until_ps`. A time that is past changes nothing.
 * Calls that something wakes run to their end or next sleep before time goes on. */
NICOSIM_API int nicosim_advance(nicosim*, int64_t until_ps);
/* The earliest time at which something may happen on its own; NICOSIM_NEVER: nothing will. */
NICOSIM_API int64_t nicosim_next_deadline(nicosim*);

/* ---- knobs and counters */

/* As sysctl(8) has them: "net.ipv4.tcp_sack", "0". -ENOENT: no such knob, -EINVAL: no such value. */
NICOSIM_API int nicosim_sysctl(nicosim*, const char* name, const char* value);
/* A counter as nstat(8) calls it: "TcpRetransSegs". -ENOENT: none of that name. */
NICOSIM_API int64_t nicosim_nstat(nicosim*, const char* name);

/* ---- sockets: AF_INET with SOCK_STREAM and SOCK_DGRAM. See the manual pages of the calls without prefix */

NICOSIM_API int nicosim_socket(nicosim*, int domain, int type, int protocol);
NICOSIM_API int nicosim_bind(nicosim*, int fd, const struct sockaddr* address, socklen_t size);
NICOSIM_API int nicosim_listen(nicosim*, int fd, int backlog);
NICOSIM_API int nicosim_accept(nicosim*, int fd, struct sockaddr* peer, socklen_t* size);
NICOSIM_API int nicosim_accept4(nicosim*, int fd, struct sockaddr* peer, socklen_t* size, int flags);
NICOSIM_API int nicosim_connect(nicosim*, int fd, const struct sockaddr* address, socklen_t size);
NICOSIM_API ssize_t nicosim_read(nicosim*, int fd, void* buffer, size_t size);
NICOSIM_API ssize_t nicosim_write(nicosim*, int fd, const void* buffer, size_t size);
NICOSIM_API ssize_t nicosim_recv(nicosim*, int fd, void* buffer, size_t size, int flags);
NICOSIM_API ssize_t nicosim_recvfrom(nicosim*, int fd, void* buffer, size_t size, int flags, struct sockaddr* from,
                                     socklen_t* from_size);
NICOSIM_API ssize_t nicosim_recvmsg(nicosim*, int fd, struct msghdr* message, int flags);
NICOSIM_API ssize_t nicosim_send(nicosim*, int fd, const void* buffer, size_t size, int flags);
NICOSIM_API ssize_t nicosim_sendto(nicosim*, int fd, const void* buffer, size_t size, int flags,
                                   const struct sockaddr* to, socklen_t to_size);
NICOSIM_API ssize_t nicosim_sendmsg(nicosim*, int fd, const struct msghdr* message, int flags);
NICOSIM_API int nicosim_shutdown(nicosim*, int fd, int how);
NICOSIM_API int nicosim_close(nicosim*, int fd);
NICOSIM_API int nicosim_getsockname(nicosim*, int fd, struct sockaddr* address, socklen_t* size);
NICOSIM_API int nicosim_getpeername(nicosim*, int fd, struct sockaddr* address, socklen_t* size);
/* TCP_INFO has the layout of <linux/tcp.h>. */
NICOSIM_API int nicosim_getsockopt(nicosim*, int fd, int level, int option, void* value, socklen_t* size);
NICOSIM_API int nicosim_setsockopt(nicosim*, int fd, int level, int option, const void* value, socklen_t size);
/* FIONBIO, FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD; `argument` points to an int. */
NICOSIM_API int nicosim_ioctl(nicosim*, int fd, unsigned long request, void* argument);
/* F_GETFL, F_SETFL, F_GETFD, F_SETFD. */
NICOSIM_API int nicosim_fcntl(nicosim*, int fd, int command, int argument);

/* ---- waiting for several */

NICOSIM_API int nicosim_poll(nicosim*, struct pollfd* files, nfds_t count, int timeout_ms);
NICOSIM_API int nicosim_select(nicosim*, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional,
                               struct timeval* timeout);
NICOSIM_API int nicosim_epoll_create1(nicosim*, int flags);
NICOSIM_API int nicosim_epoll_ctl(nicosim*, int epfd, int op, int fd, struct epoll_event* event);
NICOSIM_API int nicosim_epoll_wait(nicosim*, int epfd, struct epoll_event* events, int count, int timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
