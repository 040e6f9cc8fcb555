// The disk's times: when answers come, what shares the path, who waits for a tag.
#include "sc_model/host/disk.hpp"

#include "common/event_log.hpp"
#include "common/frame_ledger.hpp"
#include "stack/fs/file_system.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace nicosim {
namespace {

// One core that costs nothing, and a disk of 100 us and 500 MB/s: 4096 bytes take 8.192 us. Lives as long as the child.
struct Host {
  explicit Host(DiskConfig config, SimTime interrupt_cost = SimTime::zero())
      : costs(free_of_charge(interrupt_cost)),
        cpu("cpu", agenda, costs, 1, [] { return std::uint64_t{1}; }),
        disk(agenda, cpu, ledger, 5, config) {
    cpu.vectors().connect(5, "disk", [this] { return disk.handle_interrupt(); });
  }
  static CostTable free_of_charge(SimTime interrupt_cost) {
    CostTable all;
    for (std::size_t i = 0; i < kCosts; ++i) all.set(static_cast<Cost>(i), SimTime::zero());
    all.set(Cost::blk_complete, interrupt_cost);
    return all;
  }
  void ask(std::uint64_t sector, std::uint64_t bytes, bool write = false) {
    disk.submit(
        {sector, bytes, write, [this, sector] { done.push_back(fmt::format("{} {}ns", sector, cpu.now().in_ns())); }});
  }

  Agenda agenda{"agenda"};
  CostTable costs;
  NullLedger ledger;
  HostCpu cpu;
  Disk disk;
  std::vector<std::string> done;
};

using Lines = std::vector<std::string>;

TEST(Disk, AnswersAfterItsLatencyAndTheTransfer) {
  in_child([] {
    Host& host = *new Host{{}};
    host.cpu.spawn("reader", [&] { host.ask(8, 4096); });
    sc_core::sc_start();
    EXPECT_EQ(host.done, (Lines{"8 108192ns"}));
    EXPECT_EQ(host.disk.stats().sectors_read, 8U);
    EXPECT_EQ(host.disk.stats().time_reading, SimTime::ns(108'192));
  });
}

TEST(Disk, WritesTakeAsLongAndAreCountedApart) {
  in_child([] {
    Host& host = *new Host{{}};
    host.cpu.spawn("writer", [&] {
      host.ask(8, 8192, true);
      host.ask(16, 4096);
    });
    sc_core::sc_start();
    EXPECT_EQ(host.done, (Lines{"8 116384ns", "16 124576ns"}));
    EXPECT_EQ(host.disk.stats().writes_completed, 1U);
    EXPECT_EQ(host.disk.stats().sectors_written, 16U);
    EXPECT_EQ(host.disk.stats().time_writing, SimTime::ns(116'384));
    EXPECT_EQ(host.disk.stats().sectors_read, 8U);
  });
}

TEST(Disk, OverlapsTheLatencyOfRequestsInFlightAndSharesThePath) {
  in_child([] {
    Host& host = *new Host{{}};
    host.cpu.spawn("reader", [&] {
      for (std::uint64_t i = 0; i < 3; ++i) host.ask(i * 8, 4096);
    });
    sc_core::sc_start();
    EXPECT_EQ(host.done, (Lines{"0 108192ns", "8 116384ns", "16 124576ns"}));
    EXPECT_EQ(host.disk.stats().max_in_flight, 3U);
  });
}

TEST(Disk, ARequestWithoutATagWaitsUntilTheHandlerHasSeenAnAnswer) {
  in_child([] {
    Host& host = *new Host{{.queue = 1}, SimTime::us(1)};
    host.cpu.spawn("reader", [&] {
      host.ask(0, 4096);
      host.ask(8, 4096);
    });
    sc_core::sc_start();
    // The second begins when the handler has spent its microsecond on the first.
    EXPECT_EQ(host.done, (Lines{"0 109192ns", "8 218384ns"}));
    EXPECT_EQ(host.disk.stats().waited_for_tag, 1U);
    EXPECT_EQ(host.disk.stats().max_in_flight, 1U);
  });
}

TEST(Disk, AnAnswerThatComesWhileTheHandlerRunsIsNotLost) {
  in_child([] {
    Host& host = *new Host{{}, SimTime::us(20)};  // longer than the next answer takes
    host.cpu.spawn("reader", [&] {
      for (std::uint64_t i = 0; i < 4; ++i) host.ask(i * 8, 4096);
    });
    sc_core::sc_start();
    EXPECT_EQ(host.done, (Lines{"0 128192ns", "8 148192ns", "16 168192ns", "24 188192ns"}));
    EXPECT_EQ(host.cpu.interrupts(), 1U) << "one interrupt was enough for all";
    EXPECT_EQ(host.disk.stats().reads_completed, 4U);
  });
}

TEST(Disk, AReaderSleepsWhileTheDiskWorksAndTheCoreIsFree) {
  in_child([] {
    Host& host = *new Host{{}};
    FileSystem& files = *new FileSystem{host.cpu, host.ledger};
    files.mount(host.disk, 64 * kPageBytes);
    files.add({"/a", 4096, "", 1});
    Lines seen;
    host.cpu.spawn("reader", [&] {
      const auto file = files.open("/a");
      std::vector<std::byte> bytes(4096), expected(4096);
      EXPECT_EQ(files.read(*host.cpu.current(), *file, 0, bytes), 4096);
      seen.push_back(fmt::format("read {}ns", host.cpu.now().in_ns()));
      file->inode.image.read(0, expected);
      EXPECT_EQ(bytes, expected);
      EXPECT_EQ(files.read(*host.cpu.current(), *file, 0, bytes), 4096);
      seen.push_back(fmt::format("again {}ns", host.cpu.now().in_ns()));
    });
    host.cpu.spawn("other", [&] { seen.push_back(fmt::format("other {}ns", host.cpu.now().in_ns())); });
    sc_core::sc_start();
    EXPECT_EQ(seen, (Lines{"other 0ns", "read 108192ns", "again 108192ns"}));
  });
}

TEST(Disk, TheFlusherWritesBackBesideAProgramThatHasGoneOn) {
  in_child([] {
    Host& host = *new Host{{}};
    FileSystem& files = *new FileSystem{host.cpu, host.ledger};
    files.mount(host.disk, 64 * kPageBytes, {.dirty_expire_centisecs = 1, .dirty_writeback_centisecs = 1});
    host.cpu.spawn("writer", [&] {
      const auto file = files.create("/log");
      const std::vector<std::byte> bytes(5000);
      EXPECT_EQ(files.write(*host.cpu.current(), *file, 0, bytes), 5000);
      EXPECT_EQ(host.cpu.now(), SimTime::zero()) << "the disk has not been asked";
    });
    sc_core::sc_start();
    EXPECT_EQ(files.cache()->nr_dirty(), 0U);
    EXPECT_EQ(host.disk.stats().sectors_written, 16U);
    EXPECT_EQ(host.agenda.now(), SimTime::ms(10) + SimTime::ns(116'384)) << "and then nothing happens any more";
  });
}

}  // namespace
}  // namespace nicosim
