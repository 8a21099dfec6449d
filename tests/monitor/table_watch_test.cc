#include "monitor/table_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr auto arn = "arn:aws:dynamodb:eu-west-1:222222222222:table/orders";

dynamodb::table_description table(std::string id, std::optional<wall_time> created = start,
                                  std::string its_arn = arn) {
  dynamodb::table_description out;
  out.name = "orders";
  out.arn = std::move(its_arn);
  out.id = std::move(id);
  out.created = created;
  out.status = dynamodb::table_status::active;
  out.status_text = "ACTIVE";
  return out;
}

table_watch watch_of(std::optional<table_identity> stored) {
  return {side::target, "orders", std::move(stored), start};
}
table_watch watch_of(const dynamodb::table_description& stored) {
  return watch_of(table_identity::of(stored));
}

TEST(table_watch, another_table_id_is_told_once_with_both_and_the_side) {
  auto watch = watch_of(table("id-1"));
  EXPECT_FALSE(watch.on_seen(table("id-1"), start));
  const auto change = watch.on_seen(table("id-2"), start + 1s);
  ASSERT_TRUE(change);
  EXPECT_THAT(*change, AllOf(HasSubstr("the target table orders"), HasSubstr("TableId id-1"),
                             HasSubstr("TableId id-2"), HasSubstr(arn),
                             HasSubstr("only a comparison of the whole tables that began after")));
  EXPECT_FALSE(watch.on_seen(table("id-2"), start + 2s));
}

TEST(table_watch, the_creation_time_decides_where_there_is_no_table_id) {
  auto watch = watch_of(table("", start));
  EXPECT_FALSE(watch.on_seen(table("", start), start));
  EXPECT_TRUE(watch.on_seen(table("", start + 1ms), start));
  auto with_ids = watch_of(table("id-1", start));
  EXPECT_FALSE(with_ids.on_seen(table("id-1", start + 1s), start))
      << "a service may tell the time of the answer";
}

TEST(table_watch, what_only_one_of_both_knows_decides_nothing) {
  EXPECT_FALSE(watch_of(table("", start)).on_seen(table("id-1", start), start));
  EXPECT_FALSE(watch_of(table("id-1")).on_seen(table("", std::nullopt), start));
  EXPECT_FALSE(watch_of(table("", std::nullopt)).on_seen(table("", start), start));
}

TEST(table_watch, another_account_is_another_table) {
  const auto elsewhere = table("id-1", start, "arn:aws:dynamodb:eu-west-1:3:table/orders");
  EXPECT_TRUE(watch_of(table("id-1")).on_seen(elsewhere, start));
}

TEST(table_watch, a_state_without_an_identity_takes_the_present_one_without_a_gap) {
  auto watch = watch_of(std::nullopt);
  EXPECT_FALSE(watch.on_seen(table("id-1"), start));
  EXPECT_TRUE(watch.on_seen(table("id-2"), start));
}

TEST(table_watch, the_identity_is_committed_when_it_changes_and_read_again) {
  auto watch = watch_of(std::nullopt);
  std::ignore = watch.on_seen(table("id-1", start + 5ms), start);
  state::commit_batch batch;
  watch.collect(batch);
  const state::snapshot kept{.numbers = batch.numbers, .values = batch.values};
  EXPECT_EQ(load_table(kept, side::target), table_identity::of(table("id-1", start + 5ms)));
  EXPECT_EQ(load_table(kept, side::source), std::nullopt);
  state::commit_batch next;
  std::ignore = watch.on_seen(table("id-1", start + 5ms), start);
  watch.collect(next);
  EXPECT_TRUE(next.empty());
}

TEST(table_watch, an_absent_table_is_trouble_at_once_and_until_it_is_back) {
  auto watch = watch_of(table("id-1"));
  watch.on_absent(start + 1s);
  EXPECT_EQ(watch.trouble(start + 1s), "the target table orders does not exist any more");
  EXPECT_FALSE(watch.on_seen(table("id-1"), start + 2s));
  EXPECT_THAT(watch.trouble(start + 2s), IsEmpty());
}

TEST(table_watch, a_table_that_is_being_created_is_trouble) {
  auto watch = watch_of(table("id-1"));
  auto creating = table("id-1");
  creating.status = dynamodb::table_status::creating;
  creating.status_text = "CREATING";
  std::ignore = watch.on_seen(creating, start);
  EXPECT_THAT(watch.trouble(start), HasSubstr("is CREATING"));
}

TEST(table_watch, a_failed_look_is_no_change_and_trouble_only_after_a_minute) {
  auto watch = watch_of(table("id-1"));
  watch.on_failed("throttled");
  EXPECT_THAT(watch.trouble(start + 60s), IsEmpty());
  EXPECT_THAT(watch.trouble(start + 61s),
              AllOf(HasSubstr("target table orders"), HasSubstr("throttled")));
  EXPECT_FALSE(watch.on_seen(table("id-1"), start + 90s));
  EXPECT_THAT(watch.trouble(start + 150s), IsEmpty());
}

TEST(table_watch, that_had_an_answer_since_tells_no_earlier_failure) {
  auto watch = watch_of(table("id-1"));
  watch.on_failed("throttled");
  std::ignore = watch.on_seen(table("id-1"), start + 1s);
  EXPECT_THAT(watch.trouble(start + 2min), AllOf(Not(IsEmpty()), Not(HasSubstr("throttled"))));
}

TEST(table_watch, a_table_that_is_awaited_is_no_trouble) {
  auto watch = watch_of(std::nullopt);
  watch.on_awaited(start + 1h);
  EXPECT_THAT(watch.trouble(start + 1h), IsEmpty());
}

}  // namespace
}  // namespace ddm::monitor
