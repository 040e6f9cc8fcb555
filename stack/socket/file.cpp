#include "stack/io/eventpoll.hpp"
#include "stack/socket/socket.hpp"

#include <utility>

namespace nicosim {

File::File() { socket.file = this; }

File::File(std::unique_ptr<FileOps> of, int access) : ops(std::move(of)), access_mode(access) { socket.file = this; }

File::~File() { release(); }

void File::release() {                                      // __fput
  while (!watched_by.empty()) watched_by.back()->forget();  // eventpoll_release
  async.reset();
  eventpoll.reset();
  if (ops) ops->release();
  ops.reset();
  if (ProtoOps* const proto = std::exchange(socket.ops, nullptr); proto != nullptr) proto->release(socket);
}

PollMask File::poll() {
  if (ops) return ops->poll();
  return eventpoll ? eventpoll->poll() : socket.ops->poll(socket);
}

WaitQueue& File::wait_queue() {
  if (ops) return ops->wait_queue();
  return eventpoll ? eventpoll->poll_wait() : socket.wq.wait;
}

FasyncList* File::fasync_list() {
  if (ops) return ops->fasync_list();
  return is_socket() ? &socket.wq.fasync_list : nullptr;
}

}  // namespace nicosim
