#include "verify/check_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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

/// What version 2 wrote. Frozen: it stands for the states that users have.
constexpr std::string_view check_of_version_2 =
    "02100000007b22706b223a7b2253223a2261227d7d0b000000000000000c000000000000000700000073686172"
    "642d37060000003030303034320101640000000000000065000000000000006600000000000000670000000000"
    "00000101c800000000000000c9000000000000000100000000000000ffffffffffffffff02000000012c010000"
    "000000002d010000000000000200000000000000feffffffffffffff0003000000000000000000000000000000"
    "01010104000000000000000500000000000000fafffffffffffffff9ffffffffffffff01f8ffffffffffffff01"
    "0190010000000000009101000000000000920100000000000093010000000000000700000000000000";

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(check_codec, brings_a_check_of_version_2_back) {
  auto expected = full_check();
  expected.asked.key.json = R"({"pk":{"S":"a"}})";
  expected.asked.sequence = *sequence_number::parse("000042");
  expected.expected.history[1].until_created = from_ms(0);
  const auto bytes = bytes_of(check_of_version_2);
  const auto decoded = decode_check(9, bytes);
  ASSERT_TRUE(decoded);
  expect_same(decoded->value, expected);
  EXPECT_EQ(decoded->shard_id, "shard-7");
  EXPECT_EQ(decoded->value.id, 9);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_check(1, std::string_view(bytes).substr(0, length))) << length;
  }
  EXPECT_FALSE(decode_check(1, bytes + "x"));
}

/// In which times at which changes were made were not kept, nor who asks.
TEST(check_codec, brings_a_check_of_version_1_back) {
  check open;
  open.asked.key = {.json = "{}", .hash = {11, 12}};
  std::string bytes("\x01\x02\0\0\0{}\x0b\0\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0", 23);
  bytes.append(
      "\x01\0\0\0s\x01\0\0\0"
      "7",
      10);
  bytes.append(std::string(3, '\0'));                  // not read, no value, none before
  bytes.append("\x01\0\0\0\0\x09\0\0\0\0\0\0\0", 13);  // one image of the past: absent
  bytes.append(std::string(3, '\0'));                  // three flags
  bytes.append("\x04\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 24);
  bytes.append(std::string(9, '\0'));  // the origin was not read
  const auto decoded = decode_check(3, bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->shard_id, "s");
  EXPECT_EQ(decoded->value.asked.sequence.str(), "7");
  EXPECT_EQ(decoded->value.asked.first_unmet_at, from_ms(6));
  EXPECT_EQ(decoded->value.asked.unmet_created, from_ms(6));
  ASSERT_EQ(decoded->value.expected.history.size(), 1U);
  EXPECT_EQ(decoded->value.expected.history[0].until_created, from_ms(9));
}

TEST(check_codec, brings_every_shard_and_number_back) {
  for (const std::string shard :
       {"", "shardId-00000001710936000000-1a2b3c4d", "shardId-00000001710936000000-1A2B3C4D",
        "shardId-18446744073709551615-00000000", "shardId-18446744073709551616-00000000",
        "shardId-00000001710936000000-1a2b3c4", "shardId-+0000001710936000000-1a2b3c4d",
        "shardid-00000001710936000000-1a2b3c4d", "shardId-00000001710936000000_1a2b3c4d"}) {
    const auto decoded = decode_check(1, encode_check({}, shard));
    ASSERT_TRUE(decoded) << shard;
    EXPECT_EQ(decoded->shard_id, shard);
  }
  for (const std::string number :
       {"0", "7", "10", "099", "1234567890123456789012345678901234567890"}) {
    check open;
    open.asked.sequence = *sequence_number::parse(number);
    const auto decoded = decode_check(1, encode_check(open, ""));
    ASSERT_TRUE(decoded) << number;
    EXPECT_EQ(decoded->value.asked.sequence.str(), number);
  }
}

TEST(check_codec, an_item_that_ignores_nothing_has_one_digest) {
  check open;
  open.expected.value = item_digest{.compared = {1, 2}, .everything = {1, 2}};
  const auto one = encode_check(open, "");
  open.expected.value->everything = {1, 3};
  const auto two = encode_check(open, "");
  EXPECT_EQ(two.size(), one.size() + 16);
  EXPECT_EQ(decode_check(1, two)->value.expected.value, open.expected.value);
  EXPECT_EQ(decode_check(1, one)->value.expected.value->everything, (digest128{1, 2}));
}

/// The figure in the header.
TEST(check_codec, a_usual_check_takes_some_110_bytes) {
  check open;
  const auto now = from_ms(1'767'225'602'000);
  open.asked = {.key = {.json = R"({"pk":{"S":"customer-1234567"}})", .hash = {11, 12}},
                .sequence = *sequence_number::parse("300000000000000499659"),
                .created = now,
                .read_at = now + milliseconds{900},
                .first_unmet_at = now + milliseconds{900},
                .unmet_created = now};
  open.expected.value = item_digest{.compared = {1, 2}, .everything = {1, 2}};
  open.expected.before = past_image{digest128{3, 4}, now + milliseconds{900}, now};
  const auto bytes = encode_check(open, "shardId-00000001710936000000-1a2b3c4d").size();
  EXPECT_GT(bytes, 100U);
  EXPECT_LT(bytes, 135U);
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
