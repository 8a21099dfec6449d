#include "report/exit_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ddm::report {
namespace {

constexpr auto codes = std::to_array<std::pair<error_class, exit_code>>({
    {error_class::retry, exit_code::failed},
    {error_class::throttled, exit_code::failed},
    {error_class::refresh_credentials, exit_code::failed},
    {error_class::new_iterator, exit_code::failed},
    {error_class::trimmed, exit_code::failed},
    {error_class::not_found, exit_code::failed},
    {error_class::access_denied, exit_code::failed},
    {error_class::unknown_answer, exit_code::failed},
    {error_class::wrong_usage, exit_code::usage},
    {error_class::fatal, exit_code::failed},
    {error_class::cancelled, exit_code::failed},
});

error of(error_class kind) { return {.kind = kind}; }

TEST(exit_code_of_an_error, is_two_for_what_only_editing_mends_and_four_for_all_else) {
  for (const auto& [kind, code] : codes) {
    EXPECT_EQ(code_of(kind), code) << to_string(kind);
  }
  EXPECT_EQ(static_cast<int>(exit_code::failed), 4);
}

TEST(exit_code_of_an_error, has_a_row_for_each_class) {
  for (int kind = 0; to_string(static_cast<error_class>(kind)) != "?"; ++kind) {
    EXPECT_NE(std::ranges::find(codes, static_cast<error_class>(kind),
                                &std::pair<error_class, exit_code>::first),
              codes.end())
        << to_string(static_cast<error_class>(kind));
  }
}

TEST(exit_code_of_an_error, of_several_is_that_which_a_restart_cannot_mend) {
  using enum error_class;
  EXPECT_EQ(code_of(std::vector{of(retry), of(wrong_usage)}), exit_code::usage);
  EXPECT_EQ(code_of(std::vector{of(wrong_usage), of(retry)}), exit_code::usage);
  EXPECT_EQ(code_of(std::vector{of(retry), of(access_denied)}), exit_code::failed);
}

}  // namespace
}  // namespace ddm::report
