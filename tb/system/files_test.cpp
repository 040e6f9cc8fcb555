// Files and asynchronous I/O on a whole host with the card's RTL: what the event log tells of the two phases of a read.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <aio.h>
#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sstream>

namespace nicosim {
namespace {

using namespace packets;

// Lines of the event log that contain one of these words, as "station details", without the numbers of processes.
std::vector<std::string> lines_with(const std::string& events, const std::vector<std::string>& words) {
  std::vector<std::string> found;
  std::istringstream in{events};
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string time, station, frame, details;
    std::getline(fields, time, '\t');
    std::getline(fields, station, '\t');
    std::getline(fields, frame, '\t');
    std::getline(fields, details);
    for (const std::string& word : words)
      if ((station + " " + details).find(word) != std::string::npos) {
        found.push_back(station + " " + details.substr(0, details.find(" result")));
        break;
      }
  }
  return found;
}

std::vector<std::string> stations_of(const std::vector<std::string>& lines) {
  std::vector<std::string> stations;
  for (const std::string& line : lines) stations.push_back(line.substr(0, line.find(' ')));
  return stations;
}

TEST(Files, AReadShowsItsTwoPhasesTheDiskAndTheCopy) {
  in_child([] {
    Rig& rig = *new Rig;
    rig.log_events();
    rig.setup.files = {{"/a", 4096, "", 1}};
    std::vector<SimTime> took;
    rig.setup.apps.push_back({"reader", [&took](Posix& os) {
                                std::vector<std::byte> bytes(4096);
                                const int fd = os.open("/a", O_RDONLY);
                                for (int i = 0; i < 2; ++i) {
                                  const SimTime began = os.clock();
                                  EXPECT_EQ(os.pread(fd, bytes, 0), 4096);
                                  took.push_back(os.clock() - began);
                                }
                                return 0;
                              }});
    rig.run();
    const auto lines = lines_with(rig.events, {"call=pread64", "disk_", "wake file", "copy "});
    EXPECT_EQ(stations_of(lines), (std::vector<std::string>{"syscall", "disk_submit", "disk_complete", "wake", "copy",
                                                            "sysret", "syscall", "copy", "sysret"}));
    ASSERT_EQ(took.size(), 2U);
    EXPECT_GT(took[0], SimTime::us(108)) << "latency and transfer";
    EXPECT_LT(took[1], SimTime::us(2)) << "only the copy";
    rig.expect_sums();
  });
}

TEST(Files, AnAsynchronousReadBlocksItsProcessInNeitherPhase) {
  in_child([] {
    Rig& rig = *new Rig;
    rig.log_events();
    rig.peers[0].send(SimTime::us(300), udp_frame(text("hello"), {.to = 9}));
    int units = 0;
    std::string got;
    rig.setup.apps.push_back(
        {"asynchronous", [&](Posix& os) {
           const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
           sockaddr_in here{};
           here.sin_family = AF_INET;
           here.sin_port = htons(9);
           EXPECT_EQ(os.bind(fd, here), 0);
           bool done = false;
           os.sigaction(SIGUSR1, [&](int, const SigInfo& info) { done = info.code == SI_ASYNCIO && info.value == 7; });
           std::vector<std::byte> bytes(100);
           aiocb control{};
           control.aio_fildes = fd;
           control.aio_buf = bytes.data();
           control.aio_nbytes = bytes.size();
           control.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
           control.aio_sigevent.sigev_signo = SIGUSR1;
           control.aio_sigevent.sigev_value.sival_ptr = reinterpret_cast<void*>(7);
           EXPECT_EQ(os.aio_read(control), 0);
           EXPECT_EQ(os.aio_error(control), EINPROGRESS);
           for (; !done; ++units) os.work(SimTime::us(10));
           EXPECT_EQ(os.aio_error(control), 0);
           const long n = os.aio_return(control);
           got.assign(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(std::max(n, 0L)));
           return 0;
         }});
    rig.run();
    EXPECT_EQ(got, "hello");
    EXPECT_GT(units, 30) << "it worked all the while";
    const auto lines = lines_with(rig.events, {"aio_", "task=kaio/0", "kind=signal"});
    EXPECT_EQ(stations_of(lines),
              (std::vector<std::string>{"syscall", "aio_submit", "sysret", "process", "aio_complete", "sysret"}));
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), 1U);
    rig.expect_sums();
  });
}

TEST(Files, ManyReadsOfFilesAndSocketsCompleteOnTwoCoresWithFewWorkers) {
  in_child([] {
    Rig& rig = *new Rig;
    rig.setup.cores = 2;
    rig.setup.page_cache = 16 * 4096;
    rig.setup.files = {{"/a", 1 << 20, "", 1}};
    for (int i = 0; i < 8; ++i)
      rig.peers[0].send(SimTime::us(100 + 50 * i), udp_frame(pattern(100), {.to = static_cast<std::uint16_t>(20 + i)}));
    long bytes_read = 0;
    int called = 0;
    rig.setup.apps.push_back({"many", [&](Posix& os) {
                                const int file = os.open("/a", O_RDONLY);
                                std::vector<std::vector<std::byte>> buffers(40, std::vector<std::byte>(10'000));
                                std::vector<aiocb> blocks(40);
                                for (std::size_t i = 0; i < blocks.size(); ++i) {
                                  int fd = file;
                                  if (i < 8) {
                                    fd = os.socket(AF_INET, SOCK_DGRAM, 0);
                                    sockaddr_in here{};
                                    here.sin_family = AF_INET;
                                    here.sin_port = htons(static_cast<std::uint16_t>(20 + i));
                                    EXPECT_EQ(os.bind(fd, here), 0);
                                  }
                                  blocks[i] = {};
                                  blocks[i].aio_fildes = fd;
                                  blocks[i].aio_buf = buffers[i].data();
                                  blocks[i].aio_nbytes = 10'000;
                                  blocks[i].aio_offset = static_cast<off_t>(i * 25'000);
                                  blocks[i].aio_sigevent.sigev_notify = SIGEV_THREAD;
                                  EXPECT_EQ(os.aio_read(blocks[i],
                                                        [&](Posix& thread, sigval) {
                                                          thread.work(SimTime::us(1));
                                                          ++called;
                                                        }),
                                            0);
                                }
                                for (const aiocb& block : blocks) {
                                  const std::array<const aiocb*, 1> one{&block};
                                  EXPECT_EQ(os.aio_suspend(one), 0);
                                  const long n = os.aio_return(block);
                                  EXPECT_GT(n, 0);
                                  bytes_read += n;
                                }
                                os.nanosleep(SimTime::ms(1));
                                FileImage image{"/a", 1 << 20, "", 1};
                                for (std::size_t i = 8; i < blocks.size(); ++i) {
                                  std::vector<std::byte> expected(10'000);
                                  image.read(i * 25'000, expected);
                                  EXPECT_EQ(buffers[i], expected) << i;
                                }
                                return 0;
                              }});
    rig.run();
    EXPECT_EQ(bytes_read, 8 * 100 + 32 * 10'000);
    EXPECT_EQ(called, 40);
    unsigned workers = 0;
    for (const auto& process : rig.sim->cpu().processes()) workers += process->task_name().starts_with("kaio/") ? 1 : 0;
    EXPECT_LE(workers, 4U);
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), 8U);
    rig.expect_sums();
  });
}

}  // namespace
}  // namespace nicosim
