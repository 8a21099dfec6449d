#include "remote/copy_ledger.h"

#include <gtest/gtest.h>

namespace ddm::remote {
namespace {

constexpr ledger_bounds bounds{.garbage_factor = 2, .garbage_bytes_min = 100};

block_name named(int number) { return name_of(std::to_string(number)); }

copy_ledger a_ledger() {
  copy_ledger ledger(bounds);
  ledger.begin_epoch(4);
  return ledger;
}

TEST(copy_ledger, knows_what_was_written_in_its_epoch_only) {
  auto ledger = a_ledger();
  ledger.note_put(named(1), 10);
  EXPECT_TRUE(ledger.has(named(1)));
  EXPECT_FALSE(ledger.has(named(2)));
  ledger.begin_epoch(5);
  EXPECT_FALSE(ledger.has(named(1)));
  EXPECT_EQ(ledger.epoch(), 5U);
}

TEST(copy_ledger, collects_nothing_before_a_copy_of_its_epoch_stands) {
  auto ledger = a_ledger();
  ledger.note_put(named(1), 10);
  EXPECT_FALSE(ledger.may_collect());
  ledger.note_copy({named(1)});
  EXPECT_TRUE(ledger.may_collect());
  ledger.note_collected();
  EXPECT_FALSE(ledger.may_collect());
  ledger.begin_epoch(5);
  EXPECT_FALSE(ledger.may_collect());
}

TEST(copy_ledger, is_worth_a_new_epoch_once_what_is_not_needed_is_many_times_what_is) {
  auto ledger = a_ledger();
  ledger.note_put(named(0), 100);
  ledger.note_copy({named(0), named(0)});  // needed twice, and there once
  ledger.note_collected();
  ledger.note_put(named(1), 200);
  EXPECT_FALSE(ledger.worth_a_new_epoch());
  ledger.note_put(named(2), 1);
  EXPECT_TRUE(ledger.worth_a_new_epoch());
  ledger.note_copy({named(0), named(1)});
  EXPECT_FALSE(ledger.worth_a_new_epoch());
}

TEST(copy_ledger, begins_no_epoch_for_little) {
  auto ledger = a_ledger();
  ledger.note_put(named(0), 1);
  ledger.note_copy({named(0)});
  ledger.note_collected();
  ledger.note_put(named(1), 100);
  EXPECT_FALSE(ledger.worth_a_new_epoch());
  ledger.note_put(named(2), 1);
  EXPECT_TRUE(ledger.worth_a_new_epoch());
}

TEST(copy_ledger, begins_no_epoch_while_the_blocks_of_earlier_ones_are_there) {
  auto ledger = a_ledger();
  ledger.note_put(named(0), 1);
  ledger.note_put(named(1), 500);
  ledger.note_copy({named(0)});
  EXPECT_FALSE(ledger.worth_a_new_epoch());
  ledger.note_collected();
  EXPECT_TRUE(ledger.worth_a_new_epoch());
}

}  // namespace
}  // namespace ddm::remote
