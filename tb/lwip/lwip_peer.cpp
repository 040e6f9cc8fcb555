#include "tb/lwip/lwip_peer.hpp"

#include <dlfcn.h>
#include <stdexcept>
#include <string>
#include <utility>

namespace nicosim {
namespace {

Bytes bytes_of(const void* data, std::size_t n) { return {static_cast<const std::byte*>(data), n}; }

}  // namespace

std::size_t LwipConnection::send(Bytes data) {
  return pcb_ == nullptr ? 0 : shim_.tcp_send(pcb_, data.data(), data.size());
}
void LwipConnection::shutdown_send() {
  if (pcb_ != nullptr) shim_.tcp_shutdown_send(pcb_);
}
void LwipConnection::close() {
  if (void* const pcb = std::exchange(pcb_, nullptr)) shim_.tcp_close(pcb);
}
void LwipConnection::abort() {
  void* const pcb = std::exchange(pcb_, nullptr);
  if (pcb == nullptr) return;
  aborted_ = true;
  shim_.tcp_abort(pcb);
}
void LwipConnection::release() {
  held_ = false;
  if (pcb_ != nullptr && unused_ > 0) shim_.tcp_received(pcb_, std::exchange(unused_, 0));
}

// What lwIP calls. Cookies are our objects: connections, listeners, functions for datagrams.
const lwip_shim_events& LwipPeer::events() {
  static const lwip_shim_events events{
      .output =
          [](void* owner, const void* frame, std::size_t n) {
            const Bytes bytes = bytes_of(frame, n);
            static_cast<LwipPeer*>(owner)->out_.emplace_back(bytes.begin(), bytes.end());
          },
      .accepted = [](void* owner, void* cookie, void* pcb) -> void* {
        LwipConnection& connection = static_cast<LwipPeer*>(owner)->new_connection();
        connection.pcb_ = pcb;
        connection.connected_ = true;
        (*static_cast<Accepted*>(cookie))(connection);
        return connection.aborted_ ? nullptr : &connection;
      },
      .connected = [](void* cookie) -> int {
        auto& connection = *static_cast<LwipConnection*>(cookie);
        connection.connected_ = true;
        if (connection.on_connected) connection.on_connected();
        return connection.aborted_ ? 1 : 0;
      },
      .received = [](void* cookie, const void* data, std::size_t n) -> int {
        auto& connection = *static_cast<LwipConnection*>(cookie);
        if (data == nullptr) {
          connection.ended_ = true;
          if (connection.on_end) connection.on_end();
          return connection.aborted_ ? 1 : 0;
        }
        connection.unused_ += n;
        if (connection.on_received) connection.on_received(bytes_of(data, n));
        if (!connection.held_) connection.release();
        return connection.aborted_ ? 1 : 0;
      },
      .sent = [](void* cookie, std::size_t) -> int {
        auto& connection = *static_cast<LwipConnection*>(cookie);
        if (connection.on_room) connection.on_room();
        return connection.aborted_ ? 1 : 0;
      },
      .failed =
          [](void* cookie, int error) {
            auto& connection = *static_cast<LwipConnection*>(cookie);
            connection.pcb_ = nullptr;
            connection.error_ = error;
            if (connection.on_failed) connection.on_failed(error);
          },
      .datagram = [](void* cookie, std::uint32_t from, std::uint16_t port, const void* data,
                     std::size_t n) { (*static_cast<Datagram*>(cookie))({from}, port, bytes_of(data, n)); },
      .echo_reply =
          [](void* owner, std::uint32_t from, std::uint16_t sequence, const void* data, std::size_t n) {
            const auto& peer = *static_cast<LwipPeer*>(owner);
            if (peer.on_echo_reply) peer.on_echo_reply({from}, sequence, bytes_of(data, n));
          },
  };
  return events;
}

LwipPeer::LwipPeer(const LwipConfig& config) {
  library_ = ::dlmopen(LM_ID_NEWLM, NICOSIM_LWIP_SHIM, RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) throw std::runtime_error(std::string{"lwIP: "} + ::dlerror());
  using Entry = const lwip_shim* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(library_, "lwip_shim_entry"));
  if (entry == nullptr) throw std::runtime_error(std::string{"lwIP: "} + ::dlerror());
  shim_ = entry();
  const std::uint32_t netmask = config.prefix_length == 0 ? 0 : ~0U << (32 - config.prefix_length);
  shim_->start(this, &events(), config.mac.octets.data(), config.address.value, netmask, config.seed);
}

LwipPeer::~LwipPeer() { ::dlclose(library_); }

void LwipPeer::set_now(SimTime now) {
  now_ = now;
  shim_->set_now(static_cast<std::uint32_t>(now.in_ns() / 1'000'000));
}

void LwipPeer::receive(SimTime now, Bytes frame) {
  set_now(now);
  shim_->input(frame.data(), frame.size());
}

std::vector<std::vector<std::byte>> LwipPeer::take() { return std::exchange(out_, {}); }

SimTime LwipPeer::next_deadline() const {
  const std::uint32_t sleep_ms = shim_->sleep_time();
  if (sleep_ms == ~0U) return SimTime::never();
  return SimTime::ms(now_.in_ns() / 1'000'000 + sleep_ms);
}

void LwipPeer::run_timers(SimTime now) {
  set_now(now);
  shim_->check_timeouts();
}

void* LwipPeer::listen(std::uint16_t port, Accepted accepted) {
  return shim_->tcp_listen(port, &listeners_.emplace_back(std::move(accepted)));
}

LwipConnection& LwipPeer::new_connection() {
  connections_.push_back(std::unique_ptr<LwipConnection>{new LwipConnection{*shim_}});
  return *connections_.back();
}

LwipConnection& LwipPeer::connect(Ipv4Address to, std::uint16_t port) {
  LwipConnection& connection = new_connection();
  connection.pcb_ = shim_->tcp_connect(to.value, port, &connection);
  return connection;
}

void* LwipPeer::open_udp(std::uint16_t port, Datagram received) {
  return shim_->udp_open(port, &datagrams_.emplace_back(std::move(received)));
}
bool LwipPeer::send_udp(void* socket, Ipv4Address to, std::uint16_t port, Bytes data) {
  return shim_->udp_send(socket, to.value, port, data.data(), data.size()) == 0;
}
bool LwipPeer::ping(Ipv4Address to, std::uint16_t sequence, Bytes data) {
  return shim_->ping(to.value, sequence, data.data(), data.size()) == 0;
}

}  // namespace nicosim
