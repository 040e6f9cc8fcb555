/* The door to one copy of lwIP: what LwipPeer calls in it, and what it calls back.
 *
 * lwIP keeps its state in global variables, so each peer loads this shim, and with it the library and a C library, into
 * a link namespace of its own (dlmopen). Only plain C types cross the border; memory stays with the side that made it.
 * Not thread-safe; nothing in it looks at the host's clock. */
#ifndef NICOSIM_TB_LWIP_SHIM_H
#define NICOSIM_TB_LWIP_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Addresses are in host order. `cookie` is what the owner gave when it opened the thing. */
struct lwip_shim_events {
  /* A whole Ethernet frame leaves, without FCS, not padded. */
  void (*output)(void* owner, const void* frame, size_t bytes);
  /* Returns the cookie of the new connection; NULL: the callee has aborted it. */
  void* (*accepted)(void* owner, void* listener_cookie, void* pcb);
  int (*connected)(void* cookie); /* nonzero: the callee has aborted the connection */
  /* Bytes in order; data == NULL: the peer's FIN. Nonzero as above. */
  int (*received)(void* cookie, const void* data, size_t bytes);
  int (*sent)(void* cookie, size_t bytes); /* so many more are acknowledged; nonzero as above */
  void (*failed)(void* cookie, int error); /* an err_t of lwIP; the pcb is gone */
  void (*datagram)(void* cookie, uint32_t from, uint16_t port, const void* data, size_t bytes);
  void (*echo_reply)(void* owner, uint32_t from, uint16_t sequence, const void* data, size_t bytes);
};

struct lwip_shim {
  void (*start)(void* owner, const struct lwip_shim_events* events, const uint8_t mac[6], uint32_t address,
                uint32_t netmask, unsigned seed);
  void (*set_now)(uint32_t ms);
  void (*check_timeouts)(void);
  uint32_t (*sleep_time)(void); /* ms until check_timeouts() has something to do; ~0: for ever */
  void (*input)(const void* frame, size_t bytes);

  void* (*tcp_listen)(uint16_t port, void* cookie); /* NULL: the port is taken */
  void* (*tcp_connect)(uint32_t address, uint16_t port, void* cookie);
  size_t (*tcp_send)(void* pcb, const void* data, size_t bytes); /* how many were taken */
  size_t (*tcp_room)(void* pcb);
  void (*tcp_received)(void* pcb, size_t bytes); /* the application has used them: the window opens */
  void (*tcp_shutdown_send)(void* pcb);
  void (*tcp_close)(void* pcb); /* no call back for this pcb afterwards */
  void (*tcp_abort)(void* pcb); /* RST; no call back either */
  void (*tcp_close_listener)(void* pcb);
  void (*tcp_keepalive)(void* pcb, uint32_t idle_ms, uint32_t interval_ms, uint32_t count);

  void* (*udp_open)(uint16_t port, void* cookie);
  int (*udp_send)(void* pcb, uint32_t address, uint16_t port, const void* data, size_t bytes); /* err_t */
  int (*ping)(uint32_t address, uint16_t sequence, const void* data, size_t bytes);            /* err_t */
};

/* The only exported name. */
const struct lwip_shim* lwip_shim_entry(void);

#ifdef __cplusplus
}
#endif
#endif
