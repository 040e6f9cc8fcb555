#include "tb/oracle/qemu_process.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace nicosim {
namespace {

// Commands on their way before answers are read: far below what the sockets hold, so neither end can block the other.
constexpr unsigned kPipeline = 256;
constexpr std::size_t kPipelineBytes = 16384;

// 64 KiB of zeros, and where the processor starts: cli; hlt; jmp back.
std::string halt_rom() {
  std::string rom(65536, '\0');
  rom.replace(0xfff0, 4, "\xfa\xf4\xeb\xfd");
  return rom;
}

}  // namespace

QemuProcess::QemuProcess(const std::string& mac)
    : qtest_(folder_.file("qtest")), qmp_(folder_.file("qmp")), wire_(folder_.file("out")) {
  folder_.write("halt.rom", halt_rom());
  // -icount: an idle machine jumps over time, as ours does. The e1000 stops receiving for a (virtual) second after
  // every write to RCTL.
  child_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{std::string{kProgram},
                               "-accel",
                               "tcg",
                               "-icount",
                               "shift=0,sleep=off",
                               "-bios",
                               folder_.file("halt.rom"),
                               "-machine",
                               "pc",
                               "-m",
                               "64",
                               "-nodefaults",
                               "-display",
                               "none",
                               "-netdev",
                               fmt::format("dgram,id=n0,local.type=unix,local.path={},remote.type=unix,remote.path={}",
                                           folder_.file("in"), folder_.file("out")),
                               "-device",
                               fmt::format("e1000,netdev=n0,mac={},addr=04.0,mitigation=off", mac),
                               "-qtest",
                               "unix:" + folder_.file("qtest"),
                               "-qtest-log",
                               "none",
                               "-qmp",
                               "unix:" + folder_.file("qmp")},
      folder_.file("output"));
  try {
    qtest_.accept();
    qmp_.accept();
    qmp_.line();  // its greeting
    qmp_.send("{\"execute\": \"qmp_capabilities\"}\n");
    qmp_.line();
    ask("irq_intercept_in ioapic");
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(fmt::format("{}: {}\n{}", kProgram, e.what(), folder_.read("output")));
  }
}

void QemuProcess::post(std::string_view command) {
  outgoing_.append(command).push_back('\n');
  ++unanswered_;
  if (unanswered_ >= kPipeline || outgoing_.size() >= kPipelineBytes) drain();
}

std::string QemuProcess::ask(std::string_view command) {
  drain();
  outgoing_.append(command).push_back('\n');
  qtest_.send(outgoing_);
  outgoing_.clear();
  return answer();
}

std::vector<std::string> QemuProcess::ask_all(const std::vector<std::string>& commands) {
  drain();
  std::vector<std::string> answers;
  for (std::size_t first = 0; first < commands.size(); first += kPipeline) {
    const std::size_t last = std::min(first + kPipeline, commands.size());
    for (std::size_t i = first; i < last; ++i) outgoing_.append(commands[i]).push_back('\n');
    qtest_.send(outgoing_);
    outgoing_.clear();
    for (std::size_t i = first; i < last; ++i) answers.push_back(answer());
  }
  return answers;
}

void QemuProcess::drain() {
  if (!outgoing_.empty()) qtest_.send(outgoing_);
  outgoing_.clear();
  for (; unanswered_ > 0; --unanswered_) answer();
}

// The next line that is an answer; news of interrupt lines come first.
std::string QemuProcess::answer() {
  for (;;) {
    std::string line = qtest_.line();
    if (line.starts_with("IRQ ")) {
      const std::string ours = std::to_string(kIrq);
      if (line == "IRQ raise " + ours) irq_ = true;
      if (line == "IRQ lower " + ours) irq_ = false;
      continue;
    }
    if (!line.starts_with("OK")) throw std::runtime_error("qtest: " + line);
    return line.size() > 3 ? line.substr(3) : "";
  }
}

void QemuProcess::reset() {
  drain();
  qmp_.send("{\"execute\": \"system_reset\"}\n");
  while (qmp_.line().find("\"RESET\"") == std::string::npos) {
  }
}

}  // namespace nicosim
