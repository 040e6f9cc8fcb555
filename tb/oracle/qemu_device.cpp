#include "tb/oracle/qemu_device.hpp"

#include "regmap/regmap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace nicosim {
namespace {

constexpr std::uint32_t kBar0 = 0xe000'0000;
constexpr unsigned kCard = 4U << 3U, kIsaBridge = 1U << 3U;  // device and function on bus 0
constexpr std::uint32_t kHpet = 0xfed0'0000;
constexpr std::uint64_t kTickPs = 10'000;
constexpr std::uint64_t kDeaf = 100'200'000;  // ticks: the second, and a little more

std::uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 16); }

}  // namespace

QemuDevice::QemuDevice() : qemu_(kStation.text()) { power_on(); }

void QemuDevice::power_on() {
  qemu_.reset();
  const auto configure = [this](unsigned function, unsigned offset, std::uint32_t value) {
    qemu_.post(fmt::format("outl 0xcf8 {:#x}", 0x8000'0000U | (function << 8U) | offset));
    qemu_.post(fmt::format("outl 0xcfc {:#x}", value));
  };
  configure(kIsaBridge, 0x60, 0x0101'0101U * QemuProcess::kIrq);
  configure(kCard, 0x10, kBar0);
  configure(kCard, 0x04, 0x6);                              // memory, bus master
  qemu_.post("outb 0x43 0x30");                             // the PIT stops; its interrupts would fill the socket
  qemu_.post(fmt::format("writeq {:#x} 1", kHpet + 0x10));  // the HPET counts
  deaf_ = false;
  settle();
  collect();
}

std::uint32_t QemuDevice::read32(std::uint32_t offset) {
  return static_cast<std::uint32_t>(number(qemu_.ask(fmt::format("readl {:#x}", kBar0 + offset))));
}

void QemuDevice::write32(std::uint32_t offset, std::uint32_t value) {
  qemu_.post(fmt::format("writel {:#x} {:#x}", kBar0 + offset, value));
  if (offset != regs::RCTL) return;
  deaf_ = true;
  deaf_until_ = ticks() + kDeaf;
}

std::vector<std::uint32_t> QemuDevice::read_all(std::span<const std::uint32_t> offsets) {
  std::vector<std::string> commands;
  for (const std::uint32_t offset : offsets) commands.push_back(fmt::format("readl {:#x}", kBar0 + offset));
  std::vector<std::uint32_t> values;
  for (const std::string& answer : qemu_.ask_all(commands))
    values.push_back(static_cast<std::uint32_t>(number(answer)));
  return values;
}

void QemuDevice::load(std::uint64_t bus, std::span<std::byte> to) {
  const std::string hex = qemu_.ask(fmt::format("read {:#x} {:#x}", bus, to.size()));
  if (hex.size() != 2 + 2 * to.size()) throw std::runtime_error("qtest: short answer to read");
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<std::byte>(std::strtoul(hex.substr(2 + 2 * i, 2).c_str(), nullptr, 16));
}

void QemuDevice::store(std::uint64_t bus, std::span<const std::byte> from) {
  constexpr std::size_t kPart = 2048;
  for (std::size_t first = 0; first < from.size(); first += kPart) {
    const auto part = from.subspan(first, std::min(kPart, from.size() - first));
    std::string command = fmt::format("write {:#x} {:#x} 0x", bus + first, part.size());
    for (const std::byte b : part) fmt::format_to(std::back_inserter(command), "{:02x}", std::to_integer<unsigned>(b));
    qemu_.post(command);
  }
}

void QemuDevice::fill(std::uint64_t bus, std::size_t bytes, std::byte value) {
  qemu_.post(fmt::format("memset {:#x} {:#x} {:#x}", bus, bytes, std::to_integer<unsigned>(value)));
}

void QemuDevice::inject(Bytes frame) { qemu_.send_frame(frame); }

std::vector<ByteVector> QemuDevice::collect() {
  while (auto frame = qemu_.receive_frame()) sent_.push_back(std::move(*frame));
  return std::exchange(sent_, {});
}

bool QemuDevice::line() {
  ticks();
  return qemu_.irq();
}

std::uint64_t QemuDevice::ticks() { return number(qemu_.ask(fmt::format("readq {:#x}", kHpet + 0xf0))); }

// An idle machine jumps from timer to timer, over none that has not run, and stands still when there is none. So the
// HPET's comparator (its interrupt off) is set to where time shall go.
void QemuDevice::wait_until(std::uint64_t tick) {
  qemu_.post(fmt::format("writeq {:#x} {:#x}", kHpet + 0x108, tick));
  while (ticks() < tick) {
  }
}

// A frame is taken from its socket and worked on in one go, so once it is taken an answer comes after it. While the
// card is deaf, or has no descriptor left, frames wait in the socket.
void QemuDevice::settle() {
  if (deaf_) {
    wait_until(deaf_until_);
    deaf_ = false;
  }
  static constexpr std::array kRing{regs::RDH, regs::RDT};
  for (auto ring = read_all(kRing); !qemu_.frames_taken() && ring[0] != ring[1]; ring = read_all(kRing)) {
  }
  ticks();
  while (auto frame = qemu_.receive_frame()) sent_.push_back(std::move(*frame));
}

void QemuDevice::advance(SimTime duration) {
  wait_until(ticks() + static_cast<std::uint64_t>(duration.in_ps()) / kTickPs + 1);
}

}  // namespace nicosim
