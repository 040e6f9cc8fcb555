// Unix sockets as QEMU wants them: a listening stream that it connects to, and a pair of datagram addresses.
#pragma once

#include "common/bytes.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  int get() const { return fd_; }

 private:
  int fd_;
};

// One connection, line by line. All errors, and silence for a minute, are std::runtime_error.
class LineStream {
 public:
  explicit LineStream(const std::string& path);  // listens there
  void accept();
  void send(std::string_view text);
  std::string line();  // waits for the next one, without its end

 private:
  std::string path_;
  FileDescriptor listening_, connection_;
  std::string received_;
  std::size_t taken_ = 0;
};

class DatagramSocket {
 public:
  explicit DatagramSocket(const std::string& path);  // bound there
  void send(const std::string& to, Bytes datagram);
  std::optional<std::vector<std::byte>> receive();  // nothing: none is waiting
  bool all_taken() const;                           // what was sent has been received at the other end

 private:
  FileDescriptor socket_;
};

}  // namespace nicosim
