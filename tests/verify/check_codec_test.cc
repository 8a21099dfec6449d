#include "verify/check_codec.h"

#include <gtest/gtest.h>

namespace ddm::verify {
namespace {

item_digest digest(std::uint64_t number) {
  return {.compared = {number, number + 1}, .everything = {number + 2, number + 3}};
}

check full_check() {
  check open;
  open.asked.key = {.json = R"({"pk":{"S":"ü\u0000"}})", .hash = {11, 12}};
  open.asked.sequence = *sequence_number::parse("000000000000000000000000000000000000042");
  open.expected.is_read = true;
  open.expected.value = digest(100);
  open.expected.before = past_image{digest(200).compared, from_ms(1), from_ms(-1)};
  open.expected.history = {{digest(300).compared, from_ms(2), from_ms(-2)},
                           {std::nullopt, from_ms(3)}};
  open.expected.history_cut = true;
  open.asked.unproven_before = true;
  open.expected.ttl_delete_seen = true;
  open.asked.created = from_ms(4);
  open.asked.read_at = from_ms(5);
  open.asked.first_unmet_at = from_ms(-6);
  open.asked.unmet_created = from_ms(-7);
  open.asked.comparison_asks_since = from_ms(-8);
  open.seen.origin = origin_read{digest(400), from_ms(7)};
  return open;
}

void expect_same(const check& a, const check& b) {
  EXPECT_EQ(a.asked.key.json, b.asked.key.json);
  EXPECT_EQ(a.asked.key.hash, b.asked.key.hash);
  EXPECT_EQ(a.asked.sequence.str(), b.asked.sequence.str());
  EXPECT_EQ(a.expected.is_read, b.expected.is_read);
  EXPECT_EQ(a.expected.value, b.expected.value);
  ASSERT_EQ(a.expected.before.has_value(), b.expected.before.has_value());
  if (a.expected.before) {
    EXPECT_EQ(a.expected.before->digest, b.expected.before->digest);
    EXPECT_EQ(a.expected.before->until, b.expected.before->until);
    EXPECT_EQ(a.expected.before->until_created, b.expected.before->until_created);
  }
  ASSERT_EQ(a.expected.history.size(), b.expected.history.size());
  for (std::size_t i = 0; i < a.expected.history.size(); ++i) {
    EXPECT_EQ(a.expected.history[i].digest, b.expected.history[i].digest);
    EXPECT_EQ(a.expected.history[i].until, b.expected.history[i].until);
    EXPECT_EQ(a.expected.history[i].until_created, b.expected.history[i].until_created);
  }
  EXPECT_EQ(a.expected.history_cut, b.expected.history_cut);
  EXPECT_EQ(a.asked.unproven_before, b.asked.unproven_before);
  EXPECT_EQ(a.expected.ttl_delete_seen, b.expected.ttl_delete_seen);
  EXPECT_EQ(a.asked.created, b.asked.created);
  EXPECT_EQ(a.asked.read_at, b.asked.read_at);
  EXPECT_EQ(a.asked.first_unmet_at, b.asked.first_unmet_at);
  EXPECT_EQ(a.asked.unmet_created, b.asked.unmet_created);
  EXPECT_EQ(a.asked.comparison_asks_since, b.asked.comparison_asks_since);
  EXPECT_EQ(a.seen.origin, b.seen.origin);
}

TEST(check_codec, brings_every_field_back) {
  const auto decoded = decode_check(9, encode_check(full_check(), "shard-7"));
  ASSERT_TRUE(decoded);
  expect_same(decoded->value, full_check());
  EXPECT_EQ(decoded->shard_id, "shard-7");
  EXPECT_EQ(decoded->value.id, 9);
}

TEST(check_codec, brings_an_empty_check_back) {
  const auto decoded = decode_check(1, encode_check({}, ""));
  ASSERT_TRUE(decoded);
  expect_same(decoded->value, {});
  EXPECT_FALSE(decoded->value.seen.origin);
}

TEST(check_codec, an_absent_first_read_is_not_a_read_of_an_absent_item) {
  check open;
  open.seen.origin = origin_read{std::nullopt, from_ms(7)};
  const auto decoded = decode_check(1, encode_check(open, ""));
  ASSERT_TRUE(decoded);
  ASSERT_TRUE(decoded->value.seen.origin);
  EXPECT_FALSE(decoded->value.seen.origin->value);
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
