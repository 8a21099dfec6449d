#include "verify/check_codec.h"

#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

item_digest digest(std::uint64_t number) {
  return {.compared = {number, number + 1}, .everything = {number + 2, number + 3}};
}

check full_check() {
  check open;
  open.key = {.json = R"({"pk":{"S":"ü\u0000"}})", .hash = {11, 12}};
  open.sequence = *sequence_number::parse("000000000000000000000000000000000000042");
  open.expects_origin_read = true;
  open.expected = digest(100);
  open.before = past_image{digest(200).compared, from_ms(1), from_ms(-1)};
  open.history = {{digest(300).compared, from_ms(2), from_ms(-2)}, {std::nullopt, from_ms(3)}};
  open.history_cut = true;
  open.superseded_unverified = true;
  open.ttl_delete_seen = true;
  open.created = from_ms(4);
  open.read_at = from_ms(5);
  open.first_unmet_at = from_ms(-6);
  open.unmet_created = from_ms(-7);
  open.comparison_asks_since = from_ms(-8);
  open.s1 = image(digest(400));
  open.s1_at = from_ms(7);
  return open;
}

void expect_same(const check& a, const check& b) {
  EXPECT_EQ(a.key.json, b.key.json);
  EXPECT_EQ(a.key.hash, b.key.hash);
  EXPECT_EQ(a.sequence.str(), b.sequence.str());
  EXPECT_EQ(a.expects_origin_read, b.expects_origin_read);
  EXPECT_EQ(a.expected, b.expected);
  ASSERT_EQ(a.before.has_value(), b.before.has_value());
  if (a.before) {
    EXPECT_EQ(a.before->digest, b.before->digest);
    EXPECT_EQ(a.before->until, b.before->until);
    EXPECT_EQ(a.before->until_created, b.before->until_created);
  }
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    EXPECT_EQ(a.history[i].digest, b.history[i].digest);
    EXPECT_EQ(a.history[i].until, b.history[i].until);
    EXPECT_EQ(a.history[i].until_created, b.history[i].until_created);
  }
  EXPECT_EQ(a.history_cut, b.history_cut);
  EXPECT_EQ(a.superseded_unverified, b.superseded_unverified);
  EXPECT_EQ(a.ttl_delete_seen, b.ttl_delete_seen);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.read_at, b.read_at);
  EXPECT_EQ(a.first_unmet_at, b.first_unmet_at);
  EXPECT_EQ(a.unmet_created, b.unmet_created);
  EXPECT_EQ(a.comparison_asks_since, b.comparison_asks_since);
  EXPECT_EQ(a.s1, b.s1);
  EXPECT_EQ(a.s1_at, b.s1_at);
}

TEST(check_codec, brings_every_field_back) {
  const auto decoded = decode_check(9, encode_check(full_check(), "shard-7"));
  ASSERT_TRUE(decoded);
  expect_same(decoded->value, full_check());
  EXPECT_EQ(decoded->shard_id, "shard-7");
  EXPECT_EQ(decoded->value.id, 9);
  EXPECT_TRUE(decoded->value.persisted);
}

TEST(check_codec, brings_an_empty_check_back) {
  const auto decoded = decode_check(1, encode_check({}, ""));
  ASSERT_TRUE(decoded);
  expect_same(decoded->value, {});
  EXPECT_FALSE(decoded->value.s1);
}

TEST(check_codec, an_absent_first_read_is_not_a_read_of_an_absent_item) {
  check open;
  open.s1 = image(std::nullopt);
  const auto decoded = decode_check(1, encode_check(open, ""));
  ASSERT_TRUE(decoded);
  ASSERT_TRUE(decoded->value.s1);
  EXPECT_FALSE(*decoded->value.s1);
}

TEST(check_codec, fails_on_bytes_that_end_anywhere_too_early) {
  const auto bytes = encode_check(full_check(), "shard-7");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_check(1, std::string_view(bytes).substr(0, length))) << length;
  }
}

TEST(check_codec, fails_on_bytes_too_many_and_on_another_version) {
  auto bytes = encode_check(full_check(), "shard-7");
  EXPECT_FALSE(decode_check(1, bytes + "x"));
  bytes[0] = 99;
  const auto decoded = decode_check(1, bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind, error_class::fatal);
  EXPECT_NE(decoded.error().message.find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace ddm::verify
