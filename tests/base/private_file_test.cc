// Files that hold keys, items and tokens are ours alone, whatever lies in their place.
#include "base/private_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm {
namespace {

class private_files : public testing::Test {
 protected:
  private_files() {
    std::string name = (std::filesystem::temp_directory_path() / "ddm-private-XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
  }
  ~private_files() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string make(const std::string& name, mode_t mode) const {
    std::ofstream(path(name)) << "text";
    EXPECT_EQ(::chmod(path(name).c_str(), mode), 0);
    return path(name);
  }
  [[nodiscard]] static mode_t mode_of(const std::string& file) {
    struct stat found{};
    EXPECT_EQ(::stat(file.c_str(), &found), 0);
    return found.st_mode & 07777U;
  }
  static int open_and_close(const std::string& file, int flags) {
    const int opened = open_private(file, flags);
    const int why = opened < 0 ? errno : 0;
    ::close(opened);
    return why;
  }

  std::filesystem::path folder_;
};

TEST_F(private_files, are_made_for_their_owner_alone) {
  const auto before = ::umask(0);
  EXPECT_EQ(open_and_close(path("new"), O_RDWR | O_CREAT), 0);
  ::umask(before);
  EXPECT_EQ(mode_of(path("new")), 0600U);
}

TEST_F(private_files, that_others_may_reach_are_taken_back_at_each_opening) {
  const auto file = make("lax", 0666);
  EXPECT_EQ(open_and_close(file, O_RDWR), 0);
  EXPECT_EQ(mode_of(file), 0640U);
  EXPECT_EQ(::chmod(file.c_str(), 0777), 0);
  keep_private(file);
  EXPECT_EQ(mode_of(file), 0740U);
}

TEST_F(private_files, that_the_group_may_read_stay_so) {
  const auto file = make("shared", 0640);
  EXPECT_EQ(open_and_close(file, O_RDWR), 0);
  EXPECT_EQ(mode_of(file), 0640U);
}

TEST_F(private_files, are_not_reached_through_a_link) {
  const auto victim = make("victim", 0644);
  ASSERT_EQ(::symlink(victim.c_str(), path("link").c_str()), 0);
  EXPECT_EQ(open_and_close(path("link"), O_RDWR | O_CREAT | O_TRUNC), ELOOP);
  keep_private(path("link"));
  EXPECT_EQ(mode_of(victim), 0644U);
  EXPECT_EQ(std::filesystem::file_size(victim), 4U);
  EXPECT_TRUE(why_not_opened(ELOOP).contains("symbolic link"));
}

TEST_F(private_files, a_link_to_nowhere_makes_no_file) {
  ASSERT_EQ(::symlink(path("elsewhere").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(open_and_close(path("link"), O_RDWR | O_CREAT), ELOOP);
  EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
}

TEST_F(private_files, what_is_not_there_and_what_is_no_file_is_left) {
  keep_private(path("none"));
  EXPECT_FALSE(std::filesystem::exists(path("none")));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::chmod(path("pipe").c_str(), 0666), 0);
  keep_private(path("pipe"));
  EXPECT_EQ(mode_of(path("pipe")), 0666U);
}

}  // namespace
}  // namespace ddm
