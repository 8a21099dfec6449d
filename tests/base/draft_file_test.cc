#include "base/draft_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm {
namespace {

namespace fs = std::filesystem;

class drafts : public testing::Test {
 protected:
  drafts()
      : folder_(fs::temp_directory_path() / ("draft_file_test." + std::to_string(::getpid()))) {
    fs::create_directory(folder_);
  }
  ~drafts() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  void make(const std::string& name) const { std::ofstream(path(name)) << "somebody's"; }

  fs::path folder_;
};

TEST_F(drafts, have_a_name_of_their_own_and_are_for_their_owner_only) {
  const auto first = make_draft(path("f"));
  const auto second = make_draft(path("f"));
  ASSERT_GE(first.descriptor, 0);
  ASSERT_GE(second.descriptor, 0);
  EXPECT_NE(first.path, second.path);
  struct stat made{};
  ASSERT_EQ(::fstat(first.descriptor, &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600U);
  ::close(first.descriptor);
  ::close(second.descriptor);
}

TEST_F(drafts, that_were_left_are_removed_and_nothing_else) {
  for (const auto* other : {"f", "f.new", "f.draft", "f.draft-", "f.draft-notes", "f.draft-a b c d",
                            "f.draft-abcdef.txt", "g.draft-abcdef", "f.old"}) {
    make(other);
  }
  fs::create_symlink(path("f"), path("f.draft-linked"));
  const auto there = [this] {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  };
  const auto before = there();
  ::close(make_draft(path("f")).descriptor);
  make("f.draft-abcdef");
  make("f.draft-abcdef-wal");
  EXPECT_EQ(there(), before + 3);
  remove_drafts(path("f"));
  EXPECT_EQ(there(), before);
}

}  // namespace
}  // namespace ddm
