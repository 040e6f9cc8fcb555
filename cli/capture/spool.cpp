#include "cli/capture/spool.hpp"

#include "cli/capture/capture_input.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>
#include <system_error>

namespace nicosim {

std::string readable_again(const std::string& path) {
  struct stat info {};
  if (path != "-" && (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return path;
  static std::map<std::string, std::string> copies;
  std::string& known = copies[path];
  if (!known.empty()) return known;
  const auto source = open_file_source(path);
  std::FILE* const copy = std::tmpfile();  // stays open: the path below leads to it
  const auto fail = [] { throw std::system_error{errno, std::generic_category(), "temporary copy of the capture"}; };
  if (copy == nullptr) fail();
  std::array<std::byte, 65'536> buffer{};
  while (const std::size_t n = source->read(buffer))
    if (std::fwrite(buffer.data(), 1, n, copy) != n) fail();
  if (std::fflush(copy) != 0) fail();
  return known = fmt::format("/proc/self/fd/{}", fileno(copy));
}

}  // namespace nicosim
