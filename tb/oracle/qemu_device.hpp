// QEMU's e1000 as an OracleDevice.
#pragma once

#include "tb/oracle/device.hpp"
#include "tb/oracle/qemu_process.hpp"

namespace nicosim {

class QemuDevice final : public OracleDevice {
 public:
  QemuDevice();  // throws std::runtime_error

  std::string_view name() const override { return "QEMU"; }
  void power_on() override;

  std::uint32_t read32(std::uint32_t offset) override;
  void write32(std::uint32_t offset, std::uint32_t value) override;
  std::vector<std::uint32_t> read_all(std::span<const std::uint32_t> offsets) override;
  void load(std::uint64_t bus, std::span<std::byte> to) override;
  void store(std::uint64_t bus, std::span<const std::byte> from) override;

  void fill(std::uint64_t bus, std::size_t bytes, std::byte value) override;

  void inject(Bytes frame) override;
  std::vector<ByteVector> collect() override;
  bool line() override;
  void settle() override;
  void advance(SimTime duration) override;

  pid_t pid() const { return qemu_.pid(); }

 private:
  std::uint64_t ticks();  // of the HPET, 10 ns each, since power_on()
  void wait_until(std::uint64_t tick);

  QemuProcess qemu_;
  std::vector<ByteVector> sent_;
  bool deaf_ = false;             // RCTL was written: it does not receive for a second
  std::uint64_t deaf_until_ = 0;  // in ticks
};

}  // namespace nicosim
