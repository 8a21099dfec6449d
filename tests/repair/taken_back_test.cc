#include "repair/taken_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::repair {
namespace {

using testing::ElementsAre;
using verify::mismatch_kind;

const wall_time now = from_ms(1'767'225'600'000);
constexpr dynamodb::digest_secret secret{};

held_item item(const std::string& rest) {
  return dynamodb::parse_item(R"({"pk":{"S":"a"})" + rest + "}").value();
}

class taken_back : public testing::Test {
 protected:
  [[nodiscard]] std::optional<verify::mismatch> judged(both_sides held,
                                                       bool source_held_it = false) const {
    return mismatch_of({.json = R"({"pk":{"S":"a"}})", .hash = {1, 2}}, held,
                       {.by = by_, .source_held_it = source_held_it}, now);
  }
  [[nodiscard]] mismatch_kind kind_of(both_sides held, bool source_held_it = false) const {
    return judged(std::move(held), source_held_it).value().kind;
  }

  rules by_{.schema = {.partition = {"pk", dynamodb::key_type::string}, .sort = {}},
            .ignored = dynamodb::ignore_list({"ignored"}),
            .secret = secret,
            .source_ttl_attribute = "ttl",
            .target_ttl_attribute = {}};
};

TEST_F(taken_back, is_no_mismatch_where_both_sides_are_equal) {
  EXPECT_FALSE(judged({.source = {}, .target = {}}));
  EXPECT_FALSE(judged({.source = item(R"(,"v":{"N":"1.0"},"ignored":{"N":"1"})"),
                       .target = item(R"(,"v":{"N":"1"})")}));
}

TEST_F(taken_back, is_what_the_two_sides_are) {
  const auto one = item(R"(,"v":{"N":"1"})");
  const auto two = item(R"(,"v":{"N":"2"})");
  EXPECT_EQ(kind_of({.source = one, .target = {}}), mismatch_kind::missing);
  EXPECT_EQ(kind_of({.source = {}, .target = one}), mismatch_kind::unexpected);
  EXPECT_EQ(kind_of({.source = {}, .target = one}, true), mismatch_kind::undeleted);
  const auto wrong = judged({.source = one, .target = two}).value();
  EXPECT_EQ(wrong.kind, mismatch_kind::different);
  EXPECT_THAT(wrong.paths, ElementsAre(verify::path_change{"v", "changed"}));
  EXPECT_EQ(wrong.source_digest,
            dynamodb::digest_item(dynamodb::to_json(*one), secret, by_.ignored).value().compared);
  EXPECT_EQ(wrong.target_digest,
            dynamodb::digest_item(dynamodb::to_json(*two), secret, by_.ignored).value().compared);
  EXPECT_EQ(wrong.confirmed_at, now);
  EXPECT_EQ(wrong.changes, 0);
  EXPECT_TRUE(wrong.open);
}

TEST_F(taken_back, is_expired_past_its_ttl_and_unreadable_before_all_else) {
  const auto past = item(R"(,"ttl":{"N":"1767225599"})");
  EXPECT_EQ(kind_of({.source = past, .target = {}}), mismatch_kind::expired);
  EXPECT_EQ(kind_of({.source = {}, .target = past}, true), mismatch_kind::expired);
  EXPECT_EQ(kind_of({.source = {}, .target = {}, .unreadable = true}), mismatch_kind::unreadable);
}

}  // namespace
}  // namespace ddm::repair
