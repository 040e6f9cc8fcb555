/* A whole host with the card's RTL. One host in a process, so each of these tests needs one of its own. */
#include "check.h"

#include <pthread.h>
#include <sched.h>

static nicosim *host_at(const char *toml, enum nicosim_time mode) {
  char error[300];
  nicosim *const host = nicosim_host(toml, mode, error, sizeof error);
  CHECK(host != NULL);
  if (host == NULL) printf("%s\n", error);
  return host;
}
static const char kOneCard[] = "[nic.eth0]\naddress = [\"10.0.0.1/24\"]\n";

static int udp_socket(nicosim *host, unsigned port) {
  const struct sockaddr_in here = endpoint("0.0.0.0", port);
  const int fd = nicosim_socket(host, AF_INET, SOCK_DGRAM, 0);
  CHECK(fd >= 3);
  CHECK_IS(nicosim_bind(host, fd, ADDRESS(here)), 0);
  return fd;
}

TEST(ADatagramGoesThroughTheCardAndItsAnswerComesBack) {
  nicosim *const host = host_at(kOneCard, NICOSIM_TIME_BY_CALLER);
  const int64_t boot = nicosim_now(host);
  CHECK(boot > 0);
  CHECK_IS(nicosim_set_ethernet(host, 0, false), 0);
  const int fd = udp_socket(host, 9);
  const int64_t began = nicosim_now(host);
  CHECK(began > boot); /* calls cost time */

  unsigned char packet[100];
  const size_t size = udp_packet(packet, "10.0.0.2", 5000, "10.0.0.1", 9, "hello");
  CHECK_IS(nicosim_input(host, 0, packet, size, false), 0);
  char data[10];
  struct sockaddr_in from;
  socklen_t from_size = sizeof from;
  CHECK_IS(nicosim_recvfrom(host, fd, data, sizeof data, 0, (struct sockaddr *)&from, &from_size), 5);
  CHECK(memcmp(data, "hello", 5) == 0);
  const int64_t took = nicosim_now(host) - began;
  CHECK(took > 3 * US && took < 20 * US); /* wire, card, link, interrupt, poll, wake-up: as docs/life_of_a_frame.md */

  CHECK_IS(nicosim_sendto(host, fd, "world!", 6, 0, ADDRESS(from)), 6);
  CHECK_IS(nicosim_advance(host, nicosim_now(host) + 1 * MS), 0);
  int64_t sent = 0;
  CHECK_IS(nicosim_output(host, 0, packet, sizeof packet, &sent), 34);
  CHECK(memcmp(packet + 28, "world!", 6) == 0);
  CHECK(sent > began + took && sent < nicosim_now(host));
}

TEST(ThereIsOneHostInAProcess) {
  char error[100] = "";
  CHECK(nicosim_host("[nic.eth0]\nrx_ring = 3\n", NICOSIM_TIME_BY_CALLER, error, sizeof error) == NULL);
  CHECK(strstr(error, "scenario:2") != NULL); /* a wrong scenario does not use it up */
  nicosim *const host = host_at(kOneCard, NICOSIM_TIME_BY_CALLER);
  CHECK(nicosim_host(kOneCard, NICOSIM_TIME_BY_CALLER, error, sizeof error) == NULL);
  CHECK(strstr(error, "SystemC") != NULL);
  nicosim_destroy(host);
  CHECK_IS(nicosim_now(host), -EINVAL);
  CHECK(nicosim_host(kOneCard, NICOSIM_TIME_BY_CALLER, error, sizeof error) == NULL);
}

TEST(WaitingForWhatCannotComeIsADeadlockOnAHostToo) {
  nicosim *const host = host_at(kOneCard, NICOSIM_TIME_BY_CALLER);
  const int fd = udp_socket(host, 9);
  char byte;
  CHECK_IS(nicosim_recv(host, fd, &byte, 1, 0), -EDEADLK);
  CHECK_IS(nicosim_next_deadline(host), NICOSIM_NEVER);
  CHECK_IS(nicosim_recv(host, fd, &byte, 1, MSG_DONTWAIT), -EAGAIN); /* and the host is as good as before */
  const int64_t began = nicosim_now(host);
  const struct timeval limit = {0, 250000};
  CHECK_IS(nicosim_setsockopt(host, fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  CHECK_IS(nicosim_recv(host, fd, &byte, 1, 0), -EAGAIN);
  CHECK(nicosim_now(host) >= began + 250 * MS && nicosim_now(host) < began + 251 * MS);
}

struct reader {
  nicosim *host;
  int fd;
  ssize_t result;
};
static void *read_one(void *argument) {
  struct reader *const self = argument;
  char data[10];
  self->result = nicosim_recv(self->host, self->fd, data, sizeof data, 0);
  return NULL;
}

TEST(AThreadSleepsOnTheHostUntilAnotherMovesTime) {
  nicosim *const host = host_at(kOneCard, NICOSIM_TIME_BY_OTHER);
  struct reader reader = {host, udp_socket(host, 9), 0};
  pthread_t thread;
  pthread_create(&thread, NULL, read_one, &reader);
  unsigned char packet[100];
  const size_t size = udp_packet(packet, "10.0.0.2", 5000, "10.0.0.1", 9, "hello");
  CHECK_IS(nicosim_input(host, 0, packet, size, false), 0);
  CHECK_IS(nicosim_advance(host, nicosim_now(host) + 1 * MS), 0);
  pthread_join(thread, NULL);
  CHECK_IS(reader.result, 5);

  pthread_create(&thread, NULL, read_one, &reader);
  for (int i = 0; i < 100; ++i) sched_yield();
  nicosim_destroy(host);
  pthread_join(thread, NULL);
  CHECK(reader.result == -EBADF || reader.result == -EINVAL);
}

/* The stack's clock starts at 0, the host's after its boot; between them lies that difference and nothing else. */
TEST(AStackAloneTalksTcpToAHostWithTheCard) {
  nicosim *const host = host_at(kOneCard, NICOSIM_TIME_BY_OTHER);
  nicosim *const peer = stack_at("10.0.0.2", NICOSIM_TIME_BY_OTHER);
  const int listening = listener_on(host);
  const struct sockaddr_in to = endpoint("10.0.0.1", 80);
  const int client = nicosim_socket(peer, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK_IS(nicosim_connect(peer, client, ADDRESS(to)), -EINPROGRESS);
  const int epfd = nicosim_epoll_create1(host, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listening};
  CHECK_IS(nicosim_epoll_ctl(host, epfd, EPOLL_CTL_ADD, listening, &event), 0);

  const int64_t began = nicosim_now(host);
  static char sent[40000], got[40000];
  for (size_t i = 0; i < sizeof sent; ++i) sent[i] = (char)(i * 31 + i / 256);
  size_t written = 0, received = 0;
  int server = -1;
  for (int step = 0; step < 20000 && received < sizeof sent; ++step) {
    unsigned char frame[2000];
    for (int n; (n = nicosim_output(peer, 0, frame, sizeof frame, NULL)) > 0;)
      CHECK_IS(nicosim_input(host, 0, frame, (size_t)n, true), 0);
    for (int n; (n = nicosim_output(host, 0, frame, sizeof frame, NULL)) > 0;)
      CHECK_IS(nicosim_input(peer, 0, frame, (size_t)n, true), 0);
    if (server < 0 && nicosim_epoll_wait(host, epfd, &event, 1, 0) == 1) {
      server = nicosim_accept4(host, listening, NULL, NULL, SOCK_NONBLOCK);
      CHECK(server >= 0);
    }
    if (written < sizeof sent) {
      const ssize_t n = nicosim_send(peer, client, sent + written, sizeof sent - written, 0);
      if (n > 0) written += (size_t)n;
    }
    if (server >= 0) {
      const ssize_t n = nicosim_recv(host, server, got + received, sizeof got - received, 0);
      if (n > 0) received += (size_t)n;
    }
    const int64_t now = nicosim_now(host) + 5 * US;
    CHECK_IS(nicosim_advance(host, now), 0);
    CHECK_IS(nicosim_advance(peer, now - began), 0);
  }
  CHECK_IS(received, sizeof sent);
  CHECK(memcmp(sent, got, sizeof sent) == 0);
  CHECK_IS(nicosim_nstat(peer, "TcpRetransSegs"), 0);
}
