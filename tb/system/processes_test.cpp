// Ten thousand processes on one host: each sleeps on a socket or a clock of its own and is woken alone.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <unistd.h>

namespace nicosim {
namespace {

using namespace packets;

constexpr unsigned kReaders = 5000, kSleepers = 5000, kFirstPort = 10'000;

std::size_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(TenThousandProcesses, EachIsWokenByItsOwnDatagramOrItsOwnClockAndCostsLittleMemory) {
  in_child([] {
    Rig& rig = *new Rig;
    rig.setup.cores = 2;
    rig.setup.linger = SimTime::ms(1);
    unsigned read = 0, slept = 0, right = 0;
    for (unsigned i = 0; i < kReaders; ++i)
      rig.setup.apps.push_back({fmt::format("reader{}", i), [&, i](Posix& os) {
                                  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
                                  sockaddr_in own{};
                                  own.sin_family = AF_INET;
                                  own.sin_port = htons(static_cast<std::uint16_t>(kFirstPort + i));
                                  os.bind(fd, own);
                                  Packet buffer(16);
                                  if (os.recvfrom(fd, buffer, 0, nullptr) == 4) ++read;
                                  right += load_be32(buffer, 0) == i ? 1 : 0;
                                  return 0;
                                }});
    for (unsigned i = 0; i < kSleepers; ++i)
      rig.setup.apps.push_back({fmt::format("sleeper{}", i), [&, i](Posix& os) {
                                  const SimTime until = os.clock() + SimTime::us(100'000 + i * 7 % kSleepers * 10);
                                  os.nanosleep(until - os.clock());
                                  slept += os.clock() >= until ? 1 : 0;
                                  return 0;
                                }});
    for (unsigned i = 0; i < kReaders; ++i) {
      Packet payload(4);
      store_be32(payload, 0, i);
      // When the last of them has opened its socket, which takes all of them about 20 ms
      rig.peers[0].send(SimTime::ms(60) + SimTime::us(10 * i),
                        udp_frame(payload, {.to = static_cast<std::uint16_t>(kFirstPort + i)}));
    }
    const std::size_t before = resident_bytes();
    std::size_t most = 0;
    rig.setup.progress = [&](SimTime) { most = std::max(most, resident_bytes()); };
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(read, kReaders);
    EXPECT_EQ(right, kReaders) << "everybody its own";
    EXPECT_EQ(slept, kSleepers);
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), kReaders);
    ASSERT_GT(most, before);
    const std::size_t each = (most - before) / (kReaders + kSleepers);
    std::cout << each << " bytes of memory per process\n";
    EXPECT_LT(each, 32U * 1024) << "of 256 KiB of stack a process touches what it uses";
  });
}

}  // namespace
}  // namespace nicosim
