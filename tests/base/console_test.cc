// What is written to a reader that stands still.
#include "base/console.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace ddm::console {
namespace {

/// Standard error goes into a pipe of 4 KiB that is read when the test says so.
class stalled_reader : public testing::Test {
 protected:
  stalled_reader() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    EXPECT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    before_ = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    reader_ = ends[0];
  }
  ~stalled_reader() override {
    restore();
    ::close(reader_);
  }
  void restore() {
    if (before_ >= 0) {
      ::dup2(before_, STDERR_FILENO);
      ::close(std::exchange(before_, -1));
    }
  }
  /// From then on the thread behind it waits, and takes nothing more.
  void fill_pipe() const {
    for (int number = 0; number < 50; ++number) {
      write(stream::error, std::string(100, '.') + "\n");
    }
    for (int bytes = 0, looks = 0; bytes < 4096 - 101 && looks < 10'000; ++looks) {
      ASSERT_EQ(::ioctl(reader_, FIONREAD, &bytes), 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  [[nodiscard]] std::string read_all() const {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t got = 1; got > 0;) {
      got = ::read(reader_, part.data(), part.size());
      all.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    }
    return all;
  }

  int reader_ = -1;
  int before_ = -1;
};

TEST_F(stalled_reader, holds_nothing_up_and_gets_the_newest_in_order) {
  constexpr std::size_t texts = 2000;
  std::optional<background> unhindered(std::in_place);
  fill_pipe();
  for (std::size_t number = 0; number < texts; ++number) {
    write(stream::error, std::to_string(number) + std::string(100, '.') + "\n");
  }
  EXPECT_EQ(take_dropped(), 0U) << "more may be dropped";
  std::string seen;
  std::thread reads([&] { seen = read_all(); });
  unhindered.reset();
  restore();
  reads.join();
  EXPECT_TRUE(seen.ends_with(std::to_string(texts - 1) + std::string(100, '.') + "\n"));
  const auto lines = static_cast<std::size_t>(std::ranges::count(seen, '\n'));
  EXPECT_LT(lines, background::queued_max + 50);
}

TEST_F(stalled_reader, learns_how_much_was_left_out) {
  std::optional<background> unhindered(std::in_place);
  for (int number = 0; number < 1000; ++number) {
    write(stream::error, std::string(100, '.'));
  }
  std::array<char, 4096> part{};
  std::size_t dropped = 0;
  for (int reads = 0; dropped == 0 && reads < 50; ++reads) {
    ASSERT_GT(::read(reader_, part.data(), part.size()), 0);
    dropped = take_dropped();
  }
  EXPECT_GT(dropped, 500U);
  EXPECT_EQ(take_dropped(), 0U) << "it is told once";
  std::thread reads([&] { std::ignore = read_all(); });
  unhindered.reset();
  restore();
  reads.join();
}

/// Standard output is another file while it lives.
class diverted_output {
 public:
  explicit diverted_output(int file) : before_(::dup(STDOUT_FILENO)) {
    ::dup2(file, STDOUT_FILENO);
    ::close(file);
  }
  diverted_output(const diverted_output&) = delete;
  diverted_output& operator=(const diverted_output&) = delete;
  ~diverted_output() {
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }

 private:
  int before_;
};

TEST(console, knows_that_the_last_word_was_lost) {
  {
    const diverted_output full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    std::optional<background> unhindered(std::in_place);
    write(stream::output, "a\n");
    unhindered.reset();
    EXPECT_EQ(output_failure(), ENOSPC);
  }
  const diverted_output empty(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  write(stream::output, "b\n");
  EXPECT_EQ(output_failure(), 0);
}

TEST(console, a_reader_that_has_left_lost_nothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  {
    const diverted_output broken(ends[1]);
    write(stream::output, "a\n");
  }
  EXPECT_EQ(output_failure(), 0);
  std::signal(SIGPIPE, before);
}

TEST(console, without_a_background_writes_at_once) {
  testing::internal::CaptureStderr();
  write(stream::error, "a");
  write(stream::error, "b\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "ab\n");
}

}  // namespace
}  // namespace ddm::console
