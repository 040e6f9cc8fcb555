// Asynchronous writes: a stream that takes less than it is asked to, files, and fsync behind them.
#include "tb/stack/aio_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

using AioWrite = AioFixture;

TEST_F(AioWrite, AStreamThatTakesAPartIsAskedAgainUntilItHasAllOfIt) {
  const int stream = accepted();
  set_option(stream, SOL_SOCKET, SO_SNDBUF, 1);  // 4608 bytes of memory
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<std::byte>(i * 13);
  aiocb control = block(stream, 20'000);
  start(control, LIO_WRITE);
  Packet heard_bytes;
  unsigned rounds = 0;
  for (; error(control) == EINPROGRESS && rounds < 100; ++rounds) {
    run_workers();
    EXPECT_LT(heard_bytes.size(), 20'000U);
    while (!silent()) append(heard_bytes, heard().payload);
    inject({.ack = 1 + static_cast<std::uint32_t>(heard_bytes.size())});
  }
  EXPECT_GT(rounds, 3U) << "it went in pieces";
  EXPECT_EQ(take(control), 20'000) << "as a blocking write would";
  for (int more = 0; more < 50 && heard_bytes.size() < 20'000; ++more) {
    while (!silent()) append(heard_bytes, heard().payload);
    inject({.ack = 1 + static_cast<std::uint32_t>(heard_bytes.size())});
  }
  EXPECT_TRUE(std::ranges::equal(heard_bytes, buffer));
}

TEST_F(AioWrite, OnANonBlockingStreamThePartIsTheResult) {
  const int stream = accepted();
  set_option(stream, SOL_SOCKET, SO_SNDBUF, 1);
  sys().set_nonblocking(task, stream, true);
  aiocb control = block(stream, 20'000);
  start(control, LIO_WRITE);
  run_workers();
  EXPECT_EQ(error(control), 0);
  const long part = take(control);
  EXPECT_GT(part, 0);
  EXPECT_LT(part, 20'000);
}

TEST_F(AioWrite, CancelComesTooLateForAWriteThatHasBegun) {
  const int stream = accepted();
  set_option(stream, SOL_SOCKET, SO_SNDBUF, 1);
  aiocb control = block(stream, 20'000), behind = block(stream, 10);
  start(control, LIO_WRITE);
  start(behind, LIO_WRITE);
  run_workers();
  EXPECT_EQ(error(control), EINPROGRESS);
  EXPECT_EQ(sys().aio_cancel(task, stream, &control), AIO_NOTCANCELED) << "a part is on its way";
  EXPECT_EQ(sys().aio_cancel(task, stream, &behind), AIO_CANCELED);
}

TEST_F(AioWrite, AFileIsWrittenByTheWorkerAndSyncedBehindAllWrites) {
  const int file = sys().open(task, "/log", O_RDWR | O_CREAT);
  ASSERT_GE(file, 3);
  std::fill(buffer.begin(), buffer.end(), std::byte{7});
  aiocb first = block(file, 5000), second = block(file, 100), sync = block(file);
  second.aio_offset = 8000;
  start(first, LIO_WRITE);
  start(second, LIO_WRITE);
  start(sync, kAioFsync);
  struct stat about {};
  sys().fstat(task, file, about);
  EXPECT_EQ(about.st_size, 0) << "nobody has worked yet";
  disk_answers_workers = true;
  run_workers();
  EXPECT_EQ(take(first), 5000);
  EXPECT_EQ(take(second), 100);
  EXPECT_EQ(take(sync), 0);
  sys().fstat(task, file, about);
  EXPECT_EQ(about.st_size, 8100);
  ASSERT_EQ(disk.asked.size(), 1U) << "two pages, side by side";
  EXPECT_EQ(disk.asked[0].bytes, 2 * kPageBytes);
  EXPECT_EQ(stack->file_system().cache()->nr_dirty(), 0U);
}

TEST_F(AioWrite, OnlyFilesCanBeSynced) {
  aiocb control = block(fd);
  EXPECT_EQ(start(control, kAioFsync), -EINVAL);
  control = block(sys().open(task, "/a", O_RDONLY));
  EXPECT_EQ(start(control, kAioFsync), -EBADF);
}

}  // namespace
}  // namespace nicosim
