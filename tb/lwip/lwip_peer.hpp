// lwIP as a peer in this process: somebody else's TCP/IP, driven by frames and simulated time alone.
//
// Plain C++; knows neither the simulation nor our stack. Each peer has a copy of the library of its own, so several can
// live in one process (glibc has room for about a dozen). Two peers with the same seed, frames and times do the same.
#pragma once

#include "common/bytes.hpp"
#include "common/sim_time.hpp"
#include "tb/lwip/shim.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace nicosim {

class LwipPeer;

// One TCP connection. Lives as long as its peer; what happens is told through the functions, all optional. They may
// call everything here, also close() and abort().
class LwipConnection {
 public:
  std::function<void()> on_connected;
  std::function<void(Bytes)> on_received;  // in order, once
  std::function<void()> on_end;            // the other side's FIN: nothing follows
  std::function<void()> on_room;           // send() takes more again
  std::function<void(int)> on_failed;      // lwIP's err_t: RST, time-out; the connection is gone

  // Takes as many bytes as there is room for, and sends them; how many that were.
  std::size_t send(Bytes data);
  std::size_t room() const { return pcb_ == nullptr ? 0 : shim_.tcp_room(pcb_); }
  void shutdown_send();  // FIN behind what was sent; receiving goes on
  void close();          // the same in both directions; RST when received bytes were not used
  void abort();          // RST
  void keepalive(SimTime idle, SimTime interval, unsigned count) {
    shim_.tcp_keepalive(pcb_, ms(idle), ms(interval), count);
  }
  // While held, received bytes do not open the window again; release() makes up for it.
  void hold() { held_ = true; }
  void release();

  bool is_open() const { return pcb_ != nullptr; }  // neither closed nor failed
  bool is_connected() const { return connected_; }
  bool has_ended() const { return ended_; }  // FIN received
  int error() const { return error_; }       // 0: none

 private:
  friend class LwipPeer;
  explicit LwipConnection(const lwip_shim& shim) : shim_(shim) {}
  static std::uint32_t ms(SimTime t) { return static_cast<std::uint32_t>(t.in_ns() / 1'000'000); }

  const lwip_shim& shim_;
  void* pcb_ = nullptr;
  std::size_t unused_ = 0;
  int error_ = 0;
  bool held_ = false, connected_ = false, ended_ = false, aborted_ = false;
};

struct LwipConfig {
  MacAddress mac;
  Ipv4Address address;
  unsigned prefix_length = 24;
  unsigned seed = 1;
};

class LwipPeer {
 public:
  // Throws std::runtime_error when the library cannot be loaded.
  explicit LwipPeer(const LwipConfig& config);
  ~LwipPeer();
  LwipPeer(const LwipPeer&) = delete;
  LwipPeer& operator=(const LwipPeer&) = delete;

  // Frames without FCS, from the Ethernet header on. What the peer sends is collected until take().
  void receive(SimTime now, Bytes frame);
  std::vector<std::vector<std::byte>> take();
  // lwIP counts milliseconds, and some of its timers never rest: never() does not occur.
  SimTime next_deadline() const;
  void run_timers(SimTime now);
  void set_now(SimTime now);  // before anything is called from outside

  using Accepted = std::function<void(LwipConnection&)>;
  // Returns a handle for close_listener(); nullptr when the port is taken.
  void* listen(std::uint16_t port, Accepted accepted);
  void close_listener(void* listener) { shim_->tcp_close_listener(listener); }
  LwipConnection& connect(Ipv4Address to, std::uint16_t port);

  using Datagram = std::function<void(Ipv4Address from, std::uint16_t port, Bytes data)>;
  void* open_udp(std::uint16_t port, Datagram received);  // a handle for send_udp()
  bool send_udp(void* socket, Ipv4Address to, std::uint16_t port, Bytes data);
  bool ping(Ipv4Address to, std::uint16_t sequence, Bytes data);
  std::function<void(Ipv4Address from, std::uint16_t sequence, Bytes data)> on_echo_reply;

 private:
  static const lwip_shim_events& events();
  LwipConnection& new_connection();

  void* library_ = nullptr;
  const lwip_shim* shim_ = nullptr;
  SimTime now_;
  std::vector<std::vector<std::byte>> out_;
  std::deque<std::unique_ptr<LwipConnection>> connections_;
  std::deque<Accepted> listeners_;
  std::deque<Datagram> datagrams_;
};

}  // namespace nicosim
