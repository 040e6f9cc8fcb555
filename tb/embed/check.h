/* Tests of the C interface in C: each TEST is run by name in a process of its own, and CHECK counts what fails. */
#ifndef TB_EMBED_CHECK_H
#define TB_EMBED_CHECK_H

#include "nicosim/embed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000000) /* in picoseconds */
#define US INT64_C(1000000)

struct test {
  const char* name;
  void (*run)(void);
  struct test* next;
};
extern struct test* all_tests;
extern int failures;

#define TEST(NAME)                                                 \
  static void NAME(void);                                          \
  __attribute__((constructor)) static void register_##NAME(void) { \
    static struct test self = {#NAME, NAME, NULL};                 \
    self.next = all_tests;                                         \
    all_tests = &self;                                             \
  }                                                                \
  static void NAME(void)

#define CHECK(CONDITION)                                     \
  do {                                                       \
    if (!(CONDITION)) {                                      \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #CONDITION); \
      ++failures;                                            \
    }                                                        \
  } while (0)

/* Both sides as numbers, and what they were when they differ. */
#define CHECK_IS(GOT, EXPECTED)                                                              \
  do {                                                                                       \
    const long long got = (GOT), expected = (EXPECTED);                                      \
    if (got != expected) {                                                                   \
      printf("%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #GOT, got, expected); \
      ++failures;                                                                            \
    }                                                                                        \
  } while (0)

static inline struct sockaddr_in endpoint(const char* address, unsigned port) {
  struct sockaddr_in out;
  memset(&out, 0, sizeof out);
  out.sin_family = AF_INET;
  out.sin_port = htons((uint16_t)port);
  inet_pton(AF_INET, address, &out.sin_addr);
  return out;
}
#define ADDRESS(A) (const struct sockaddr*)&(A), sizeof(A)

/* A stack with this address, or the end of the test. */
nicosim* stack_at(const char* address, enum nicosim_time mode);
/* A listening socket on port 80 of it. */
int listener_on(nicosim*);
/* An IP packet with a UDP datagram (RFC 791, 768; no UDP checksum). Returns its length. */
size_t udp_packet(unsigned char* to, const char* from_ip, unsigned from_port, const char* to_ip, unsigned to_port,
                  const char* data);

#endif
