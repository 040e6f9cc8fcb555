#include "stack/io/eventfd.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/io/wait_event.hpp"
#include "stack/socket/socket.hpp"

#include <cerrno>
#include <cstring>
#include <limits>

namespace nicosim {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();  // never reached by write()

}  // namespace

long EventFd::read(Task& task, const File& file, std::span<std::byte> buffer) {
  if (buffer.size() < sizeof count_) return -EINVAL;
  const auto ready = [this] { return count_ != 0; };
  if (!ready() && file.nonblocking) return -EAGAIN;
  if (!wait_event_interruptible(runtime_, wqh_, task, false, ready)) return -kERESTARTSYS;
  const std::uint64_t taken = semaphore_ ? 1 : count_;
  count_ -= taken;
  std::memcpy(buffer.data(), &taken, sizeof taken);
  wqh_.wake_up(kPollOut);
  return sizeof taken;
}

long EventFd::write(Task& task, const File& file, std::span<const std::byte> data) {
  std::uint64_t added = 0;
  if (data.size() < sizeof added) return -EINVAL;
  std::memcpy(&added, data.data(), sizeof added);
  if (added == kMost) return -EINVAL;
  const auto ready = [&] { return kMost - count_ > added; };
  if (!ready() && file.nonblocking) return -EAGAIN;
  if (!wait_event_interruptible(runtime_, wqh_, task, false, ready)) return -kERESTARTSYS;
  count_ += added;
  wqh_.wake_up(kPollIn);
  return sizeof added;
}

PollMask EventFd::poll() { return (count_ > 0 ? kPollIn : 0) | (kMost - 1 > count_ ? kPollOut : 0); }

}  // namespace nicosim
