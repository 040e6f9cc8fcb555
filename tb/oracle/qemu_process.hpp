// qemu-system-x86_64 with one e1000 and nothing to run: a machine that its qtest socket pokes.
//
// Its processor sits in a halt loop; every access comes from here. Commands may be sent ahead (pipelined); each has one
// answer, in order. Interrupt lines arrive in between and are kept as a level.
#pragma once

#include "tb/cli/temporary_folder.hpp"
#include "tb/oracle/child_process.hpp"
#include "tb/oracle/unix_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class QemuProcess {
 public:
  static constexpr std::string_view kProgram = "qemu-system-x86_64";
  static constexpr unsigned kIrq = 11;  // where INTA is routed
  static bool available() { return program_exists(std::string{kProgram}); }

  // `mac` as text. Throws std::runtime_error, with what QEMU printed, when it does not start.
  explicit QemuProcess(const std::string& mac);

  void post(std::string_view command);        // a command whose answer tells nothing; not waited for
  std::string ask(std::string_view command);  // its answer, without "OK"; all posted ones are answered before
  std::vector<std::string> ask_all(const std::vector<std::string>& commands);
  void reset();  // QMP system_reset, returns when it has happened

  bool irq() const { return irq_; }  // level of kIrq, as of the last answer
  void send_frame(Bytes frame) { wire_.send(folder_.file("in"), frame); }
  std::optional<std::vector<std::byte>> receive_frame() { return wire_.receive(); }
  bool frames_taken() const { return wire_.all_taken(); }
  pid_t pid() const { return child_->pid(); }

 private:
  std::string answer();
  void drain();

  TemporaryFolder folder_;
  LineStream qtest_, qmp_;
  DatagramSocket wire_;
  std::unique_ptr<ChildProcess> child_;
  std::string outgoing_;
  unsigned unanswered_ = 0;
  bool irq_ = false;
};

}  // namespace nicosim
