// Coverage points of all verilated models of a process: which of them were ever reached.
//
// Written once per process into NICOSIM_COVERAGE_DIR, at exit or _exit, a line per point: reached (0 or 1), file, line,
// column, kind, text, tab-separated. tools/coverage puts the files together. The linker leads the destructor of every
// model's symbol table and _exit through here (--wrap, see cmake/NicosimVerilate.cmake).
#include "tb/rtl/coverage/verilated_cov.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace nicosim::coverage {
namespace {

class Points {
 public:
  Points() {
    std::atexit([] { the().write(); });
  }

  // Never destroyed: models may outlive every static object.
  static Points& the() {
    static Points* const points = new Points;
    return *points;
  }

  void add(const void* model, const std::uint32_t* count, std::string key) {
    const auto [place, fresh] = index_.try_emplace(std::move(key), reached_.size());
    if (fresh) reached_.push_back(false);
    models_[model].push_back({count, place->second});
  }
  // The model's counters are about to go.
  void gone(const void* model) {
    const auto place = models_.find(model);
    if (place == models_.end()) return;
    take(place->second);
    models_.erase(place);
  }
  void write() {
    const char* const folder = std::getenv("NICOSIM_COVERAGE_DIR");
    if (folder == nullptr || written_by_ == ::getpid()) return;
    written_by_ = ::getpid();
    for (const auto& [model, counts] : models_) take(counts);
    const std::string path = std::string{folder} + "/" + std::to_string(::getpid()) + ".points";
    std::FILE* const file = std::fopen(path.c_str(), "a");
    if (file == nullptr) {
      std::perror(path.c_str());
      std::abort();  // a hole that nobody sees would be worse
    }
    for (const auto& [key, i] : index_) std::fprintf(file, "%d\t%s\n", reached_[i] ? 1 : 0, key.c_str());
    std::fclose(file);
  }

 private:
  struct Count {
    const std::uint32_t* count;
    std::size_t point;
  };
  void take(const std::vector<Count>& counts) {
    for (const Count& c : counts)
      if (*c.count != 0) reached_[c.point] = true;
  }

  std::unordered_map<std::string, std::size_t> index_;
  std::vector<bool> reached_;
  std::map<const void*, std::vector<Count>> models_;
  pid_t written_by_ = 0;  // a forked child writes for itself
};

}  // namespace

void add(const void* model, const std::uint32_t* count, const char* file, int line, int column, const char* page,
         const char* comment) {
  const std::string kind{page, std::find(page, page + std::string{page}.size(), '/')};
  Points::the().add(
      model, count,
      std::string{file} + "\t" + std::to_string(line) + "\t" + std::to_string(column) + "\t" + kind + "\t" + comment);
}

}  // namespace nicosim::coverage

extern "C" {

// VerilatedSyms::~VerilatedSyms()
void __real__ZN13VerilatedSymsD2Ev(void* symbols);
void __wrap__ZN13VerilatedSymsD2Ev(void* symbols) {
  nicosim::coverage::Points::the().gone(symbols);
  __real__ZN13VerilatedSymsD2Ev(symbols);
}

[[noreturn]] void __real__exit(int status);
[[noreturn]] void __wrap__exit(int status) {
  nicosim::coverage::Points::the().write();
  __real__exit(status);
}
}
