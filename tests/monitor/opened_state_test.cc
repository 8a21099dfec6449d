// A command begins a state, or goes on with one, while others do things to it.
#include "monitor/opened_state.h"

#include "state/store_testing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using state::complete;

session_identity fresh(std::string target = "b", std::string direction = "source_to_target") {
  return new_identity("a", std::move(target), std::move(direction));
}

class opened_states : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<state::state_store> store_of(const std::string& command) const {
    auto opened = state::open_sqlite_store({.path = path_, .command = command});
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
  }
  [[nodiscard]] static result<opened_state> open(state::state_store& store,
                                                 session_identity identity,
                                                 std::string awaited = "") {
    return complete(open_state(store, std::move(identity), std::move(awaited), 100));
  }

  state::temporary_directory place_;
  std::string path_ = place_ / "s.db";
};

TEST_F(opened_states, of_two_commands_that_begin_one_the_first_decides_the_secret) {
  const auto monitor = store_of("monitor");
  const auto compare = store_of("compare");
  const auto first = open(*monitor, fresh());
  const auto second = open(*compare, fresh());
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->begun_now);
  EXPECT_FALSE(second->begun_now);
  EXPECT_EQ(second->identity.secret, first->identity.secret);
  EXPECT_EQ(second->identity.sample_seed, first->identity.sample_seed);
}

TEST_F(opened_states, of_another_migration_stay_as_they_are) {
  const auto store = store_of("monitor");
  ASSERT_TRUE(open(*store, fresh("b", "")));
  const auto before = state::bytes_of(path_ + "-wal");
  const auto refused = open(*store, fresh("c", "target_to_source"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(state::bytes_of(path_ + "-wal"), before);
  EXPECT_EQ(refused.error().kind, error_class::wrong_usage);
  const auto again = open(*store, fresh("b", ""));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->identity.direction, "");
}

TEST_F(opened_states, keep_a_name_and_a_direction_that_become_known_later) {
  const auto store = store_of("monitor");
  ASSERT_TRUE(open(*store, fresh("awaited|b", "")));
  ASSERT_TRUE(open(*store, fresh("arn:b"), "awaited|b"));
  const auto again = open(*store, fresh("arn:b", ""));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->identity.direction, "source_to_target");
}

/// `compare`, alone until then, begins the finding lines anew while a monitor starts: that one
/// hears of all that follows only if it counts from the new lines.
TEST_F(opened_states, are_loaded_after_the_lines_that_another_command_begins_anew) {
  const auto compare = store_of("compare");
  ASSERT_TRUE(open(*compare, fresh()));
  ASSERT_TRUE(complete(compare->commit(
      {.mismatches = {{.key_hash = std::string(16, 'a'), .open = true, .body = "{}"}},
       .finding_lines = {"1", "2", "3", "4"}})));
  std::future<result<opened_state>> started;
  const auto begin_monitor = [&](const state::mismatch_row&) -> result<std::string> {
    started = std::async(std::launch::async, [&] {
      const auto monitor = store_of("monitor");
      return open(*monitor, fresh());
    });
    EXPECT_EQ(started.wait_for(500ms), std::future_status::timeout) << "it did not wait";
    return std::string("open");
  };
  ASSERT_TRUE(complete(compare->renew_findings(begin_monitor)).value());
  ASSERT_TRUE(started.valid());
  const auto opened = started.get();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->resumed.finding_lines, 1);
}

}  // namespace
}  // namespace ddm::monitor
