#include "stack/io/wake_up.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/socket/sock.hpp"
#include "stack/socket/socket.hpp"

#include <csignal>
#include <memory>

namespace nicosim {

bool TaskWaiter::woken(PollMask why, bool sync) {
  if ((why & interest_) == 0) return false;
  queue_.remove(*this);
  runtime_.charge(Cost::sock_wake);
  runtime_.wake(task_, sync);
  return true;
}

namespace {

// Who is woken on another CPU may close the socket before the wake-up is through: hold the file meanwhile.
std::shared_ptr<File> hold(const Sock& sock) {
  return sock.socket == nullptr ? nullptr : sock.socket->file->weak_from_this().lock();
}

}  // namespace

unsigned sock_def_readable(Sock& sock) {
  const auto file = hold(sock);
  if (!file) return 0;
  SocketWq& wq = file->socket.wq;
  unsigned woken = 0;
  if (wq.wait.has_sleepers()) woken = wq.wait.wake_up(kPollIn | kPollPri | kPollRdNorm | kPollRdBand, 1, true);
  return woken + sock_wake_async(wq, AsyncWake::wait_data, POLL_IN);
}

unsigned sock_def_write_space(Sock& sock) {
  if (sock.wmem_alloc * 2 > sock.sndbuf) return 0;
  const auto file = hold(sock);
  if (!file) return 0;
  SocketWq& wq = file->socket.wq;
  unsigned woken = 0;
  if (wq.wait.has_sleepers()) woken = wq.wait.wake_up(kPollOut | kPollWrNorm | kPollWrBand, 1, true);
  return woken + sock_wake_async(wq, AsyncWake::space, POLL_OUT);
}

unsigned sock_def_error_report(Sock& sock) {
  const auto file = hold(sock);
  if (!file) return 0;
  SocketWq& wq = file->socket.wq;
  unsigned woken = 0;
  if (wq.wait.has_sleepers()) woken = wq.wait.wake_up(kPollErr, 1, false);
  return woken + wq.fasync_list.signal_all(POLL_ERR);
}

unsigned sock_def_wakeup(Sock& sock) {
  const auto file = hold(sock);
  if (!file || !file->socket.wq.wait.has_sleepers()) return 0;
  return file->socket.wq.wait.wake_up(~PollMask{0}, 0, false);
}

unsigned sk_stream_write_space(Sock& sock) {
  const auto file = hold(sock);
  if (!file) return 0;
  SocketWq& wq = file->socket.wq;
  unsigned woken = 0;
  if (wq.wait.has_sleepers()) woken = wq.wait.wake_up(kPollOut | kPollWrNorm | kPollWrBand, 1, false);
  woken += sock_wake_async(wq, AsyncWake::space, POLL_OUT);
  wq.flags &= ~kAsyncNoSpace;
  return woken;
}

unsigned sk_wake_async(Sock& sock, AsyncWake how, int code) {
  const auto file = hold(sock);
  return file ? sock_wake_async(file->socket.wq, how, code) : 0;
}

unsigned sock_wake_async(SocketWq& wq, AsyncWake how, int code) {
  if (wq.fasync_list.empty()) return 0;
  if (how == AsyncWake::wait_data && (wq.flags & kAsyncWaitData) != 0) return 0;
  if (how == AsyncWake::space) {
    if ((wq.flags & kAsyncNoSpace) == 0) return 0;
    wq.flags &= ~kAsyncNoSpace;
  }
  return wq.fasync_list.signal_all(code);
}

}  // namespace nicosim
