// Writes what others need of the register map: the SystemVerilog package and the table for readers.
//
//   nicosim_regmap_gen write ROOT   writes ROOT/rtl/nic_regs_pkg.sv and ROOT/docs/registers.md
//   nicosim_regmap_gen check ROOT   compares with them; exit 1 and the name of a file that is stale
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

namespace nicosim {
namespace {

constexpr std::string_view kPackagePath = "rtl/nic_regs_pkg.sv";
constexpr std::string_view kPagePath = "docs/registers.md";

std::string package_register(const RegisterInfo& r) {
  std::string out;
  out += fmt::format("  // {}\n", r.text);
  out += fmt::format("  localparam logic [16:0] {}_ADDR = 17'h{:05x};\n", r.name, r.offset);
  if (!r.alias_of.empty()) return out;
  if (r.count > 1) {
    out += fmt::format("  localparam int unsigned {}_COUNT = {};\n", r.name, r.count);
    out += fmt::format("  localparam int unsigned {}_STRIDE = {};\n", r.name, r.stride);
  }
  out += fmt::format("  localparam logic [31:0] {}_RESET = 32'h{:08x};\n", r.name, r.reset);
  out += fmt::format("  localparam logic [31:0] {}_WMASK = 32'h{:08x};\n", r.name, r.writable);
  if (r.offset >= regs::CRCERRS && r.offset <= regs::TSCTFC) {
    out += fmt::format("  localparam int unsigned {}_INDEX = {};\n", r.name, (r.offset - regs::CRCERRS) / 4);
  }
  for (const FieldInfo& f : r.fields) {
    out += fmt::format("  localparam int unsigned {}_{}_LSB = {};\n", r.name, f.name, f.bits.lsb);
    if (f.bits.width > 1)
      out += fmt::format("  localparam int unsigned {}_{}_WIDTH = {};\n", r.name, f.name, f.bits.width);
  }
  return out;
}

std::string package_descriptors() {
  std::string out;
#define PART(descriptor, name, lsb, width, text)                                              \
  out += fmt::format("  localparam int unsigned {}_{}_LSB = {};\n", #descriptor, #name, lsb); \
  out += fmt::format("  localparam int unsigned {}_{}_WIDTH = {};\n", #descriptor, #name, width);
#define FLAG(descriptor, part, name, bit, text) \
  out += fmt::format("  localparam int unsigned {}_{}_{}_BIT = {};  // {}\n", #descriptor, #part, #name, bit, text);
#include "regmap/descriptors.def"
  return out;
}

std::string package() {
  std::string out =
      "// Register addresses, reset values, writable bits, field and descriptor positions.\n"
      "//\n"
      "// Written by nicosim_regmap_gen from regmap/table.def; change that, not this.\n"
      "package nic_regs_pkg;\n";
  std::string_view group;
  for (const RegisterInfo& r : all_registers()) {
    if (r.group != group) {
      group = r.group;
      out += fmt::format("\n  // ---- {} ----\n", group);
    }
    out += '\n' + package_register(r);
  }
  out += "\n  // ---- Descriptors: LSB over all 128 bits, BIT inside the part ----\n\n";
  out += package_descriptors();
  out += "\nendpackage\n";
  return out;
}

std::string bits(const Field& f) {
  return f.width == 1 ? fmt::format("{}", f.lsb) : fmt::format("{}:{}", f.lsb + f.width - 1, f.lsb);
}

std::string page_group_table(std::string_view group) {
  std::string out =
      "| offset | register | access | reset | writable | behaviour | manual | |\n|---|---|---|---|---|---|---|---|\n";
  for (const RegisterInfo& r : all_registers()) {
    if (r.group != group) continue;
    const std::string name = r.count > 1 ? fmt::format("{}[0..{}]", r.name, r.count - 1) : std::string{r.name};
    const std::string where = r.count > 1 && r.stride != 4 ? fmt::format("{:05x} + {}n", r.offset, r.stride)
                                                           : fmt::format("{:05x}", r.offset);
    out += fmt::format("| {} | {} | {} | {:08x} | {:08x} | {} | {} | {} |\n", where, name, to_string(r.access), r.reset,
                       r.writable, to_string(r.behaviour), r.section, r.text);
  }
  return out;
}

std::string page_fields(const RegisterInfo& r) {
  std::string out = fmt::format("\n**{}**\n\n| bits | field | access | |\n|---|---|---|---|\n", r.name);
  for (const FieldInfo& f : r.fields) {
    out += fmt::format("| {} | {} | {} | {} |\n", bits(f.bits), f.name, to_string(f.access), f.text);
  }
  return out;
}

std::string page_descriptors() {
  std::string out = "| descriptor | part | bits | |\n|---|---|---|---|\n";
#define PART(descriptor, name, lsb, width, text) \
  out += fmt::format("| {} | {} | {} | {} |\n", #descriptor, #name, bits(Field{lsb, width}), text);
#define FLAG(descriptor, part, name, bit, text) \
  out += fmt::format("| {} | {}.{} | {} | {} |\n", #descriptor, #part, #name, bit, text);
#include "regmap/descriptors.def"
  return out;
}

std::string page() {
  std::string out =
      "# Registers and descriptors\n\n"
      "The card is register- and descriptor-compatible with Intel's 8254x family (82540EM). This page is written by\n"
      "`nicosim_regmap_gen` from `regmap/table.def` and `regmap/descriptors.def`; change those.\n\n"
      "Offsets are hexadecimal bytes in BAR0; every register is 32 bits wide and aligned; what is not listed reads 0.\n"
      "Behaviour: **real** does what the manual says, **storage** is kept and read back without effect, **constant**\n"
      "reports something that cannot happen here. Access **live** is driven by the card. Sections are those of "
      "Intel's\n"
      "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual.\n";
  std::string_view group;
  for (const RegisterInfo& r : all_registers()) {
    if (r.group == group) continue;
    group = r.group;
    out += fmt::format("\n## {}\n\n{}", group, page_group_table(group));
    for (const RegisterInfo& f : all_registers()) {
      if (f.group == group && !f.fields.empty()) out += page_fields(f);
    }
  }
  out += fmt::format("\n## Descriptors\n\n16 bytes, little endian. {}\n\n{}",
                     "Bits count over the whole descriptor; a flag's bit counts inside its part.", page_descriptors());
  return out;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool write(const std::filesystem::path& path, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) fmt::print(stderr, "cannot write {}\n", path.string());
  return static_cast<bool>(out);
}

bool check(const std::filesystem::path& path, const std::string& text) {
  if (contents(path) == text) return true;
  fmt::print(stderr, "{} is stale: run nicosim_regmap_gen write .\n", path.string());
  return false;
}

int run(std::string_view what, const std::filesystem::path& root) {
  const auto each = what == "write" ? write : check;
  const bool package_ok = each(root / kPackagePath, package());
  const bool page_ok = each(root / kPagePath, page());
  return package_ok && page_ok ? 0 : 1;
}

}  // namespace
}  // namespace nicosim

int main(int argc, char** argv) {
  if (argc != 3 || (std::string_view{argv[1]} != "write" && std::string_view{argv[1]} != "check")) {
    fmt::print(stderr, "usage: nicosim_regmap_gen write|check ROOT\n");
    return 2;
  }
  return nicosim::run(argv[1], argv[2]);
}
