// What a ring of transmit descriptors must put on the wire, said in plain C++ from the manual (sections 3.3 to 3.5).
//
// Looks at a frame as a whole once its last descriptor is known, and cuts and sums by the byte: nothing of how the card
// does it. Lengths are in bytes; checksums count from the frame's first byte, without a tag that the card puts in.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace nicosim::test {

class TxModel {
 public:
  using Octets = std::vector<std::uint8_t>;
  using Descriptor = std::array<std::uint8_t, 16>;

  struct Settings {
    bool vlan = false;  // CTRL.VME
    std::uint16_t ethertype = 0x8100;
    bool pad = true;  // TCTL.PSP
  };
  struct Sent {
    Octets bytes;         // on the wire; with the FCS if the card appends it
    unsigned descriptor;  // number of the one that names it
    unsigned kind;        // TX_EV_*; 8: given up, no bytes
  };

  static constexpr unsigned kOk = 0, kSegment = 1, kLastSegment = 2, kGivenUp = 8;
  static constexpr std::size_t kLongest = 16128;

  TxModel(const Settings& settings, std::function<Octets(std::uint64_t address, std::size_t length)> memory)
      : settings_(settings), memory_(std::move(memory)) {}

  void descriptor(const Descriptor& bytes);

  const std::vector<Sent>& sent() const { return sent_; }
  unsigned chains_done() const { return chains_done_; }      // TSCTC
  unsigned chains_failed() const { return chains_failed_; }  // TSCTFC

 private:
  struct Context {
    unsigned ipcss = 0, ipcso = 0, ipcse = 0, tucss = 0, tucso = 0, tucse = 0;
    unsigned payload = 0, header = 0, mss = 0;
    bool tcp = false, ipv4 = false;
  };
  struct Last {  // bits of the descriptor that ends the frame
    bool ifcs, vle, ic;
    unsigned cso, special;
  };

  void end_of_frame(const Last& last, unsigned number);
  void cut(unsigned number);
  void checksum(Octets& frame, unsigned css, unsigned cso, unsigned cse, unsigned plus, bool never_zero,
                const Octets& summed);
  void send(Octets frame, bool ifcs, bool vle, unsigned special, unsigned number, unsigned kind);

  Settings settings_;
  std::function<Octets(std::uint64_t, std::size_t)> memory_;
  unsigned number_ = 0;
  Context plain_, chain_;

  bool open_ = false, bad_ = false;
  bool legacy_ = false, segment_ = false, ixsm_ = false, txsm_ = false;
  unsigned css_ = 0, first_number_ = 0;
  Last first_{};
  Context context_;
  Octets data_;

  std::vector<Sent> sent_;
  unsigned chains_done_ = 0, chains_failed_ = 0;
};

}  // namespace nicosim::test
