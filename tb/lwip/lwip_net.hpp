// Our stack (side 0, 10.77.0.2) and lwIP (side 1, 10.77.0.1) with a wire between them, and a log of every frame on it.
//
// Time jumps from event to event; work costs none. Neither knows the other's address: they ask by ARP.
#pragma once

#include "common/crc32.hpp"
#include "tb/lwip/lwip_peer.hpp"
#include "tb/netsim/link.hpp"
#include "tb/netsim/sim_host.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace nicosim {

class LwipNet {
 public:
  LwipNet(const LinkModel& link, const StackConfig& config, std::uint64_t seed)
      : link_(link, seed),
        host(0, config, [this](packets::Packet bytes) { send(0, std::move(bytes)); }),
        peer({.mac = SimHost::mac(1), .address = SimHost::address(1), .seed = static_cast<unsigned>(seed)}) {}

  // Runs until `done` or `limit`; `apps` looks at the host's sockets after every event. false: the time was not enough.
  bool run(SimTime limit, const std::function<void()>& apps, const std::function<bool()>& done) {
    settle(apps);
    while (!done()) {
      SimTime next = std::min(host.stack->next_deadline(), peer.next_deadline());
      if (!events_.empty()) next = std::min(next, events_.begin()->first.first);
      if (next > limit) return false;
      now_ = std::max(now_, next);
      host.runtime.set_now(now_);
      peer.set_now(now_);
      while (!events_.empty() && events_.begin()->first.first <= now_) {
        const Event event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        if (event.to == 0)
          host.deliver(event.bytes);
        else
          peer.receive(now_, event.bytes);
      }
      if (host.stack->next_deadline() <= now_) host.stack->softirq(Softirq::timer);
      if (peer.next_deadline() <= now_) peer.run_timers(now_);
      settle(apps);
    }
    return true;
  }
  // For so long, whatever happens.
  void run_for(
      SimTime duration, const std::function<void()>& apps = [] {}) {
    run(now_ + duration, apps, [] { return false; });
    now_ += duration;
    host.runtime.set_now(now_);
    peer.set_now(now_);
  }

  void cut() { cut_ = true; }  // from now on nothing arrives that is not on its way yet

  SimTime now() const { return now_; }
  const Link::Counts& counts() const { return link_.counts(); }
  // One line per frame sent: time in ns, sender, length, CRC of its bytes.
  const std::string& packet_log() const { return log_; }
  std::function<void(unsigned from, Bytes frame)> on_frame;  // sees every frame that is sent

 private:
  struct Event {
    unsigned to;
    packets::Packet bytes;
  };

  void settle(const std::function<void()>& apps) {
    host.run_softirqs();
    apps();
    host.run_softirqs();
    for (auto& frame : peer.take()) send(1, std::move(frame));
  }
  void send(unsigned from, packets::Packet frame) {
    log_ += fmt::format("{} {} {} {:08x}\n", now_.in_ns(), from == 0 ? "nicosim" : "lwip", frame.size(),
                        ethernet_fcs(frame));
    if (on_frame) on_frame(from, frame);
    if (cut_) return;
    link_.carry(from, now_, std::move(frame), [this, from](SimTime when, packets::Packet bytes) {
      events_.emplace(std::pair{when, next_event_++}, Event{1 - from, std::move(bytes)});
    });
  }

  Link link_;
  SimTime now_;
  std::map<std::pair<SimTime, std::uint64_t>, Event> events_;
  std::uint64_t next_event_ = 0;
  std::string log_;
  bool cut_ = false;

 public:
  SimHost host;
  LwipPeer peer;
};

inline sockaddr_in socket_address(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value);
  return out;
}

// What byte number i of stream `key` is; neighbours, blocks and streams differ.
inline std::byte stream_byte(std::uint64_t key, std::uint64_t i) {
  return static_cast<std::byte>((key * 41 + i * 31 + (i >> 8U) + (i >> 16U)) & 0xffU);
}

}  // namespace nicosim
