/* A stack alone: what goes in, what comes out, and what is refused. */
#include "check.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

/* ---- errors */

TEST(BadTomlGivesNullAndSaysWhere) {
  char error[500] = "";
  CHECK(nicosim_stack("[nic.eth0]\naddres = [\"10.0.0.1/24\"]\n", NICOSIM_TIME_BY_OTHER, error, sizeof error) == NULL);
  CHECK(strstr(error, "scenario:2:1") != NULL);
  CHECK(strstr(error, "did you mean") != NULL);
  CHECK(nicosim_stack("this is no TOML", NICOSIM_TIME_BY_OTHER, error, sizeof error) == NULL);
  CHECK(nicosim_stack(NULL, NICOSIM_TIME_BY_OTHER, error, sizeof error) == NULL);
  CHECK(nicosim_stack("[nic.eth0]\n", (enum nicosim_time)7, error, sizeof error) == NULL);
  CHECK(nicosim_stack("seed = 1\n", NICOSIM_TIME_BY_OTHER, NULL, 0) == NULL);
  CHECK(nicosim_stack("[nic.eth0]\n[[app]]\nname = \"a\"\nkind = \"tcp_echo\"\nport = 7\n", NICOSIM_TIME_BY_OTHER, error,
                      8) == NULL);
  CHECK_IS(strlen(error), 7); /* cut, and still a string */
}

TEST(NullAndStaleHandlesAreRefused) {
  char byte = 0;
  CHECK_IS(nicosim_socket(NULL, AF_INET, SOCK_STREAM, 0), -EINVAL);
  CHECK_IS(nicosim_now(NULL), -EINVAL);
  CHECK_IS(nicosim_input(NULL, 0, &byte, 1, false), -EINVAL);
  nicosim_destroy(NULL);
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_CALLER);
  nicosim_destroy(stack);
  nicosim_destroy(stack);
  CHECK_IS(nicosim_socket(stack, AF_INET, SOCK_STREAM, 0), -EINVAL);
  CHECK(stack_at("10.0.0.1", NICOSIM_TIME_BY_CALLER) != stack);
}

TEST(NullPointersAndBadDescriptorsAreRefused) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_CALLER);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  const struct sockaddr_in here = endpoint("10.0.0.1", 9);
  CHECK_IS(nicosim_bind(stack, fd, NULL, sizeof here), -EFAULT);
  CHECK_IS(nicosim_bind(stack, fd, (const struct sockaddr *)&here, 4), -EINVAL);
  CHECK_IS(nicosim_recv(stack, fd, NULL, 5, 0), -EFAULT);
  CHECK_IS(nicosim_send(stack, fd, NULL, 5, 0), -EFAULT);
  CHECK_IS(nicosim_getsockname(stack, fd, NULL, NULL), -EFAULT);
  CHECK_IS(nicosim_getsockopt(stack, fd, SOL_SOCKET, SO_TYPE, NULL, NULL), -EFAULT);
  CHECK_IS(nicosim_recvmsg(stack, fd, NULL, 0), -EFAULT);
  CHECK_IS(nicosim_poll(stack, NULL, 1, 0), -EFAULT);
  CHECK_IS(nicosim_ioctl(stack, fd, FIONREAD, NULL), -EFAULT);
  CHECK_IS(nicosim_sysctl(stack, NULL, "1"), -EFAULT);
  CHECK_IS(nicosim_input(stack, 0, NULL, 60, true), -EFAULT);
  const int wrong[] = {-1, 2, 99, 1 << 30};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    char byte = 0;
    socklen_t size = sizeof byte;
    CHECK_IS(nicosim_bind(stack, wrong[i], ADDRESS(here)), -EBADF);
    CHECK_IS(nicosim_listen(stack, wrong[i], 1), -EBADF);
    CHECK_IS(nicosim_accept(stack, wrong[i], NULL, NULL), -EBADF);
    CHECK_IS(nicosim_read(stack, wrong[i], &byte, 1), -EBADF);
    CHECK_IS(nicosim_read(stack, wrong[i], &byte, 0), -EBADF);
    CHECK_IS(nicosim_write(stack, wrong[i], &byte, 1), -EBADF);
    CHECK_IS(nicosim_getsockopt(stack, wrong[i], SOL_SOCKET, SO_TYPE, &byte, &size), -EBADF);
    CHECK_IS(nicosim_fcntl(stack, wrong[i], F_GETFL, 0), -EBADF);
    CHECK_IS(nicosim_close(stack, wrong[i]), -EBADF);
    CHECK_IS(nicosim_epoll_ctl(stack, wrong[i], EPOLL_CTL_DEL, fd, NULL), -EBADF);
  }
  CHECK_IS(nicosim_socket(stack, AF_INET6, SOCK_STREAM, 0), -EAFNOSUPPORT);
  CHECK_IS(nicosim_output(stack, 1, NULL, 0, NULL), -ENODEV);
  CHECK_IS(nicosim_advance(stack, -1), -EINVAL);
}

/* ---- packets */

TEST(ADatagramComesInAsIpAndItsAnswerGoesOutAsIp) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  const struct sockaddr_in here = endpoint("0.0.0.0", 9);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  CHECK_IS(nicosim_bind(stack, fd, ADDRESS(here)), 0);
  CHECK_IS(nicosim_set_ethernet(stack, 0, false), 0);
  CHECK_IS(nicosim_advance(stack, 5 * MS), 0);

  unsigned char packet[100];
  const size_t size = udp_packet(packet, "192.0.2.7", 5000, "10.0.0.1", 9, "hello");
  CHECK_IS(nicosim_input(stack, 0, packet, size, false), 0);
  char data[10];
  struct sockaddr_in from;
  socklen_t from_size = sizeof from;
  CHECK_IS(nicosim_recvfrom(stack, fd, data, sizeof data, 0, (struct sockaddr *)&from, &from_size), 5);
  CHECK(memcmp(data, "hello", 5) == 0);
  CHECK_IS(from_size, sizeof from);
  CHECK_IS(ntohs(from.sin_port), 5000);

  CHECK_IS(nicosim_sendto(stack, fd, "world!", 6, 0, ADDRESS(from)), 6);
  CHECK_IS(nicosim_advance(stack, 7 * MS), 0);
  int64_t sent = 0;
  CHECK_IS(nicosim_output(stack, 0, packet, 10, &sent), -EMSGSIZE);
  CHECK_IS(nicosim_output(stack, 0, packet, sizeof packet, &sent), 34);
  CHECK_IS(sent, 5 * MS);
  CHECK_IS(packet[0], 0x45);
  CHECK(memcmp(packet + 28, "world!", 6) == 0);
  CHECK_IS(nicosim_output(stack, 0, packet, sizeof packet, &sent), 0);
  CHECK_IS(nicosim_nstat(stack, "UdpInDatagrams"), 1);
  CHECK_IS(nicosim_nstat(stack, "NoSuchCounter"), -ENOENT);
}

TEST(OnAnEthernetPortTheStackAsksByArp) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  const struct sockaddr_in to = endpoint("10.0.0.2", 9);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  CHECK_IS(nicosim_sendto(stack, fd, "x", 1, 0, ADDRESS(to)), 1);
  unsigned char frame[200];
  CHECK_IS(nicosim_output(stack, 0, frame, sizeof frame, NULL), 42);
  CHECK_IS(frame[12] << 8 | frame[13], 0x0806);
  CHECK_IS(frame[41], 2); /* who has 10.0.0.2? */
  /* The answer: the asked one's addresses come first. */
  unsigned char reply[42];
  memcpy(reply, frame, sizeof reply);
  memcpy(reply, frame + 6, 6);
  memcpy(reply + 6, "\2\0\0\0\0\2", 6);
  reply[21] = 2;
  memcpy(reply + 22, "\2\0\0\0\0\2\12\0\0\2", 10);
  memcpy(reply + 32, frame + 22, 10);
  CHECK_IS(nicosim_input(stack, 0, reply, sizeof reply, true), 0);
  CHECK_IS(nicosim_output(stack, 0, frame, sizeof frame, NULL), 14 + 29);
  CHECK(memcmp(frame, "\2\0\0\0\0\2", 6) == 0);
}

TEST(PacketsThatDoNotFitAreRefused) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  static unsigned char packet[70000];
  CHECK_IS(nicosim_input(stack, 0, packet, 1519, true), -EMSGSIZE);
  CHECK_IS(nicosim_input(stack, 0, packet, 1518, true), 0);
  CHECK_IS(nicosim_input(stack, 0, packet, 1501, false), -EMSGSIZE);
  CHECK_IS(nicosim_input(stack, 0, packet, 14, true), -EMSGSIZE);
  CHECK_IS(nicosim_input(stack, 0, packet, 0, false), -EMSGSIZE);
  CHECK_IS(nicosim_input(stack, 9, packet, 60, true), -ENODEV);
}

/* ---- time */

TEST(ASynIsSentAgainWhenItsTimerSaysSo) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  CHECK_IS(nicosim_set_ethernet(stack, 0, false), 0);
  const struct sockaddr_in to = endpoint("192.0.2.1", 80);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK_IS(nicosim_connect(stack, fd, ADDRESS(to)), -EINPROGRESS);
  CHECK_IS(nicosim_next_deadline(stack), 0); /* the link is about to say where 192.0.2.1 is */
  CHECK_IS(nicosim_advance(stack, 0), 0);
  unsigned char packet[100];
  const int64_t at[] = {0, 1000 * MS, 3000 * MS, 7000 * MS}; /* RFC 6298: doubled each time */
  for (int i = 0; i < 4; ++i) {
    while (nicosim_now(stack) < at[i]) CHECK_IS(nicosim_advance(stack, nicosim_next_deadline(stack)), 0);
    int64_t sent = -1;
    CHECK_IS(nicosim_output(stack, 0, packet, sizeof packet, &sent), 60);
    CHECK_IS(sent, at[i]);
    CHECK_IS(packet[33], 2); /* SYN */
  }
}

TEST(AnIdleStackHasNoDeadline) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  CHECK_IS(nicosim_next_deadline(stack), NICOSIM_NEVER);
  CHECK_IS(nicosim_advance(stack, 3 * MS), 0);
  CHECK_IS(nicosim_advance(stack, 2 * MS), 0); /* past: nothing */
  CHECK_IS(nicosim_now(stack), 3 * MS);
}

TEST(AReceiveTimeOutPassesExactlyThatTime) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_CALLER);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  const struct timeval limit = {0, 250000};
  CHECK_IS(nicosim_setsockopt(stack, fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  char byte;
  CHECK_IS(nicosim_recv(stack, fd, &byte, 1, 0), -EAGAIN);
  CHECK_IS(nicosim_now(stack), 250 * MS);
  CHECK_IS(nicosim_poll(stack, NULL, 0, 5), 0);
  CHECK_IS(nicosim_now(stack), 255 * MS);
  struct timeval left = {0, 1000};
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  CHECK_IS(nicosim_select(stack, fd + 1, &set, NULL, NULL, &left), 0);
  CHECK_IS(nicosim_now(stack), 256 * MS);
  CHECK(!FD_ISSET(fd, &set));
}

TEST(WaitingForWhatCannotComeIsADeadlock) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_CALLER);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  const int epfd = nicosim_epoll_create1(stack, 0);
  char byte;
  struct epoll_event event;
  CHECK_IS(nicosim_recv(stack, fd, &byte, 1, 0), -EDEADLK);
  CHECK_IS(nicosim_accept(stack, listener_on(stack), NULL, NULL), -EDEADLK);
  CHECK_IS(nicosim_epoll_wait(stack, epfd, &event, 1, -1), -EDEADLK);
  CHECK_IS(nicosim_poll(stack, NULL, 0, -1), -EDEADLK);
  CHECK_IS(nicosim_recv(stack, fd, &byte, 1, MSG_DONTWAIT), -EAGAIN);
  CHECK_IS(nicosim_now(stack), 0);
}

/* ---- knobs and options */

TEST(ASysctlChangesWhatTheStackSends) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_timestamps", "0"), 0);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_rmem", "4096 65536 131072"), 0);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_congestion_control", "reno"), 0);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_timestamps", "7"), -EINVAL);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_timestamps", "one"), -EINVAL);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.tcp_rmem", "1 2"), -EINVAL);
  CHECK_IS(nicosim_sysctl(stack, "net.ipv4.no_such_knob", "1"), -ENOENT);

  CHECK_IS(nicosim_set_ethernet(stack, 0, false), 0);
  const struct sockaddr_in to = endpoint("10.0.0.2", 80);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int buffer = 0;
  socklen_t size = sizeof buffer;
  CHECK_IS(nicosim_getsockopt(stack, fd, SOL_SOCKET, SO_RCVBUF, &buffer, &size), 0);
  CHECK_IS(buffer, 65536);
  char name[32];
  size = sizeof name;
  CHECK_IS(nicosim_getsockopt(stack, fd, IPPROTO_TCP, 13 /* TCP_CONGESTION */, name, &size), 0);
  CHECK_IS(size, 16);
  CHECK(strcmp(name, "reno") == 0);
  CHECK_IS(nicosim_connect(stack, fd, ADDRESS(to)), -EINPROGRESS);
  CHECK_IS(nicosim_advance(stack, 0), 0);
  unsigned char packet[100];
  CHECK_IS(nicosim_output(stack, 0, packet, sizeof packet, NULL), 52); /* 8 less than with timestamps */
}

TEST(FlagsAndQueuesOfADescriptorAreKept) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  const struct sockaddr_in here = endpoint("0.0.0.0", 9);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  CHECK_IS(nicosim_bind(stack, fd, ADDRESS(here)), 0);
  int value = 1;
  CHECK_IS(nicosim_ioctl(stack, fd, FIONBIO, &value), 0);
  CHECK_IS(nicosim_fcntl(stack, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
  unsigned char packet[100];
  const size_t size = udp_packet(packet, "10.0.0.2", 5000, "10.0.0.1", 9, "hello");
  CHECK_IS(nicosim_input(stack, 0, packet, size, false), 0);
  CHECK_IS(nicosim_ioctl(stack, fd, FIONREAD, &value), 0);
  CHECK_IS(value, 5);
  CHECK_IS(nicosim_ioctl(stack, fd, SIOCOUTQ, &value), 0);
  CHECK_IS(value, 0);

  char first[3], rest[10];
  struct iovec pieces[2] = {{first, sizeof first}, {rest, sizeof rest}};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  CHECK_IS(nicosim_recvmsg(stack, fd, &message, 0), 5);
  CHECK(memcmp(first, "hel", 3) == 0 && memcmp(rest, "lo", 2) == 0);
  CHECK_IS(nicosim_read(stack, fd, rest, sizeof rest), -EAGAIN);
  CHECK_IS(nicosim_read(stack, nicosim_epoll_create1(stack, 0), rest, sizeof rest), -EINVAL);
}
