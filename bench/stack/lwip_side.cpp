// lwIP by its raw API, as Debian builds it; clock and locks are answered here. Received bytes are copied once, as a
// read() would.
#include "bench/stack/side.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

extern "C" {  // lwipopts.h forgets it
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
}

namespace {

std::uint64_t now_us = 0;

}  // namespace

// What lwIP asks of its system. The program's definitions come before the library's own.
extern "C" {
u32_t sys_now() { return static_cast<u32_t>(now_us / 1000); }
u32_t sys_jiffies() { return sys_now(); }
void sys_check_core_locking() {}
sys_prot_t sys_arch_protect() { return 0; }
void sys_arch_unprotect(sys_prot_t) {}
}

namespace nicosim::bench {
namespace {

ip_addr_t address_of(Ipv4Address address) {
  ip_addr_t out IPADDR4_INIT(lwip_htonl(address.value));
  return out;
}

class LwipSide final : public Side {
 public:
  LwipSide() {
    self = this;
    lwip_init();
    std::memcpy(netif_.hwaddr, kStackMac.octets.data(), ETH_HWADDR_LEN);
    const ip_addr_t ip = address_of(kStackIp), mask = address_of({0xffff'ff00U}), gateway = address_of({});
    netif_add(&netif_, ip_2_ip4(&ip), ip_2_ip4(&mask), ip_2_ip4(&gateway), nullptr, init_netif, ethernet_input);
    netif_set_default(&netif_);
    netif_set_link_up(&netif_);
    out = [](Bytes) {};  // the announcement of its address
    netif_set_up(&netif_);
  }

  void open_udp() override {
    udp_ = udp_new();
    if (udp_bind(udp_, IP4_ADDR_ANY, kPort) != ERR_OK) std::abort();
    udp_recv(udp_, on_datagram, nullptr);
    to_ = address_of(kPeerIp);
  }
  void listen() override {
    tcp_pcb* const pcb = tcp_new();
    if (tcp_bind(pcb, IP4_ADDR_ANY, kPort) != ERR_OK) std::abort();
    tcp_accept(tcp_listen(pcb), on_accepted);
  }

 private:
  static err_t init_netif(netif* n) {
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->output = etharp_output;
    n->linkoutput = [](netif*, pbuf* p) -> err_t {
      if (p->next != nullptr) std::abort();  // LWIP_NETIF_TX_SINGLE_PBUF
      self->out({static_cast<const std::byte*>(p->payload), p->len});
      return ERR_OK;
    };
    n->mtu = 1500;
    n->hwaddr_len = ETH_HWADDR_LEN;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
  }
  static void read(pbuf* p) {
    self->bytes_read += pbuf_copy_partial(p, self->buffer_.data(), p->tot_len, 0);
    ++self->datagrams_read;
  }
  static void on_datagram(void*, udp_pcb*, pbuf* p, const ip_addr_t*, u16_t) {
    read(p);
    pbuf_free(p);
  }
  static err_t on_accepted(void*, tcp_pcb* pcb, err_t) {
    self->tcp_ = pcb;
    tcp_recv(pcb, on_received);
    return ERR_OK;
  }
  static err_t on_received(void*, tcp_pcb* pcb, pbuf* p, err_t) {
    if (p == nullptr) return ERR_OK;
    read(p);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
  }

  void do_deliver(Bytes frame) override {
    pbuf* const p = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(frame.size()), PBUF_RAM);
    pbuf_take(p, frame.data(), static_cast<u16_t>(frame.size()));
    if (netif_.input(p, &netif_) != ERR_OK) pbuf_free(p);
  }
  void do_settle() override {
    now_us += 1;
    sys_check_timeouts();
  }
  void do_send_datagram(Bytes data) override {
    pbuf* const p = pbuf_alloc(PBUF_TRANSPORT, static_cast<u16_t>(data.size()), PBUF_RAM);
    pbuf_take(p, data.data(), static_cast<u16_t>(data.size()));
    if (udp_sendto(udp_, p, &to_, kPort) != ERR_OK) std::abort();
    pbuf_free(p);
  }
  std::size_t do_send_stream(Bytes data) override {
    const std::size_t n = std::min<std::size_t>(data.size(), tcp_sndbuf(tcp_));
    if (n == 0 || tcp_write(tcp_, data.data(), static_cast<u16_t>(n), TCP_WRITE_FLAG_COPY) != ERR_OK) return 0;
    tcp_output(tcp_);
    return n;
  }

  static inline LwipSide* self = nullptr;
  struct netif netif_ {};
  udp_pcb* udp_ = nullptr;
  tcp_pcb* tcp_ = nullptr;
  ip_addr_t to_{};
  std::array<std::byte, 65536> buffer_;
};

}  // namespace

std::unique_ptr<Side> make_lwip_side() { return std::make_unique<LwipSide>(); }

}  // namespace nicosim::bench
