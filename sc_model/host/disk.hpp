// A disk: one queue, answers in order, an interrupt for each (as an NVMe drive with one queue pair has it).
//
// A request takes a tag when it is issued; without a free one it waits in the host. `latency` is what the medium needs
// until the first byte, to be read or written, for all requests in flight at the same time; then their bytes share one
// path of `bandwidth`. The tag is free again when the interrupt handler has seen the answer. Contents are the file
// system's business.
#pragma once

#include "common/ledger.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host/cpu.hpp"
#include "stack/fs/block_device.hpp"

#include <cstdint>
#include <deque>

namespace nicosim {

struct DiskConfig {
  SimTime latency = SimTime::us(100);
  std::uint64_t bandwidth = 500'000'000;  // bytes per second
  unsigned queue = 32;                    // tags
  bool operator==(const DiskConfig&) const = default;
};

class Disk final : public BlockDevice {
 public:
  // As /proc/diskstats counts.
  struct Stats {
    std::uint64_t reads_completed = 0, sectors_read = 0;
    std::uint64_t writes_completed = 0, sectors_written = 0;
    std::uint64_t max_in_flight = 0;
    std::uint64_t waited_for_tag = 0;    // requests that found none
    SimTime time_reading, time_writing;  // of all requests, from submit() to the handler
  };

  // Raises interrupt `line`; handle_interrupt() belongs in the vector table. All must outlive it.
  Disk(Agenda& agenda, HostCpu& cpu, Ledger& ledger, unsigned line, DiskConfig config);

  void submit(Bio bio) override;
  bool handle_interrupt();  // false: nothing was finished
  const Stats& stats() const { return stats_; }

 private:
  struct Request {
    Bio bio;
    SimTime submitted, done;
  };

  void issue(Request request);
  void complete();  // the medium has delivered the oldest request

  Agenda& agenda_;
  HostCpu& cpu_;
  Ledger& ledger_;
  unsigned line_;
  DiskConfig config_;
  AgendaCall completion_;
  std::deque<Request> waiting_;    // for a tag
  std::deque<Request> in_flight_;  // in order of submission, which is that of completion
  std::deque<Request> finished_;   // the handler has not seen them; they still have their tags
  SimTime path_free_ = SimTime::zero();
  Stats stats_;
};

}  // namespace nicosim
