#include "dynamodb/page_decoder.h"

#include "dynamodb/samples.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::dynamodb {
namespace {

using samples::compared;
using testing::HasSubstr;

page_decoder decoder(sample_choice sample = {}) {
  return page_decoder(
      {.schema = samples::schema(), .secret = samples::secret(), .ignored = {}, .sample = sample});
}

result<records_page> records(std::string_view body, sample_choice sample = {}) {
  return decoder(sample).decode_records(padded_buffer(body));
}

/// Keeps the body that the items of the page point into.
struct decoded_items {
  padded_buffer body;
  result<items_page> page;
};
decoded_items items(std::string_view body, sample_choice sample = {}) {
  padded_buffer held(body);
  auto page = decoder(sample).decode_items(held);
  return {std::move(held), std::move(page)};
}
decoded_items batch(std::string_view body) {
  padded_buffer held(body);
  auto page = decoder().decode_batch_get(held);
  return {std::move(held), std::move(page)};
}

digest128 key_hash(std::string_view key) {
  return key_of(key, samples::schema(), samples::secret()).value().hash;
}

constexpr std::string_view full_record = R"({
  "eventID": "1", "eventVersion": "1.1", "awsRegion": "eu-west-1", "eventSource": "aws:dynamodb",
  "eventName": "MODIFY",
  "dynamodb": {
    "ApproximateCreationDateTime": 1700000000,
    "Keys": {"pk": {"S": "a"}, "sk": {"N": "1"}},
    "NewImage": {"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"S": "new"}},
    "OldImage": {"v": {"S": "old"}, "sk": {"N": "1"}, "pk": {"S": "a"}},
    "SequenceNumber": "4421584500000000017450439091",
    "SizeBytes": 99, "StreamViewType": "NEW_AND_OLD_IMAGES"}})";

std::string page_of(std::string_view record) {
  return fmt::format(R"({{"Records":[{}],"NextShardIterator":"next"}})", record);
}

/// A record with the given members beside its number, time and key.
std::string record_with(std::string_view outside, std::string_view inside = {}) {
  return fmt::format(
      R"({{{}"dynamodb":{{{}"SequenceNumber":"7","ApproximateCreationDateTime":1.7E9,)"
      R"("Keys":{{"pk":{{"S":"a"}},"sk":{{"N":"1"}}}}}}}})",
      outside, inside);
}

change_record only_record(std::string_view record) {
  auto page = records(page_of(record));
  EXPECT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->records.size(), 1);
  return page->records.at(0);
}

TEST(records_page, holds_what_checking_needs) {
  const auto record = only_record(full_record);
  EXPECT_EQ(record.sequence.str(), "4421584500000000017450439091");
  EXPECT_EQ(record.kind, event_kind::modify);
  EXPECT_FALSE(record.by_ttl);
  EXPECT_EQ(record.created, from_ms(1'700'000'000'000));
  EXPECT_TRUE(record.chosen);
  EXPECT_EQ(record.key.json, R"({"pk":{"S": "a"},"sk":{"N": "1"}})");
  EXPECT_EQ(record.key.hash, key_hash(R"({"pk":{"S":"a"},"sk":{"N":"1.0"}})"));
  EXPECT_EQ(record.new_image.value().compared,
            compared(R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":"new"}})"));
  EXPECT_EQ(record.old_image.value().compared,
            compared(R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":"old"}})"));
  EXPECT_FALSE(record.unreadable);
}

TEST(records_page, members_may_come_in_any_order) {
  const auto record = only_record(R"({"userIdentity":{"principalId":"dynamodb.amazonaws.com",
      "type":"Service"},"dynamodb":{"OldImage":{"sk":{"N":"1"},"pk":{"S":"a"}},
      "SequenceNumber":"007","Keys":{"sk":{"N":"1"},"pk":{"S":"a"}},"extra":[{"x":[1,2]}],
      "ApproximateCreationDateTime":1.7000000005E9},"eventName":"REMOVE"})");
  EXPECT_EQ(record.kind, event_kind::remove);
  EXPECT_TRUE(record.by_ttl);
  EXPECT_EQ(record.created, from_ms(1'700'000'000'500));
  EXPECT_EQ(record.key.json, R"({"pk":{"S":"a"},"sk":{"N":"1"}})");
  EXPECT_FALSE(record.new_image.has_value());
  EXPECT_TRUE(record.old_image.has_value());
}

TEST(records_page, knows_three_event_names) {
  const auto kind = [](std::string_view name) {
    return only_record(record_with(fmt::format(R"("eventName":"{}",)", name))).kind;
  };
  EXPECT_EQ(kind("INSERT"), event_kind::insert);
  EXPECT_EQ(kind("MODIFY"), event_kind::modify);
  EXPECT_EQ(kind("REMOVE"), event_kind::remove);
  EXPECT_EQ(kind("UNKNOWN_TO_SDK_VERSION"), event_kind::unknown);
  EXPECT_EQ(only_record(record_with("")).kind, event_kind::unknown);
}

TEST(records_page, ttl_deletes_are_told_by_the_user_identity) {
  const auto by_ttl = [](std::string_view identity) {
    return only_record(record_with(fmt::format(R"("userIdentity":{},)", identity))).by_ttl;
  };
  EXPECT_TRUE(by_ttl(R"({"type":"Service","principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_TRUE(by_ttl(R"({"Type":"Service","PrincipalId":"dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(by_ttl(R"({"type":"Service","principalId":"replication.dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(by_ttl(R"({"principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(by_ttl("null"));
  EXPECT_FALSE(by_ttl("{}"));
}

TEST(records_page, the_end_of_the_shard_is_a_missing_or_null_iterator) {
  EXPECT_EQ(records(R"({"Records":[],"NextShardIterator":"i\/1"})")->next, shard_iterator("i/1"));
  EXPECT_FALSE(records(R"({"Records":[]})")->next.has_value());
  EXPECT_FALSE(records(R"({"NextShardIterator":null,"Records":[]})")->next.has_value());
  EXPECT_EQ(records(page_of(full_record))->bytes, page_of(full_record).size());
}

TEST(records_page, images_of_keys_that_were_not_chosen_are_not_digested) {
  sample_choice none{.seed = 0, .rate = std::uint64_t{1} << 63};
  const auto page = records(page_of(full_record), none);
  ASSERT_TRUE(page.has_value());
  const auto& record = page->records.at(0);
  EXPECT_FALSE(record.chosen);
  EXPECT_EQ(record.key.hash, key_hash(R"({"pk":{"S":"a"},"sk":{"N":"1"}})"));
  EXPECT_TRUE(record.key.json.empty());
  EXPECT_FALSE(record.new_image.has_value());
  EXPECT_EQ(record.sequence.str(), "4421584500000000017450439091");
}

TEST(records_page, an_image_that_cannot_be_read_spoils_only_its_record) {
  const auto strange = record_with("", R"("NewImage":{"a":{"X":[{"b":1}]}},"OldImage":{},)");
  const auto page = records(
      fmt::format(R"({{"Records":[{},{}],"NextShardIterator":"n"}})", strange, full_record));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->records.size(), 2);
  EXPECT_TRUE(page->records[0].unreadable);
  EXPECT_FALSE(page->records[0].new_image.has_value());
  EXPECT_TRUE(page->records[0].old_image.has_value());
  EXPECT_FALSE(page->records[1].unreadable);
  EXPECT_TRUE(page->records[1].new_image.has_value());
}

TEST(records_page, a_record_that_makes_no_sense_is_an_error_that_waiting_does_not_mend) {
  for (
      const std::string bad : {
          R"({"eventName":"INSERT"})",
          R"([])",
          R"({"dynamodb":{"ApproximateCreationDateTime":1,"SequenceNumber":"1"}})",
          R"({"dynamodb":{"Keys":{"pk":{"S":"a"},"sk":{"N":"1"}},"SequenceNumber":"1"}})",
          R"({"dynamodb":{"Keys":{"pk":{"S":"a"},"sk":{"N":"1"}},"ApproximateCreationDateTime":1}})",
          R"({"dynamodb":{"Keys":{"pk":{"S":"a"}},"ApproximateCreationDateTime":1,"SequenceNumber":"1"}})",
          R"({"dynamodb":{"SequenceNumber":"one"}})",
          R"({"dynamodb":{"SequenceNumber":1}})",
          R"({"dynamodb":{"ApproximateCreationDateTime":"now"}})",
          R"({"dynamodb":{"ApproximateCreationDateTime":1e99}})",
          R"({"dynamodb":{"ApproximateCreationDateTime":-1}})",
      }) {
    const auto page = records(page_of(bad));
    ASSERT_FALSE(page.has_value()) << bad;
    EXPECT_EQ(page.error().kind, error_class::fatal) << bad << page.error().message;
    EXPECT_THAT(page.error().message, HasSubstr("GetRecords"));
  }
}

constexpr std::string_view scan_page = R"({"Count":2,"Items":[
  {"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":"x"}} , {"sk":{"N":"2"},"pk":{"S":"b"}}],
  "LastEvaluatedKey":{"pk":{"S":"b"},"sk":{"N":"2"}},"ScannedCount":2,
  "ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}})";

TEST(items_page, holds_each_item_with_its_key_and_text) {
  const auto [body, page] = items(scan_page);
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->items.size(), 2);
  EXPECT_EQ(page->returned, 2);
  EXPECT_EQ(page->items[0].json, R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":"x"}})");
  EXPECT_EQ(page->items[0].key_hash, key_hash(R"({"pk":{"S":"a"},"sk":{"N":"1"}})"));
  EXPECT_EQ(page->items[0].digest.value().compared, compared(page->items[0].json));
  EXPECT_EQ(page->items[1].key_hash, key_hash(R"({"pk":{"S":"b"},"sk":{"N":"2"}})"));
  EXPECT_EQ(page->last_evaluated_key, R"({"pk":{"S":"b"},"sk":{"N":"2"}})");
  EXPECT_DOUBLE_EQ(page->consumed_units, 0.5);
}

TEST(items_page, the_last_page_has_no_last_evaluated_key) {
  EXPECT_FALSE(items(R"({"Items":[],"Count":0})").page->last_evaluated_key.has_value());
  EXPECT_FALSE(items(R"({"Items":[],"LastEvaluatedKey":null})").page->last_evaluated_key);
}

TEST(items_page, an_item_that_cannot_be_read_has_no_digest) {
  const auto [body, page] = items(
      R"({"Items":[{"pk":{"S":"a"},"sk":{"N":"1"},"v":{"X":"?"}},{"pk":{"S":"b"},"sk":{"N":"1"}}],"Count":2})");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_FALSE(page->items.at(0).digest.has_value());
  EXPECT_EQ(page->items.at(0).json, R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"X":"?"}})");
  EXPECT_TRUE(page->items.at(1).digest.has_value());
}

TEST(items_page, leaves_out_what_the_sample_does_not_choose) {
  const auto [body, page] = items(scan_page, {.seed = 0, .rate = std::uint64_t{1} << 63});
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->items.empty());
  EXPECT_EQ(page->returned, 2);
}

TEST(items_page, a_wrong_count_or_a_missing_list_is_damage) {
  for (const std::string bad :
       {R"({"Items":[],"Count":1})", R"({"Count":0})", R"({})", R"({"Items":[],"Count":0} {})",
        R"({"Items":[] "Count":0})", "", " ", "null"}) {
    const auto [body, page] = items(bad);
    ASSERT_FALSE(page.has_value()) << bad;
    if (bad != "null") {
      EXPECT_EQ(page.error().kind, error_class::retry) << bad;
    }
  }
  EXPECT_FALSE(records("{}").has_value());
  EXPECT_FALSE(batch(R"({"UnprocessedKeys":{}})").page.has_value());
}

TEST(items_page, an_item_without_its_key_is_an_error_that_waiting_does_not_mend) {
  const auto [body, page] = items(R"({"Items":[{"pk":{"S":"a"}}],"Count":1})");
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().kind, error_class::fatal);
  EXPECT_THAT(page.error().message, HasSubstr("key attributes"));
}

constexpr std::string_view batch_page = R"({"Responses":{"t":[{"pk":{"S":"a"},"sk":{"N":"1"}}]},
  "UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[{"pk":{"S":"b"},"sk":{"N":"2"}},
  {"pk":{"S":"c"},"sk":{"N":"3"}}]}},"ConsumedCapacity":[{"TableName":"t","CapacityUnits":1.5},
  {"CapacityUnits":2}]})";

TEST(batch_get_page, holds_answers_unprocessed_keys_and_units) {
  const auto [body, page] = batch(batch_page);
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->items.size(), 1);
  EXPECT_EQ(page->items[0].key_hash, key_hash(R"({"pk":{"S":"a"},"sk":{"N":"1"}})"));
  EXPECT_THAT(page->unprocessed_keys, testing::ElementsAre(R"({"pk":{"S":"b"},"sk":{"N":"2"}})",
                                                           R"({"pk":{"S":"c"},"sk":{"N":"3"}})"));
  EXPECT_DOUBLE_EQ(page->consumed_units, 3.5);
}

TEST(batch_get_page, may_be_empty) {
  const auto [body, page] = batch(R"({"Responses":{},"UnprocessedKeys":{}})");
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->items.empty());
}

TEST(every_page, cut_off_anywhere_is_damage_and_never_a_short_page) {
  const auto expect_damage = [](const auto& decode, std::string_view whole) {
    ASSERT_TRUE(decode(whole).has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto page = decode(whole.substr(0, size));
      ASSERT_FALSE(page.has_value()) << whole.substr(0, size);
      EXPECT_EQ(page.error().kind, error_class::retry) << whole.substr(0, size);
    }
  };
  expect_damage([](std::string_view text) { return records(text); }, page_of(full_record));
  expect_damage([](std::string_view text) { return items(text).page; }, scan_page);
  expect_damage([](std::string_view text) { return batch(text).page; }, batch_page);
}

TEST(every_page, survives_any_one_byte_changed) {
  int readable = 0;
  for (const std::string_view whole : {scan_page, batch_page}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const char c : {'\0', '"', '\\', '{', '}', '[', ']', ':', ',', '1', 'x', ' ', '\xff'}) {
        std::string changed(whole);
        changed[at] = c;
        readable += items(changed).page.has_value() ? 1 : 0;
        readable += batch(changed).page.has_value() ? 1 : 0;
        readable += records(changed).has_value() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(readable, 0);
}

TEST(every_page, can_be_decoded_after_a_huge_one) {
  const auto item =
      R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"S":")" + std::string(400'000, 'x') + R"("}})";
  std::string many = item;
  for (int i = 1; i < 40; ++i) {
    many += "," + item;
  }
  const auto page = items(R"({"Items":[)" + many + R"(],"Count":40})");
  ASSERT_TRUE(page.page.has_value());
  EXPECT_EQ(page.page->items.size(), 40);
  EXPECT_TRUE(items(scan_page).page.has_value());
}

TEST(sample_choice, the_keys_of_a_thin_sample_lie_within_those_of_a_dense_one) {
  std::uint64_t chosen_by_ten = 0;
  std::uint64_t chosen_by_hundred = 0;
  constexpr std::uint64_t keys = 100'000;
  for (std::uint64_t i = 0; i < keys; ++i) {
    const digest128 hash{.high = 0, .low = i * 0x9E3779B97F4A7C15};
    const bool dense = sample_choice{.seed = 42, .rate = 10}.chooses(hash);
    const bool thin = sample_choice{.seed = 42, .rate = 100}.chooses(hash);
    EXPECT_TRUE(dense || !thin);
    EXPECT_TRUE((sample_choice{.seed = 42, .rate = 1}.chooses(hash)));
    chosen_by_ten += dense ? 1 : 0;
    chosen_by_hundred += thin ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(chosen_by_ten), keys / 10.0, keys / 200.0);
  EXPECT_NEAR(static_cast<double>(chosen_by_hundred), keys / 100.0, keys / 500.0);
}

TEST(sample_choice, depends_on_the_seed) {
  int same = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const digest128 hash{.high = 0, .low = i};
    same += sample_choice{.seed = 1, .rate = 2}.chooses(hash) ==
                    sample_choice{.seed = 2, .rate = 2}.chooses(hash)
                ? 1
                : 0;
  }
  EXPECT_NEAR(same, 5000, 300);
}

}  // namespace
}  // namespace ddm::dynamodb
