// nicosim_lwip_server [--] COMMAND...: what `./nicosim tap -- COMMAND` is, with lwIP in the place of the simulated
// host.
//
// The same private network, TAP, addresses and MTU; no simulated card, and lwIP computes every checksum itself. Its web
// server knows /bytes/N and sends the bytes that programs/http_server.hpp sends. lwIP is used by its raw API, so all of
// it runs on this one thread. The exit status is COMMAND's, or 125 when something goes wrong beside it.
#include "cli/live/command_process.hpp"
#include "cli/live/private_net.hpp"
#include "cli/live/tap_device.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern "C" {  // lwipopts.h forgets it
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
}

// What lwIP asks of its system, for one thread. The program's definitions come before the library's own.
extern "C" {
u32_t sys_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<u32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}
u32_t sys_jiffies() { return sys_now(); }
void sys_check_core_locking() {}
sys_prot_t sys_arch_protect() { return 0; }
void sys_arch_unprotect(sys_prot_t) {}
}

namespace nicosim::bench {
namespace {

constexpr int kFailed = 125, kMostSleepMs = 1000;
constexpr std::uint16_t kPort = 80, kMtu = 1500;
constexpr Ipv4Address kClient{0x0a4d'0001}, kServer{0x0a4d'0002};  // 10.77.0.1, 10.77.0.2
constexpr MacAddress kClientMac{{0x02, 0, 0, 0, 0x01, 0x01}}, kServerMac{{0x02, 0, 0, 0, 0, 0x01}};

// Byte i is i modulo 256, and so it goes on at any multiple of 256: the longest tcp_write() from any place in it.
const std::array<std::uint8_t, 0x1'0100> kBody = [] {
  std::array<std::uint8_t, 0x1'0100> body{};
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::uint8_t>(i);
  return body;
}();

// One request, one answer, one close.
class Connection {
 public:
  static err_t accepted(void*, tcp_pcb* pcb, err_t error) {
    if (error != ERR_OK || pcb == nullptr) return ERR_VAL;
    tcp_arg(pcb, new Connection);
    tcp_recv(pcb, [](void* self, tcp_pcb* p, pbuf* data, err_t) { return of(self).received(p, data); });
    tcp_sent(pcb, [](void* self, tcp_pcb* p, u16_t) { return of(self).write(p); });
    tcp_err(pcb, [](void* self, err_t) { delete &of(self); });
    return ERR_OK;
  }

 private:
  static Connection& of(void* self) { return *static_cast<Connection*>(self); }

  err_t received(tcp_pcb* pcb, pbuf* data) {
    if (data == nullptr) return close(pcb);
    std::string piece(data->tot_len, '\0');
    pbuf_copy_partial(data, piece.data(), data->tot_len, 0);
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    request_ += piece;
    if (answering_ || !request_.ends_with("\r\n\r\n")) return ERR_OK;
    answering_ = true;
    constexpr std::string_view kPath = "GET /bytes/";
    if (request_.starts_with(kPath))
      std::from_chars(request_.data() + kPath.size(), request_.data() + request_.size(), length_);
    const std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", length_);
    if (tcp_write(pcb, head.data(), static_cast<u16_t>(head.size()), TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) !=
        ERR_OK)
      return abort(pcb);
    return write(pcb);
  }

  // As much as the send buffer has room for. Copied, as a write() is; the checksum is computed on the way.
  err_t write(tcp_pcb* pcb) {
    while (answering_ && written_ < length_) {
      const std::uint64_t room = std::min<std::uint64_t>(tcp_sndbuf(pcb), 0xffff);
      const auto n = static_cast<u16_t>(std::min(room, length_ - written_));
      if (n == 0 || tcp_write(pcb, &kBody[written_ % 256], n, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
      written_ += n;
    }
    tcp_output(pcb);
    return ERR_OK;
  }

  err_t close(tcp_pcb* pcb) {
    tcp_arg(pcb, nullptr);
    tcp_recv(pcb, nullptr);
    tcp_sent(pcb, nullptr);
    tcp_err(pcb, nullptr);
    delete this;
    return tcp_close(pcb);
  }
  err_t abort(tcp_pcb* pcb) {  // tcp_err's callback is the end of this
    tcp_abort(pcb);
    return ERR_ABRT;
  }

  std::string request_;
  bool answering_ = false;
  std::uint64_t length_ = 0, written_ = 0;
};

// lwIP with the TAP as its only interface.
class LwipHost {
 public:
  explicit LwipHost(TapDevice& tap) : tap_(tap) {
    lwip_init();
    std::memcpy(netif_.hwaddr, kServerMac.octets.data(), ETH_HWADDR_LEN);
    const ip4_addr_t ip{lwip_htonl(kServer.value)}, mask{lwip_htonl(0xffff'ff00U)}, gateway{lwip_htonl(kClient.value)};
    netif_add(&netif_, &ip, &mask, &gateway, this, init, ethernet_input);
    netif_set_default(&netif_);
    netif_set_link_up(&netif_);
    netif_set_up(&netif_);
    tcp_pcb* const pcb = tcp_new();
    if (tcp_bind(pcb, IP4_ADDR_ANY, kPort) != ERR_OK) throw std::runtime_error("lwIP: tcp_bind");
    tcp_accept(tcp_listen(pcb), Connection::accepted);
  }
  LwipHost(const LwipHost&) = delete;
  LwipHost& operator=(const LwipHost&) = delete;

  // Takes what has come, does what is due, and says how many ms from now something will be.
  int run() {
    while (const auto frame = tap_.read()) {
      const auto size = static_cast<u16_t>(frame->size());
      pbuf* const p = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
      if (p == nullptr) continue;
      pbuf_take(p, frame->data(), size);
      if (netif_.input(p, &netif_) != ERR_OK) pbuf_free(p);
    }
    sys_check_timeouts();
    return static_cast<int>(std::min<u32_t>(sys_timeouts_sleeptime(), kMostSleepMs));
  }

 private:
  static err_t init(netif* n) {
    n->output = etharp_output;
    n->linkoutput = [](netif* self, pbuf* p) { return static_cast<LwipHost*>(self->state)->send(p); };
    n->mtu = kMtu;
    n->hwaddr_len = ETH_HWADDR_LEN;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
  }
  err_t send(pbuf* p) {
    if (p->next == nullptr) {
      tap_.write({static_cast<const std::byte*>(p->payload), p->len});
    } else {
      const std::size_t n = pbuf_copy_partial(p, whole_.data(), static_cast<u16_t>(whole_.size()), 0);
      tap_.write(Bytes{whole_}.first(n));
    }
    return ERR_OK;
  }

  TapDevice& tap_;
  struct netif netif_ {};
  std::array<std::byte, 2048> whole_;
};

int serve(const std::vector<std::string>& command) {
  switch_ipv6_off();
  bring_loopback_up();
  TapDevice tap{"tap0", false};
  configure({.name = tap.name(), .mac = kClientMac, .address = kClient, .mtu = kMtu, .gateway = std::nullopt});
  LwipHost host{tap};
  CommandProcess process;
  process.start(command);
  while (!process.ended()) {
    const int sleep_ms = host.run();
    std::array<pollfd, 2> files{{{process.descriptor(), POLLIN, 0}, {tap.descriptor(), POLLIN, 0}}};
    if (::poll(files.data(), files.size(), sleep_ms) > 0 && files[0].revents != 0) process.see();
  }
  return process.status().value_or(kFailed);
}

int main_of(int argc, char** argv) {
  std::vector<std::string> command(argv + 1, argv + argc);
  if (!command.empty() && command.front() == "--") command.erase(command.begin());
  if (command.empty()) {
    fmt::print(stderr, "usage: nicosim_lwip_server [--] COMMAND...\n");
    return kFailed;
  }
  return in_private_net(
      [&command] {
        try {
          return serve(command);
        } catch (const std::exception& e) {
          fmt::print(stderr, "nicosim: {}\n", e.what());
          return kFailed;
        }
      },
      kFailed);
}

}  // namespace
}  // namespace nicosim::bench

int main(int argc, char** argv) { return nicosim::bench::main_of(argc, argv); }
