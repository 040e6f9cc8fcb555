// The wrapper around QEMU, before anything is compared with it.
#include "regmap/regmap.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace nicosim {
namespace {

TEST(QemuDevice, IsAnE1000WithOurStationAddress) {
  NEED_QEMU();
  QemuDevice qemu;
  EXPECT_EQ(qemu.read32(regs::RAL(0)), 0x12005452U);
  EXPECT_EQ(qemu.read32(regs::RAH(0)), 0x80005634U);
}

TEST(QemuDevice, MemoryKeepsWhatIsStored) {
  NEED_QEMU();
  QemuDevice qemu;
  ByteVector out(5000), in(5000);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7);
  qemu.store(kTestMemory + 3, out);
  qemu.load(kTestMemory + 3, in);
  EXPECT_EQ(in, out);
}

TEST(QemuDevice, LineFollowsCauseAndMask) {
  NEED_QEMU();
  QemuDevice qemu;
  qemu.write32(regs::IMS, field::IMS_LSC.mask());
  EXPECT_FALSE(qemu.line());
  qemu.write32(regs::ICS, field::ICS_LSC.mask());
  EXPECT_TRUE(qemu.line());
  EXPECT_EQ(qemu.read32(regs::ICR), field::ICR_LSC.mask());
  EXPECT_FALSE(qemu.line());
}

TEST(QemuDevice, ResetForgetsRegistersAndLowersTheLine) {
  NEED_QEMU();
  QemuDevice qemu;
  qemu.write32(regs::IMS, field::IMS_LSC.mask());
  qemu.write32(regs::ICS, field::ICS_LSC.mask());
  qemu.write32(regs::RDBAL, 0x1230);
  ASSERT_TRUE(qemu.line());
  qemu.power_on();
  EXPECT_FALSE(qemu.line());
  EXPECT_EQ(qemu.read32(regs::RDBAL), 0U);
  EXPECT_EQ(qemu.read32(regs::IMS), 0U);
}

TEST(QemuDevice, TheProcessIsGoneWithItsOwner) {
  NEED_QEMU();
  pid_t pid = 0;
  {
    QemuDevice qemu;
    pid = qemu.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

// Whether the process still runs; one that has ended and that nobody has reaped does not.
bool runs(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string number, name, state;
  return stat >> number >> name >> state && state != "Z";
}

TEST(QemuDevice, TheProcessDiesWithAnOwnerThatIsKilled) {
  NEED_QEMU();
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t owner = ::fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    const QemuDevice qemu;
    const pid_t pid = qemu.pid();
    if (::write(ends[1], &pid, sizeof pid) == sizeof pid) ::pause();
    ::_exit(1);
  }
  pid_t pid = 0;
  ASSERT_EQ(::read(ends[0], &pid, sizeof pid), ssize_t{sizeof pid});
  EXPECT_TRUE(runs(pid));
  ::kill(owner, SIGKILL);
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  for (int i = 0; i < 500 && runs(pid); ++i) ::usleep(10'000);
  EXPECT_FALSE(runs(pid));
}

}  // namespace
}  // namespace nicosim
