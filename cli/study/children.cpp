#include "cli/study/children.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <list>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr std::size_t kMostAtOnce = 256;
constexpr int kInterruptedCode = 130, kOurFaultCode = 5;

// What the signal handler needs: it passes the signal on, because the children are out of the terminal's reach.
std::array<volatile pid_t, kMostAtOnce> living{};
volatile std::sig_atomic_t signals = 0;

void on_signal(int number) {
  signals = signals + 1;
  for (const pid_t child : living)
    if (child > 0) kill(child, signals > 1 ? SIGKILL : number);
  if (signals > 1) _exit(kInterruptedCode);
}

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

// A file in memory that a child writes and its parent reads: no pipe that could fill up.
class Memo {
 public:
  explicit Memo(const char* name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) fail(name);
  }
  Memo(Memo&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Memo& operator=(Memo&&) = delete;
  ~Memo() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  void become(int descriptor) const { dup2(descriptor_, descriptor); }
  std::string content() const {
    std::string text;
    std::array<char, 65'536> chunk{};
    for (off_t at = 0;;) {
      const ssize_t n = pread(descriptor_, chunk.data(), chunk.size(), at);
      if (n <= 0) return text;
      text.append(chunk.data(), static_cast<std::size_t>(n));
      at += n;
    }
  }

 private:
  int descriptor_;
};

struct Child {
  std::size_t job;
  std::size_t slot;  // in `living`
  pid_t pid;
  Memo out, err;
};

// Signals are held back while a child is born, so that none falls between its birth and its place in `living`.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &before_);
  }
  ~SignalsHeld() { release(); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  void release() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

Child start(std::size_t job, std::size_t slot, const std::function<int(std::size_t)>& work) {
  Memo out{"stdout"};
  Memo err{"stderr"};
  std::fflush(nullptr);  // else the child would print it again
  SignalsHeld held;
  const pid_t pid = fork();
  if (pid < 0) fail("a process for a point of the study");
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    held.release();
    out.become(STDOUT_FILENO);
    err.become(STDERR_FILENO);
    int code = kOurFaultCode;
    try {
      code = work(job);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "nicosim: our fault: %s\n", e.what());
    }
    std::fflush(nullptr);
    _exit(code);  // what the parent has open is not the child's to close
  }
  living.at(slot) = pid;
  return {job, slot, pid, std::move(out), std::move(err)};
}

}  // namespace

ChildResults run_in_children(std::size_t count, unsigned at_once, const std::function<int(std::size_t)>& job,
                             const std::function<void(std::size_t, std::size_t)>& progress) {
  ChildResults results;
  results.of.resize(count);
  const std::size_t slots = std::clamp<std::size_t>(at_once, 1, kMostAtOnce);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  std::list<Child> children;
  std::size_t next = 0;
  std::size_t done = 0;
  while (true) {
    while (signals == 0 && next < count && children.size() < slots) {
      const auto free = std::ranges::find(living, 0);
      children.push_back(start(next, static_cast<std::size_t>(free - living.begin()), job));
      ++next;
      progress(done, children.size());
    }
    if (children.empty()) break;
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    const auto child = std::ranges::find(children, pid, &Child::pid);
    if (child == children.end()) continue;  // a signal came
    living.at(child->slot) = 0;
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (signals == 0 || code != kInterruptedCode)
      results.of[child->job] = ChildResult{code, child->out.content(), child->err.content()};
    children.erase(child);
    ++done;
    progress(done, children.size());
  }
  results.interrupted = signals != 0;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  return results;
}

}  // namespace nicosim
