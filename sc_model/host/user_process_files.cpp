// Files on disk and asynchronous I/O.
#include "sc_model/host/user_process_kernel.hpp"
#include "stack/io/aio.hpp"

namespace nicosim {

int UserProcess::open(std::string_view path, int flags) {
  return kernel("open", [&] { return calls_.open(task_, path, flags); });
}
long UserProcess::pread(int fd, std::span<std::byte> buffer, std::int64_t offset) {
  return kernel("pread64", [&] { return calls_.pread(task_, fd, buffer, offset); });
}
long UserProcess::pwrite(int fd, std::span<const std::byte> data, std::int64_t offset) {
  return kernel("pwrite64", [&] { return calls_.pwrite(task_, fd, data, offset); });
}
int UserProcess::ftruncate(int fd, std::int64_t length) {
  return kernel("ftruncate", [&] { return calls_.ftruncate(task_, fd, length); });
}
int UserProcess::fsync(int fd) {
  return kernel("fsync", [&] { return calls_.fsync(task_, fd); });
}
int UserProcess::fdatasync(int fd) {
  return kernel("fdatasync", [&] { return calls_.fsync(task_, fd); });
}
long UserProcess::lseek(int fd, std::int64_t offset, int whence) {
  return kernel("lseek", [&] { return calls_.lseek(task_, fd, offset, whence); });
}
int UserProcess::fstat(int fd, struct stat& to) {
  return kernel("fstat", [&] { return calls_.fstat(task_, fd, to); });
}
long UserProcess::sendfile(int out, int in, std::int64_t* offset, std::size_t count) {
  return kernel("sendfile", [&] { return calls_.sendfile(task_, out, in, offset, count); });
}

// The helper thread has a door of its own. Ending the process from there ends only the call.
AioCallback UserProcess::thread_call(SigevThread on_completion) {
  if (!on_completion) return {};
  return [this, call = std::move(on_completion)](Task& thread, sigval value) {
    UserProcess door{cpu_, calls_, ledger_, thread, space_, true};
    try {
      call(door, value);
    } catch (const ProcessExit&) {
      // pthread_exit
    }
    count_ += door.count_;
  };
}

int UserProcess::aio_read(aiocb& control, SigevThread on_completion) {
  const AioCallback call = thread_call(std::move(on_completion));
  return kernel("aio_read", [&] { return calls_.aio_submit(task_, control, LIO_READ, call); });
}
int UserProcess::aio_write(aiocb& control, SigevThread on_completion) {
  const AioCallback call = thread_call(std::move(on_completion));
  return kernel("aio_write", [&] { return calls_.aio_submit(task_, control, LIO_WRITE, call); });
}
int UserProcess::aio_fsync(int op, aiocb& control, SigevThread on_completion) {
  if (op != O_SYNC && op != O_DSYNC) return -EINVAL;
  const AioCallback call = thread_call(std::move(on_completion));
  return kernel("aio_fsync", [&] { return calls_.aio_submit(task_, control, kAioFsync, call); });
}
int UserProcess::lio_listio(int mode, std::span<aiocb* const> list, const sigevent* event, SigevThread on_completion) {
  const AioCallback call = thread_call(std::move(on_completion));
  return kernel("lio_listio", [&] { return calls_.lio_listio(task_, mode, list, event, call); });
}
int UserProcess::aio_suspend(std::span<const aiocb* const> list, SimTime timeout) {
  return kernel("aio_suspend", [&] { return calls_.aio().suspend(task_, list, cpu_.now() + timeout); });
}
int UserProcess::aio_cancel(int fd, const aiocb* control) {
  return kernel("aio_cancel", [&] { return calls_.aio_cancel(task_, fd, control); });
}

// State and result are in memory that the program may read: no entry into the kernel, but time to look.
int UserProcess::aio_error(const aiocb& control) {
  cpu_.run_in_user_mode(Cost::aio_error, 1);
  if (cpu_.signal_pending()) interrupted();
  return calls_.aio().error(task_, &control);
}
long UserProcess::aio_return(const aiocb& control) {
  cpu_.run_in_user_mode(Cost::aio_error, 1);
  if (cpu_.signal_pending()) interrupted();
  return calls_.aio().take(task_, &control);
}

}  // namespace nicosim
