#include "runtime/child_process.h"

#include "base/units.h"
#include "base/write_all.h"
#include "runtime/deadline.h"
#include "runtime/task_group.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ddm {
namespace {

/// What one of the child's outputs has brought, read while it is written.
class output_pipe {
 public:
  output_pipe(const asio::any_io_executor& executor, std::size_t bytes_max)
      : reading_(executor), bytes_max_(bytes_max) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
      reading_.assign(ends[0]);
      writing_ = ends[1];
    }
  }
  output_pipe(const output_pipe&) = delete;
  output_pipe& operator=(const output_pipe&) = delete;
  ~output_pipe() { close_writing(); }

  [[nodiscard]] int writing_end() const { return writing_; }
  void close_writing() {
    if (writing_ >= 0) {
      ::close(std::exchange(writing_, -1));
    }
  }
  /// Until all who hold the other end have closed it.
  awaitable<void> read() {
    while (!read_what_there_is()) {
      co_await reading_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    }
  }
  /// True at the end. What exceeds the bound is dropped: whoever writes need not wait for ever.
  bool read_what_there_is() {
    std::array<char, 4096> bytes{};
    for (;;) {
      const auto got = ::read(reading_.native_handle(), bytes.data(), bytes.size());
      if (got <= 0) {
        return got == 0 || (errno != EAGAIN && errno != EINTR);
      }
      text_.append(bytes.data(),
                   std::min(static_cast<std::size_t>(got), bytes_max_ - text_.size()));
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  asio::posix::stream_descriptor reading_;
  int writing_ = -1;
  std::size_t bytes_max_;
  std::string text_;
};

/// What the child reads: a file in memory, so that nobody has to write while it reads.
class input_file {
 public:
  explicit input_file(std::string_view text)
      : descriptor_(text.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC)
                                 : ::memfd_create("input", MFD_CLOEXEC)) {
    if (!text.empty() && descriptor_ >= 0 &&
        (!write_all(descriptor_, text) || ::lseek(descriptor_, 0, SEEK_SET) != 0)) {
      ::close(std::exchange(descriptor_, -1));
    }
  }
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;
  ~input_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

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
      static_cast<void>(reap());
    }
  }

  [[nodiscard]] pid_t id() const { return id_; }
  /// Ends it, if it has not ended, and what it has started; else that would outlive us.
  [[nodiscard]] int reap() {
    int status = 0;
    ::kill(-id_, SIGKILL);
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_;
};

/// The other side of the fork: between it and exec only what is safe in a signal handler is called.
[[noreturn]] void become(char* const* arguments, int input, int output, int errors, int failure) {
  // A group of its own: Ctrl-C at the terminal is for us, and we can kill what it has started. It
  // ends with us, however we end.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // What we ignore or block would stay ignored and blocked.
  for (int number = 1; number < NSIG; ++number) {
    ::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  // Not every descriptor of a library closes itself: no connection and no file of ours is theirs.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvp(arguments[0], arguments);
  const int why = errno;
  static_cast<void>(!::write(failure, &why, sizeof why));
  ::_exit(127);
}

/// The child's id, or -1 and errno.
pid_t start(std::vector<std::string>& words, int input, int output, int errors) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  // Closed by exec; before that it brings the reason why there was none.
  std::array<int, 2> failure{-1, -1};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
    return -1;
  }
  const pid_t id = ::fork();
  if (id == 0) {
    become(arguments.data(), input, output, errors, failure[1]);
  }
  const int why_no_fork = errno;
  ::close(failure[1]);
  int why = id < 0 ? why_no_fork : 0;
  ssize_t got = 0;
  while (id > 0 && (got = ::read(failure[0], &why, sizeof why)) < 0 && errno == EINTR) {
  }
  ::close(failure[0]);
  if (id > 0 && got > 0) {
    ::waitpid(id, nullptr, 0);
  }
  errno = why;
  return why == 0 ? id : -1;
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

/// Then nobody reads any more.
awaitable<void> wait_for_end(asio::posix::stream_descriptor& process, milliseconds limit,
                             task_group& readers, bool& in_time) {
  in_time = (co_await with_deadline(limit, await_end(process))).has_value();
  readers.cancel();
}

}  // namespace

awaitable<result<child_output>> run_child(std::vector<std::string> words, milliseconds limit,
                                          std::size_t bytes_max, std::string input) {
  const auto executor = co_await asio::this_coro::executor;
  const input_file to_read(input);
  output_pipe output(executor, bytes_max);
  output_pipe errors(executor, bytes_max);
  if (to_read.descriptor() < 0 || output.writing_end() < 0 || errors.writing_end() < 0) {
    co_return fatal(fmt::format("{} could not be started: {}", words[0], std::strerror(errno)));
  }
  child running(start(words, to_read.descriptor(), output.writing_end(), errors.writing_end()));
  if (running.id() < 0) {
    const bool is_no_program = errno == ENOENT || errno == EACCES || errno == ENOEXEC;
    co_return fail(is_no_program ? error_class::wrong_usage : error_class::fatal,
                   fmt::format("{} could not be started: {}", words[0], std::strerror(errno)));
  }
  output.close_writing();
  errors.close_writing();
  const auto process_descriptor = static_cast<int>(::syscall(SYS_pidfd_open, running.id(), 0));
  if (process_descriptor < 0) {
    co_return fatal(fmt::format("{} cannot be watched: {}", words[0], std::strerror(errno)));
  }
  asio::posix::stream_descriptor process(executor, process_descriptor);
  task_group readers(executor);
  readers.spawn(output.read());
  readers.spawn(errors.read());
  bool in_time = false;
  readers.spawn(wait_for_end(process, limit, readers, in_time));
  co_await readers.join();
  if (!in_time) {
    co_return fail({.kind = error_class::retry,
                    .code = "Timeout",
                    .message = fmt::format("{} had not ended after {} and was stopped", words[0],
                                           spoken_duration(limit))});
  }
  output.read_what_there_is();
  errors.read_what_there_is();
  co_return child_output{
      .exit_code = running.reap(), .output = output.take(), .errors = errors.take()};
}

}  // namespace ddm
