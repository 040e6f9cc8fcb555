// What a file system asks of a disk: to read or write whole runs of sectors, answered later by a call (struct bio,
// submit_bio). The bytes themselves are the file system's.
#pragma once

#include <cstdint>
#include <functional>

namespace nicosim {

inline constexpr std::uint64_t kSectorBytes = 512;

struct Bio {
  std::uint64_t sector = 0;      // the first one
  std::uint64_t bytes = 0;       // a multiple of kSectorBytes
  bool write = false;            // REQ_OP_WRITE
  std::function<void()> end_io;  // once, from the disk's interrupt
};

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;
  // Process context. Charges what queueing costs and returns; does not sleep, but time passes in it.
  virtual void submit(Bio) = 0;
};

}  // namespace nicosim
