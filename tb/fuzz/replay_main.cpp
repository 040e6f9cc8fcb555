// Runs a fuzz target over files: `PROGRAM FILE` is one input, in this process, for a debugger; `PROGRAM FOLDER...` is
// every file below, each in a child of its own, so that the one that fails can be named.
//
// Exit code 0: all inputs passed; 1: one failed, and the last line repeats it; 3: a file cannot be read.
#include "tb/fuzz/fuzz.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

void run(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    std::cerr << file.string() << ": cannot be read\n";
    std::exit(3);
  }
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const std::vector<std::uint8_t> bytes{text.begin(), text.end()};
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

bool passes(const fs::path& file) {
  const pid_t child = fork();
  if (child == 0) {
    run(file);
    std::exit(0);  // and not _exit: leaks are found on the way out
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t passed = 0;
  for (int i = 1; i < argc; ++i) {
    const fs::path path{argv[i]};
    if (!fs::is_directory(path)) {
      run(path);
      ++passed;
      continue;
    }
    for (const fs::path& file : files_below(path)) {
      if (!passes(file)) {
        std::cerr << "repeat it with: " << argv[0] << ' ' << file.string() << '\n';
        return 1;
      }
      ++passed;
    }
  }
  std::cout << passed << " inputs passed\n";
  return passed == 0 ? 3 : 0;  // an empty folder is a mistake
}
