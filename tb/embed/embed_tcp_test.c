/* Two stacks talk TCP: over a cable, by hand, with one thread and with several. */
#include "check.h"

#include <linux/tcp.h>
#include <pthread.h>
#include <sched.h>

struct pair {
  nicosim *server, *client;
};

static struct pair cabled(enum nicosim_time mode) {
  const struct pair both = {stack_at("10.0.0.1", mode), stack_at("10.0.0.2", mode)};
  CHECK_IS(nicosim_cable(both.server, 0, both.client, 0, 10 * US), 0);
  return both;
}

static int connected_to(nicosim *client) {
  const struct sockaddr_in server = endpoint("10.0.0.1", 80);
  const int fd = nicosim_socket(client, AF_INET, SOCK_STREAM, 0);
  CHECK_IS(nicosim_connect(client, fd, ADDRESS(server)), 0);
  return fd;
}

TEST(OneThreadEchoesBetweenTwoStacksByItself) {
  const struct pair both = cabled(NICOSIM_TIME_BY_CALLER);
  const int listening = listener_on(both.server);
  const int client = connected_to(both.client);
  CHECK_IS(nicosim_now(both.client), 40 * US); /* ARP and the handshake, each there and back */
  CHECK_IS(nicosim_now(both.server), 40 * US);

  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  const int server = nicosim_accept(both.server, listening, (struct sockaddr *)&peer, &size);
  CHECK(server > listening);
  CHECK_IS(peer.sin_addr.s_addr, inet_addr("10.0.0.2"));

  char data[100];
  CHECK_IS(nicosim_write(both.client, client, "echo this", 9), 9);
  CHECK_IS(nicosim_read(both.server, server, data, sizeof data), 9);
  CHECK_IS(nicosim_write(both.server, server, data, 9), 9);
  memset(data, 0, sizeof data);
  CHECK_IS(nicosim_read(both.client, client, data, sizeof data), 9);
  CHECK(strcmp(data, "echo this") == 0);
  CHECK_IS(nicosim_now(both.client), 70 * US); /* its ACK, and each line once over the cable */

  CHECK_IS(nicosim_shutdown(both.client, client, SHUT_WR), 0);
  CHECK_IS(nicosim_read(both.server, server, data, sizeof data), 0);
  CHECK_IS(nicosim_close(both.server, server), 0);
  CHECK_IS(nicosim_read(both.client, client, data, sizeof data), 0);
  CHECK_IS(nicosim_close(both.client, client), 0);
  CHECK_IS(nicosim_nstat(both.server, "TcpPassiveOpens"), 1);
  CHECK_IS(nicosim_nstat(both.client, "TcpRetransSegs"), 0);
}

TEST(TcpInfoHasLinuxsLayout) {
  const struct pair both = cabled(NICOSIM_TIME_BY_CALLER);
  const int listening = listener_on(both.server);
  const int client = connected_to(both.client);
  struct tcp_info info;
  socklen_t size = sizeof info + 100;
  char room[sizeof info + 100];
  CHECK_IS(nicosim_getsockopt(both.client, client, IPPROTO_TCP, TCP_INFO, room, &size), 0);
  CHECK_IS(size, sizeof info);
  memcpy(&info, room, sizeof info);
  CHECK_IS(info.tcpi_state, 1); /* TCP_ESTABLISHED */
  CHECK_IS(info.tcpi_snd_mss, 1448);
  CHECK_IS(info.tcpi_snd_cwnd, 10);
  CHECK_IS(info.tcpi_options & TCPI_OPT_TIMESTAMPS, TCPI_OPT_TIMESTAMPS);
  CHECK_IS(info.tcpi_min_rtt, 40); /* the SYN waited for ARP, which counts */
  CHECK_IS(nicosim_advance(both.server, 50 * US), 0); /* the last ACK arrives */
  size = sizeof info;
  CHECK_IS(nicosim_getsockopt(both.server, listening, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  CHECK_IS(info.tcpi_state, 10); /* TCP_LISTEN */
  CHECK_IS(info.tcpi_unacked, 1); /* one waits for accept() ... */
  CHECK_IS(info.tcpi_sacked, 10); /* ... of ten that may */
  size = 1;
  CHECK_IS(nicosim_getsockopt(both.client, client, IPPROTO_TCP, TCP_INFO, room, &size), 0);
  CHECK_IS(size, 1);
}

TEST(MuchDataArrivesAsItWasSent) {
  const struct pair both = cabled(NICOSIM_TIME_BY_CALLER);
  const int listening = listener_on(both.server);
  const int client = connected_to(both.client);
  const int server = nicosim_accept(both.server, listening, NULL, NULL);
  static char data[200000], got[200000];
  for (size_t i = 0; i < sizeof data; ++i) data[i] = (char)(i * 7 + i / 256);
  size_t sent = 0, received = 0;
  while (received < sizeof data) {
    if (sent < sizeof data) {
      const ssize_t n = nicosim_send(both.client, client, data + sent, sizeof data - sent, MSG_DONTWAIT);
      CHECK(n > 0 || n == -EAGAIN);
      if (n > 0) sent += (size_t)n;
    }
    const ssize_t n = nicosim_recv(both.server, server, got + received, sizeof got - received, 0);
    CHECK(n > 0);
    if (n <= 0) break;
    received += (size_t)n;
  }
  CHECK(memcmp(data, got, sizeof data) == 0);
}

TEST(EpollServesTwoConnectionsOnTheEdge) {
  const struct pair both = cabled(NICOSIM_TIME_BY_CALLER);
  const int listening = listener_on(both.server);
  const int epfd = nicosim_epoll_create1(both.server, EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, events[4];
  CHECK_IS(nicosim_epoll_ctl(both.server, epfd, EPOLL_CTL_ADD, listening, &event), 0);
  CHECK_IS(nicosim_epoll_wait(both.server, epfd, events, 4, 0), 0);

  int clients[2], servers[2];
  for (int i = 0; i < 2; ++i) {
    clients[i] = connected_to(both.client);
    CHECK_IS(nicosim_epoll_wait(both.server, epfd, events, 4, -1), 1);
    CHECK_IS(events[0].data.fd, listening);
    servers[i] = nicosim_accept4(both.server, listening, NULL, NULL, SOCK_NONBLOCK);
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.u64 = 100 + (uint64_t)i;
    CHECK_IS(nicosim_epoll_ctl(both.server, epfd, EPOLL_CTL_ADD, servers[i], &event), 0);
  }
  CHECK_IS(nicosim_write(both.client, clients[1], "x", 1), 1);
  CHECK_IS(nicosim_epoll_wait(both.server, epfd, events, 4, -1), 1);
  CHECK_IS(events[0].data.u64, 101);
  CHECK_IS(events[0].events, EPOLLIN);
  CHECK_IS(nicosim_epoll_wait(both.server, epfd, events, 4, 0), 0); /* told once */
  CHECK_IS(nicosim_close(both.client, clients[0]), 0);
  CHECK_IS(nicosim_epoll_wait(both.server, epfd, events, 4, -1), 1);
  CHECK_IS(events[0].data.u64, 100);
  CHECK_IS(events[0].events, EPOLLIN | EPOLLRDHUP);
}

/* Packets carried by hand: what comes out of one goes into the other at the time at which it came out. */
TEST(TwoStacksWithoutACableAreJoinedByTheirUser) {
  const struct pair both = {stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER), stack_at("10.0.0.2", NICOSIM_TIME_BY_OTHER)};
  const int listening = listener_on(both.server);
  const struct sockaddr_in to = endpoint("10.0.0.1", 80);
  const int client = nicosim_socket(both.client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK_IS(nicosim_connect(both.client, client, ADDRESS(to)), -EINPROGRESS);
  unsigned char frame[2000];
  for (int carried = 1; carried != 0;) {
    carried = 0;
    for (int i = 0; i < 2; ++i) {
      nicosim *const from = i == 0 ? both.client : both.server, *const into = i == 0 ? both.server : both.client;
      for (int n; (n = nicosim_output(from, 0, frame, sizeof frame, NULL)) > 0; ++carried)
        CHECK_IS(nicosim_input(into, 0, frame, (size_t)n, true), 0);
    }
  }
  struct pollfd file = {client, POLLOUT, 0};
  CHECK_IS(nicosim_poll(both.client, &file, 1, 0), 1);
  CHECK_IS(file.revents, POLLOUT);
  CHECK_IS(nicosim_connect(both.client, client, ADDRESS(to)), 0);
  CHECK(nicosim_accept(both.server, listening, NULL, NULL) >= 0);
}

/* ---- threads */

struct worker {
  struct pair both;
  int listening;
  int echoed, failed;
};

static void *serve(void *argument) {
  struct worker *const self = argument;
  for (int i = 0; i < 3; ++i) {
    const int fd = nicosim_accept(self->both.server, self->listening, NULL, NULL);
    char data[64];
    for (ssize_t n; (n = nicosim_read(self->both.server, fd, data, sizeof data)) != 0;)
      if (n < 0 || nicosim_write(self->both.server, fd, data, (size_t)n) != n) return argument;
    nicosim_close(self->both.server, fd);
  }
  return NULL;
}

static void *ask(void *argument) {
  struct worker *const self = argument;
  const int fd = connected_to(self->both.client);
  char data[64];
  for (int i = 0; i < 20; ++i) {
    const int size = snprintf(data, sizeof data, "request %d", i);
    char answer[64];
    ssize_t got = 0;
    if (nicosim_send(self->both.client, fd, data, (size_t)size, 0) != size) ++self->failed;
    while (got < size) {
      const ssize_t n = nicosim_recv(self->both.client, fd, answer + got, (size_t)(size - got), 0);
      if (n == -EDEADLK) {
        sched_yield();
        continue;
      }
      if (n <= 0) break;
      got += n;
    }
    if (got == size && memcmp(data, answer, (size_t)size) == 0) ++self->echoed;
  }
  nicosim_close(self->both.client, fd);
  return NULL;
}

TEST(ThreadsSleepUntilAnotherOneMovesTime) {
  struct worker all[4];
  const struct pair both = cabled(NICOSIM_TIME_BY_OTHER);
  for (int i = 0; i < 4; ++i) {
    memset(&all[i], 0, sizeof all[i]);
    all[i].both = both;
  }
  all[3].listening = listener_on(both.server);
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, i == 3 ? serve : ask, &all[i]);
  void *problem = NULL;
  for (int running = 1; running;) {
    CHECK_IS(nicosim_advance(both.server, nicosim_now(both.server) + 10 * US), 0);
    sched_yield();
    running = pthread_tryjoin_np(threads[3], &problem) == EBUSY;
  }
  CHECK(problem == NULL);
  for (int i = 0; i < 3; ++i) {
    CHECK_IS(nicosim_advance(both.server, nicosim_now(both.server) + 10 * MS), 0);
    pthread_join(threads[i], NULL);
    CHECK_IS(all[i].echoed, 20);
    CHECK_IS(all[i].failed, 0);
  }
}

/* By caller, a call goes on as long as anything may happen at all; what another thread does outside of calls it cannot
 * know. Whoever has several threads tries again. */
TEST(ThreadsThatMoveTimeThemselvesTryAgainAfterADeadlock) {
  const struct pair both = cabled(NICOSIM_TIME_BY_CALLER);
  struct worker client = {.both = both};
  const int listening = listener_on(both.server);
  pthread_t asking;
  pthread_create(&asking, NULL, ask, &client);
  int fd;
  while ((fd = nicosim_accept(both.server, listening, NULL, NULL)) == -EDEADLK) sched_yield();
  CHECK(fd >= 0);
  char data[64];
  for (ssize_t n; (n = nicosim_read(both.server, fd, data, sizeof data)) != 0;) {
    if (n == -EDEADLK) {
      sched_yield();
      continue;
    }
    CHECK(n > 0);
    if (n <= 0) break;
    CHECK_IS(nicosim_write(both.server, fd, data, (size_t)n), n);
  }
  pthread_join(asking, NULL);
  CHECK_IS(client.echoed, 20);
}

static void *wait_for_a_datagram(void *argument) {
  nicosim *const stack = argument;
  char byte;
  const int fd = nicosim_socket(stack, AF_INET, SOCK_DGRAM, 0);
  return (void *)(intptr_t)nicosim_recv(stack, fd, &byte, 1, 0);
}

TEST(DestroyEndsTheCallsThatSleep) {
  nicosim *const stack = stack_at("10.0.0.1", NICOSIM_TIME_BY_OTHER);
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_a_datagram, stack);
  while (nicosim_fcntl(stack, 3, 1, 0) < 0) sched_yield(); /* until it has its socket */
  nicosim_destroy(stack);
  void *result;
  pthread_join(thread, &result);
  CHECK((intptr_t)result == -EBADF || (intptr_t)result == -EINVAL); /* asleep already, or just about to ask */
}
