#include "monitor/session_state.h"

#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

state::snapshot stored(const session_identity& identity) {
  state::commit_batch batch;
  save_if_new(identity, batch);
  save_names(identity, batch);
  state::snapshot snapshot;
  snapshot.numbers = batch.numbers_once;
  snapshot.values = batch.values_once;
  snapshot.values.merge(batch.values);
  return snapshot;
}

TEST(session_state, an_identity_comes_back_with_its_secrets) {
  const auto identity = new_identity("a", "b", "source_to_target");
  const auto loaded =
      load_identity(stored(identity), new_identity("a", "b", "source_to_target"), "");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->secret, identity.secret);
  EXPECT_EQ(loaded->sample_seed, identity.sample_seed);
}

TEST(session_state, two_new_identities_share_no_secret) {
  EXPECT_NE(new_identity("a", "b", "x").secret, new_identity("a", "b", "x").secret);
}

TEST(session_state, a_state_of_another_migration_is_refused_with_both_names) {
  const auto loaded = load_identity(stored(new_identity("a", "b", "source_to_target")),
                                    new_identity("a", "c", "source_to_target"), "");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("a -> b"), std::string::npos);
  EXPECT_NE(loaded.error().message.find("a -> c"), std::string::npos);
  EXPECT_NE(loaded.error().message.find("--fresh"), std::string::npos);
}

TEST(session_state, a_state_begun_before_the_target_existed_is_resumed_under_its_name) {
  const auto state = stored(new_identity("a", "awaited|b", "source_to_target"));
  const auto loaded =
      load_identity(state, new_identity("a", "arn:b", "source_to_target"), "awaited|b");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->target, "arn:b");
}

TEST(session_state, the_difference_of_periods_names_what_was_changed) {
  const period_settings before{.sample_rate = 100, .ignored = "x", .max_lag_ms = 60'000};
  auto after = before;
  after.sample_rate = 10;
  EXPECT_EQ(after.difference(before), "sample rate 1 in 100 -> 1 in 10");
}

}  // namespace
}  // namespace ddm::monitor
