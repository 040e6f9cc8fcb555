// Asynchronous I/O on sockets and files: who copies when, who is told how, and what becomes of it when things end.
#include "tb/stack/aio_fixture.hpp"

#include <fcntl.h>

namespace nicosim {
namespace {

using namespace packets;

using AioTest = AioFixture;

TEST_F(AioTest, AReadReturnsAtOnceAndAWorkerCopiesWhenTheDatagramHasCome) {
  aiocb control = block(fd);
  EXPECT_EQ(start(control), 0);
  EXPECT_EQ(error(control), EINPROGRESS);
  EXPECT_EQ(take(control), -EINVAL) << "too early";
  run_workers();
  EXPECT_EQ(error(control), EINPROGRESS);
  receive(udp_frame(text("hello")));
  EXPECT_EQ(error(control), EINPROGRESS) << "it is there, but nobody has copied it";
  EXPECT_EQ(fate(Fate::read), 0U);
  run_workers();
  EXPECT_EQ(error(control), 0);
  EXPECT_EQ(fate(Fate::read), 1U);
  EXPECT_EQ(take(control), 5);
  EXPECT_EQ(got(5), "hello");
  EXPECT_EQ(take(control), -EINVAL) << "once";
  EXPECT_FALSE(runtime.wakes.contains(task.pid())) << "the process slept in nothing";
}

TEST_F(AioTest, WhatCameBeforeTheRequestIsNotWaitedFor) {
  receive(udp_frame(text("early")));
  aiocb control = block(fd);
  start(control);
  EXPECT_EQ(error(control), EINPROGRESS) << "the caller does not copy either";
  run_workers();
  EXPECT_EQ(take(control), 5);
}

TEST_F(AioTest, ADatagramThatComesBeforeTheNextRequestIsRegisteredIsNotLost) {
  for (const int when : {0, 1}) {  // while the first one is copied, and while it completes
    aiocb first = block(fd), second = block(fd);
    start(first);
    start(second);
    receive(udp_frame(text("one")));
    bool came = false;
    runtime.catch_ups_before = when;
    runtime.on_catch_up = [&] {
      came = true;
      receive(udp_frame(text("two, too")));
    };
    run_workers();
    EXPECT_TRUE(came);
    EXPECT_EQ(take(first), 3);
    EXPECT_EQ(take(second), 8) << "after " << when;
  }
}

TEST_F(AioTest, ReadsOfOneSocketAreServedInTheOrderOfSubmission) {
  std::vector<std::byte> second(10);
  aiocb first = block(fd, 10), next = block(fd, 10);
  next.aio_buf = second.data();
  start(first);
  start(next);
  receive(udp_frame(text("1")));
  receive(udp_frame(text("2")));
  run_workers();
  EXPECT_EQ(take(first), 1);
  EXPECT_EQ(take(next), 1);
  EXPECT_EQ(got(1), "1");
  EXPECT_EQ(second[0], std::byte{'2'});
}

TEST_F(AioTest, AReaderThatWasFasterSendsTheRequestBackToWait) {
  aiocb control = block(fd);
  start(control);
  receive(udp_frame(text("taken")));
  EXPECT_EQ(read(fd), text("taken"));
  run_workers();
  EXPECT_EQ(error(control), EINPROGRESS);
  receive(udp_frame(text("next")));
  run_workers();
  EXPECT_EQ(take(control), 4);
}

TEST_F(AioTest, OnANonBlockingSocketTheWorkerDoesNotWaitAgain) {
  aiocb control = block(fd);
  start(control);
  receive(udp_frame(text("taken")));
  read(fd);
  sys().set_nonblocking(task, fd, true);
  run_workers();
  EXPECT_EQ(error(control), EAGAIN);
  EXPECT_EQ(take(control), -EAGAIN);
}

TEST_F(AioTest, CompletionCanBeASignalWithItsValue) {
  SignalSet blocked{SIGRTMIN + 1};
  sys().processes().sigprocmask(task, SIG_BLOCK, &blocked, nullptr);
  aiocb control = block(fd);
  control.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  control.aio_sigevent.sigev_signo = SIGRTMIN + 1;
  control.aio_sigevent.sigev_value.sival_int = 77;
  start(control);
  receive(udp_frame(text("x")));
  EXPECT_TRUE(pending().empty()) << "arrival is not completion";
  run_workers();
  EXPECT_TRUE(pending().has(SIGRTMIN + 1));
  SigInfo info;
  EXPECT_EQ(sys().processes().sigtimedwait(task, blocked, &info, SimTime::zero()), SIGRTMIN + 1);
  EXPECT_EQ(info.code, SI_ASYNCIO);
  EXPECT_EQ(static_cast<int>(info.value), 77);
}

TEST_F(AioTest, CompletionCanBeACallOnAThreadOfTheProcess) {
  std::vector<int> called;
  aiocb first = block(fd, 10), second = block(fd, 10);
  for (aiocb* control : {&first, &second}) {
    control->aio_sigevent.sigev_notify = SIGEV_THREAD;
    control->aio_sigevent.sigev_value.sival_int = control == &first ? 1 : 2;
    start(*control, LIO_READ, [&](Task& thread, sigval value) {
      EXPECT_EQ(thread.tgid(), task.tgid());
      EXPECT_NE(thread.pid(), task.pid());
      called.push_back(value.sival_int);
    });
  }
  receive(udp_frame(text("1")));
  receive(udp_frame(text("2")));
  run_workers();
  EXPECT_TRUE(called.empty());
  EXPECT_EQ(run_helpers(), 1U) << "one thread for both";
  EXPECT_EQ(called, (std::vector<int>{1, 2}));
}

TEST_F(AioTest, SuspendSleepsUntilOneOfItsRequestsIsComplete) {
  aiocb first = block(fd), never = block(udp_socket(10));
  start(first);
  start(never);
  const std::array<const aiocb*, 3> list{nullptr, &never, &first};
  int steps = 0;
  world = [&] {
    if (++steps == 1) {
      receive(udp_frame(text("x")));
      return true;
    }
    run_workers();
    return true;
  };
  EXPECT_EQ(sys().aio().suspend(task, list, SimTime::never()), 0);
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(error(first), 0);
  EXPECT_EQ(error(never), EINPROGRESS);
  EXPECT_EQ(sys().aio().suspend(task, list, SimTime::never()), 0) << "it is still complete";
}

TEST_F(AioTest, SuspendGivesUpAtItsTimeAndForASignal) {
  aiocb control = block(fd);
  start(control);
  const std::array<const aiocb*, 1> list{&control};
  world = [] { return false; };
  EXPECT_EQ(sys().aio().suspend(task, list, runtime.now() + SimTime::ms(3)), -EAGAIN);
  EXPECT_EQ(runtime.now(), SimTime::ms(3));
  runtime.signalled.insert(task.pid());
  EXPECT_EQ(sys().aio().suspend(task, list, SimTime::never()), -EINTR);
  runtime.signalled.clear();
}

TEST_F(AioTest, CancelTakesBackWhatWaitsAndTellsTheOwner) {
  std::vector<int> called;
  aiocb control = block(fd);
  control.aio_sigevent.sigev_notify = SIGEV_THREAD;
  start(control, LIO_READ, [&](Task&, sigval) { called.push_back(error(control)); });
  EXPECT_EQ(sys().aio_cancel(task, fd, &control), AIO_CANCELED);
  EXPECT_EQ(error(control), ECANCELED);
  run_helpers();
  EXPECT_EQ(called, (std::vector<int>{ECANCELED}));
  EXPECT_EQ(take(control), -ECANCELED);
  receive(udp_frame(text("x")));
  run_workers();
  EXPECT_EQ(read(fd), text("x")) << "the datagram is nobody's";
}

TEST_F(AioTest, CancelFindsNothingToDoForWhatIsComplete) {
  aiocb control = block(fd);
  start(control);
  receive(udp_frame(text("x")));
  run_workers();
  EXPECT_EQ(sys().aio_cancel(task, fd, &control), AIO_ALLDONE);
  EXPECT_EQ(take(control), 1);
  EXPECT_EQ(sys().aio_cancel(task, fd, nullptr), AIO_ALLDONE);
  EXPECT_EQ(sys().aio_cancel(task, 99, nullptr), -EBADF);
  aiocb other = block(fd + 1);
  EXPECT_EQ(sys().aio_cancel(task, fd, &other), -EINVAL);
}

TEST_F(AioTest, CancelComesTooLateWhenAWorkerHasTheRequest) {
  aiocb control = block(fd);
  start(control);
  receive(udp_frame(text("x")));
  int answer = -1;
  runtime.on_catch_up = [&] { answer = stack->calls().aio_cancel(task, fd, nullptr); };
  run_workers();
  EXPECT_EQ(answer, AIO_NOTCANCELED);
  EXPECT_EQ(take(control), 1);
}

TEST_F(AioTest, CancelOfOneLetsTheNextOfItsSocketGoOn) {
  aiocb first = block(fd), second = block(fd);
  start(first);
  start(second);
  EXPECT_EQ(sys().aio_cancel(task, fd, &first), AIO_CANCELED);
  receive(udp_frame(text("x")));
  run_workers();
  EXPECT_EQ(take(second), 1);
}

TEST_F(AioTest, CloseCancelsWhatWaitsAndTheSocketEnds) {
  aiocb control = block(fd);
  start(control);
  EXPECT_EQ(sys().close(task, fd), 0);
  EXPECT_EQ(error(control), ECANCELED);
  EXPECT_EQ(stack->calls().aio().in_flight(), 0U);
  receive(udp_frame(text("x")));
  EXPECT_EQ(fate(Fate::answered), 1U) << "nobody listens there any more";
}

TEST_F(AioTest, ExitWithRequestsInFlightLeavesNothingBehind) {
  {
    std::vector<std::byte> gone(100);
    aiocb waiting = block(fd), ready = block(udp_socket(10)), behind = block(fd);
    waiting.aio_buf = ready.aio_buf = behind.aio_buf = gone.data();
    for (aiocb* control : {&waiting, &ready, &behind}) {
      control->aio_sigevent.sigev_notify = SIGEV_SIGNAL;
      control->aio_sigevent.sigev_signo = SIGUSR1;
      start(*control);
    }
    receive(udp_frame(text("x"), {.to = 10}));
  }  // control blocks and buffers are gone
  sys().exit(task);
  EXPECT_TRUE(pending().empty());
  EXPECT_EQ(stack->calls().aio().in_flight(), 0U);
  run_workers();
  EXPECT_EQ(dropped(Station::socket, DropReason::SOCKET_CLOSED), 1U) << "what was there is purged with the socket";
}

TEST_F(AioTest, ExitWhileAWorkerCopiesTouchesNothingOfTheProcess) {
  auto gone = std::make_unique<std::vector<std::byte>>(100);
  auto control = std::make_unique<aiocb>(block(fd));
  control->aio_buf = gone->data();
  start(*control);
  receive(udp_frame(text("x")));
  runtime.on_catch_up = [&] {
    stack->calls().exit(task);
    gone.reset();
    control.reset();
  };
  run_workers();
  EXPECT_EQ(stack->calls().aio().in_flight(), 0U);
  EXPECT_EQ(fate(Fate::read) + dropped(Station::socket, DropReason::SOCKET_CLOSED), 1U);
}

TEST_F(AioTest, AWriteToASocketIsSentByTheWorker) {
  const auto to = endpoint(kPeerIp, 7);
  sys().connect(task, fd, to);
  std::memcpy(buffer.data(), "ping", 4);
  aiocb control = block(fd, 4);
  start(control, LIO_WRITE);
  std::memcpy(buffer.data(), "....", 4);
  EXPECT_TRUE(card.sent.empty());
  run_workers();
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(take(control), 4);
}

TEST_F(AioTest, AReadOfAFileWaitsForTheDiskOnNobodysTime) {
  const int file = open("/a");
  aiocb control = block(file, 10'000);
  control.aio_offset = 5000;
  start(control);
  EXPECT_TRUE(disk.asked.empty()) << "the worker asks the disk";
  run_workers();
  EXPECT_FALSE(disk.asked.empty());
  EXPECT_EQ(error(control), EINPROGRESS);
  disk.answer_all();
  EXPECT_EQ(error(control), EINPROGRESS);
  run_workers();
  EXPECT_EQ(take(control), 5000) << "to the end of the file";
  std::vector<std::byte> expected(5000);
  FileImage{"/a", 10'000, "", 1}.read(5000, expected);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), buffer.begin()));
  EXPECT_FALSE(runtime.wakes.contains(task.pid()));
}

TEST_F(AioTest, ExitWhileTheDiskReadsForgetsTheRequest) {
  aiocb control = block(open("/a"), 10'000);
  start(control);
  run_workers();
  sys().exit(task);
  disk.answer_all();
  run_workers();
  EXPECT_EQ(stack->calls().aio().in_flight(), 0U);
}

TEST_F(AioTest, AListIsCompleteWhenAllOfItIs) {
  const int file = open("/a");
  aiocb one = block(fd, 10), two = block(file, 10), none{};
  std::vector<std::byte> second(10);
  two.aio_buf = second.data();
  one.aio_lio_opcode = two.aio_lio_opcode = LIO_READ;
  none.aio_lio_opcode = LIO_NOP;
  std::vector<int> called;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_int = 5;
  const std::array<aiocb*, 4> list{&one, nullptr, &none, &two};
  EXPECT_EQ(sys().lio_listio(task, LIO_NOWAIT, list, &event, [&](Task&, sigval v) { called.push_back(v.sival_int); }),
            0);
  run_workers();
  disk.answer_all();
  run_workers();
  run_helpers();
  EXPECT_EQ(error(two), 0);
  EXPECT_TRUE(called.empty());
  receive(udp_frame(text("x")));
  run_workers();
  run_helpers();
  EXPECT_EQ(called, (std::vector<int>{5}));
}

TEST_F(AioTest, AListCanBeWaitedFor) {
  aiocb one = block(fd, 10), bad = block(77, 10);
  one.aio_lio_opcode = bad.aio_lio_opcode = LIO_READ;
  const std::array<aiocb*, 2> list{&one, &bad};
  int steps = 0;
  world = [&] {
    if (++steps == 1) receive(udp_frame(text("x")));
    run_workers();
    return true;
  };
  EXPECT_EQ(sys().lio_listio(task, LIO_WAIT, list, nullptr, {}), -EIO) << "one was no descriptor";
  EXPECT_EQ(error(one), 0);
}

TEST_F(AioTest, WhatCannotBeIsRefusedAtOnce) {
  aiocb control = block(99);
  EXPECT_EQ(start(control), -EBADF);
  control = block(open("/a"));
  EXPECT_EQ(start(control, LIO_WRITE), -EBADF) << "opened to read";
  control.aio_offset = -1;
  EXPECT_EQ(start(control), -EINVAL);
  control = block(fd);
  control.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  control.aio_sigevent.sigev_signo = 65;
  EXPECT_EQ(start(control), -EINVAL);
  control.aio_sigevent.sigev_notify = SIGEV_THREAD;
  EXPECT_EQ(start(control), -EINVAL) << "without a call";
  control = block(sys().epoll_create1(task, 0));
  EXPECT_EQ(start(control), -EINVAL);
  control = block(fd);
  control.aio_buf = nullptr;
  EXPECT_EQ(start(control), -EFAULT);
  control = block(fd);
  EXPECT_EQ(start(control), 0);
  EXPECT_EQ(start(control), -EINVAL) << "in flight already";
}

TEST_F(AioTest, RegularFilesAreAlwaysReadyAndNotForEpoll) {
  const int file = open("/a");
  sys().set_nonblocking(task, file, true);
  pollfd entry{file, POLLIN | POLLOUT, 0};
  EXPECT_EQ(sys().poll(task, std::span{&entry, 1}, -1), 1);
  EXPECT_EQ(entry.revents, POLLIN | POLLOUT);
  epoll_event event{};
  event.events = EPOLLIN;
  EXPECT_EQ(sys().epoll_ctl(task, sys().epoll_create1(task, 0), EPOLL_CTL_ADD, file, &event), -EPERM);
  int slept = 0;
  world = [&] {
    ++slept;
    return disk.answer();
  };
  EXPECT_EQ(sys().read(task, file, buffer), 10'000) << "O_NONBLOCK means nothing";
  EXPECT_GT(slept, 0);
  EXPECT_EQ(sys().read(task, file, buffer), 0);
}

TEST_F(AioTest, AFilesPositionMovesAsItIsReadAndWhereOneSeeks) {
  world = [&] { return disk.answer(); };
  EXPECT_EQ(sys().open(task, "/nothing", O_RDONLY), -ENOENT);
  const int file = open("/a");
  const int copy = sys().dup(task, file);
  EXPECT_EQ(sys().read(task, file, std::span{buffer}.first(100)), 100);
  EXPECT_EQ(sys().lseek(task, copy, 0, SEEK_CUR), 100) << "dup() shares it";
  EXPECT_EQ(sys().pread(task, file, std::span{buffer}.first(100), 9950), 50);
  EXPECT_EQ(sys().lseek(task, file, 0, SEEK_CUR), 100) << "pread() leaves it";
  EXPECT_EQ(sys().lseek(task, file, -10, SEEK_END), 9990);
  EXPECT_EQ(sys().lseek(task, file, -1, SEEK_SET), -EINVAL);
  EXPECT_EQ(sys().lseek(task, fd, 0, SEEK_SET), -ESPIPE);
  EXPECT_EQ(sys().pread(task, fd, buffer, 0), -ESPIPE);
  EXPECT_EQ(sys().write(task, file, buffer), -EBADF);
  struct stat about {};
  EXPECT_EQ(sys().fstat(task, file, about), 0);
  EXPECT_EQ(about.st_size, 10'000);
  EXPECT_TRUE(S_ISREG(about.st_mode));
  EXPECT_EQ(sys().fstat(task, fd, about), 0);
  EXPECT_TRUE(S_ISSOCK(about.st_mode));
}

TEST_F(AioTest, OpenMakesCutsAndAppendsAsItsFlagsSay) {
  world = [&] { return disk.answer(); };
  EXPECT_EQ(sys().open(task, "/b", O_RDWR), -ENOENT);
  EXPECT_EQ(sys().open(task, "b", O_RDWR | O_CREAT), -ENOENT) << "no name from the root on";
  const int made = sys().open(task, "/b", O_WRONLY | O_CREAT | O_EXCL);
  EXPECT_EQ(sys().open(task, "/b", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
  const auto put = [&](int to, std::string_view what) { return sys().write(task, to, std::as_bytes(std::span{what})); };
  EXPECT_EQ(put(made, "hello"), 5);
  EXPECT_EQ(put(made, " you"), 4) << "where the first one ended";
  EXPECT_EQ(sys().read(task, made, buffer), -EBADF);
  EXPECT_EQ(sys().pread(task, made, buffer, 0), -EBADF);
  const int added = sys().open(task, "/b", O_RDWR | O_APPEND);
  EXPECT_EQ(put(added, "!"), 1);
  EXPECT_EQ(sys().pread(task, added, buffer, 0), 10);
  EXPECT_EQ(got(10), "hello you!");
  EXPECT_EQ(sys().pwrite(task, made, std::as_bytes(std::span{"J", 1}), 0), 1);
  EXPECT_EQ(sys().pread(task, added, std::span{buffer}.first(5), 0), 5);
  EXPECT_EQ(got(5), "Jello");
  EXPECT_EQ(sys().ftruncate(task, added, 2), 0);
  EXPECT_EQ(sys().ftruncate(task, added, -1), -EINVAL);
  EXPECT_EQ(sys().ftruncate(task, fd, 0), -EINVAL);
  EXPECT_EQ(sys().pread(task, added, buffer, 0), 2);
  EXPECT_EQ(sys().fsync(task, made), 0);
  EXPECT_EQ(sys().fsync(task, fd), -EINVAL);
  EXPECT_EQ(disk.asked.size(), 1U);
  const int cut = sys().open(task, "/b", O_RDONLY | O_TRUNC);
  EXPECT_EQ(sys().read(task, cut, buffer), 0);
  EXPECT_EQ(sys().pwrite(task, cut, std::as_bytes(std::span{"x", 1}), 0), -EBADF);
  EXPECT_EQ(sys().pwrite(task, fd, std::as_bytes(std::span{"x", 1}), 0), -ESPIPE);
}

TEST_F(AioTest, SendfileGivesPagesToASocketWithoutCopyingThemTwice) {
  const auto to = endpoint(kPeerIp, 7);
  sys().connect(task, fd, to);
  world = [&] { return disk.answer(); };
  const int file = open("/a");
  std::int64_t offset = 8000;
  EXPECT_EQ(sys().sendfile(task, fd, file, &offset, 5000), 2000);
  EXPECT_EQ(offset, 10'000);
  EXPECT_EQ(sys().lseek(task, file, 0, SEEK_CUR), 0) << "an offset of one's own leaves the file's alone";
  run_softirqs();
  EXPECT_EQ(card.sent.size(), 3U) << "a datagram per page: 192 bytes, then 1808 in two fragments";
  EXPECT_EQ(sys().sendfile(task, file, fd, nullptr, 10), -EBADF) << "a file cannot be written";
  EXPECT_EQ(sys().sendfile(task, fd, fd, nullptr, 10), -EINVAL);
}

}  // namespace
}  // namespace nicosim
