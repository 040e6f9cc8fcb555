// A seeded random sequence of operations on an 8254x card: first a full initialization, then what drivers do, in any
// order. A sequence is plain data, so that it can be played on several devices, printed, and shortened.
#pragma once

#include "regmap/descriptors.hpp"
#include "tb/oracle/device.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nicosim {

struct RegisterWrite {
  std::uint32_t offset = 0, value = 0;
};

struct TxFrame {
  ByteVector bytes;
  std::vector<std::size_t> pieces;  // bytes in each of its descriptors; they add up to the frame
  std::size_t alignment = 0;        // of each piece in memory, 0..15
  std::uint8_t cmd = 0;             // of each descriptor, EOP apart
  std::uint16_t tci = 0;            // of the tag to insert, with CMD_VLE
  // Data descriptors in place of legacy ones, with these POPTS, behind this context descriptor.
  bool extended = false;
  std::uint8_t popts = 0;
  DescriptorBytes context{};
  unsigned segments = 0;  // frames that come of it; 0: no segmentation
  std::size_t descriptors() const { return pieces.size() + (extended ? 1 : 0); }
};

struct Operation {
  enum class Kind : std::uint8_t {
    write,       // a register, then read it back where that says something
    look,        // the line, ICR (which clears it), the line again
    post,        // give `count` receive descriptors to the card
    receive,     // a frame arrives
    starve,      // more frames for the station than there are descriptors, `count` too many; then descriptors
    send,        // frames, by one write to TDT
    statistics,  // read them all
  };
  Kind kind = Kind::look;
  RegisterWrite reg;
  unsigned count = 0;
  ByteVector frame;
  std::vector<TxFrame> frames;

  std::string text() const;
};

struct Sequence {
  std::uint64_t seed = 0;
  unsigned rx_ring = 8, tx_ring = 8;    // descriptors
  unsigned rx_posted = 7;               // at the start
  std::size_t rx_alignment = 0;         // of the buffers
  unsigned null_every = 0;              // each n-th posted descriptor has no buffer; 0: none
  std::uint32_t rctl = 0, tctl = 0;     // with their enable bits
  std::vector<RegisterWrite> settings;  // before the receiver is enabled
  std::vector<Operation> operations;
};

// What features.hpp switches on.
Sequence make_sequence(std::uint64_t seed);

// Register name for people: "RDT", "MTA[7]".
std::string register_name(std::uint32_t offset);

}  // namespace nicosim
