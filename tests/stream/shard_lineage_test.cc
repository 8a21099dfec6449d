#include "stream/shard_lineage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::stream {
namespace {

using namespace std::chrono_literals;
using dynamodb::iterator_position;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const wall_time start = from_ms(1'767'225'600'000);
constexpr auto arn = "arn:aws:dynamodb:eu-west-1:1:table/t/stream/x";

sequence_number number(const std::string& digits) { return *sequence_number::parse(digits); }

shard_description open_shard(const std::string& id, const std::string& parent = "") {
  return {.id = shard_id(id),
          .parent = parent.empty() ? std::nullopt : std::optional(shard_id(parent)),
          .starting = number("1")};
}

shard_description closed_shard(const std::string& id, const std::string& parent = "") {
  auto shard = open_shard(id, parent);
  shard.ending = number("9");
  return shard;
}

struct lineage : testing::Test {
  std::vector<std::string> startable(shard_lineage& of) {
    std::vector<std::string> names;
    for (const auto& id : of.take_startable()) {
      names.push_back(id.str());
    }
    return names;
  }
  std::vector<std::string> startable() { return startable(shards); }
  shard_lineage restarted(wall_time now = start) {
    std::vector<shard_id> forgotten;
    for (auto& row : shards.take_dirty(now, forgotten)) {
      rows[row.shard_id] = row;
    }
    std::vector<state::shard_row> all;
    all.reserve(rows.size());
    for (const auto& [id, row] : rows) {
      all.push_back(row);
    }
    shard_lineage next(arn, first_position::latest);
    next.restore(all);
    return next;
  }
  [[nodiscard]] iterator_position::kind position_of(const std::string& id) {
    return shard_lineage::next_position(shards.at(shard_id(id))).type;
  }
  using kind = iterator_position::kind;

  shard_lineage shards{arn, first_position::trim_horizon};
  shard_lineage latest{arn, first_position::latest};
  std::map<std::string, state::shard_row> rows;
};

/// As DynamoDB names a shard that is made at `created`.
std::string made_at(wall_time created) {
  return fmt::format("shardId-{:020}-2bac9cd2", to_ms(created));
}

TEST(shard_ids, begin_with_the_time_at_which_the_shard_was_made) {
  EXPECT_EQ(created_at(shard_id("shardId-00000001767225600000-2bac9cd2")), start);
  for (const auto* other :
       {"", "a", "shardId-", "shardId-00000001767225600000",
        "shardId-00000000000000000001-2bac9cd2", "shardId-0000000176722560000x-2bac9cd2"}) {
    EXPECT_FALSE(created_at(shard_id(other))) << other;
  }
}

TEST(shards_of_interest, are_all_but_closed_ones_whose_children_are_all_older) {
  const auto from = start - 1h;
  const auto older = from - closed_within - 1ms;
  const auto root = made_at(older - 8h);
  const auto middle = made_at(older - 4h);
  const auto left = made_at(older);
  const auto right = made_at(from - closed_within);
  const auto last = made_at(start - 30min);
  const auto names_of = [&](const std::vector<shard_description>& listed) {
    shard_lineage lineage(arn, first_position::trim_horizon, std::nullopt, shards_hidden_for, from);
    EXPECT_THAT(lineage.on_complete_listing(listed, start), IsEmpty());
    std::vector<std::string> names;
    for (const auto& id : lineage.take_startable()) {
      names.push_back(id.str());
    }
    return names;
  };
  EXPECT_THAT(names_of({closed_shard(root), closed_shard(middle, root), closed_shard(left, middle),
                        open_shard(last, left)}),
              ElementsAre(left));
  EXPECT_THAT(
      names_of({closed_shard(middle), closed_shard(left, middle), closed_shard(right, middle)}),
      ElementsAre(middle))
      << "one child may have been made while the parent held younger records";
  EXPECT_THAT(names_of({open_shard(middle), open_shard(left, middle)}), ElementsAre(middle))
      << "it is not known to be closed";
  EXPECT_THAT(names_of({closed_shard(middle)}), ElementsAre(middle)) << "no child tells";
  EXPECT_THAT(names_of({closed_shard(middle), open_shard("other", middle)}), ElementsAre(middle));
}

TEST_F(lineage, begins_nothing_before_the_first_complete_listing) {
  shards.on_partial_listing({open_shard("a")}, start);
  EXPECT_THAT(startable(), IsEmpty());
}

TEST_F(lineage, begins_children_only_after_their_parent_is_over) {
  EXPECT_THAT(shards.on_complete_listing({closed_shard("a"), closed_shard("b", "a"),
                                          open_shard("c", "a"), open_shard("d", "b")},
                                         start),
              IsEmpty());
  EXPECT_THAT(startable(), ElementsAre("a"));
  EXPECT_THAT(startable(), IsEmpty()) << "each is handed out once";
  shards.on_done(shard_id("a"), start);
  EXPECT_THAT(startable(), ElementsAre("b", "c"));
  shards.on_done(shard_id("c"), start);
  EXPECT_THAT(startable(), IsEmpty());
  shards.on_done(shard_id("b"), start);
  EXPECT_THAT(startable(), ElementsAre("d"));
}

TEST_F(lineage, a_child_of_a_parent_that_is_still_open_waits) {
  (void)shards.on_complete_listing({open_shard("a"), open_shard("b", "a")}, start);
  EXPECT_THAT(startable(), ElementsAre("a"));
}

TEST_F(lineage, begins_a_child_whose_parent_was_trimmed_out_of_the_listing) {
  EXPECT_THAT(shards.on_complete_listing({open_shard("b", "a")}, start), IsEmpty())
      << "what was gone before the first start is no gap";
  EXPECT_THAT(startable(), ElementsAre("b"));
}

TEST_F(lineage, a_child_shown_by_a_partial_listing_waits_until_a_complete_one_settles_its_parent) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  EXPECT_THAT(startable(), ElementsAre("a"));
  shards.on_partial_listing({open_shard("d", "c")}, start + 1min);
  EXPECT_THAT(startable(), IsEmpty());
  EXPECT_FALSE(shards.needs_complete_listing(start + 1min)) << "it may be hidden";
  const auto later = start + 1min + shards_hidden_for;
  EXPECT_TRUE(shards.needs_complete_listing(later));
  EXPECT_THAT(shards.on_complete_listing(
                  {open_shard("a"), closed_shard("c", "a"), open_shard("d", "c")}, later),
              IsEmpty());
  EXPECT_FALSE(shards.needs_complete_listing(later));
  EXPECT_THAT(startable(), IsEmpty()) << "the parent exists, and waits for its own";
}

TEST_F(lineage, an_unknown_parent_that_the_complete_listing_lacks_is_one_gap_for_all_its_children) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  startable();
  shards.on_partial_listing({open_shard("d", "c")}, start + 30h - shards_hidden_for);
  const auto listed = {open_shard("a"), open_shard("d", "c"), open_shard("e", "c")};
  EXPECT_THAT(shards.on_complete_listing(listed, start + 30h - 1s), IsEmpty())
      << "it may be hidden";
  const auto gaps = shards.on_complete_listing(listed, start + 30h);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].shard, shard_id("c"));
  EXPECT_EQ(gaps[0].noticed, start + 30h);
  EXPECT_THAT(startable(), ElementsAre("d", "e"));
  EXPECT_THAT(shards.on_complete_listing(listed, start + 31h), IsEmpty()) << "it is reported once";
}

TEST_F(lineage, a_waiting_shard_that_vanishes_is_a_gap_and_releases_its_children) {
  (void)shards.on_complete_listing(
      {closed_shard("a"), closed_shard("b", "a"), open_shard("c", "b")}, start);
  EXPECT_THAT(startable(), ElementsAre("a"));
  const auto gaps =
      shards.on_complete_listing({closed_shard("a"), open_shard("c", "b")}, start + 25h);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].shard, shard_id("b"));
  EXPECT_THAT(startable(), ElementsAre("c"));
}

TEST_F(lineage, a_young_waiting_shard_that_a_listing_does_not_show_yet_is_no_gap) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  EXPECT_THAT(startable(), ElementsAre("a"));
  shards.on_partial_listing({closed_shard("a"), open_shard("b", "a")}, start + 1min);
  EXPECT_THAT(shards.on_complete_listing({closed_shard("a")}, start + 1min + 3s), IsEmpty());
  EXPECT_TRUE(shards.at(shard_id("b")).listed);
  shards.on_done(shard_id("a"), start + 2min);
  EXPECT_THAT(startable(), ElementsAre("b"));
}

TEST_F(lineage, a_shard_that_is_done_and_leaves_the_listing_is_no_gap) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b", "a")}, start);
  startable();
  shards.on_done(shard_id("a"), start);
  EXPECT_THAT(shards.on_complete_listing({open_shard("b", "a")}, start + 24h), IsEmpty());
  EXPECT_THAT(startable(), ElementsAre("b"));
}

TEST_F(lineage, a_stream_without_shards_yet_has_none_to_begin) {
  (void)latest.on_complete_listing({}, start);
  EXPECT_TRUE(latest.has_listed());
  EXPECT_FALSE(latest.newest_of_old());
  latest.on_partial_listing({open_shard("a")}, start + 1min);
  EXPECT_THAT(startable(latest), ElementsAre("a"));
  EXPECT_FALSE(latest.at(shard_id("a")).from_latest) << "it came after the start";
}

TEST_F(lineage, latest_reads_what_is_open_now_and_skips_what_is_closed) {
  (void)latest.on_complete_listing({closed_shard("a"), open_shard("b", "a"), open_shard("c")},
                                   start);
  EXPECT_THAT(startable(latest), ElementsAre("b", "c"));
  EXPECT_EQ(latest.at(shard_id("a")).life, shard_life::skipped);
  for (const auto* id : {"b", "c"}) {
    EXPECT_TRUE(latest.at(shard_id(id)).from_latest);
    EXPECT_EQ(latest.at(shard_id(id)).counts_from, start);
    EXPECT_EQ(shard_lineage::next_position(latest.at(shard_id(id))).type, kind::latest);
  }
}

TEST_F(lineage, latest_counts_from_the_servers_time) {
  (void)latest.on_complete_listing({open_shard("a")}, start, start - 7s);
  EXPECT_EQ(latest.at(shard_id("a")).counts_from, start - 7s);
}

TEST_F(lineage, latest_reads_children_of_an_open_parent_from_their_beginning) {
  (void)latest.on_complete_listing({open_shard("a"), closed_shard("b", "a"), open_shard("c", "b")},
                                   start);
  EXPECT_THAT(startable(latest), ElementsAre("a"));
  EXPECT_FALSE(latest.at(shard_id("c")).from_latest);
  EXPECT_EQ(shard_lineage::next_position(latest.at(shard_id("c"))).type, kind::trim_horizon);
}

TEST_F(lineage, latest_counts_in_the_first_complete_listing_only) {
  (void)latest.on_complete_listing({open_shard("a")}, start);
  startable(latest);
  (void)latest.on_complete_listing({closed_shard("a"), open_shard("b", "a"), open_shard("c")},
                                   start + 15min);
  EXPECT_THAT(startable(latest), ElementsAre("c"));
  latest.on_done(shard_id("a"), start + 15min);
  EXPECT_THAT(startable(latest), ElementsAre("b"));
  for (const auto* id : {"b", "c"}) {
    EXPECT_FALSE(latest.at(shard_id(id)).from_latest);
    EXPECT_FALSE(latest.at(shard_id(id)).counts_from);
  }
}

TEST_F(lineage, latest_is_asked_for_once_and_the_horizon_filtered_by_time_after_that) {
  (void)latest.on_complete_listing({open_shard("a")}, start);
  auto& shard = latest.at(shard_id("a"));
  shard.begun = true;
  EXPECT_EQ(shard_lineage::next_position(shard).type, kind::trim_horizon);
  shard.last_sequence = number("7");
  EXPECT_EQ(shard_lineage::next_position(shard).type, kind::after_sequence_number);
  EXPECT_EQ(shard_lineage::next_position(shard).sequence, number("7"));
}

TEST_F(lineage, a_shard_whose_oldest_records_may_be_gone_has_lost_its_beginning) {
  const auto now = from_ms(1'767'225'600'000);
  shard_lineage book("arn", first_position::trim_horizon);
  book.restore({{.stream_arn = "arn",
                 .shard_id = "parent",
                 .parent_id = "",
                 .life = "done",
                 .start = "TRIM_HORIZON",
                 .ended_at = now},
                {.stream_arn = "arn",
                 .shard_id = "child",
                 .parent_id = "parent",
                 .life = "reading",
                 .start = "TRIM_HORIZON"}});
  const shard_id child("child");
  EXPECT_FALSE(book.lost_its_beginning(child, now + std::chrono::hours{24}));
  EXPECT_TRUE(book.lost_its_beginning(child, now + std::chrono::hours{25}));
  book.at(child).caught_up_to = now + std::chrono::hours{20};
  EXPECT_FALSE(book.lost_its_beginning(child, now + std::chrono::hours{25}));
  book.at(child).caught_up_to.reset();
  book.at(child).last_sequence = *sequence_number::parse("1");
  EXPECT_FALSE(book.lost_its_beginning(child, now + std::chrono::hours{25}))
      << "the service tells when that number is gone";
}

TEST_F(lineage, a_shard_that_was_listed_a_day_ago_and_never_read_has_lost_its_beginning) {
  (void)shards.on_complete_listing({open_shard("a"), open_shard("read")}, start);
  startable();
  shards.at(shard_id("read")).caught_up_to = start + 20h;
  auto later = restarted();
  (void)later.on_complete_listing({open_shard("a"), open_shard("read")}, start + 20h);
  EXPECT_FALSE(later.lost_its_beginning(shard_id("a"), start + 24h));
  EXPECT_TRUE(later.lost_its_beginning(shard_id("a"), start + 25h))
      << "the listing in between has read nothing";
  EXPECT_FALSE(later.lost_its_beginning(shard_id("read"), start + 25h));
}

TEST_F(lineage, a_child_begins_where_its_parent_had_been_read_up_to) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b", "a"), open_shard("c")},
                                   start);
  startable();
  EXPECT_TRUE(shards.at(shard_id("a")).closed);
  EXPECT_FALSE(shards.at(shard_id("c")).closed);
  shards.at(shard_id("a")).read_to = start - 5s;
  shards.on_done(shard_id("a"), start);
  EXPECT_THAT(startable(), ElementsAre("b"));
  EXPECT_EQ(shards.at(shard_id("b")).read_to, start - 5s) << "not when the end was found";
  EXPECT_FALSE(restarted().at(shard_id("b")).read_to) << "it is earned in each process";
}

TEST_F(lineage, a_closed_shard_was_known_to_be_open_at_the_listing_before) {
  (void)shards.on_complete_listing({open_shard("a"), open_shard("b"), closed_shard("c")}, start);
  const auto known_open = [&](const std::string& id) {
    return shards.at(shard_id(id)).last_known_open;
  };
  EXPECT_FALSE(known_open("c")) << "closed when it was first seen";
  shards.on_newest_listed(start + 20s);
  shards.on_partial_listing({open_shard("d", "a")}, start + 41s);
  shards.on_newest_listed(start + 40s);
  EXPECT_EQ(known_open("a"), start + 20s - shards_hidden_for);
  EXPECT_FALSE(known_open("b"));
  shards.on_done(shard_id("b"), start + 50s);
  EXPECT_EQ(known_open("b"), start + 40s - shards_hidden_for)
      << "its reader found the end before a listing did";
  shards.forget_reading();
  EXPECT_FALSE(known_open("a"));
}

/// The parent may still look open: only the child tells.
TEST_F(lineage, a_shard_with_a_child_is_closed_also_after_a_restart) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  (void)startable();
  shards.on_partial_listing({open_shard("b", "a")}, start + 20s);
  auto next = restarted();
  EXPECT_FALSE(next.at(shard_id("a")).closed);
  (void)next.on_complete_listing({open_shard("a"), open_shard("b", "a")}, start + 30s);
  EXPECT_TRUE(next.at(shard_id("a")).closed);
}

TEST_F(lineage, a_waiting_shard_is_answered_for_by_the_one_that_is_being_read) {
  (void)shards.on_complete_listing({open_shard("a"), closed_shard("b", "a"), open_shard("c", "b")},
                                   start);
  EXPECT_FALSE(shards.waits_for_readers_only()) << "nobody reads yet";
  startable();
  EXPECT_TRUE(shards.waits_for_readers_only());
  shards.on_partial_listing({open_shard("y", "x")}, start + 1min);
  EXPECT_FALSE(shards.waits_for_readers_only()) << "what came before it is not known";
}

TEST_F(lineage, a_cycle_is_answered_for_by_nobody) {
  (void)shards.on_complete_listing({closed_shard("a", "b"), closed_shard("b", "a")}, start);
  EXPECT_FALSE(shards.waits_for_readers_only());
}

TEST_F(lineage, an_end_in_the_future_is_not_waited_for) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b")}, start);
  startable();
  shards.on_done(shard_id("a"), start + 10h);
  auto later = restarted(start + 10h);  // whose clock is right again
  (void)later.on_complete_listing({closed_shard("a"), open_shard("b")}, start);
  (void)later.on_complete_listing({closed_shard("a"), open_shard("b")}, start + 2min);
  EXPECT_THAT(later.heirless(), IsEmpty());
}

TEST_F(lineage, a_listing_with_a_cycle_ends) {
  (void)latest.on_complete_listing(
      {closed_shard("a", "b"), closed_shard("b", "a"), open_shard("c", "a")}, start);
  EXPECT_EQ(latest.at(shard_id("c")).life, shard_life::waiting);
}

TEST_F(lineage, restored_shards_go_on_where_they_were) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b", "a"), open_shard("c")},
                                   start);
  startable();
  auto& reading = shards.at(shard_id("c"));
  reading.last_sequence = number("000000000000000000012");
  reading.resolved_sequence = number("5");
  reading.last_created = start - 3s;
  reading.caught_up_to = start - 1s;
  reading.dirty = true;
  shards.on_done(shard_id("a"), start);

  auto next = restarted();
  EXPECT_TRUE(next.has_listed());
  EXPECT_THAT(startable(next), ElementsAre("b", "c"));
  EXPECT_THAT(startable(next), IsEmpty());
  const auto& restored = next.at(shard_id("c"));
  EXPECT_EQ(restored.last_sequence.str(), "000000000000000000012");
  EXPECT_EQ(restored.resolved_sequence, number("5"));
  EXPECT_EQ(restored.last_created, start - 3s);
  EXPECT_EQ(restored.caught_up_to, start - 1s);
  EXPECT_EQ(next.at(shard_id("b")).parent, shard_id("a"));
  EXPECT_EQ(shard_lineage::next_position(restored).type, kind::after_sequence_number);
}

TEST_F(lineage, a_restart_never_asks_for_latest_again) {
  shards = shard_lineage(arn, first_position::latest);
  (void)shards.on_complete_listing({open_shard("a")}, start);
  auto next = restarted();  // crashed between the commit and the first iterator
  EXPECT_THAT(startable(next), ElementsAre("a"));
  const auto& shard = next.at(shard_id("a"));
  EXPECT_EQ(shard_lineage::next_position(shard).type, kind::trim_horizon);
  EXPECT_EQ(shard.counts_from, start);
}

TEST_F(lineage, a_restart_does_not_take_a_parent_that_was_gone_at_first_for_a_gap) {
  (void)shards.on_complete_listing({open_shard("b", "a")}, start);
  auto next = restarted();  // crashed before "b" was begun
  EXPECT_THAT(next.on_complete_listing({open_shard("b", "a")}, start + 1min), IsEmpty());
  EXPECT_THAT(startable(next), ElementsAre("b"));
}

TEST_F(lineage, a_restart_does_not_tell_again_of_a_parent_that_nobody_read) {
  const std::vector later{open_shard("a"), open_shard("c", "b")};
  (void)shards.on_complete_listing({open_shard("a")}, start);
  shards.on_partial_listing(later, start + 1min);
  EXPECT_THAT(startable(), ElementsAre("a"));
  (void)restarted();
  EXPECT_THAT(shards.on_complete_listing(later, start + 2min), SizeIs(1));
  auto next = restarted();  // crashed before "c" was begun
  EXPECT_THAT(next.on_complete_listing(later, start + 3min), IsEmpty());
  EXPECT_THAT(startable(next), ElementsAre("a", "c"));
}

TEST_F(lineage, a_shard_that_came_and_went_while_nobody_read_is_a_gap) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  startable();
  auto next = restarted();
  EXPECT_THAT(next.on_complete_listing({open_shard("c", "b")}, start + 48h - shards_hidden_for),
              IsEmpty())
      << "it may be hidden";
  EXPECT_THAT(startable(next), ElementsAre("a")) << "and c waits";
  const auto gaps = next.on_complete_listing({open_shard("c", "b")}, start + 48h);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].shard, shard_id("b"));
}

TEST_F(lineage, rows_of_another_stream_are_left_alone) {
  shards.restore({{.stream_arn = "other", .shard_id = "x", .life = "reading"}});
  EXPECT_THAT(shards.shards(), IsEmpty());
  EXPECT_FALSE(shards.has_listed());
}

TEST_F(lineage, hands_out_only_rows_that_changed) {
  std::vector<shard_id> forgotten;
  (void)shards.on_complete_listing({open_shard("a"), open_shard("b")}, start);
  EXPECT_THAT(shards.take_dirty(start, forgotten), SizeIs(2));
  EXPECT_THAT(shards.take_dirty(start, forgotten), IsEmpty());
  (void)shards.on_complete_listing({open_shard("a"), open_shard("b")}, start + 1min);
  EXPECT_THAT(shards.take_dirty(start + 1min, forgotten), IsEmpty());
  shards.at(shard_id("b")).last_sequence = number("7");
  shards.resolve({});
  EXPECT_THAT(shards.take_dirty(start + 1min, forgotten), SizeIs(1));
  shards.resolve({});
  EXPECT_THAT(shards.take_dirty(start + 1min, forgotten), IsEmpty());
  shards.on_done(shard_id("a"), start + 2min);
  const auto rows_now = shards.take_dirty(start + 2min, forgotten);
  ASSERT_THAT(rows_now, SizeIs(1));
  EXPECT_EQ(rows_now[0].life, "done");
  EXPECT_EQ(rows_now[0].start, "TRIM_HORIZON");
  EXPECT_EQ(rows_now[0].ended_at, start + 2min);
  EXPECT_THAT(forgotten, IsEmpty());
}

TEST_F(lineage, forgets_a_finished_shard_after_48_hours_and_only_when_no_listing_shows_it) {
  std::vector<shard_id> forgotten;
  (void)shards.on_complete_listing({closed_shard("a"), closed_shard("b"), open_shard("c")}, start);
  startable();
  shards.on_done(shard_id("a"), start);
  shards.on_done(shard_id("b"), start);
  for (auto now = start; now < start + 60h; now += 15min) {
    (void)shards.on_complete_listing({closed_shard("b"), open_shard("c")}, now);
  }
  (void)shards.take_dirty(start + 48h, forgotten);
  EXPECT_THAT(forgotten, IsEmpty());
  (void)shards.take_dirty(start + 49h, forgotten);
  EXPECT_THAT(forgotten, ElementsAre(shard_id("a")));
  (void)shards.take_dirty(start + 60h, forgotten);
  EXPECT_THAT(forgotten, SizeIs(1)) << "b is listed still";
  EXPECT_THAT(startable(), IsEmpty());
}

TEST_F(lineage, lists_the_newest_from_where_no_listing_can_have_hidden_anything) {
  (void)shards.on_complete_listing({open_shard("a")}, start, std::nullopt, start + 1s);
  EXPECT_FALSE(shards.newest_of_old()) << "something older than it may have been hidden then";
  shards.on_partial_listing({open_shard("a"), open_shard("c")}, start + 15s);
  shards.on_newest_listed(start + 1s + shards_hidden_for);
  EXPECT_EQ(shards.newest_of_old(), shard_id("a"));
  EXPECT_EQ(shards.knows_all_until(), start + 1s);
  shards.on_newest_listed(start + 15s + shards_hidden_for);
  EXPECT_EQ(shards.newest_of_old(), shard_id("c")) << "a sibling before it would be known";
}

TEST_F(lineage, a_childs_parent_had_no_child_until_listings_must_have_shown_one) {
  (void)shards.on_complete_listing({open_shard("a")}, start);
  shards.on_newest_listed(start + 30s);
  shards.on_partial_listing({open_shard("b", "a")}, start + 32s);
  EXPECT_EQ(shards.at(shard_id("a")).last_known_open, start + 30s - shards_hidden_for);
}

TEST_F(lineage, keeps_the_newest_shard_as_the_place_to_list_from) {
  std::vector<shard_id> forgotten;
  (void)shards.on_complete_listing({closed_shard("a")}, start);
  startable();
  shards.on_done(shard_id("a"), start);
  (void)shards.take_dirty(start + 100h, forgotten);
  EXPECT_THAT(forgotten, IsEmpty());
  shards.on_newest_listed(start + 100h);
  EXPECT_EQ(shards.newest_of_old(), shard_id("a"));
}

TEST_F(lineage, knows_children) {
  (void)shards.on_complete_listing({open_shard("a"), open_shard("b", "a")}, start);
  EXPECT_TRUE(shards.has_children(shard_id("a")));
  EXPECT_FALSE(shards.has_children(shard_id("b")));
}

TEST_F(lineage, knows_which_shards_have_ended_without_an_heir) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b", "a"), closed_shard("c")},
                                   start);
  startable();
  shards.on_done(shard_id("a"), start + 1min);
  shards.on_done(shard_id("c"), start + 1min);
  EXPECT_THAT(shards.heirless(), ElementsAre(shard_id("c")));
  shards.on_heirs_listed({shard_id("c")}, start + 90s);
  EXPECT_THAT(shards.heirless(), ElementsAre(shard_id("c"))) << "the child may still be hidden";
  EXPECT_THAT(restarted().heirless(), ElementsAre(shard_id("c")));
  shards.on_heirs_listed({shard_id("c")}, start + 2min);
  EXPECT_THAT(shards.heirless(), IsEmpty());
}

TEST_F(lineage, a_complete_listing_tells_of_heirs_also_when_the_parent_has_left_it) {
  (void)shards.on_complete_listing({closed_shard("a"), open_shard("b")}, start);
  startable();
  shards.on_done(shard_id("a"), start);
  (void)shards.on_complete_listing({open_shard("b")}, start + 30s);
  EXPECT_THAT(shards.heirless(), ElementsAre(shard_id("a")));
  (void)shards.on_complete_listing({open_shard("b")}, start + 2min);
  EXPECT_THAT(shards.heirless(), IsEmpty());
}

TEST_F(lineage, a_stream_that_is_gone_takes_what_was_never_listed_with_it) {
  (void)shards.on_complete_listing({closed_shard("a"), closed_shard("b"), closed_shard("c", "b")},
                                   start);
  startable();
  for (const auto* id : {"a", "b"}) {
    shards.on_done(shard_id(id), start + 5s);
  }
  startable();
  shards.on_done(shard_id("c"), start + 5s);
  shards.on_heirs_listed({shard_id("c")}, start + 5min);
  const auto gaps = shards.on_stream_gone(start + 30h);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].shard, shard_id("a"));
}

TEST(sequence_numbers, are_compared_as_numbers) {
  EXPECT_LT(number("99999999999999999999"), number("100000000000000000000"));
  EXPECT_EQ(number("0007"), number("7"));
  EXPECT_LT(sequence_number{}, number("0"));
}

TEST_F(lineage, one_listing_after_a_restart_may_hide_what_an_earlier_process_knew) {
  EXPECT_THAT(shards.on_complete_listing({open_shard("a"), open_shard("b", "a")}, start),
              IsEmpty());
  EXPECT_THAT(startable(), ElementsAre("a"));
  auto next = restarted();
  const auto now = start + 1min;
  EXPECT_THAT(next.on_complete_listing({open_shard("a")}, now), IsEmpty()) << "b is hidden";
  EXPECT_FALSE(next.needs_complete_listing(now + 1s));
  EXPECT_TRUE(next.needs_complete_listing(now + next.hidden_for())) << "it is asked for again";
  EXPECT_THAT(
      next.on_complete_listing({open_shard("a"), open_shard("b", "a")}, now + next.hidden_for()),
      IsEmpty());
  EXPECT_FALSE(next.needs_complete_listing(now + 1h)) << "nothing is missed any more";
}

TEST_F(lineage, what_listings_do_not_show_for_long_after_a_restart_was_trimmed) {
  EXPECT_THAT(shards.on_complete_listing({open_shard("a"), open_shard("b", "a")}, start),
              IsEmpty());
  EXPECT_THAT(startable(), ElementsAre("a"));
  auto next = restarted();
  const auto now = start + 25h;
  EXPECT_THAT(next.on_complete_listing({}, now), IsEmpty());
  const auto gaps = next.on_complete_listing({}, now + next.hidden_for());
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].shard.str(), "b");
}

}  // namespace
}  // namespace ddm::stream
