/* One copy of lwIP behind shim.h, by its raw API: no threads, time is set from outside.
 *
 * Debian's library is built for threads; what it asks of them is answered here, and so is its clock. The dynamic linker
 * finds these definitions before the library's own, since the shim is what dlmopen() was asked for. */
#include "tb/lwip/shim.h"

#include <lwip/etharp.h>
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/raw.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { kEchoId = 0x4c77, kMtu = 1500, kMostDatagram = 65535 };

static struct {
  void* owner;
  const struct lwip_shim_events* events;
  struct netif netif;
  struct raw_pcb* icmp;
  uint32_t now_ms;
  uint8_t buffer[kMostDatagram];
} self;

/* What lwIP asks of its system. */
EXPORT u32_t sys_now(void) { return self.now_ms; }
EXPORT u32_t sys_jiffies(void) { return self.now_ms; }
EXPORT void sys_check_core_locking(void) {}
EXPORT sys_prot_t sys_arch_protect(void) { return 0; }
EXPORT void sys_arch_unprotect(sys_prot_t level) { (void)level; }

static ip_addr_t address_of(uint32_t host_order) {
  ip_addr_t address = IPADDR4_INIT(lwip_htonl(host_order));
  return address;
}
static uint32_t value_of(const ip_addr_t* address) { return lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(address))); }

static err_t link_output(struct netif* netif, struct pbuf* p) {
  (void)netif;
  /* One piece as a rule (LWIP_NETIF_TX_SINGLE_PBUF); ICMP errors and raw packets may be chains. */
  if (p->next == NULL) {
    self.events->output(self.owner, p->payload, p->tot_len);
  } else {
    pbuf_copy_partial(p, self.buffer, p->tot_len, 0);
    self.events->output(self.owner, self.buffer, p->tot_len);
  }
  return ERR_OK;
}

static err_t init_netif(struct netif* netif) {
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->output = etharp_output;
  netif->linkoutput = link_output;
  netif->mtu = kMtu;
  netif->hwaddr_len = ETH_HWADDR_LEN;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  return ERR_OK;
}

static u8_t on_icmp(void* arg, struct raw_pcb* pcb, struct pbuf* p, const ip_addr_t* from) {
  (void)arg;
  (void)pcb;
  pbuf_copy_partial(p, self.buffer, p->tot_len, 0);
  const size_t header = (size_t)(self.buffer[0] & 0xf) * 4;
  struct icmp_echo_hdr echo;
  if (p->tot_len < header + sizeof echo) return 0;
  memcpy(&echo, self.buffer + header, sizeof echo);
  if (echo.type != ICMP_ER || echo.id != lwip_htons(kEchoId)) return 0;
  const size_t skip = header + sizeof echo;
  self.events->echo_reply(self.owner, value_of(from), lwip_ntohs(echo.seqno), self.buffer + skip, p->tot_len - skip);
  pbuf_free(p);
  return 1;
}

static void start(void* owner, const struct lwip_shim_events* events, const uint8_t mac[6], uint32_t address,
                  uint32_t netmask, unsigned seed) {
  self.owner = owner;
  self.events = events;
  srand(seed); /* of this namespace's C library: LWIP_RAND */
  lwip_init();
  memcpy(self.netif.hwaddr, mac, ETH_HWADDR_LEN);
  const ip_addr_t ip = address_of(address), mask = address_of(netmask), gateway = address_of(0);
  netif_add(&self.netif, ip_2_ip4(&ip), ip_2_ip4(&mask), ip_2_ip4(&gateway), NULL, init_netif, ethernet_input);
  netif_set_default(&self.netif);
  netif_set_link_up(&self.netif);
  netif_set_up(&self.netif);
  self.icmp = raw_new(IP_PROTO_ICMP);
  raw_recv(self.icmp, on_icmp, NULL);
}

static void set_now(uint32_t ms) { self.now_ms = ms; }

static void input(const void* frame, size_t bytes) {
  struct pbuf* const p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_RAM);
  if (p == NULL) return;
  pbuf_take(p, frame, (u16_t)bytes);
  if (self.netif.input(p, &self.netif) != ERR_OK) pbuf_free(p);
}

/* TCP. The argument of a pcb is the owner's cookie; a closed pcb has none and no functions to call. */
static err_t on_received(void* cookie, struct tcp_pcb* pcb, struct pbuf* p, err_t error) {
  (void)pcb;
  (void)error;
  if (p == NULL) return self.events->received(cookie, NULL, 0) ? ERR_ABRT : ERR_OK;
  int aborted = 0;
  for (struct pbuf* piece = p; piece != NULL && !aborted; piece = piece->next)
    if (piece->len > 0) aborted = self.events->received(cookie, piece->payload, piece->len);
  pbuf_free(p);
  return aborted ? ERR_ABRT : ERR_OK;
}
static err_t on_sent(void* cookie, struct tcp_pcb* pcb, u16_t bytes) {
  (void)pcb;
  return self.events->sent(cookie, bytes) ? ERR_ABRT : ERR_OK;
}
static err_t on_connected(void* cookie, struct tcp_pcb* pcb, err_t error) {
  (void)pcb;
  (void)error; /* always ERR_OK; failures come through on_failed() */
  return self.events->connected(cookie) ? ERR_ABRT : ERR_OK;
}
static void on_failed(void* cookie, err_t error) {
  if (cookie != NULL) self.events->failed(cookie, error);
}
static void listen_to(struct tcp_pcb* pcb, void* cookie) {
  tcp_arg(pcb, cookie);
  tcp_recv(pcb, on_received);
  tcp_sent(pcb, on_sent);
  tcp_err(pcb, on_failed);
}
static void forget(struct tcp_pcb* pcb) {
  tcp_arg(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_err(pcb, NULL);
}
static err_t on_accepted(void* listener_cookie, struct tcp_pcb* pcb, err_t error) {
  if (error != ERR_OK || pcb == NULL) return ERR_VAL;
  listen_to(pcb, NULL);
  void* const cookie = self.events->accepted(self.owner, listener_cookie, pcb);
  if (cookie == NULL) return ERR_ABRT;
  tcp_arg(pcb, cookie);
  return ERR_OK;
}

static void* open_listener(uint16_t port, void* cookie) {
  struct tcp_pcb* const pcb = tcp_new();
  if (tcp_bind(pcb, IP4_ADDR_ANY, port) != ERR_OK) {
    tcp_abort(pcb);
    return NULL;
  }
  struct tcp_pcb* const listener = tcp_listen(pcb);
  tcp_arg(listener, cookie);
  tcp_accept(listener, on_accepted);
  return listener;
}
static void* open_connection(uint32_t address, uint16_t port, void* cookie) {
  struct tcp_pcb* const pcb = tcp_new();
  const ip_addr_t to = address_of(address);
  listen_to(pcb, cookie);
  if (tcp_connect(pcb, &to, port, on_connected) == ERR_OK) return pcb;
  forget(pcb);
  tcp_abort(pcb);
  return NULL;
}
static size_t room(void* pcb) {
  struct tcp_pcb* const connection = pcb;
  return tcp_sndqueuelen(connection) >= TCP_SND_QUEUELEN ? 0 : tcp_sndbuf(connection);
}
static size_t send_bytes(void* pcb, const void* data, size_t bytes) {
  struct tcp_pcb* const connection = pcb;
  const size_t n = LWIP_MIN(LWIP_MIN(bytes, room(pcb)), 0xffff);
  if (n == 0 || tcp_write(connection, data, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK) return 0;
  tcp_output(connection);
  return n;
}
static void used(void* pcb, size_t bytes) {
  for (; bytes > 0xffff; bytes -= 0xffff) tcp_recved(pcb, 0xffff);
  tcp_recved(pcb, (u16_t)bytes);
}
static void shutdown_send(void* pcb) { tcp_shutdown(pcb, 0, 1); }
static void close_connection(void* pcb) {
  forget(pcb);
  tcp_close(pcb);
}
static void abort_connection(void* pcb) {
  forget(pcb);
  tcp_abort(pcb);
}
static void close_listener(void* pcb) { tcp_close(pcb); }
static void keepalive(void* pcb, uint32_t idle_ms, uint32_t interval_ms, uint32_t count) {
  struct tcp_pcb* const connection = pcb;
  ip_set_option(connection, SOF_KEEPALIVE);
  connection->keep_idle = idle_ms;
  connection->keep_intvl = interval_ms;
  connection->keep_cnt = count;
}

static void on_datagram(void* cookie, struct udp_pcb* pcb, struct pbuf* p, const ip_addr_t* from, u16_t port) {
  (void)pcb;
  pbuf_copy_partial(p, self.buffer, p->tot_len, 0);
  self.events->datagram(cookie, value_of(from), port, self.buffer, p->tot_len);
  pbuf_free(p);
}
static void* open_udp(uint16_t port, void* cookie) {
  struct udp_pcb* const pcb = udp_new();
  if (udp_bind(pcb, IP4_ADDR_ANY, port) != ERR_OK) {
    udp_remove(pcb);
    return NULL;
  }
  udp_recv(pcb, on_datagram, cookie);
  return pcb;
}
static int send_datagram(void* pcb, uint32_t address, uint16_t port, const void* data, size_t bytes) {
  const ip_addr_t to = address_of(address);
  struct pbuf* const p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)bytes, PBUF_RAM);
  if (p == NULL) return ERR_MEM;
  pbuf_take(p, data, (u16_t)bytes);
  const err_t error = udp_sendto(pcb, p, &to, port);
  pbuf_free(p);
  return error;
}
static int ping(uint32_t address, uint16_t sequence, const void* data, size_t bytes) {
  const ip_addr_t to = address_of(address);
  struct icmp_echo_hdr echo = {ICMP_ECHO, 0, 0, lwip_htons(kEchoId), lwip_htons(sequence)};
  struct pbuf* const p = pbuf_alloc(PBUF_IP, (u16_t)(sizeof echo + bytes), PBUF_RAM);
  if (p == NULL) return ERR_MEM;
  pbuf_take(p, &echo, sizeof echo);
  pbuf_take_at(p, data, (u16_t)bytes, sizeof echo);
  echo.chksum = inet_chksum_pbuf(p);
  pbuf_take(p, &echo, sizeof echo);
  const err_t error = raw_sendto(self.icmp, p, &to);
  pbuf_free(p);
  return error;
}

EXPORT const struct lwip_shim* lwip_shim_entry(void) {
  static const struct lwip_shim shim = {
      .start = start,
      .set_now = set_now,
      .check_timeouts = sys_check_timeouts,
      .sleep_time = sys_timeouts_sleeptime,
      .input = input,
      .tcp_listen = open_listener,
      .tcp_connect = open_connection,
      .tcp_send = send_bytes,
      .tcp_room = room,
      .tcp_received = used,
      .tcp_shutdown_send = shutdown_send,
      .tcp_close = close_connection,
      .tcp_abort = abort_connection,
      .tcp_close_listener = close_listener,
      .tcp_keepalive = keepalive,
      .udp_open = open_udp,
      .udp_send = send_datagram,
      .ping = ping,
  };
  return &shim;
}
