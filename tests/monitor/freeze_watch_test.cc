#include "monitor/freeze_watch.h"

#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

constexpr wall_time freeze{10'000s};

state::snapshot saved(const freeze_watch& watch) {
  state::commit_batch batch;
  watch.save(batch);
  state::snapshot state;
  state.numbers = batch.numbers;
  state.values = batch.values;
  return state;
}

TEST(freeze_watch, counts_writes_after_the_freeze_and_keeps_the_first_key) {
  freeze_watch watch(freeze, {});
  EXPECT_FALSE(watch.on_change(freeze, false)) << "at the moment itself it was still allowed";
  EXPECT_TRUE(watch.on_change(freeze + 1s, false));
  watch.name_first("a");
  EXPECT_FALSE(watch.on_change(freeze + 2s, false));
  EXPECT_EQ(watch.writes(), 2);
  EXPECT_EQ(watch.first_key(), "a");
}

TEST(freeze_watch, deletes_by_the_ttl_service_are_no_writes) {
  freeze_watch watch(freeze, {});
  EXPECT_FALSE(watch.on_change(freeze + 1s, true));
  EXPECT_EQ(watch.writes(), 0);
  EXPECT_EQ(watch.ttl_deletes(), 1);
}

TEST(freeze_watch, goes_on_counting_after_a_restart) {
  freeze_watch watch(freeze, {});
  watch.on_change(freeze + 1s, false);
  watch.name_first("a");
  watch.on_change(freeze + 3s, true);
  const freeze_watch next(freeze, saved(watch));
  EXPECT_EQ(next.writes(), 1);
  EXPECT_EQ(next.ttl_deletes(), 1);
  EXPECT_EQ(next.first_key(), "a");
}

TEST(freeze_watch, holds_what_an_earlier_process_read_against_a_freeze_that_it_did_not_know) {
  freeze_watch unfrozen(std::nullopt, {});
  EXPECT_TRUE(unfrozen.is_newest(freeze + 5s));
  unfrozen.note_newest(freeze + 5s, "late");
  EXPECT_FALSE(unfrozen.is_newest(freeze + 4s));
  const freeze_watch frozen(freeze, saved(unfrozen));
  EXPECT_EQ(frozen.writes(), 1);
  EXPECT_EQ(frozen.first_key(), "late");
  EXPECT_EQ(freeze_watch(freeze + 5s, saved(unfrozen)).writes(), 0);
}

TEST(freeze_watch, a_later_freeze_or_none_forgets_what_came_after_an_earlier_one) {
  freeze_watch watch(freeze, {});
  watch.note_newest(freeze + 1s, "a");
  watch.on_change(freeze + 1s, false);
  watch.name_first("a");
  EXPECT_EQ(freeze_watch(freeze + 1h, saved(watch)).writes(), 0);
  const freeze_watch none(std::nullopt, saved(watch));
  EXPECT_EQ(none.writes(), 0);
  EXPECT_EQ(none.first_key(), "");
  EXPECT_EQ(freeze_watch(freeze - 1h, saved(none)).writes(), 1) << "an earlier one has them again";
}

TEST(freeze_watch, keeps_what_a_version_counted_that_did_not_store_its_freeze) {
  state::snapshot older;
  older.numbers["freeze.writes"] = 3;
  older.values["freeze.first_key"] = "a";
  const freeze_watch watch(freeze, older);
  EXPECT_EQ(watch.writes(), 3) << "of which freeze is not known: of this one, maybe";
  EXPECT_EQ(watch.first_key(), "a");
  EXPECT_EQ(freeze_watch(freeze + 1h, saved(watch)).writes(), 0) << "a later one forgets them";
}

}  // namespace
}  // namespace ddm::monitor
