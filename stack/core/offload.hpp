// What the stack does itself when a card does not: checksums (skb_checksum_help) and cutting (skb_gso_segment).
#pragma once

#include "common/frame.hpp"
#include "stack/core/net.hpp"

#include <cstddef>
#include <vector>

namespace nicosim {

// Finishes a checksum that was left. Charged per byte.
void checksum_help(Net& net, Frame& frame);

// The packets that a GSO frame stands for, with headers of their own (tcp_gso_segment, inet_gso_segment). `network` is
// where its IP header begins. Their checksums are left when `leave_checksums`, as the card then adds them.
//
// Ids: one per packet when the frame has as many (GRO); else the last packet carries the frame's, and those before it
// open new ones whose parent it is, just as a card does that cuts a chain.
std::vector<FramePtr> gso_segment(Net& net, FramePtr frame, std::size_t network, bool leave_checksums);

// IP header, TCP header and payload of the longest packet in a GSO frame (skb_gso_network_seglen).
std::size_t gso_network_seglen(const Frame& frame, std::size_t network);

}  // namespace nicosim
