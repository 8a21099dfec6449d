#include "state/merged_finding.h"

#include "base/foreign_json.h"

#include <gtest/gtest.h>

namespace ddm::state {
namespace {

mismatch_row row(bool open, std::int64_t confirmed_ms, std::string body) {
  return {.key_hash = "key", .open = open, .confirmed_ms = confirmed_ms, .body = std::move(body)};
}

nlohmann::json body_of(const std::optional<mismatch_row>& merged) {
  return merged ? parse_json(merged->body) : nlohmann::json("refused");
}

TEST(merged_finding, ignores_nothing_that_one_of_both_looked_at) {
  const auto stored = row(true, 1, R"({"ignored":["a","c"]})");
  const auto merged = body_of(merged_finding(stored, row(true, 2, R"({"ignored":["a","b"]})")));
  EXPECT_EQ(merged["ignored"], nlohmann::json::array({"a"}));
  EXPECT_EQ(merged["digested_without"], nlohmann::json::array({"a", "b"}));
}

TEST(merged_finding, keeps_what_is_ignored_where_the_other_ignored_more) {
  const auto stored = row(true, 1, R"({"ignored":["a","b"]})");
  const auto merged = body_of(merged_finding(stored, row(true, 2, R"({"ignored":["a"]})")));
  EXPECT_EQ(merged["ignored"], nlohmann::json::array({"a"}));
  EXPECT_FALSE(merged.contains("digested_without"));
}

TEST(merged_finding, of_an_older_version_takes_what_the_newer_one_ignores) {
  const auto merged =
      body_of(merged_finding(row(true, 1, "{}"), row(true, 2, R"({"ignored":["a"]})")));
  EXPECT_EQ(merged["ignored"], nlohmann::json::array({"a"}));
}

TEST(merged_finding, is_healed_by_who_ignores_no_more) {
  const auto stored = row(true, 5, R"({"ignored":["a"]})");
  EXPECT_TRUE(merged_finding(stored, row(false, 5, R"({"ignored":["a"]})")));
  EXPECT_TRUE(merged_finding(stored, row(false, 5, R"({"ignored":[]})")));
  EXPECT_FALSE(merged_finding(stored, row(false, 5, R"({"ignored":["a","b"]})")));
  EXPECT_TRUE(merged_finding(row(true, 5, "{}"), row(false, 5, R"({"ignored":["a"]})")));
}

TEST(merged_finding, is_not_healed_by_who_read_it_before_it_was_confirmed_anew) {
  EXPECT_FALSE(merged_finding(row(true, 5, "{}"), row(false, 4, "{}")));
  EXPECT_TRUE(merged_finding(row(false, 5, "{}"), row(false, 4, "{}")));
}

TEST(merged_finding, that_cannot_be_read_is_replaced) {
  EXPECT_EQ(merged_finding(row(true, 5, "\xff"), row(false, 4, "x"))->body, "x");
}

}  // namespace
}  // namespace ddm::state
