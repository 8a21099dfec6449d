// Up to when everything has been read, and since when: what may be said, and when it may not.
#include "stream/read_pace.h"
#include "stream/stream_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using support::fault;
using support::fault_context;
using testing::Contains;
using testing::IsEmpty;

/// `operation` fails from now on for `duration`.
support::fault_plan outage_of(std::string operation, wall_time now, milliseconds duration) {
  return [=](const fault_context& call) {
    const bool fails = call.operation == operation && call.now < now + duration;
    return fails ? fault{.type = fault::kind::throttle, .code = "LimitExceededException"} : fault{};
  };
}

/// What was written when, and whether anybody claims to have read what was not.
class write_ledger {
 public:
  explicit write_ledger(stream_world& world) : world_(world) {}

  void write() {
    written_.emplace_back(world_.time.now(), "k" + std::to_string(written_.size()));
    world_.write(static_cast<int>(written_.size()) - 1, 1);
  }
  [[nodiscard]] std::optional<wall_time> oldest_unread() {
    for (; taken_ < world_.sink.keys.size(); ++taken_) {
      read_.insert(world_.sink.keys[taken_]);
    }
    while (done_ < written_.size() && read_.contains(written_[done_].second)) {
      ++done_;
    }
    return done_ < written_.size() ? std::optional(written_[done_].first) : std::nullopt;
  }
  void expect_no_lie() {
    const auto unread = oldest_unread();
    if (!unread) {
      return;
    }
    const auto up_to = world_.consumer->read_up_to();
    ASSERT_TRUE(!up_to || *up_to <= *unread) << (*up_to - *unread).count() << " ms too much";
    const auto unread_for = world_.consumer->status().unread_for;
    ASSERT_TRUE(!unread_for || *unread_for + 1s >= world_.time.now() - *unread)
        << "unread for " << (world_.time.now() - *unread).count() << " ms, not "
        << unread_for->count();
  }
  /// Each record was made after what its batch says had been read, by the service's clock.
  void expect_nothing_before(milliseconds ahead, const std::string& where) {
    std::size_t told = 0;
    for (const auto& [when, key] : written_) {
      const auto& bound = world_.sink.nothing_before[key];
      told += bound ? 1U : 0U;
      ASSERT_TRUE(!bound || *bound <= when + std::max(0ms, ahead)) << key;
    }
    EXPECT_GE(told, written_.size() / 2) << where;
  }
  [[nodiscard]] std::size_t written() const { return written_.size(); }

 private:
  stream_world& world_;
  std::vector<std::pair<wall_time, std::string>> written_;
  std::set<std::string> read_;
  std::size_t taken_ = 0;
  std::size_t done_ = 0;
};

TEST(unread_for, never_hides_an_unread_record_whatever_shards_and_clocks_do) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const milliseconds ahead = (static_cast<int>(seed % 5) - 2) * 2500ms;
    const bool wide = seed % 3 == 0;
    stream_world world({.shards = wide ? 300U : 12U,
                        .shard_lifetime = wide ? 15min : (seed % 2 == 0 ? 40s : 4min),
                        .children_listed_after = milliseconds{seed % 4 * 2000},
                        .empty_page_rate = seed % 3 == 1 ? 0.3 : 0.0,
                        .empty_run_max = 1500ms,
                        .seed = seed});
    world.account.settings().clock_skew = ahead;
    world.begin();
    write_ledger ledger(world);
    std::mt19937 random(seed);
    int known = 0;
    constexpr int steps = 1500;
    for (int step = 0; step < steps; ++step) {
      if (random() % 4 == 0) {
        ledger.write();
      }
      world.time.run_for(milliseconds{100 + random() % 50});
      ASSERT_NO_FATAL_FAILURE(ledger.expect_no_lie()) << "seed " << seed << ", step " << step;
      const auto unread_for = world.consumer->status().unread_for;
      known += unread_for && *unread_for <= 60s ? 1 : 0;
    }
    EXPECT_GE(known, steps * 9 / 10) << "seed " << seed;
    world.time.run_for(1min);
    EXPECT_EQ(world.distinct(), ledger.written()) << "seed " << seed;
    ledger.expect_nothing_before(ahead, "seed " + std::to_string(seed));
  }
}

/// Nothing in its pages tells that it is closed: a listing does, which shows its child. Until then,
/// and for as long as the child was hidden, more is said to be read than was.
TEST(unread_for, of_a_shard_that_is_closed_before_its_end_is_found_goes_back_once_that_is_known) {
  for (const auto hidden : {0s, 15s}) {
    stream_world world({.children_listed_after = hidden, .end_found_after = 3min});
    world.begin();
    world.time.run_for(30s);
    world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
    write_ledger ledger(world);
    ledger.write();
    for (int second = 1; second <= 170; ++second) {
      world.time.run_for(1s);
      const auto unread = world.time.now() - ledger.oldest_unread().value();
      const auto known = world.consumer->status().unread_for;
      ASSERT_TRUE(unread <= hidden + 22s || !known || *known + hidden + 1s >= unread)
          << second << " s: unread for " << known->count() << " ms only";
    }
    world.time.run_for(60s);
    EXPECT_EQ(world.distinct(), 1U);
    EXPECT_LE(world.consumer->status().unread_for.value(), unread_at_rest);
  }
}

TEST(unread_for, of_a_shard_whose_children_cannot_be_looked_for_goes_back_to_the_last_listing) {
  stream_world world({.end_found_after = 90s});
  world.begin();
  world.time.run_for(30s);
  world.account.plan_faults(outage_of("DescribeStream", world.time.now(), 5min));
  const auto rolled = world.time.now();
  world.stream().roll_over(world.stream().open_shards()[0], rolled);
  world.write(0, 1);
  world.time.run_for(100s);
  const auto known = world.consumer->status().unread_for;
  EXPECT_TRUE(!known || *known >= world.time.now() - rolled) << known->count();
  world.time.run_for(5min);
  EXPECT_EQ(world.distinct(), 1U);
  EXPECT_LE(world.consumer->status().unread_for.value(), unread_at_rest);
}

TEST(unread_for, of_a_shard_whose_children_stay_hidden_goes_back_to_when_it_had_none) {
  stream_world world({.children_listed_after = 19s, .end_found_after = 9s});
  world.begin();
  world.time.run_for(30s);
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  write_ledger ledger(world);
  ledger.write();
  world.time.run_for(17s);
  ASSERT_TRUE(ledger.oldest_unread());
  ASSERT_TRUE(world.consumer->read_up_to());
  ledger.expect_no_lie();
}

TEST(unread_for, is_not_known_before_the_first_complete_listing) {
  stream_world world({}, first_position::latest);
  world.account.plan_faults(outage_of("DescribeStream", world.time.now(), 5min));
  world.begin();
  for (int i = 0; i < 28; ++i) {
    world.time.run_for(10s);
    ASSERT_FALSE(world.consumer->status().known());
    ASSERT_FALSE(world.consumer->read_up_to());
  }
  world.time.run_for(90s);
  ASSERT_TRUE(world.consumer->status().known()) << "it recovers by itself";
  EXPECT_LE(*world.consumer->status().unread_for, unread_at_rest);
}

TEST(unread_for, is_not_known_over_no_shard_of_a_stream_that_is_on) {
  stream_world world({.enabling_takes = 2min});
  world.begin();
  world.time.run_for(1min);
  EXPECT_FALSE(world.consumer->status().known());
  world.time.run_for(3min);
  EXPECT_TRUE(world.consumer->status().known());
}

TEST(unread_for, is_earned_in_each_process) {
  stream_world world({.shards = 4});
  world.write(0, 100);
  world.begin();
  world.time.run_for(1min);
  const auto before = world.time.now();
  ASSERT_TRUE(world.consumer->caught_up_to(before - unread_at_rest));
  const auto rows = world.stop();
  world.account.plan_faults(outage_of("GetRecords", world.time.now(), 2min));
  world.begin(rows);
  world.time.run_for(1min);
  EXPECT_FALSE(world.consumer->caught_up_to(before - unread_at_rest));
  EXPECT_FALSE(world.consumer->read_up_to());
  EXPECT_FALSE(world.consumer->status().known());
  EXPECT_EQ(world.consumer->status().unread, 4);
  EXPECT_GE(world.consumer->status().behind, 58s) << "what the state knew tells of retention";
  world.time.run_for(3min);
  EXPECT_TRUE(world.consumer->caught_up_to(before));
}

TEST(unread_for, trusts_no_moment_in_the_future) {
  stream_world world;
  world.begin();
  world.time.run_for(1min);
  auto rows = world.stop();
  for (auto& row : rows) {
    row.caught_up_at = world.time.now() + 100h;
    row.last_listed = world.time.now() + 100h;
  }
  world.write(0, 10);
  world.begin(rows);
  world.time.run_for(100ms);
  EXPECT_LE(world.consumer->read_up_to().value_or(wall_time{}), world.time.now());
  world.time.run_for(30s);
  ASSERT_TRUE(world.consumer->read_up_to());
  EXPECT_LE(*world.consumer->read_up_to(), world.time.now());
  EXPECT_EQ(world.distinct(), 10U);
  for (const auto& row : world.stop()) {
    EXPECT_LE(row.caught_up_at.value(), world.time.now());
  }
}

TEST(unread_for, a_future_moment_hides_no_gap) {
  stream_world world;
  world.write(0, 10);
  world.begin();
  world.time.run_for(1min);
  auto rows = world.stop();
  for (auto& row : rows) {
    row.caught_up_at = world.time.now() + 100h;
  }
  world.write(10, 10);
  world.time.run_for(25h);
  world.begin(rows);
  world.time.run_for(1min);
  EXPECT_EQ(world.sink.gaps.size(), 1U);
}

TEST(unread_for, is_not_known_while_children_are_hidden_for_minutes) {
  stream_world world({.shards = 3});
  world.begin();
  world.time.run_for(10s);
  world.account.plan_faults(outage_of("DescribeStream", world.time.now(), 10min));
  world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
  world.write(0, 30);
  world.time.run_for(1min);
  for (int i = 0; i < 16; ++i) {
    world.time.run_for(30s);
    ASSERT_FALSE(world.consumer->status().known());
    ASSERT_FALSE(world.consumer->read_up_to());
  }
  world.time.run_for(3min);
  EXPECT_TRUE(world.consumer->status().known());
  EXPECT_EQ(world.distinct(), 30U);
}

TEST(unread_for, stays_known_when_shards_roll_over_as_a_rule) {
  stream_world world({.shards = 100, .shard_lifetime = 15min, .children_listed_after = 1s});
  world.begin();
  world.time.run_for(1min);
  for (int i = 0; i < 1800; ++i) {
    world.time.run_for(1s);
    const auto unread_for = world.consumer->status().unread_for;
    ASSERT_TRUE(unread_for && *unread_for <= 60s) << i;
  }
}

TEST(unread_for, counts_the_time_in_which_our_clock_stood_still) {
  stream_world world;
  world.begin();
  world.time.run_for(1min);
  ASSERT_LE(*world.consumer->status().unread_for, unread_at_rest);
  // Seen from us, a machine that was paused finds the service's clock moved on.
  world.account.settings().clock_skew = 10min;
  world.write(0, 1);
  const auto status_is_honest = [&] {
    const auto unread_for = world.consumer->status().unread_for;
    return !unread_for || *unread_for >= 9min || world.sink.keys.size() == 1;
  };
  for (int i = 0; i < 100; ++i) {
    world.time.run_for(100ms);
    ASSERT_TRUE(status_is_honest());
  }
  EXPECT_GE(world.consumer->later_now(), world.time.now() + 10min - 2s);
  ASSERT_TRUE(world.consumer->status().known());
  EXPECT_LE(*world.consumer->status().unread_for, unread_at_rest);
  EXPECT_LE(*world.consumer->read_up_to(), world.time.now());
}

TEST(unread_for, with_a_paused_clock_and_no_answer_since_the_pause_is_no_younger_than_the_date) {
  stream_world world({.shards = 3000});
  world.begin();
  world.time.run_for(2min);
  ASSERT_TRUE(world.consumer->status().known());
  world.account.settings().clock_skew = 3min;
  world.time.run_for(200ms);
  EXPECT_FALSE(world.consumer->status().known()) << "most shards were not asked since";
  world.time.run_for(1min);
  EXPECT_TRUE(world.consumer->status().known());
}

// The beginning

TEST(reading_began, at_latest_is_when_all_first_iterators_are_held) {
  stream_world world({.shards = 4}, first_position::latest);
  const auto start = world.time.now();
  const auto slow = world.stream().open_shards()[2];
  world.account.plan_faults([=](const fault_context& call) {
    const bool fails = call.operation == "GetShardIterator" && call.request.body.contains(slow) &&
                       call.now < start + 2min;
    return fails ? fault{.type = fault::kind::server_error} : fault{};
  });
  world.begin();
  world.time.run_for(110s);
  EXPECT_FALSE(world.consumer->began());
  world.time.run_for(2min);
  ASSERT_TRUE(world.consumer->began());
  EXPECT_GE(*world.consumer->began(), start + 2min);
  EXPECT_LE(*world.consumer->began(), start + 3min);
}

TEST(reading_began, at_latest_is_not_before_a_listing_that_was_throttled) {
  stream_world world({.shards = 2}, first_position::latest);
  const auto start = world.time.now();
  world.account.plan_faults(outage_of("DescribeStream", start, 2min));
  world.begin();
  world.write(0, 5);
  world.time.run_for(4min);
  ASSERT_TRUE(world.consumer->began());
  EXPECT_GE(*world.consumer->began(), start + 2min);
  EXPECT_THAT(world.sink.keys, IsEmpty()) << "they are never read";
}

TEST(reading_began, at_the_horizon_is_the_first_complete_listing) {
  stream_world world({.shards = 2});
  const auto start = world.time.now();
  world.account.plan_faults(outage_of("GetShardIterator", start, 5min));
  world.begin();
  EXPECT_FALSE(world.consumer->began());
  world.time.run_for(5s);
  EXPECT_EQ(world.consumer->began(), start);
}

TEST(reading_began, is_found_anew_by_a_process_that_takes_over_before_it_was_known) {
  stream_world world({.shards = 2}, first_position::latest);
  world.account.plan_faults(outage_of("GetShardIterator", world.time.now(), 2min));
  world.begin();
  world.time.run_for(30s);
  const auto rows = world.stop();
  world.begin(rows);
  const auto restarted = world.time.now();
  world.time.run_for(1min);
  EXPECT_FALSE(world.consumer->began());
  world.time.run_for(3min);
  ASSERT_TRUE(world.consumer->began());
  EXPECT_GE(*world.consumer->began(), restarted + 90s);
}

// The pace

/// When each shard was asked for records.
class read_log {
 public:
  support::fault_plan plan() {
    return [this](const fault_context& call) {
      if (call.operation == "GetRecords") {
        const auto& body = call.request.body;
        const auto from = body.find("arn:");
        const auto shard = support::fake_stream::shard_of(
            std::string_view(body).substr(from, body.find('"', from) - from));
        if (const auto last = last_.find(shard); last != last_.end()) {
          longest_ = std::max(longest_, call.now - last->second);
        }
        last_[shard] = call.now;
        ++calls_[shard];
      }
      return fault{};
    };
  }
  [[nodiscard]] milliseconds longest() const { return longest_; }
  [[nodiscard]] std::size_t shards() const { return last_.size(); }
  [[nodiscard]] int calls(const std::string& shard) { return calls_[shard]; }

 private:
  std::map<std::string, wall_time> last_;
  std::map<std::string, int> calls_;
  milliseconds longest_{0};
};

TEST(reading_pace, asks_each_of_3000_idle_shards_every_20_seconds) {
  stream_world world({.shards = 3000});
  read_log log;
  world.account.plan_faults(log.plan());
  world.begin();
  world.time.run_for(2min);
  const auto before = world.calls("GetRecords");
  world.time.run_for(2min);
  EXPECT_EQ(log.shards(), 3000);
  EXPECT_LE(log.longest(), 20s + 100ms);
  EXPECT_LE(world.calls("GetRecords") - before, 3000 * 6 + 3000);
  const auto status = world.consumer->status();
  ASSERT_TRUE(status.unread_for);
  EXPECT_LE(*status.unread_for, 45s) << "two pages tell that there is nothing";
  EXPECT_EQ(status.behind, 0ms);
}

TEST(reading_pace, is_quick_after_a_record_until_the_shard_is_caught_up_again) {
  stream_world world({.shards = 1500});
  read_log log;
  world.account.plan_faults(log.plan());
  world.begin();
  world.time.run_for(1min);
  world.write(0, 1);
  while (world.sink.keys.empty()) {
    world.time.run_for(100ms);
  }
  const auto shard = world.sink.keys_by_shard.begin()->first;
  const auto read = world.time.now();
  const auto before = log.calls(shard);
  world.time.run_for(6s);
  EXPECT_GE(log.calls(shard) - before, empty_pages_min);
  EXPECT_GE(world.consumer->lineage().at(shard_id(shard)).read_to.value(), read);
  world.time.run_for(14s);
  const auto idle = log.calls(shard);
  world.time.run_for(30s);
  EXPECT_LE(log.calls(shard) - idle, 3) << "idle again";
}

// What comes with a batch

TEST(nothing_before, tells_of_a_write_after_a_moment_within_a_minute_of_dynamodb_local) {
  stream_world world({.creation_unit = 60s}, first_position::trim_horizon, "000000000000");
  world.begin();
  world.time.run_for(10s);
  const auto frozen = world.time.now();
  world.time.run_for(5s);
  world.write(0, 1);
  const auto written = world.time.now();
  world.time.run_for(3s);
  ASSERT_THAT(world.sink.keys, Contains("k0"));
  const auto bound = world.sink.nothing_before["k0"];
  ASSERT_TRUE(bound);
  EXPECT_GE(*bound, frozen);
  EXPECT_LE(*bound, written);
}

TEST(nothing_before, is_not_known_of_what_was_written_before_the_process_began) {
  stream_world world({.creation_unit = 60s}, first_position::trim_horizon, "000000000000");
  world.begin();
  world.time.run_for(10s);
  const auto rows = world.stop();
  world.write(0, 1);
  world.time.run_for(5s);
  world.begin(rows);
  world.time.run_for(3s);
  ASSERT_THAT(world.sink.keys, Contains("k0"));
  EXPECT_FALSE(world.sink.nothing_before["k0"]);
}

/// As of a day of 2,000 shards: a complete listing takes more than a minute at two pages a second.
TEST(reading_time, is_known_all_the_while_that_a_long_listing_takes) {
  stream_world world({.shards = 130, .listing_page_max = 1});
  world.begin();
  world.time.run_for(3min);
  ASSERT_TRUE(world.consumer->status().known());
  int unknown = 0;
  for (int second = 0; second < 16 * 60; ++second) {
    if (second == 14 * 60) {
      const auto open = world.stream().open_shards();
      world.stream().roll_over(open[0], world.time.now());  // its child is listed by either
    }
    world.time.run_for(1s);
    unknown += world.consumer->status().known() ? 0 : 1;
  }
  EXPECT_EQ(unknown, 0);
  EXPECT_EQ(world.consumer->status().open, 130U);
  EXPECT_THAT(world.sink.gaps, testing::IsEmpty());
}

/// The empty pages before a shard's end is found say nothing of its child, which somebody writes
/// to.
TEST(caught_up_to, is_not_said_before_the_child_of_a_shard_has_answered) {
  constexpr unsigned rounds = 300;
  std::mt19937 random(7);
  for (unsigned round = 1; round <= rounds; ++round) {
    stream_world world(
        {.shards = 1, .end_found_after = 2s + milliseconds{random() % 22'000}, .seed = round});
    world.account.settings().latency_max = milliseconds{1 + static_cast<int>(random() % 900)};
    world.begin();
    world.time.run_for(30s + milliseconds{random() % 20'000});
    world.stream().roll_over(world.stream().open_shards()[0], world.time.now());
    world.time.run_for(milliseconds{random() % 500});
    world.write(0, 10);
    const auto written = world.time.now();
    for (int i = 0; i < 4000 && !world.consumer->caught_up_to(written); ++i) {
      world.time.run_for(10ms);
    }
    ASSERT_EQ(world.distinct(), 10U) << "round " << round;
  }
}

/// `trouble` happens to the only shard of a quiet stream; then ten items are written. How often, of
/// 100 rounds, the consumer says that it is caught up to that before it has read them all.
int caught_up_too_early(
    const std::function<support::fake_stream::options(std::mt19937&)>& options_of,
    const std::function<void(stream_world&, const std::string& shard)>& trouble) {
  int lied = 0;
  std::mt19937 random(7);
  for (unsigned round = 1; round <= 100; ++round) {
    auto options = options_of(random);
    options.seed = round;
    stream_world world(options);
    world.account.settings().latency_max = milliseconds{1 + static_cast<int>(random() % 900)};
    world.begin();
    world.time.run_for(30s + milliseconds{random() % 20'000});
    trouble(world, world.stream().open_shards()[0]);
    world.time.run_for(milliseconds{random() % 3'000});
    world.write(0, 10);
    const auto written = world.time.now();
    for (int i = 0; i < 4'000 && !world.consumer->caught_up_to(written); ++i) {
      world.time.run_for(10ms);
    }
    lied += world.distinct() == 10U ? 0 : 1;
  }
  return lied;
}

void roll_over(stream_world& world, const std::string& shard) {
  world.stream().roll_over(shard, world.time.now());
}

TEST(caught_up_to, waits_for_a_child_that_is_listed_late_of_a_shard_whose_end_is_found_late) {
  const auto late = [](std::mt19937& random) -> support::fake_stream::options {
    return {.shards = 1,
            .children_listed_after = milliseconds{500 + random() % 15'500},
            .end_found_after = 2s + milliseconds{random() % 22'000}};
  };
  EXPECT_EQ(caught_up_too_early(late, roll_over), 0);
}

TEST(caught_up_to, waits_for_a_late_child_of_a_shard_whose_end_is_found_at_once) {
  const auto late = [](std::mt19937& random) -> support::fake_stream::options {
    return {.shards = 1, .children_listed_after = milliseconds{500 + random() % 15'500}};
  };
  EXPECT_EQ(caught_up_too_early(late, roll_over), 0);
}

TEST(caught_up_to, waits_for_a_child_that_is_listed_later_than_its_sibling) {
  const auto late = [](std::mt19937& random) -> support::fake_stream::options {
    return {.shards = 1, .first_child_listed_after = milliseconds{500 + random() % 15'500}};
  };
  const auto split = [](stream_world& world, const std::string& shard) {
    world.stream().split(shard, world.time.now());
  };
  EXPECT_EQ(caught_up_too_early(late, split), 0);
}

TEST(unread_for, is_more_than_a_minute_once_a_hidden_record_is_that_old) {
  std::mt19937 random(9);
  for (const auto hidden : {0s, 2s, 6s, 10s, 15s, 20s}) {
    for (unsigned round = 1; round <= 20; ++round) {
      stream_world world({.shards = 1,
                          .children_listed_after = hidden,
                          .end_found_after = milliseconds{random() % 100'000},
                          .seed = round});
      world.begin();
      world.time.run_for(30s + milliseconds{random() % 20'000});
      roll_over(world, world.stream().open_shards()[0]);
      world.time.run_for(100ms);
      world.write(0, 10);
      const auto written = world.time.now();
      for (int i = 0; i < 1'500 && world.distinct() < 10; ++i) {
        world.time.run_for(100ms);
        const auto unread = world.consumer->status().unread_for;
        ASSERT_TRUE(world.distinct() == 10 || !unread || *unread > 60s ||
                    world.time.now() - written <= 61s)
            << "hidden for " << hidden.count() << " s, round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace ddm::stream
