#include "remote/state_keeper.h"

#include "remote/fetch_copy.h"
#include "simulation/copies/faulty_table.h"
#include "simulation/copies/local_state.h"
#include "support/simulated_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>

namespace ddm::remote {
namespace {

using namespace std::chrono_literals;
using simulation::copies::faulty_table;
using simulation::copies::local_state;
using simulation::copies::network;
using simulation::copies::position_of;
using simulation::copies::state_files;
using simulation::copies::stored_states;
using std::chrono::seconds;

class state_keeper_test : public testing::Test {
 protected:
  state_keeper_test() {
    states.on_head = [](const auto&) {};
    states.on_deleted = [] {};
  }

  std::unique_ptr<state_keeper> keeper(std::string told, keeper_settings settings = {}) {
    settings.told = std::move(told);
    return std::make_unique<state_keeper>(
        settings, keeper_surroundings{
                      .table = table, .time = time, .executor = time.executor(), .new_id = [this] {
                        return "id" + std::to_string(++ids);
                      }});
  }

  std::int64_t copied_position() {
    state_files files;
    const auto found = time.run(fetch_newest(
        table, [&] { files.clear(); },
        [&](const std::string& name, std::string_view bytes) {
          files[name] += bytes;
          return result<void>{};
        }));
    EXPECT_TRUE(found && *found) << (found ? "no copy" : found.error().message);
    return position_of(files).value_or(-1);
  }

  void TearDown() override { time.run(net.end()); }

  support::simulated_clock time;
  stored_states states;
  network net{time, 7};
  faulty_table table{states, net, time};
  local_state local;
  int ids = 0;
};

TEST_F(state_keeper_test, copies_at_once_and_then_each_interval) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  EXPECT_FALSE(one->found());
  local.position = 500;
  one->begin_copying(local);
  time.run_for(10s);
  EXPECT_EQ(copied_position(), 500);
  local.position = 700;
  time.run_for(15s);
  EXPECT_EQ(copied_position(), 500);
  time.run_for(10s);
  EXPECT_EQ(copied_position(), 700);
  time.run(one->abandon());
}

TEST_F(state_keeper_test, leaves_with_a_last_copy_and_a_head_that_is_nobodys) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  one->begin_copying(local);
  time.run_for(5s);
  local.position = 901;
  ASSERT_TRUE(time.run(one->end()));
  EXPECT_EQ(copied_position(), 901);
  EXPECT_TRUE(states.head->owner.empty());
  auto two = keeper("two");
  const auto begun = time.now();
  ASSERT_TRUE(time.run(two->acquire({})));
  EXPECT_LT(time.now() - begun, 2s);
  ASSERT_TRUE(two->found());
  time.run(two->abandon());
}

TEST_F(state_keeper_test, makes_a_copy_that_is_asked_for_at_once_and_of_then) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  local.position = 1;
  one->begin_copying(local);
  time.run_for(10s);
  for (int each = 0; each < 5; ++each) {
    local.position += 10;
    const auto asked = time.now();
    ASSERT_TRUE(time.run(one->copied()));
    EXPECT_LT(time.now() - asked, 5s);
    EXPECT_EQ(copied_position(), local.position);
  }
  time.run(one->abandon());
}

TEST_F(state_keeper_test, answers_none_who_asked_with_a_copy_that_was_begun_before) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  one->begin_copying(local);
  time.run_for(10s);
  task_group asking(time.executor());
  std::vector<std::int64_t> seen;
  const auto ask = [](state_keeper& by, const local_state& own,
                      std::vector<std::int64_t>& answered) -> awaitable<void> {
    const auto wanted = own.position;
    EXPECT_TRUE(co_await by.copied());
    answered.push_back(wanted);
  };
  local.position = 100;
  asking.spawn(ask(*one, local, seen));
  time.run_for(100ms);  // its copy is under way
  local.position = 200;
  asking.spawn(ask(*one, local, seen));
  while (seen.empty()) {
    time.run_for(10ms);
  }
  EXPECT_GE(copied_position(), 100);
  while (seen.size() < 2) {
    time.run_for(10ms);
  }
  EXPECT_EQ(copied_position(), 200);
  time.run(asking.join());
  time.run(one->abandon());
}

TEST_F(state_keeper_test, tells_those_who_wait_for_a_copy_that_it_is_lost) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  one->begin_copying(local);
  time.run_for(1s);
  states.head->write = "another";
  states.head->owner = "another";
  const auto copied = time.run(one->copied());
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, lease_lost);
  time.run(one->abandon());
}

TEST_F(state_keeper_test, writes_only_what_has_changed) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  local.position = 4'000;
  one->begin_copying(local);
  time.run_for(10s);
  const auto all = one->figures().blocks_written;
  EXPECT_GT(all, 15U);
  ++local.position;  // the page that holds the position
  time.run_for(30s);
  EXPECT_EQ(one->figures().copies, 2U);
  EXPECT_LE(one->figures().blocks_written - all, 2U);
  time.run(one->abandon());
}

TEST_F(state_keeper_test, waits_for_a_holder_who_lives_and_says_for_whom) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  auto two = keeper("two");
  int looks = 0;
  task_group waiting(time.executor());
  bool taken = false;
  waiting.spawn([](state_keeper& by, int& looked, bool& took) -> awaitable<void> {
    const auto acquired = co_await by.acquire([&](const lease_watch& watch) {
      EXPECT_EQ(watch.seen()->told, "one");
      ++looked;
    });
    took = acquired.has_value();
  }(*two, looks, taken));
  time.run_for(10min);
  EXPECT_FALSE(taken);
  EXPECT_GT(looks, 200);
  time.run(one->abandon());
  time.run_for(27s);
  EXPECT_TRUE(taken);
  time.run(waiting.join());
  time.run(two->abandon());
}

TEST_F(state_keeper_test, ends_its_waiting_when_it_is_told_to) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  auto two = keeper("two");
  task_group waiting(time.executor());
  std::optional<error_class> ended;
  waiting.spawn([](state_keeper& by, std::optional<error_class>& how) -> awaitable<void> {
    const auto acquired = co_await by.acquire({});
    how = acquired ? error_class::fatal : acquired.error().kind;
  }(*two, ended));
  time.run_for(5s);
  two->give_up();
  time.run_for(1s);
  EXPECT_EQ(ended, error_class::cancelled);
  time.run(waiting.join());
  time.run(one->abandon());
}

TEST_F(state_keeper_test, tells_once_that_another_one_has_taken_the_state_and_writes_no_more) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  int told = 0;
  one->on_lost = [&](const error& why) {
    ++told;
    EXPECT_EQ(why.code, lease_lost);
    EXPECT_NE(why.message.find("two"), std::string::npos) << why.message;
  };
  one->begin_copying(local);
  time.run_for(5s);
  auto other = *states.head;
  other.write = "theirs";
  other.told = "two";
  states.head = other;
  local.position = 77;
  time.run_for(2min);
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(one->may_act());
  EXPECT_EQ(states.head, other);
  const auto ended = time.run(one->end());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, lease_lost);
  EXPECT_EQ(states.head, other);
}

TEST_F(state_keeper_test, goes_on_when_the_table_is_away_for_long_and_nobody_took_the_state) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  bool lost = false;
  one->on_lost = [&](const error&) { lost = true; };
  one->begin_copying(local);
  time.run_for(5s);
  net.faults.lost = 1000;
  time.run_for(1h);
  EXPECT_FALSE(one->may_act());
  net.faults = {};
  local.position = 321;
  time.run_for(2min);
  EXPECT_FALSE(lost);
  EXPECT_TRUE(one->may_act());
  EXPECT_EQ(copied_position(), 321);
  time.run(one->abandon());
}

TEST_F(state_keeper_test, ends_in_its_time_when_the_table_is_away) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  one->begin_copying(local);
  time.run_for(5s);
  net.faults.lost = 1000;
  const auto begun = time.now();
  EXPECT_FALSE(time.run(one->end()));
  EXPECT_LT(time.now() - begun, 100s);
  net.faults = {};
  EXPECT_EQ(copied_position(), 0);
}

TEST_F(state_keeper_test, writes_all_anew_and_deletes_what_is_old_when_garbage_has_grown) {
  auto one =
      keeper("one", {.copy_each = 5s, .bounds = {.garbage_factor = 1, .garbage_bytes_min = 1}});
  ASSERT_TRUE(time.run(one->acquire({})));
  one->begin_copying(local);
  for (int i = 0; i < 60; ++i) {
    local.position += 31;
    time.run_for(5s);
  }
  EXPECT_GT(states.head->epoch, 3U);
  EXPECT_GT(one->figures().blocks_deleted, 0U);
  ASSERT_TRUE(time.run(one->end()));
  EXPECT_EQ(copied_position(), local.position);
  EXPECT_TRUE(std::ranges::all_of(
      states.blocks, [&](const auto& each) { return each.first.first + 1 >= states.head->epoch; }));
}

TEST_F(state_keeper_test, refuses_to_resume_from_a_copy_with_a_block_missing_or_exchanged) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  local.position = 1'000;
  one->begin_copying(local);
  time.run_for(10s);
  ASSERT_TRUE(time.run(one->end()));
  const auto fetch = [&] {
    return time.run(fetch_newest(table, [] {}, [](const auto&, auto) { return result<void>{}; }));
  };
  ASSERT_TRUE(fetch());
  for (auto& [key, bytes] : states.blocks) {
    auto kept = std::exchange(bytes, seal("foreign"));
    const auto foreign = fetch();
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().message.find(key.second.hex()), std::string::npos);
    bytes = std::move(kept);
  }
  const auto first = states.blocks.begin()->first;
  states.blocks.erase(first);
  const auto missing = fetch();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, block_missing);
}

/// A state whose picture cannot be taken for now.
class troubled_source final : public copy_source {
 public:
  explicit troubled_source(local_state& from) : from_(from) {}
  bool throws = false;

  awaitable<result<std::vector<copied_file>>> take() override {
    if (throws) {
      throw std::bad_alloc();
    }
    co_return co_await from_.take();
  }
  awaitable<result<std::vector<sealed_block>>> sealed(std::size_t file,
                                                      std::vector<std::size_t> blocks) override {
    return from_.sealed(file, std::move(blocks));
  }

 private:
  local_state& from_;
};

TEST_F(state_keeper_test, outlives_a_picture_that_throws_and_ends_in_time_with_an_error) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  troubled_source troubled(local);
  one->begin_copying(troubled);
  time.run_for(5s);
  troubled.throws = true;
  local.position = 60;
  time.run_for(2min);
  troubled.throws = false;
  time.run_for(1min);
  EXPECT_EQ(copied_position(), 60);
  troubled.throws = true;
  local.position = 70;
  const auto begun = time.now();
  EXPECT_FALSE(time.run(one->end()));
  EXPECT_LT(time.now() - begun, 100s);
  EXPECT_EQ(copied_position(), 60);
}

TEST_F(state_keeper_test, ends_with_success_only_where_the_table_has_all_of_it) {
  for (int second = 1; second < 40; second += 3) {
    states.head.reset();
    states.blocks.clear();
    auto one = keeper("one", {.copy_each = 10s, .end_within = 3s});
    ASSERT_TRUE(time.run(one->acquire({})));
    local.position = 100;
    one->begin_copying(local);
    time.run_for(seconds(second));
    net.faults.unheard = 500;  // half of the answers come ten seconds late, or not
    local.position = 5'000;
    const auto ended = time.run(one->end());
    net.faults = {};
    EXPECT_TRUE(!ended || copied_position() == 5'000) << second;
  }
}

TEST_F(state_keeper_test,
       begins_a_state_with_an_epoch_that_an_earlier_one_of_its_name_did_not_have) {
  auto one = keeper("one");
  ASSERT_TRUE(time.run(one->acquire({})));
  const auto first = states.head->epoch;
  EXPECT_GT(first, 1'000'000U);
  time.run(one->abandon());
  states.head.reset();
  time.run_for(2s);
  auto two = keeper("two");
  ASSERT_TRUE(time.run(two->acquire({})));
  EXPECT_GT(states.head->epoch, first);
  time.run(two->abandon());
}

}  // namespace
}  // namespace ddm::remote
