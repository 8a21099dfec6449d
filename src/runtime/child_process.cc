#include "runtime/child_process.h"

#include "base/units.h"
#include "runtime/deadline.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ddm {
namespace {

class memory_file {
 public:
  memory_file() : descriptor_(memfd_create("child", MFD_CLOEXEC)) {}
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string text(std::size_t bytes_max) const {
    std::string read(bytes_max, '\0');
    const auto got = ::pread(descriptor_, read.data(), read.size(), 0);
    read.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return read;
  }

 private:
  int descriptor_;
};

/// A child that has been started; killed with its group, and reaped, unless it has ended before.
class child {
 public:
  explicit child(pid_t id) : id_(id) {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (id_ > 0) {
      ::kill(-id_, SIGKILL);
      static_cast<void>(reap());
    }
  }

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] int reap() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_;
};

/// The child's id, or -1 and errno.
pid_t start(std::vector<std::string>& words, int output, int errors) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C at the terminal is for us, and we can kill what it has started.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);

  pid_t id = -1;
  const int failed =
      ::posix_spawnp(&id, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  errno = failed;
  return failed == 0 ? id : -1;
}

awaitable<bool> await_end(asio::posix::stream_descriptor& process) {
  boost::system::error_code ec;
  co_await process.async_wait(asio::posix::stream_descriptor::wait_read,
                              asio::redirect_error(asio::use_awaitable, ec));
  if (ec == asio::error::operation_aborted) {
    throw boost::system::system_error(ec);
  }
  co_return true;
}

}  // namespace

awaitable<result<child_output>> run_child(std::vector<std::string> words, milliseconds limit,
                                          std::size_t bytes_max) {
  const memory_file output;
  const memory_file errors;
  child running(start(words, output.descriptor(), errors.descriptor()));
  if (running.id() < 0) {
    co_return fatal(fmt::format("{} could not be started: {}", words[0], std::strerror(errno)));
  }
  const auto process_descriptor = static_cast<int>(::syscall(SYS_pidfd_open, running.id(), 0));
  if (process_descriptor < 0) {
    co_return fatal(fmt::format("{} cannot be watched: {}", words[0], std::strerror(errno)));
  }
  asio::posix::stream_descriptor process(co_await asio::this_coro::executor, process_descriptor);
  if (!co_await with_deadline(limit, await_end(process))) {
    co_return fail({.kind = error_class::retry,
                    .code = "Timeout",
                    .message = fmt::format("{} had not ended after {} and was stopped", words[0],
                                           spoken_duration(limit))});
  }
  co_return child_output{.exit_code = running.reap(),
                         .output = output.text(bytes_max),
                         .errors = errors.text(bytes_max)};
}

}  // namespace ddm
