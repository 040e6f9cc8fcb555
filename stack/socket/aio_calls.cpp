// Descriptors to files for asynchronous I/O; the rest is stack/io/aio (aio_read(3), lio_listio(3)).
#include "stack/socket/socket_calls.hpp"

#include <cerrno>
#include <utility>
#include <vector>

namespace nicosim {

int SocketCalls::aio_submit(Task& task, aiocb& control, int opcode, AioCallback on_thread) {
  auto f = file(task, control.aio_fildes);
  if (!f) return -EBADF;
  const int result = aio_.submit(task, f, control, opcode, std::move(on_thread));
  put(std::move(f));
  return result;
}

int SocketCalls::lio_listio(Task& task, int mode, std::span<aiocb* const> list, const sigevent* event,
                            AioCallback on_thread) {
  std::vector<Aio::Entry> entries;
  for (aiocb* const control : list)
    entries.push_back({control, control != nullptr ? file(task, control->aio_fildes) : nullptr});
  const int result = aio_.listio(task, mode, entries, event, std::move(on_thread));
  for (Aio::Entry& entry : entries)
    if (entry.file) put(std::move(entry.file));
  return result;
}

int SocketCalls::aio_cancel(Task& task, int fd, const aiocb* control) {
  return file(task, fd) ? aio_.cancel(task, fd, control) : -EBADF;
}

}  // namespace nicosim
