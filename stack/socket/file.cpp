#include "stack/io/eventpoll.hpp"
#include "stack/socket/socket.hpp"

#include <utility>

namespace nicosim {

File::File() { socket.file = this; }

File::~File() { release(); }

void File::release() {                                      // __fput
  while (!watched_by.empty()) watched_by.back()->forget();  // eventpoll_release
  eventpoll.reset();
  if (ProtoOps* const ops = std::exchange(socket.ops, nullptr); ops != nullptr) ops->release(socket);
}

PollMask File::poll() { return eventpoll ? eventpoll->poll() : socket.ops->poll(socket); }

WaitQueue& File::wait_queue() { return eventpoll ? eventpoll->poll_wait() : socket.wq.wait; }

}  // namespace nicosim
