// The GO referee on ledgers made by hand: it must condemn, and it must acquit.
#include "simulation/go_referee.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::simulation {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const dynamodb::key_schema schema{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                  .sort = std::nullopt};
constexpr wall_time midnight{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

item_ptr item(int v, int w = 0, std::optional<wall_time> ends = std::nullopt) {
  const auto ttl = ends ? fmt::format(R"(,"ttl":{{"N":"{}"}})", to_ms(*ends) / 1000) : "";
  return *support::make_item(
      fmt::format(R"({{"pk":{{"S":"k"}},"v":{{"N":"{}"}},"w":{{"N":"{}"}}{}}})", v, w, ttl),
      schema);
}

/// One key, a comparison that ended a minute after midnight, and max-lag 10 s: the target may be
/// wrong for three minutes.
struct go_referee_test : testing::Test {
  go_referee_test() {
    known.checkings.push_back({.since = midnight, .ignored = {}, .max_lag = 10s});
    known.comparisons.push_back(
        {.began = midnight + 30s, .finished = midnight + 60s, .ignored = {}});
    known.chooses = [this](const item_position&, std::uint64_t rate) {
      return rate <= chosen_up_to;
    };
    known.counts = [](const shard_story&, const written_record&) { return true; };
    known.read_of = [this](const shard_story&) { return records_read; };
    known.unchecked = [this](const item_position&) { return unchecked; };
    story().key_json = R"({"pk":{"S":"k"}})";
    source(0s, item(1));
    target(1s, item(1));
  }

  key_story& story() { return keys[item(1)->position]; }
  void source(milliseconds at, item_ptr held) {
    story().source.push_back({.at = midnight + at, .item = std::move(held)});
  }
  void target(milliseconds at, item_ptr held, cause made_by = cause::replicator) {
    story().target.push_back({.at = midnight + at, .item = std::move(held), .made_by = made_by});
  }
  void look(milliseconds at, item_ptr seen) {
    story().looks.push_back({.at = midnight + at, .item = std::move(seen)});
  }
  void compare(milliseconds from, milliseconds until) {
    known.comparisons.push_back(
        {.began = midnight + from, .finished = midnight + until, .ignored = {}});
  }
  std::vector<std::string> lies(milliseconds at, bool sampled = false) {
    return go_referee(known, keys, shards).lies({.at = midnight + at, .sampled = sampled});
  }

  go_evidence known;
  std::map<item_position, key_story> keys;
  std::map<std::string, shard_story> shards;
  std::uint64_t chosen_up_to = 1;
  std::size_t records_read = 0;
  std::optional<wall_time> unchecked;
};

TEST_F(go_referee_test, equal_tables_are_go) { EXPECT_THAT(lies(1h), IsEmpty()); }

TEST_F(go_referee_test, a_lost_change_is_a_lie_once_the_target_was_wrong_for_three_minutes) {
  source(100s, item(2));
  // Up to 110 s the target holds what the source held within max-lag.
  EXPECT_THAT(lies(290s), IsEmpty());
  EXPECT_THAT(lies(291s), ElementsAre(HasSubstr("has been wrong since 2026-01-01T00:01:50")));
}

TEST_F(go_referee_test, a_large_max_lag_gives_three_of_them) {
  known.checkings.front().max_lag = 100s;
  source(100s, item(2));
  EXPECT_THAT(lies(500s), IsEmpty());
  EXPECT_THAT(lies(501s), testing::SizeIs(1));
}

TEST_F(go_referee_test, the_largest_max_lag_in_use_since_the_comparison_began_counts) {
  known.checkings.front().max_lag = 100s;
  known.checkings.push_back({.since = midnight + 40s, .ignored = {}, .max_lag = 10s});
  source(100s, item(2));
  EXPECT_THAT(lies(500s), IsEmpty());
  known.checkings.back().since = midnight + 30s;
  EXPECT_THAT(lies(291s), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_moment_of_being_right_begins_the_time_anew) {
  source(100s, item(2));
  target(200s, item(2));
  target(201s, item(1));
  EXPECT_THAT(lies(381s), IsEmpty());
  EXPECT_THAT(lies(382s), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_target_that_goes_from_one_wrong_value_to_another_is_wrong_all_the_time) {
  source(100s, item(2));
  target(200s, item(3));
  EXPECT_THAT(lies(291s), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_source_that_changes_all_the_time_does_not_excuse_a_target_that_rests) {
  for (int i = 0; i < 400; ++i) {
    source(100s + i * 1s, item(10 + i));
  }
  EXPECT_THAT(lies(292s), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_replication_that_is_late_by_less_than_max_lag_is_go) {
  for (int i = 0; i < 400; ++i) {
    source(100s + i * 1s, item(10 + i));
    target(109s + i * 1s, item(10 + i));
  }
  EXPECT_THAT(lies(400s), IsEmpty());
}

TEST_F(go_referee_test, an_item_of_the_target_alone_is_a_lie_and_so_is_one_of_the_source_alone) {
  source(100s, nullptr);
  EXPECT_THAT(lies(300s), testing::SizeIs(1));
  story().target.back().item = nullptr;
  story().source.pop_back();
  EXPECT_THAT(lies(300s), testing::SizeIs(1));
}

// The allowance

TEST_F(go_referee_test, what_the_target_changed_by_itself_after_it_was_seen_right_is_excused) {
  look(50s, item(1));
  target(100s, item(9), cause::itself);
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, a_scan_is_a_look) {
  story().scans.push_back({.at = midnight + 50s, .item = item(1)});
  target(100s, item(9), cause::itself);
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, nothing_is_excused_without_a_look) {
  target(100s, item(9), cause::itself);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_look_that_saw_it_wrong_excuses_nothing) {
  look(50s, item(1));
  source(60s, item(2));
  target(61s, item(2));
  look(62s, item(1));
  target(100s, item(9), cause::itself);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_look_before_the_newest_change_excuses_nothing) {
  look(50s, item(1));
  source(60s, item(2));
  source(70s, item(1));
  target(100s, item(9), cause::itself);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_change_that_may_be_on_its_way_ends_no_excuse_for_a_max_lag) {
  look(50s, item(1));
  target(100s, item(9), cause::itself);
  source(600s, item(2));
  EXPECT_THAT(lies(605s), IsEmpty());
  EXPECT_THAT(lies(610s), testing::SizeIs(1));
}

TEST_F(go_referee_test, what_the_replicator_brought_is_not_excused) {
  look(9s, item(1));
  target(100s, item(9));
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, what_it_brought_later_than_a_max_lag_over_what_looked_right_is) {
  target(100s, item(9));
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
  look(10s, item(1));
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, a_table_that_was_deleted_excuses_nothing) {
  look(50s, item(1));
  target(100s, nullptr, cause::table_deleted);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, what_our_own_repair_or_its_undo_wrote_is_not_excused) {
  look(50s, item(1));
  target(100s, item(9), cause::repair);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_comparison_that_came_after_ends_the_excuse) {
  look(50s, item(1));
  target(100s, item(9), cause::itself);
  compare(99s, 120s);
  EXPECT_THAT(lies(1h), IsEmpty());
  compare(101s, 120s);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_comparison_whose_scan_may_have_read_an_older_state_does_not) {
  known.reads_late = 200ms;
  look(50s, item(1));
  target(100s, item(9), cause::itself);
  compare(100s + 150ms, 120s);
  EXPECT_THAT(lies(1h), IsEmpty());
  compare(100s + 250ms, 120s);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_comparison_without_the_key_does_not_end_the_excuse) {
  look(50s, item(1));
  target(100s, item(9), cause::itself);
  compare(101s, 120s);
  known.comparisons.back().sample_rate = 10;
  EXPECT_THAT(lies(1h), IsEmpty());
  chosen_up_to = 10;
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

// Coverage

TEST_F(go_referee_test, plain_go_speaks_for_keys_outside_the_sample_too) {
  known.comparisons.front().sample_rate = 10;
  source(100s, item(2));
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
  EXPECT_THAT(lies(1h, true), IsEmpty());
}

TEST_F(go_referee_test, go_sampled_speaks_for_the_keys_of_the_sparsest_sample) {
  known.checkings.push_back({.since = midnight + 70s, .sample_rate = 10, .ignored = {}});
  known.checkings.push_back({.since = midnight + 80s, .sample_rate = 1, .ignored = {}});
  source(100s, item(2));
  EXPECT_THAT(lies(1h, true), IsEmpty());
  chosen_up_to = 10;
  EXPECT_THAT(lies(1h, true), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_sparse_sample_before_the_comparison_weakens_nothing) {
  known.checkings.front().sample_rate = 10;
  known.checkings.push_back(
      {.since = midnight + 20s, .sample_rate = 1, .ignored = {}, .max_lag = 10s});
  source(100s, item(2));
  EXPECT_THAT(lies(1h, true), testing::SizeIs(1));
}

TEST_F(go_referee_test, what_any_setting_since_the_comparison_ignored_is_not_held_against_go) {
  source(100s, item(1, 7));
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
  known.comparisons.front().ignored = {"w"};
  EXPECT_THAT(lies(1h), IsEmpty());
  source(200s, item(2, 7));
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, a_later_comparison_is_what_go_stands_on) {
  known.comparisons.front().ignored = {"w"};
  source(100s, item(1, 7));
  compare(200s, 220s);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
  known.comparisons.back().finished.reset();
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, go_without_a_comparison_is_a_lie) {
  known.comparisons.front().finished.reset();
  EXPECT_THAT(lies(1h), ElementsAre("no comparison has ended"));
}

TEST_F(go_referee_test, a_table_created_anew_needs_a_comparison_after_it) {
  known.replaced.push_back(midnight + 100s);
  EXPECT_THAT(lies(280s), IsEmpty());
  EXPECT_EQ(go_referee(known, keys, shards).will_lie_at({.at = midnight + 110s}), midnight + 280s);
  EXPECT_THAT(lies(281s), ElementsAre(HasSubstr("created anew at 2026-01-01T00:01:40")));
  compare(100s, 130s);
  EXPECT_THAT(lies(281s), testing::SizeIs(1));
  compare(101s, 131s);
  EXPECT_THAT(lies(281s), IsEmpty());
}

TEST_F(go_referee_test, a_change_that_the_sample_lacked_needs_a_comparison_after_it) {
  unchecked = midnight + 100s;
  EXPECT_THAT(lies(101s), ElementsAre(HasSubstr("neither checked nor compared")));
  compare(110s, 120s);
  known.comparisons.back().sample_rate = 10;
  EXPECT_THAT(lies(130s), testing::SizeIs(1));
  compare(121s, 122s);
  EXPECT_THAT(lies(130s), IsEmpty());
}

TEST_F(go_referee_test, a_sampled_claim_does_not_speak_for_what_the_sample_lacked) {
  unchecked = midnight + 100s;
  known.checkings.front().sample_rate = 10;
  EXPECT_THAT(lies(101s, true), IsEmpty());
}

TEST_F(go_referee_test, the_stream_of_the_target_makes_no_go) {
  known.of_source = false;
  EXPECT_THAT(lies(1h), ElementsAre("the target's stream alone never makes GO"));
}

// TTL

TEST_F(go_referee_test, an_item_past_its_ttl_is_as_good_as_absent) {
  story().source.back().item = item(1, 0, midnight + 100s);
  story().target.back().item = nullptr;
  EXPECT_THAT(lies(100s), IsEmpty());  // its time is not up
  EXPECT_THAT(lies(1h), IsEmpty());
  std::swap(story().source.back().item, story().target.back().item);
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, an_item_past_its_ttl_by_more_than_five_years_is_never_deleted) {
  story().source.back().item = item(1, 0, midnight - std::chrono::years{6});
  story().target.back().item = nullptr;
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

TEST_F(go_referee_test, an_item_past_its_ttl_that_holds_something_else_is_wrong) {
  story().source.back().item = item(1, 0, midnight + 100s);
  story().target.back().item = item(2, 0, midnight + 100s);
  EXPECT_THAT(lies(1h), testing::SizeIs(1));
}

// Reading

struct unread_records : go_referee_test {
  unread_records() {
    auto& shard = shards["shard-1"];
    shard.id = "shard-1";
    shard.records.push_back({.sequence = 1, .created = midnight + 100s, .key = {}});
    shard.records.push_back({.sequence = 2, .created = midnight + 200s, .key = {}});
  }
};

TEST_F(unread_records, a_record_older_than_a_minute_that_was_not_read_is_a_lie) {
  records_read = 1;
  EXPECT_THAT(lies(262s), IsEmpty());
  EXPECT_THAT(lies(263s), ElementsAre(HasSubstr("record 2 of shard shard-1")));
  records_read = 2;
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(unread_records, a_record_that_does_not_count_need_not_be_read) {
  known.counts = [](const shard_story&, const written_record&) { return false; };
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(unread_records, a_lost_record_is_made_up_for_by_a_comparison_after_it) {
  records_read = 1;
  shards["shard-1"].records.back().lost = true;
  EXPECT_THAT(lies(1h), ElementsAre(HasSubstr("and is lost")));
  compare(201s, 230s);
  EXPECT_THAT(lies(1h), IsEmpty());
}

TEST_F(go_referee_test, tells_when_go_will_become_a_lie) {
  const auto will = [this](milliseconds at) {
    return go_referee(known, keys, shards).will_lie_at({.at = midnight + at});
  };
  EXPECT_EQ(will(90s), std::nullopt);
  source(100s, item(2));
  EXPECT_EQ(will(101s), midnight + 290s);
  look(50s, item(1));
  story().source.pop_back();
  target(100s, item(9), cause::itself);
  EXPECT_EQ(will(101s), std::nullopt);
}

}  // namespace
}  // namespace ddm::simulation
