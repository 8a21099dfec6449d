#include "monitor/findings_flow.h"

#include "monitor/monitor_world.h"
#include "runtime/task_group.h"
#include "state/sqlite_store.h"
#include "state/store_testing.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;

/// A store whose next commit takes long enough for something to happen meanwhile.
class interrupting_store final : public state::state_store {
 public:
  explicit interrupting_store(state::state_store& inner) : inner_(inner) {}

  awaitable<result<void>> commit(state::commit_batch batch) override {
    auto done = co_await inner_.commit(std::move(batch));
    if (meanwhile) {
      const auto executor = co_await asio::this_coro::executor;
      asio::post(executor, std::exchange(meanwhile, nullptr));
      co_await asio::post(executor, asio::use_awaitable);
    }
    co_return done;
  }
  awaitable<result<state::snapshot>> load(std::size_t open_mismatches_max) override {
    return inner_.load(open_mismatches_max);
  }
  awaitable<result<std::vector<state::deferred_row>>> oldest_deferred(
      std::size_t rows_max) override {
    return inner_.oldest_deferred(rows_max);
  }
  awaitable<result<std::int64_t>> count_deferred() override { return inner_.count_deferred(); }
  awaitable<result<std::vector<state::candidate_row>>> candidates(std::string command,
                                                                  std::int64_t after,
                                                                  std::size_t rows_max) override {
    return inner_.candidates(std::move(command), after, rows_max);
  }
  awaitable<result<std::optional<state::mismatch_row>>> find_mismatch(
      std::string key_hash) override {
    return inner_.find_mismatch(std::move(key_hash));
  }
  awaitable<result<state::shard_page>> newest_shards(std::string stream_arn,
                                                     std::size_t rows_max) override {
    return inner_.newest_shards(std::move(stream_arn), rows_max);
  }
  awaitable<result<std::vector<state::mismatch_row>>> mismatches_by_key(
      std::string after, std::size_t rows_max) override {
    return inner_.mismatches_by_key(std::move(after), rows_max);
  }
  awaitable<result<std::vector<state::mismatch_row>>> open_mismatches(
      std::optional<state::mismatch_row> last, std::size_t rows_max) override {
    return inner_.open_mismatches(std::move(last), rows_max);
  }
  awaitable<result<bool>> renew_findings(line_of_row line_of) override {
    return inner_.renew_findings(std::move(line_of));
  }
  awaitable<result<std::vector<std::string>>> finding_lines(std::int64_t after,
                                                            std::size_t lines_max) override {
    return inner_.finding_lines(after, lines_max);
  }
  awaitable<result<state::news>> news_of(std::vector<std::string> prefixes) override {
    return inner_.news_of(std::move(prefixes));
  }

  std::function<void()> meanwhile;

 private:
  state::state_store& inner_;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

awaitable<bool> commit_cancelled_and_again(asio::any_io_executor executor, std::string path,
                                           interrupting_store& store) {
  auto file = co_await verify::findings_file::open(path, store);
  task_group committing(executor);
  store.meanwhile = [&committing] { committing.cancel(); };
  state::commit_batch batch;
  batch.finding_lines = {"one", "two"};
  const auto commit = [](interrupting_store& to, verify::findings_file& lines,
                         state::commit_batch rows) -> awaitable<void> {
    (void)co_await commit_with_findings(to, &lines, std::move(rows));
  };
  committing.spawn(commit(store, *file, std::move(batch)));
  co_await committing.join();
  EXPECT_EQ(text_of(path), "") << "the cancellation came before the file's turn";
  EXPECT_TRUE(co_await commit_with_findings(store, &*file, {}));
  co_return true;
}

TEST(findings_flow, what_a_cancelled_commit_owed_the_file_comes_with_the_next_one) {
  const state::temporary_directory place;
  auto opened =
      state::open_sqlite_store({.path = place / "s.db", .command = "monitor", .own_thread = false});
  ASSERT_TRUE(opened);
  interrupting_store store(**opened);
  support::simulated_clock time(from_ms(1'767'225'600'000));
  const auto path = place / "findings.jsonl";
  EXPECT_TRUE(time.run(commit_cancelled_and_again(time.executor(), path, store)));
  EXPECT_EQ(text_of(path), "one\ntwo\n");
}

/// A row as versions wrote it that did not keep what was ignored.
state::mismatch_row row_of_older_version() {
  return {.key_hash = std::string(16, 'k'),
          .open = true,
          .confirmed_ms = 1'767'225'600'000,
          .body = R"({"key":{"pk":{"S":"a"}},"kind":"different","changes":1})"};
}

bool heals_under(const state::snapshot& resumed, std::vector<std::string> ignored) {
  verify::finding_book book({.ignored = std::move(ignored)});
  EXPECT_TRUE(restore_findings(resumed, book));
  return book.unhealable() == 0;
}

TEST(findings_flow, what_an_older_version_ignored_is_what_the_states_period_says) {
  state::snapshot resumed;
  resumed.open_mismatches = {row_of_older_version()};
  resumed.numbers["period.sample_rate"] = 100;
  resumed.values["period.ignored"] = "aws:rep:*,v";
  resumed.values["comparison.compare.ignored"] = "w";
  EXPECT_TRUE(heals_under(resumed, {"aws:rep:*", "v"}));
  EXPECT_TRUE(heals_under(resumed, {}));
  EXPECT_FALSE(heals_under(resumed, {"w"}));
  resumed.values["period.ignored"] = "";
  EXPECT_FALSE(heals_under(resumed, {"v"})) << "a monitor that ignored nothing";
}

TEST(findings_flow, where_only_comparisons_were_made_it_is_what_the_newest_one_ignored) {
  state::snapshot resumed;
  resumed.open_mismatches = {row_of_older_version()};
  resumed.values["comparison.compare.ignored"] = "aws:rep:*";
  EXPECT_TRUE(heals_under(resumed, {"aws:rep:*"}));
  EXPECT_FALSE(heals_under(resumed, {"v"}));
}

TEST(findings_flow, an_item_that_the_targets_ttl_may_have_deleted_is_not_called_late) {
  for (const bool expires : {false, true}) {
    monitor_world world;
    world.start({}, {.ttl = expires});
    world.put("absent", 1);
    std::size_t unmet = 0;
    for (int second = 0; second < 90; ++second) {
      world.time.run_for(1s);
      unmet = std::max(unmet, world.status().late.unmet);
    }
    EXPECT_EQ(unmet, expires ? 0U : 1U);
  }
}

TEST(findings_flow, a_finding_stands_on_what_the_source_held_for_certain) {
  monitor_world world;
  int reads = 0;
  int strong = 0;
  world.source.plan_faults([&](const support::fault_context& call) {
    if (call.operation == "BatchGetItem") {
      ++reads;
      strong += call.request.body.contains(R"("ConsistentRead":true)") ? 1 : 0;
    }
    return support::fault{};
  });
  world.start();
  world.put("lost", 1);
  world.time.run_for(10min);
  EXPECT_EQ(world.stored().open_mismatches.size(), 1U);
  EXPECT_GT(reads, 2) << "judged, and watched afterwards";
  EXPECT_EQ(strong, reads);
}

TEST(findings_flow, no_old_read_of_the_source_passes_for_what_a_record_does_not_tell) {
  monitor_world world({.view_type = "KEYS_ONLY"});
  const auto put_all = [&](int value) {
    for (int i = 0; i < 20; ++i) {
      world.put(fmt::format("key{}", i), value);
    }
  };
  put_all(1);
  for (int i = 0; i < 20; ++i) {
    world.target.put(world.table, monitor_world::item(fmt::format("key{}", i), 1));
  }
  world.start();
  world.time.run_for(1min);
  ASSERT_EQ(world.status().checks.verified, 20);
  world.source.table(world.table).settings().read_lag_max = 1min;
  world.source.settings().read_lag_max = 1min;
  put_all(2);  // lost: an older read of the source would agree with the target
  world.time.run_for(3min);
  EXPECT_EQ(world.status().checks.verified, 20);
  EXPECT_EQ(world.status().checks.failed, 20);
}

TEST(findings_flow, a_finding_has_the_values_of_both_sides_only_where_they_are_asked_for) {
  for (const bool keeps : {false, true}) {
    monitor_world world;
    world.start([keeps](session_settings& settings) { settings.verifier.keep_values = keeps; });
    world.put("lost", 1);
    world.put("other", 2);
    world.target.put(monitor_world::table, monitor_world::item("other", 3));
    world.time.run_for(5min);
    using both = std::pair<std::optional<std::string>, std::optional<std::string>>;
    std::map<std::string, both> values;
    for (const auto& row : world.stored().open_mismatches) {
      const auto entry = verify::decode_mismatch(row);
      ASSERT_TRUE(entry);
      values[entry->key.json] = {entry->source_json, entry->target_json};
    }
    const auto shown = [keeps](const std::string& json) {
      return keeps ? std::optional(json) : std::nullopt;
    };
    EXPECT_EQ(values[monitor_world::key("lost")],
              both(shown(monitor_world::item("lost", 1)), std::nullopt));
    EXPECT_EQ(values[monitor_world::key("other")],
              both(shown(monitor_world::item("other", 2)), shown(monitor_world::item("other", 3))));
  }
}

}  // namespace
}  // namespace ddm::monitor
