// What lies between a card's Ethernet frames and the packets of the interface, and the queue of those sent.
#pragma once

#include "common/bytes.hpp"
#include "common/sim_time.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace nicosim {

class LinkForm {
 public:
  struct Sent {
    std::vector<std::byte> bytes;
    SimTime time;
  };
  static constexpr std::size_t kEthernetHeader = 14;
  static constexpr std::size_t kRoom = 4096;  // packets that nobody has taken

  void set_ethernet(bool on) { ethernet_ = on; }
  // A packet as the user has it, as a frame to `own`.
  static std::vector<std::byte> frame_of(Bytes packet, const MacAddress& own);

  // The card has sent a frame (without FCS). Queued for the user; or, where the far end speaks IP only, the frame that
  // answers it: an ARP reply.
  std::optional<std::vector<std::byte>> sent(Bytes frame, SimTime now);

  bool full() const { return queue_.size() >= kRoom; }
  const Sent* oldest() const { return queue_.empty() ? nullptr : &queue_.front(); }
  void pop() { queue_.pop_front(); }

 private:
  bool ethernet_ = true;
  std::deque<Sent> queue_;
};

}  // namespace nicosim
