#include "aws/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ddm::aws {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class text_file : public testing::Test {
 protected:
  text_file()
      : path_(fs::temp_directory_path() / ("text_file_test." + std::to_string(::getpid()))) {}
  ~text_file() override { fs::remove(path_); }
  std::string path_;
};

TEST_F(text_file, is_read_up_to_its_bound) {
  std::ofstream(path_) << std::string(100, 'x');
  EXPECT_EQ(read_text_file(path_, {.bytes_max = 100}).value(), std::string(100, 'x'));
  const auto refused = read_text_file(path_, {.bytes_max = 99});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, error_class::wrong_usage);
  EXPECT_THAT(refused.error().message, HasSubstr("is larger than"));
  EXPECT_THAT(read_text_file("/dev/zero").error().message, HasSubstr("is larger than 1 MiB"));
}

TEST_F(text_file, may_be_a_pipe_whose_writer_comes_late) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::thread writer([this] {
    ::usleep(50'000);
    const int file = ::open(path_.c_str(), O_WRONLY);
    EXPECT_EQ(::write(file, "one ", 4), 4);
    ::usleep(20'000);
    EXPECT_EQ(::write(file, "two", 3), 3);
    ::close(file);
  });
  EXPECT_EQ(read_text_file(path_).value(), "one two");
  writer.join();
}

TEST_F(text_file, is_not_waited_for_without_end) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto refused = read_text_file(path_, {.patience = milliseconds{50}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("nothing came"));
}

TEST_F(text_file, a_signal_ends_the_waiting_for_a_pipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto before = std::signal(SIGUSR1, [](int) {});
  std::thread sender([waiting = ::pthread_self()] {
    ::usleep(100'000);
    ::pthread_kill(waiting, SIGUSR1);
  });
  EXPECT_FALSE(read_text_file(path_));
  sender.join();
  std::signal(SIGUSR1, before);
}

TEST_F(text_file, that_is_absent_or_a_folder_is_told_apart) {
  EXPECT_EQ(read_text_file(path_).error().kind, error_class::not_found);
  EXPECT_EQ(read_text_file("/tmp").error().kind, error_class::wrong_usage);
}

}  // namespace
}  // namespace ddm::aws
