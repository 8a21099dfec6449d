// What a process is given, and what it must find by itself.
#include "aws/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <pwd.h>
#include <string>
#include <unistd.h>

namespace ddm::aws {
namespace {

/// HOME of this process, put back at the end.
class changed_home {
 public:
  explicit changed_home(const char* home) {
    if (const auto* before = std::getenv("HOME")) {
      before_ = before;
    }
    home == nullptr ? ::unsetenv("HOME") : ::setenv("HOME", home, 1);
  }
  changed_home(const changed_home&) = delete;
  changed_home& operator=(const changed_home&) = delete;
  ~changed_home() { before_ ? ::setenv("HOME", before_->c_str(), 1) : ::unsetenv("HOME"); }

 private:
  std::optional<std::string> before_;
};

TEST(environment, without_a_home_has_that_of_the_user_database) {
  const auto* const user = ::getpwuid(::getuid());
  ASSERT_NE(user, nullptr);
  const std::string home = user->pw_dir;
  for (const auto* missing : {static_cast<const char*>(nullptr), ""}) {
    const changed_home changed(missing);
    EXPECT_EQ(environment::of_process().find("HOME"), home);
  }
}

TEST(environment, a_home_that_is_given_is_the_one) {
  const changed_home changed("/somewhere/else");
  EXPECT_EQ(environment::of_process().find("HOME"), "/somewhere/else");
}

}  // namespace
}  // namespace ddm::aws
