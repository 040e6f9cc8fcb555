// SIGEV_THREAD when the process ends: its helper thread must not come back to a program that is gone.
#include "tb/sc_model/process_host.hpp"

#include <memory>

namespace nicosim {
namespace {

int udp(Posix& os) {
  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(9);
  EXPECT_EQ(os.bind(fd, here), 0);
  return fd;
}

// A process that has asked for a datagram and ends after `life`; the datagram comes at 1 ms.
void run(SimTime life, const std::function<void(ProcessHost&, Posix&)>& callback, unsigned cores = 2) {
  on_host(
      [&](ProcessHost& host) {
        host.at(SimTime::ms(1), [&] { host.receive({packets::udp_frame(packets::text("x"))}); });
        host.program("asks", [&](Posix& os) {
          std::array<std::byte, 8> buffer{};
          aiocb control{};
          control.aio_fildes = udp(os);
          control.aio_buf = buffer.data();
          control.aio_nbytes = buffer.size();
          control.aio_sigevent.sigev_notify = SIGEV_THREAD;
          EXPECT_EQ(os.aio_read(control, [&](Posix& thread, sigval) { callback(host, thread); }), 0);
          os.work(life);
          return 0;
        });
        host.run();
        EXPECT_LT(host.agenda.now(), SimTime::ms(100)) << "nobody sleeps on";
      },
      cores);
}

TEST(SigevThread, RunsBesideTheProgram) {
  run(SimTime::ms(5), [](ProcessHost& host, Posix& os) {
    os.nanosleep(SimTime::ms(1));
    host.note("done");
    EXPECT_EQ(host.notes.size(), 1U);
    EXPECT_LT(os.clock(), SimTime::ms(3));
  });
}

TEST(SigevThread, ThatSleepsWhenTheProcessEndsIsWokenAndDoesNotComeBack) {
  run(SimTime::ms(3), [](ProcessHost& host, Posix& os) {
    host.note("begun");
    os.nanosleep(SimTime::s(10));
    ADD_FAILURE() << "it is back in a program that has ended";
  });
}

TEST(SigevThread, ThatComputesWhenTheProcessEndsDoesNotComeBack) {
  run(SimTime::ms(3), [](ProcessHost&, Posix& os) {
    os.work(SimTime::ms(20));
    ADD_FAILURE() << "it is back in a program that has ended";
  });
}

TEST(SigevThread, ThatWasDueWhenTheProcessEndedIsNotCalled) {
  // One core: the worker completes the request, and the process is first in the queue.
  for (std::int64_t us = 990; us < 1040; ++us)
    run(
        SimTime::us(us),
        [](ProcessHost& host, Posix&) { EXPECT_GT(host.running, 0) << "the program has ended before the call"; }, 1);
}

}  // namespace
}  // namespace nicosim
