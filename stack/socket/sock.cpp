#include "stack/socket/sock.hpp"

#include "stack/io/wake_up.hpp"

#include <fmt/format.h>
#include <utility>

namespace nicosim {
namespace {

class WriteCharge final : public TxOwner {
 public:
  WriteCharge(std::shared_ptr<Sock> sock, std::size_t bytes) : sock_(std::move(sock)), bytes_(bytes) {
    sock_->wmem_alloc += bytes_;
  }
  ~WriteCharge() override { give_back(); }
  void release() override {
    give_back();
    if (!sock_->net.over) sock_->write_space();
  }
  void link_failure() override {
    if (!sock_->net.over) sock_->link_failure();
  }

 private:
  void give_back() { sock_->wmem_alloc -= std::exchange(bytes_, 0); }

  std::shared_ptr<Sock> sock_;
  std::size_t bytes_;
};

}  // namespace

std::unique_ptr<TxOwner> Sock::charge(std::size_t truesize) {
  return std::make_unique<WriteCharge>(shared_from_this(), truesize);
}

SockSummary Sock::summary() const { return {"udp", connected() ? "ESTAB" : "UNCONN", rmem_alloc, wmem_alloc}; }

void Sock::write_space() { sock_def_write_space(*this); }

std::string_view Sock::reader(const Task& task) {
  if (reader_pid_ != task.pid()) {
    reader_pid_ = task.pid();
    reader_ = fmt::format("task={} pid={}", task.task_name(), task.pid());
  }
  return reader_;
}

int Sock::take_error() { return -std::exchange(error, 0); }

}  // namespace nicosim
