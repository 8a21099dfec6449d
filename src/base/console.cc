#include "base/console.h"

#include "base/same_file.h"
#include "base/write_all.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::console {
namespace {

int file_of(stream to) { return to == stream::output ? STDOUT_FILENO : STDERR_FILENO; }

std::atomic<int> failure_of_output = 0;

/// A pipe or a terminal that fails has lost its reader, or keeps it waiting.
bool has_no_reader(int reason) {
  struct stat place{};
  const bool is_file = ::fstat(STDOUT_FILENO, &place) == 0 && S_ISREG(place.st_mode);
  return reason == EPIPE || reason == EAGAIN || (reason == EIO && !is_file);
}

void write_through(int file, std::string_view text) {
  const bool written = write_all(file, text);
  const int reason = errno;
  if (file == STDOUT_FILENO) {
    failure_of_output = written || has_no_reader(reason) ? 0 : reason;
  }
}

/// Writes what it is given, as it is.
class raw_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit raw_sink(int file) : file_(file) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& text) override {
    write_through(file_, {text.payload.data(), text.payload.size()});
  }
  void flush_() override {}

 private:
  int file_;
};

using pool = std::shared_ptr<spdlog::details::thread_pool>;

std::shared_ptr<spdlog::async_logger> logger_of(stream to, const pool& thread) {
  auto made =
      std::make_shared<spdlog::async_logger>("console", std::make_shared<raw_sink>(file_of(to)),
                                             thread, spdlog::async_overflow_policy::overrun_oldest);
  made->set_error_handler([](const std::string&) {});
  return made;
}

std::mutex guard;
background::threads* present = nullptr;

}  // namespace

class background::threads {
 public:
  threads()
      : error_thread_(std::make_shared<spdlog::details::thread_pool>(queued_max, 1)),
        // On one terminal, or in one pipe, the two keep their order.
        output_thread_(are_one_file(STDOUT_FILENO, STDERR_FILENO)
                           ? error_thread_
                           : std::make_shared<spdlog::details::thread_pool>(queued_max, 1)),
        error_(logger_of(stream::error, error_thread_)),
        output_(logger_of(stream::output, output_thread_)) {}

  void write(stream to, std::string_view text) {
    auto& logger = to == stream::output ? output_ : error_;
    logger->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  }

  [[nodiscard]] std::size_t take_dropped() {
    const auto all = dropped_by(error_thread_) +
                     (output_thread_ == error_thread_ ? 0 : dropped_by(output_thread_));
    const bool full = is_full(error_thread_) || is_full(output_thread_);
    return full ? 0 : all - std::exchange(told_, all);
  }

  [[nodiscard]] backlog error_backlog() const {
    return {.queued = error_thread_->queue_size(), .dropped = dropped_by(error_thread_)};
  }

 private:
  static std::size_t dropped_by(const pool& thread) { return thread->overrun_counter(); }
  static bool is_full(const pool& thread) { return thread->queue_size() >= queued_max - 1; }

  pool error_thread_;
  pool output_thread_;
  std::shared_ptr<spdlog::async_logger> error_;
  std::shared_ptr<spdlog::async_logger> output_;
  std::size_t told_ = 0;
};

void write(stream to, std::string_view text) {
  {
    const std::lock_guard lock(guard);
    if (present != nullptr) {
      present->write(to, text);
      return;
    }
  }
  write_through(file_of(to), text);
}

std::size_t take_dropped() {
  const std::lock_guard lock(guard);
  return present == nullptr ? 0 : present->take_dropped();
}

int output_failure() { return failure_of_output; }

backlog error_backlog() {
  const std::lock_guard lock(guard);
  return present == nullptr ? backlog{} : present->error_backlog();
}

background::background() : threads_(std::make_unique<threads>()) {
  const std::lock_guard lock(guard);
  present = threads_.get();
}

background::~background() {
  {
    const std::lock_guard lock(guard);
    present = nullptr;
  }
  threads_.reset();
}

}  // namespace ddm::console
