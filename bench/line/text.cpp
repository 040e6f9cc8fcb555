#include "bench/line/text.hpp"

#include <fmt/format.h>
#include <sstream>
#include <stdexcept>

namespace nicosim::bench {
namespace {

// Calls `field(name, member)` for everything in a result, so that writing and reading cannot differ.
template <class Result, class Visitor>
void each_field(Result& r, Visitor field) {
  const auto flow = [&field](const std::string& way, auto& f) {
    field(way + ".frames", f.frames);
    field(way + ".delivered", f.delivered);
    field(way + ".cycles_per_frame", f.cycles_per_frame);
    field(way + ".line_cycles", f.line_cycles);
  };
  flow("receive", r.receive);
  flow("transmit", r.transmit);
  field("missed", r.missed);
  field("no_buffer", r.no_buffer);
  field("least_gap", r.least_gap);
  field("most_gap", r.most_gap);
  field("up_bytes", r.up_bytes);
  field("down_bytes", r.down_bytes);
  field("cycles", r.cycles);
}

}  // namespace

std::string arguments_of(const LineCell& cell) {
  return fmt::format("line --bytes {} --offset {} --recycle-ns {} --frames {}{}{}{}{}", cell.bytes, cell.offset,
                     cell.recycle.in_ns(), cell.frames, cell.receive ? " --receive" : "",
                     cell.transmit ? " --transmit" : "", cell.for_us ? "" : " --reject", cell.idle ? " --idle" : "");
}

std::string to_text(const LineResult& result) {
  std::string text;
  each_field(result,
             [&text](const std::string& name, const auto& value) { text += fmt::format("{}={}\n", name, value); });
  return text;
}

LineResult line_result_from(const std::string& text) {
  LineResult result;
  each_field(result, [&text](const std::string& name, auto& value) {
    const std::size_t at = ("\n" + text).find("\n" + name + "=");
    std::istringstream in{at == std::string::npos ? "" : text.substr(at + name.size() + 1)};
    if (!(in >> value)) throw std::runtime_error("no " + name + " in:\n" + text);
  });
  return result;
}

}  // namespace nicosim::bench
