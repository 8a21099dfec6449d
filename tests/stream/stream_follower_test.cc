// The stream of a table, as the table and the listings show it.
#include "stream/stream_follower.h"

#include "stream/stream_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using support::fault;
using support::fault_context;
using testing::HasSubstr;
using testing::IsEmpty;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};
constexpr auto view_type = "NEW_AND_OLD_IMAGES";

/// A table with a stream, and a follower of it.
class followed_table {
 public:
  explicit followed_table(support::fake_stream::options stream = {},
                          first_position first = first_position::latest)
      : account(time, {.stream = std::move(stream)}),
        first_(first),
        stream_connection_(account.connect("AKIDSTREAM")),
        table_connection_(account.connect("AKIDTABLE")),
        stream_calls_(*stream_connection_, time, {.name = "stream"}),
        table_calls_(*table_connection_, time, {.name = "table"}),
        streams_(stream_calls_),
        tables_(table_calls_),
        decoder_({.schema = schema}) {
    account.create_table("t", schema, view_type);
  }
  followed_table(const followed_table&) = delete;
  followed_table& operator=(const followed_table&) = delete;
  ~followed_table() { stop(); }

  void begin(const state::snapshot& resumed = {}) {
    follower = std::make_unique<stream_follower>(
        stream_consumer::options{.stream_arn = account.stream("t").names().arn, .first = first_},
        stream_follower::parts{time.executor(), time, pool_, streams_, decoder_, sink, tables_,
                               dynamodb::table_name("t")},
        resumed);
    tasks_ = std::make_unique<task_group>(time.executor());
    tasks_->spawn(follow());
  }
  void stop() {
    if (tasks_) {
      tasks_->cancel();
      time.run(tasks_->join());
      tasks_.reset();
      follower.reset();
    }
  }
  state::commit_batch collect() {
    state::commit_batch batch;
    follower->collect(time.now(), batch);
    return batch;
  }
  void put(const std::string& key) { account.put("t", R"({"pk":{"S":")" + key + R"("}})"); }
  void fail(std::set<std::string> operations, milliseconds duration) {
    account.plan_faults([=, from = time.now()](const fault_context& call) {
      const bool fails =
          operations.contains(std::string(call.operation)) && call.now < from + duration;
      return fails ? fault{.type = fault::kind::throttle, .code = "LimitExceededException"}
                   : fault{};
    });
  }
  [[nodiscard]] bool is_well() const {
    const auto unread_for = follower->status().unread_for;
    return unread_for && *unread_for <= 60s;
  }
  /// What is asserted of each of the next seconds.
  [[nodiscard]] int well_seconds(int seconds) {
    int well = 0;
    for (int i = 0; i < seconds; ++i) {
      time.run_for(1s);
      well += is_well() ? 1 : 0;
    }
    return well;
  }

  support::simulated_clock time;
  support::fake_dynamodb account;
  recording_sink sink;
  std::unique_ptr<stream_follower> follower;

 private:
  awaitable<void> follow() { (void)co_await follower->run(); }

  first_position first_;
  std::unique_ptr<aws::transport> stream_connection_;
  std::unique_ptr<aws::transport> table_connection_;
  aws::service_client stream_calls_;
  aws::service_client table_calls_;
  dynamodb::streams_client streams_;
  dynamodb::dynamodb_client tables_;
  dynamodb::page_decoder decoder_;
  worker_pool pool_{0};
  std::unique_ptr<task_group> tasks_;
};

TEST(stream_follower, knows_all_the_time_that_an_idle_stream_is_read) {
  followed_table table({.shards = 3});
  table.begin();
  table.time.run_for(10s);
  EXPECT_EQ(table.well_seconds(600), 600);
  EXPECT_THAT(table.follower->status().off, IsEmpty());
}

TEST(stream_follower, says_within_half_a_minute_that_the_stream_was_turned_off) {
  followed_table table({.shards = 3});
  table.begin();
  table.time.run_for(100s);
  ASSERT_TRUE(table.is_well());
  table.account.disable_stream("t");
  table.put("lost");
  table.time.run_for(32s);
  EXPECT_FALSE(table.follower->status().known());
  EXPECT_THAT(table.follower->status().off, HasSubstr("turned off"));
  EXPECT_EQ(table.well_seconds(600), 0);
  EXPECT_TRUE(table.follower->read_up_to()) << "what the stream holds has been read";
}

TEST(stream_follower, knows_nothing_of_a_stream_that_nobody_shows_to_be_on) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.fail({"DescribeStream", "DescribeTable"}, 5min);
  table.time.run_for(62s);
  EXPECT_EQ(table.well_seconds(200), 0) << "although its shards give empty pages";
  EXPECT_GT(table.follower->status().unread_for.value_or(1h), 60s);
  table.time.run_for(2min);
  EXPECT_TRUE(table.is_well()) << "it recovers by itself";
}

TEST(stream_follower, is_content_with_listings_as_a_sign_that_the_stream_is_on) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.fail({"DescribeTable"}, 10min);
  EXPECT_EQ(table.well_seconds(590), 590);
}

TEST(stream_follower, knows_nothing_of_shards_that_nobody_has_listed_for_a_minute) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.fail({"DescribeStream"}, 10min);
  EXPECT_GE(table.well_seconds(590), 20) << "an outage of seconds costs nothing";
  EXPECT_FALSE(table.follower->status().known());
  EXPECT_THAT(table.follower->status().unlisted_because, HasSubstr("DescribeStream"));
  table.time.run_for(60s);
  EXPECT_TRUE(table.is_well());
}

TEST(stream_follower, knows_nothing_while_a_newer_stream_waits_and_follows_it) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.account.disable_stream("t");
  table.time.run_for(1s);
  table.account.enable_stream("t", view_type);
  table.put("a");
  table.time.run_for(35s);
  EXPECT_FALSE(table.follower->status().known());
  table.time.run_for(3min);
  EXPECT_TRUE(table.is_well());
  EXPECT_EQ(table.sink.gaps.size(), 1U);
}

TEST(stream_follower, knows_nothing_once_the_table_is_another_one) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.account.delete_table("t");
  table.account.create_table("t", schema);
  table.time.run_for(32s);
  EXPECT_FALSE(table.follower->status().known());
  EXPECT_THAT(table.follower->status().off, HasSubstr("created anew"));
  EXPECT_EQ(table.well_seconds(120), 0);
  table.account.enable_stream("t", view_type);
  table.time.run_for(8min);
  EXPECT_TRUE(table.is_well()) << "the new table's stream is followed";
  EXPECT_GE(table.sink.gaps.size(), 1U);
}

TEST(stream_follower, keeps_when_reading_began_and_writes_it_only_once_known) {
  followed_table table;
  table.fail({"GetShardIterator"}, 30s);
  table.begin();
  table.time.run_for(20s);
  state::snapshot stored;
  auto batch = table.collect();
  EXPECT_FALSE(batch.numbers.contains("stream.began_ms"));
  EXPECT_FALSE(table.follower->reading_began());
  stored.shards = batch.shards;
  table.time.run_for(2min);
  batch = table.collect();
  const auto began = batch.numbers.at("stream.began_ms");
  stored.numbers.insert(batch.numbers.begin(), batch.numbers.end());
  table.stop();
  table.time.run_for(1h);
  table.begin(stored);
  ASSERT_TRUE(table.follower->reading_began());
  EXPECT_EQ(to_ms(*table.follower->reading_began()), began);
}

TEST(stream_follower, reads_first_what_no_earlier_process_could_list) {
  followed_table table({}, first_position::trim_horizon);
  const auto first = table.account.stream("t").names().arn;
  table.put("a");
  table.fail({"DescribeStream"}, 1h);
  table.begin();
  table.time.run_for(2min);
  state::snapshot stored;
  stored.values = table.collect().values;
  table.stop();
  table.account.disable_stream("t");
  table.time.run_for(1min);
  table.account.enable_stream("t", view_type);
  table.put("b");
  table.time.run_for(1h);
  table.begin(stored);
  EXPECT_EQ(table.follower->stream_arn(), first);
  table.time.run_for(10min);
  EXPECT_NE(table.follower->stream_arn(), first);
  EXPECT_EQ(table.sink.keys.size(), 2U) << "of both streams";
}

/// Its first listing is made a day late, the first read still later: what was lost in between is
/// neither of the time off nor of the time since the listing.
TEST(stream_follower, tells_what_a_newer_stream_forgets_before_it_can_be_read) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  table.fail({"GetRecords", "GetShardIterator"}, 29h);
  table.account.disable_stream("t");
  table.time.run_for(1s);
  table.account.enable_stream("t", view_type);
  table.time.run_for(5min);
  table.put("a");
  table.time.run_for(30h);
  EXPECT_THAT(table.sink.keys, IsEmpty());
  std::vector<std::string> reasons;
  reasons.reserve(table.sink.gaps.size());
  for (const auto& gap : table.sink.gaps) {
    reasons.push_back(gap.reason);
  }
  EXPECT_THAT(reasons, testing::Contains("records were trimmed before the shard was begun"));
}

TEST(stream_follower, tells_what_left_a_newer_stream_before_that_was_seen) {
  followed_table table;
  table.begin();
  table.time.run_for(100s);
  const auto batch = table.collect();
  const state::snapshot stored{
      .shards = batch.shards, .numbers = batch.numbers, .values = batch.values};
  table.stop();
  table.account.disable_stream("t");
  table.time.run_for(1s);
  table.account.enable_stream("t", view_type);
  table.put("a");
  table.time.run_for(30h);
  table.begin(stored);
  table.time.run_for(10min);
  const auto& gaps = table.sink.gaps;
  const auto time_off = std::ranges::find(gaps, shard_id(""), &coverage_gap::shard);
  ASSERT_NE(time_off, gaps.end());
  EXPECT_THAT(time_off->reason,
              HasSubstr("and " + format_rfc3339(time_off->noticed - 24h) + " may be in no stream"));
}

TEST(stream_follower, is_not_sent_back_by_the_name_of_another_tables_stream) {
  followed_table table;
  state::snapshot stored;
  stored.values["stream.first_arn"] =
      "arn:aws:dynamodb:eu-west-1:111111111111:table/other/stream/2020-01-01T00:00:00.000";
  table.begin(stored);
  EXPECT_EQ(table.follower->stream_arn(), table.account.stream("t").names().arn);
}

TEST(stream_follower, tells_the_time_by_the_later_clock) {
  followed_table table;
  table.account.settings().clock_skew = 20s;
  table.begin();
  table.time.run_for(10s);
  EXPECT_GE(table.follower->service_now(), table.time.now() + 18s);
  EXPECT_LE(table.follower->service_now(), table.time.now() + 20s);
  table.account.settings().clock_skew = -20s;
  table.time.run_for(1min);
  EXPECT_EQ(table.follower->service_now(), table.time.now());
}

TEST(stream_follower, tells_the_time_by_the_same_clock_once_it_follows_another_stream) {
  followed_table table;
  table.account.settings().clock_skew = 20s;
  table.begin();
  table.time.run_for(100s);
  const auto first = table.follower->stream_arn();
  table.account.disable_stream("t");
  table.time.run_for(1s);
  table.account.enable_stream("t", view_type);
  for (int step = 0; step < 10'000 && table.follower->stream_arn() == first; ++step) {
    ASSERT_GE(table.follower->service_now(), table.time.now() + 18s);
    table.time.run_for(50ms);
  }
  ASSERT_NE(table.follower->stream_arn(), first);
  EXPECT_GE(table.follower->service_now(), table.time.now() + 18s) << "before it has answered";
}

}  // namespace
}  // namespace ddm::stream
