#include "check.h"

#include <stdlib.h>

struct test *all_tests;
int failures;

int main(int argc, char **argv) {
  int ran = 0;
  for (const struct test *test = all_tests; test != NULL; test = test->next) {
    if (argc > 1 && strcmp(argv[1], test->name) != 0) continue;
    const int before = failures;
    test->run();
    printf("%s %s\n", failures == before ? "ok  " : "FAIL", test->name);
    ++ran;
  }
  if (ran == 0) printf("no such test\n");
  return ran == 0 || failures != 0;
}

nicosim *stack_at(const char *address, enum nicosim_time mode) {
  char toml[200], error[200];
  /* Each its own hardware address: the last number of the address is that of the card. */
  const int last = atoi(strrchr(address, '.') + 1);
  snprintf(toml, sizeof toml, "[nic.eth0]\naddress = [\"%s/24\"]\nmac = \"02:00:00:00:00:%02x\"\n", address,
           (unsigned)last);
  nicosim *const stack = nicosim_stack(toml, mode, error, sizeof error);
  if (stack == NULL) {
    printf("no stack: %s\n", error);
    exit(1);
  }
  return stack;
}

int listener_on(nicosim *stack) {
  const struct sockaddr_in here = endpoint("0.0.0.0", 80);
  const int fd = nicosim_socket(stack, AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 3);
  CHECK_IS(nicosim_bind(stack, fd, ADDRESS(here)), 0);
  CHECK_IS(nicosim_listen(stack, fd, 10), 0);
  return fd;
}

static void store16(unsigned char *at, unsigned value) {
  at[0] = (unsigned char)(value >> 8);
  at[1] = (unsigned char)value;
}

size_t udp_packet(unsigned char *to, const char *from_ip, unsigned from_port, const char *to_ip, unsigned to_port,
                  const char *data) {
  const size_t size = 28 + strlen(data);
  memset(to, 0, 28);
  to[0] = 0x45;
  store16(to + 2, (unsigned)size);
  to[8] = 64;
  to[9] = IPPROTO_UDP;
  inet_pton(AF_INET, from_ip, to + 12);
  inet_pton(AF_INET, to_ip, to + 16);
  unsigned sum = 0;
  for (int i = 0; i < 20; i += 2) sum += (unsigned)to[i] << 8 | to[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  store16(to + 10, ~sum & 0xffff);
  store16(to + 20, from_port);
  store16(to + 22, to_port);
  store16(to + 24, (unsigned)(8 + strlen(data)));
  memcpy(to + 28, data, strlen(data));
  return size;
}
