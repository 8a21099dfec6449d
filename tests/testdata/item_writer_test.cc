// Exactly what the service has confirmed is reported, whatever happens on the way.
#include "testdata/item_writer.h"

#include "aws/service_client.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"
#include "testdata/test_item.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ddm::testdata {
namespace {

using dynamodb::attribute_map;
using dynamodb::key_schema;
using dynamodb::key_type;
using testing::HasSubstr;

const key_schema schema{.partition = {"pk", key_type::number}, .sort = {{"sk", key_type::binary}}};

class item_writer_at_work : public testing::Test {
 protected:
  item_writer_at_work() { account_.create_table("t", schema); }

  attribute_map item(std::uint64_t index) {
    return make_test_item(schema, index + 1, time_.now(), index);
  }
  static std::string key_json(const attribute_map& of) {
    return dynamodb::to_json(attribute_map{{"pk", of.at("pk")}, {"sk", of.at("sk")}});
  }

  item_writer make(item_writer::action what, bool batch, milliseconds wait = milliseconds(0)) {
    return item_writer(time_.executor(), client_, time_,
                       {.table = dynamodb::table_name("t"),
                        .schema = schema,
                        .what = what,
                        .batch = batch,
                        .wait = wait});
  }

  result<void> write(item_writer& writer, std::uint64_t count) {
    return time_.run(writer.write_all(
        count, [this](std::uint64_t index) { return item(index); },
        [this](item_writer::items items) {
          for (const auto& written : items) {
            EXPECT_TRUE(reported_.insert(key_json(written)).second) << "reported twice";
          }
          return result<void>();
        }));
  }

  std::size_t in_table(std::uint64_t count) {
    std::size_t found = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
      const auto key = key_json(item(index));
      const bool there = account_.get("t", key).has_value();
      EXPECT_EQ(there, reported_.contains(key)) << key;
      found += there ? 1 : 0;
    }
    return found;
  }

  support::simulated_clock time_;
  support::fake_dynamodb account_{time_};
  std::unique_ptr<aws::transport> transport_ = account_.connect("key");
  aws::service_client calls_{*transport_, time_, {.name = "t"}};
  dynamodb::dynamodb_client client_{calls_};
  std::set<std::string> reported_;
};

TEST_F(item_writer_at_work, writes_one_by_one_with_a_pause_between) {
  auto writer = make(item_writer::action::put, false, std::chrono::seconds(1));
  const auto begin = time_.now();
  ASSERT_TRUE(write(writer, 30));
  EXPECT_EQ(in_table(30), 30U);
  EXPECT_EQ(account_.statistics().calls_of("PutItem"), 30U);
  EXPECT_GE(time_.now() - begin, std::chrono::seconds(29));
}

TEST_F(item_writer_at_work, writes_batches_of_25) {
  auto writer = make(item_writer::action::put, true);
  ASSERT_TRUE(write(writer, 60));
  EXPECT_EQ(in_table(60), 60U);
  EXPECT_EQ(account_.statistics().calls_of("BatchWriteItem"), 3U);
}

TEST_F(item_writer_at_work, stops_between_two_writes_and_cuts_a_pause_short) {
  auto writer = make(item_writer::action::put, false, std::chrono::hours(1));
  const auto begin = time_.now();
  const auto done = time_.run(writer.write_all(
      10, [this](std::uint64_t index) { return item(index); },
      [&](item_writer::items items) {
        reported_.insert(key_json(items[0]));
        if (reported_.size() == 3) {
          asio::post(time_.executor(), [&writer] { writer.stop(); });
        }
        return result<void>();
      }));
  EXPECT_TRUE(done);
  EXPECT_TRUE(writer.stopped());
  EXPECT_EQ(in_table(10), 3U);
  EXPECT_LT(time_.now() - begin, std::chrono::minutes(121));
}

TEST_F(item_writer_at_work, an_error_of_the_listener_ends_the_writing) {
  auto writer = make(item_writer::action::put, false);
  const auto done = time_.run(writer.write_all(
      10, [this](std::uint64_t index) { return item(index); },
      [](item_writer::items) -> result<void> { return fatal("no room for keys"); }));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "no room for keys");
  EXPECT_EQ(account_.statistics().calls_of("PutItem"), 1U);
}

TEST_F(item_writer_at_work, tries_what_a_batch_left_over_again) {
  account_.plan_faults(support::fault_on(
      "BatchWriteItem", {.type = support::fault::kind::partial_batch, .batch_answered_max = 10}));
  auto writer = make(item_writer::action::put, true);
  ASSERT_TRUE(write(writer, 50));
  EXPECT_EQ(in_table(50), 50U);
  EXPECT_EQ(account_.statistics().calls_of("BatchWriteItem"), 6U);
}

TEST_F(item_writer_at_work, gives_up_when_batches_are_not_accepted_at_all) {
  account_.plan_faults(support::fault_on(
      "BatchWriteItem", {.type = support::fault::kind::partial_batch, .batch_answered_max = 0}));
  auto writer = make(item_writer::action::put, true);
  const auto done = write(writer, 50);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, error_class::throttled);
  EXPECT_THAT(done.error().message, HasSubstr("--wait"));
  EXPECT_EQ(in_table(50), 0U);
}

TEST_F(item_writer_at_work, says_that_an_item_without_answer_may_have_been_written) {
  account_.plan_faults(support::fault_on("PutItem", {.type = support::fault::kind::lost_answer}));
  auto writer = make(item_writer::action::put, false);
  const auto done = write(writer, 5);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("may have been written all the same"));
  EXPECT_TRUE(reported_.empty());
}

TEST_F(item_writer_at_work, removes_what_was_written) {
  auto writer = make(item_writer::action::put, true);
  ASSERT_TRUE(write(writer, 30));
  auto remover = item_writer(time_.executor(), client_, time_,
                             {.table = dynamodb::table_name("t"),
                              .schema = schema,
                              .what = item_writer::action::remove,
                              .batch = true});
  ASSERT_TRUE(time_.run(remover.write_all(
      30,
      [this](std::uint64_t index) {
        auto whole = item(index);
        return attribute_map{{"pk", whole.at("pk")}, {"sk", whole.at("sk")}};
      },
      [this](item_writer::items items) {
        for (const auto& removed : items) {
          reported_.erase(key_json(removed));
        }
        return result<void>();
      })));
  EXPECT_TRUE(reported_.empty());
  EXPECT_EQ(in_table(30), 0U);
}

}  // namespace
}  // namespace ddm::testdata
