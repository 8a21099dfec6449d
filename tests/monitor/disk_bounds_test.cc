// What is on the disk has bounds, and what found no room there is never passed over.
#include "monitor/monitor_world.h"
#include "monitor/unlisted_findings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using report::verdict_kind;
using testing::Contains;
using testing::HasSubstr;

constexpr std::int64_t room = 10;

void with_room_for_ten(session_settings& settings) { settings.findings.listed_max = room; }

void with_baseline(session_settings& settings) {
  with_room_for_ten(settings);
  settings.baseline.wanted = true;
}

void put(monitor_world& world, const char* name, int from, int until, std::int64_t value = 1) {
  for (int i = from; i < until; ++i) {
    world.put(fmt::format("{}{:03}", name, i), value);
  }
}

std::vector<state::gap_row> uncured(std::vector<state::gap_row> gaps) {
  std::erase_if(gaps, [](const state::gap_row& gap) { return gap.cured; });
  return gaps;
}

void expect_books_balance(const report::status& status) {
  const auto& checks = status.checks;
  EXPECT_EQ(checks.sampled, checks.verified + checks.superseded + status.pending + checks.deferred +
                                checks.failed + checks.healed);
}

TEST(findings_max, beyond_it_mismatches_are_counted_and_a_comparison_is_asked_for) {
  monitor_world world;
  put(world, "lost", 0, 40);
  world.start(with_room_for_ten);
  world.time.run_for(5min);
  const auto status = world.status();
  EXPECT_EQ(status.mismatches.mismatches(), room);
  EXPECT_EQ(status.unlisted.of(verify::mismatch_kind::missing), 30);
  EXPECT_EQ(status.checks.failed, 40);
  EXPECT_EQ(status.checks.failed_unlisted, 30);
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("30 more were confirmed")));
  EXPECT_THAT(status.verdict.reasons,
              Contains(AllOf(HasSubstr("--findings-max"), HasSubstr("a comparison that begins"))));
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::mismatches);
  EXPECT_EQ(world.open_findings().size(), room);
  expect_books_balance(status);
}

TEST(findings_max, deletes_that_are_only_counted_are_taken_back_with_the_rest) {
  monitor_world world;
  world.start(with_room_for_ten);
  for (int i = 0; i < 40; ++i) {
    const auto name = fmt::format("gone{:03}", i);
    world.put(name, 1);
    world.target.put(monitor_world::table, monitor_world::item(name, 1));
  }
  world.time.run_for(1min);
  for (int i = 0; i < 40; ++i) {
    world.remove(fmt::format("gone{:03}", i));
  }
  world.time.run_for(5min);
  EXPECT_EQ(world.status().unlisted.of(verify::mismatch_kind::undeleted), 30);
  EXPECT_EQ(world.status().checks.deletes, 40);
  world.crash();
  world.start(with_room_for_ten);
  world.time.run_for(1min);
  EXPECT_EQ(world.status().checks.deletes, 40) << "nothing has been taken back yet";
  EXPECT_EQ(world.status().checks.failed_unlisted_deletes, 30) << "as the state has it";
  world.crash();
  world.commit_beside({.gaps_cured_before = world.time.now()});
  world.start(with_room_for_ten);
  EXPECT_EQ(world.status().unlisted.mismatches(), 0);
  EXPECT_EQ(world.status().checks.failed, 10);
  EXPECT_EQ(world.status().checks.deletes, 10);
}

TEST(findings_max, what_was_counted_survives_a_crash_and_another_bound) {
  monitor_world world;
  put(world, "lost", 0, 40);
  world.start(with_room_for_ten);
  world.time.run_for(5min);
  world.crash();
  world.start([](session_settings& settings) { settings.findings.listed_max = 15; });
  EXPECT_EQ(world.status().unlisted.mismatches(), 30);
  put(world, "more", 0, 20);
  world.time.run_for(5min);
  auto status = world.status();
  EXPECT_EQ(status.mismatches.mismatches(), 15) << "there was room for five more";
  EXPECT_EQ(status.unlisted.mismatches(), 45);
  expect_books_balance(status);
  world.crash();
  world.start([](session_settings& settings) { settings.findings.listed_max = 3; });
  put(world, "last", 0, 1);
  world.time.run_for(5min);
  status = world.status();
  EXPECT_EQ(status.mismatches.mismatches(), 15) << "what is listed stays";
  EXPECT_EQ(status.unlisted.mismatches(), 46);
}

TEST(findings_max, one_gap_goes_on_as_long_as_more_is_counted) {
  monitor_world world;
  world.start(with_room_for_ten);
  for (int minute = 0; minute < 20; ++minute) {
    put(world, "lost", 10 * minute, 10 * minute + 10);
    world.time.run_for(1min);
  }
  const auto before = world.time.now();
  world.time.run_for(5min);
  const auto gaps = world.stored().gaps;
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps.front().reason, unlisted_reason("monitor"));
  EXPECT_GE(gaps.front().noticed, before) << "the last ones were confirmed a max-lag later";
  EXPECT_EQ(world.status().gaps.size(), 1U);
  EXPECT_EQ(world.status().gaps.front().noticed, gaps.front().noticed);
}

TEST(findings_max, no_crash_loses_that_something_was_only_counted) {
  for (int seconds = 60; seconds < 130; seconds += 3) {
    monitor_world world;
    std::int64_t counted = 0;
    world.on_commit = [&](const state::commit_batch& batch) {
      if (!batch.gaps_extended.empty()) {
        counted = batch.numbers.at("findings.unlisted.monitor.missing");
      }
    };
    put(world, "lost", 0, 40);
    world.start(with_room_for_ten);
    world.time.run_for(std::chrono::seconds{seconds});
    world.crash();
    world.on_commit = {};
    world.start(with_room_for_ten);
    EXPECT_EQ(world.status().unlisted.mismatches(), counted);
    EXPECT_EQ(uncured(world.status().gaps).size(), counted > 0 ? 1U : 0U);
    world.time.run_for(5min);
    EXPECT_EQ(world.status().unlisted.mismatches(), 30) << "killed after " << seconds << " s";
  }
}

TEST(findings_max, a_comparison_that_begins_after_the_last_one_makes_up_for_them) {
  monitor_world world;
  auto& replication = world.replicate();
  replication.stall(world.time.now(), world.time.now() + 20min);
  put(world, "late", 0, 40);
  world.start(with_baseline);
  world.time.run_for(15min);
  EXPECT_GE(world.status().unlisted.mismatches(), 30) << "the first comparison may count them too";
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::no_go);
  world.time.run_for(60min);
  const auto status = world.status();
  EXPECT_EQ(status.mismatches.mismatches(), 0);
  EXPECT_EQ(status.unlisted.mismatches(), 0);
  EXPECT_TRUE(uncured(status.gaps).empty());
  EXPECT_EQ(status.checks.failed, 0);
  EXPECT_EQ(status.checks.healed + status.checks.left_to_baseline, 40);
  EXPECT_EQ(status.checks.left_to_baseline, 30) << "whether they healed, nobody knows";
  EXPECT_EQ(status.verdict.kind, verdict_kind::go);
  expect_books_balance(status);
  world.crash();
  world.start(with_baseline);
  EXPECT_EQ(world.status().unlisted.all(), 0);
}

TEST(findings_max, no_comparison_after_the_other_is_made_while_there_is_no_room) {
  monitor_world world;
  put(world, "lost", 0, 40);
  world.start(with_baseline);
  world.time.run_for(4h);
  const auto status = world.status();
  ASSERT_TRUE(status.compared);
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
  EXPECT_EQ(status.mismatches.mismatches(), room);
  EXPECT_GT(status.unlisted.mismatches(), 0);
  EXPECT_LE(status.unlisted.mismatches(), 40) << "each comparison makes up for what was counted";
}

TEST(findings_max, a_comparison_that_began_before_the_last_one_cures_nothing) {
  monitor_world world;
  put(world, "lost", 0, 40);
  world.start(with_room_for_ten);
  world.time.run_for(5min);
  const auto noticed = world.stored().gaps.front().noticed;
  world.commit_beside({.gaps_cured_before = noticed});
  EXPECT_EQ(uncured(world.stored().gaps).size(), 1U);
  world.commit_beside({.gaps_cured_before = noticed + 1ms});
  EXPECT_TRUE(uncured(world.stored().gaps).empty());
  // The running process has not heard of that. What it counts from now on is another gap.
  put(world, "later", 0, 5);
  world.time.run_for(5min);
  EXPECT_EQ(uncured(world.stored().gaps).size(), 1U);
  world.crash();
  world.start(with_room_for_ten);
  EXPECT_GE(world.status().unlisted.mismatches(), 5);
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::no_go);
}

TEST(findings_max, what_another_command_made_up_for_is_forgotten_at_the_next_start) {
  monitor_world world;
  put(world, "lost", 0, 40);
  world.start(with_room_for_ten);
  world.time.run_for(5min);
  world.commit_beside({.gaps_cured_before = world.time.now()});
  world.crash();
  world.start(with_room_for_ten);
  EXPECT_EQ(world.status().unlisted.mismatches(), 0);
  put(world, "later", 0, 5);
  world.time.run_for(5min);
  world.crash();
  world.start(with_room_for_ten);
  EXPECT_EQ(world.status().unlisted.mismatches(), 5) << "the earlier ones do not come back";
}

TEST(findings_max, a_clock_that_was_set_back_makes_up_for_nothing_when_a_comparison_begins) {
  verify::mismatch missing{.kind = verify::mismatch_kind::missing};
  verify::finding_book book({.listed_max = 0});
  state::snapshot resumed;
  resumed.numbers[state::gaps_cured_before_name] = to_ms(from_ms(0) + 1h);
  unlisted_book unlisted("monitor", book, resumed);
  std::vector<state::gap_row> gaps;
  state::commit_batch batch;
  for (int number = 0; number < 10; ++number) {
    missing.key.hash = {1, static_cast<std::uint64_t>(number)};
    book.on_confirmed(missing, from_ms(0) + 30min);
  }
  unlisted.collect(from_ms(0) + 20min, gaps, batch);
  EXPECT_EQ(gaps.front().noticed, from_ms(0) + 30min);
  unlisted.collect(from_ms(0) + 40min, gaps, batch);
  unlisted.note_cure(gaps, {.gaps_cured_before = from_ms(0) + 10min});
  EXPECT_EQ(unlisted.by_kind().all(), 10) << "no comparison has begun since and ended";
  unlisted.note_cure(gaps, {.gaps_cured_before = from_ms(0) + 2h});
  EXPECT_EQ(unlisted.by_kind().all(), 0);
}

TEST(findings_max, a_gap_that_begins_anew_counts_nothing_of_one_that_was_cured) {
  const auto missing = [](int number) {
    verify::mismatch entry{.kind = verify::mismatch_kind::missing};
    entry.key.hash = {1, static_cast<std::uint64_t>(number)};
    return entry;
  };
  verify::finding_book book({.listed_max = 2});
  unlisted_book unlisted("monitor", book, {});
  for (int number = 0; number < 6; ++number) {
    book.on_confirmed(missing(number), from_ms(number));
  }
  auto expired = missing(7);
  expired.kind = verify::mismatch_kind::expired;
  book.on_confirmed(expired, from_ms(7));
  std::vector<state::gap_row> gaps;
  state::commit_batch first;
  unlisted.collect({}, gaps, first);
  ASSERT_EQ(first.numbers.at("findings.unlisted.monitor.missing"), 4);
  gaps.front().cured = true;  // heard of, while another one is counted
  book.on_confirmed(missing(9), from_ms(9));
  state::commit_batch second;
  unlisted.collect({}, gaps, second);
  EXPECT_EQ(second.numbers.at("findings.unlisted.monitor.missing"), 1);
  EXPECT_EQ(second.numbers.at("findings.unlisted.monitor.expired"), 1) << "which no gap is about";
  EXPECT_EQ(second.numbers.at("findings.unlisted.monitor.changes"), 1);
  EXPECT_EQ(second.numbers.at("findings.unlisted.monitor.expired_changes"), 1);
  EXPECT_EQ(unlisted.by_kind().all(), 2);
}

TEST(findings_max, of_one_command_are_not_told_apart_by_a_comparison_of_another) {
  const auto minute = [](int number) { return from_ms(0) + std::chrono::minutes{number}; };
  state::snapshot stored;
  const auto commit = [&](unlisted_book& book, int comparison_began) {
    state::commit_batch batch;
    book.collect(minute(comparison_began), stored.gaps, batch);
    for (const auto& [name, number] : batch.numbers) {
      stored.numbers[name] = number;
    }
  };
  verify::finding_book found({.listed_max = 0});
  unlisted_book of_monitor("monitor", found, stored);
  verify::mismatch missing{.kind = verify::mismatch_kind::missing};
  found.on_confirmed(missing, minute(10));
  commit(of_monitor, 0);
  commit(of_monitor, 20);
  found.on_confirmed(missing, minute(30));
  commit(of_monitor, 20);
  verify::finding_book others({});
  unlisted_book of_compare("compare", others, stored);
  commit(of_compare, 25);

  verify::finding_book later({.listed_max = 0});
  unlisted_book resumed("monitor", later, stored);
  commit(resumed, 20);
  resumed.note_cure(stored.gaps, {.gaps_cured_before = minute(20)});
  EXPECT_EQ(resumed.by_kind().all(), 1) << "what was counted before the comparison is made up for";
}

TEST(findings_max, a_gap_that_is_not_committed_yet_outlasts_what_is_heard_of_others) {
  verify::finding_book found({});
  unlisted_book unlisted("monitor", found, {});
  const state::gap_row own{.noticed = from_ms(5), .reason = std::string(left_reason)};
  const state::gap_row of_others{.shard_id = "s", .noticed = from_ms(3), .reason = "trimmed"};
  std::vector gaps{own};
  EXPECT_FALSE(unlisted.hear({.gaps = {of_others}}, {own}, gaps));
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps.back().reason, left_reason);
}

/// k0 and k1 are lost for a while, one of them beyond the room, and `expired` comes during the
/// comparison that makes up for it.
class expired_meanwhile : public testing::Test {
 protected:
  expired_meanwhile() { world_.import_items(50); }
  void run(const std::function<void(session_settings&)>& adjust) {
    world_.start([&](session_settings& settings) {
      settings.findings.listed_max = 2;
      settings.settle = 10s;
      settings.baseline.wanted = true;
      settings.baseline.after = 10s;
      adjust(settings);
    });
    world_.time.run_for(1min);
    put_expired("first");  // takes all the room that expired ones have
    world_.time.run_for(100s);
    put(world_, "k", 0, 2);
    world_.time.run_for(110s);
    ASSERT_EQ(world_.status().unlisted.mismatches(), 1);
    for (const auto* name : {"k000", "k001"}) {
      world_.target.put(world_.table, monitor_world::item(name, 1));
    }
    world_.time.run_for(8s);
    put_expired("second");
    world_.time.run_for(5min);
    ASSERT_TRUE(uncured(world_.status().gaps).empty());
  }
  void put_expired(const char* name) { world_.put(name, 1, to_ms(world_.time.now()) / 1000 - 100); }

  monitor_world world_{later_stream()};
};

TEST_F(expired_meanwhile, keeps_nothing_that_the_comparison_made_up_for) {
  run([](session_settings&) {});
  world_.time.run_for(15min);
  EXPECT_EQ(world_.status().unlisted.mismatches(), 0);
  EXPECT_EQ(world_.status().unlisted.of(verify::mismatch_kind::expired), 1);
  EXPECT_EQ(world_.status().verdict.kind, verdict_kind::go) << world_.reasons();
}

TEST_F(expired_meanwhile, does_not_keep_a_run_from_its_end) {
  run([](session_settings& settings) {
    settings.until_caught_up = true;
    settings.settle = 20min;
  });
  world_.time.run_for(30min);
  EXPECT_TRUE(world_.ended());
}

TEST_F(expired_meanwhile, is_compared_anew_once_ttl_is_off) {
  run([](session_settings&) {});
  ASSERT_TRUE(world_.stop());
  ASSERT_EQ(world_.status().unlisted.all(), 1);
  world_.start(
      [](session_settings& settings) {
        settings.until_caught_up = true;
        settings.settle = 10s;
        settings.baseline.wanted = true;
        settings.baseline.after = 10s;
      },
      {.ttl = false});
  world_.time.run_for(30min);
  EXPECT_TRUE(world_.ended());
  EXPECT_EQ(world_.status().unlisted.all(), 0);
  EXPECT_EQ(world_.status().mismatches.of(verify::mismatch_kind::missing), 2);
}

TEST(findings_max, a_listed_item_that_nobody_deletes_any_more_does_not_keep_a_run_from_its_end) {
  monitor_world world{later_stream()};
  world.import_items(5);
  const auto settings = [](session_settings& settings) {
    settings.until_caught_up = true;
    settings.settle = 10s;
    settings.baseline.wanted = true;
    settings.baseline.after = 10s;
  };
  world.start([](session_settings& settings) {
    settings.baseline.wanted = true;
    settings.baseline.after = 10s;
  });
  world.time.run_for(3min);
  world.put("expired", 1, to_ms(world.time.now()) / 1000 - 100);
  world.time.run_for(3min);
  ASSERT_TRUE(world.stop());
  world.start(settings, {.ttl = false});
  world.time.run_for(30min);
  EXPECT_TRUE(world.ended());
  EXPECT_EQ(world.status().verdict.kind, verdict_kind::wait);
}

TEST(findings_max, findings_that_heal_make_room_again) {
  monitor_world world;
  auto& replication = world.replicate();
  replication.stall(world.time.now(), world.time.now() + 5min);
  put(world, "late", 0, 12);
  world.start(with_room_for_ten);
  world.time.run_for(4min);
  EXPECT_EQ(world.status().unlisted.mismatches(), 2);
  world.time.run_for(30min);
  ASSERT_EQ(world.status().mismatches.mismatches(), 0);
  replication.stall(world.time.now(), world.time.now() + 1h);
  put(world, "again", 0, 5);
  world.time.run_for(5min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 5);
  EXPECT_EQ(world.status().unlisted.mismatches(), 2);
}

TEST(findings_max, an_equal_look_proves_nothing_of_a_key_that_may_be_among_the_unlisted) {
  monitor_world world;
  auto& replication = world.replicate();
  put(world, "lost", 0, 12, 1);
  world.time.run_for(10s);
  replication.stall(world.time.now(), world.time.now() + 10h);
  put(world, "lost", 0, 12, 2);
  world.start([](session_settings& settings) { settings.findings.listed_max = 1; });
  world.time.run_for(5min);
  ASSERT_GT(world.status().unlisted.mismatches(), 0);
  const auto verified = world.status().checks.verified;
  // The target still holds 1: equal at once, but the 2 may yet arrive over it.
  put(world, "lost", 11, 12, 1);
  world.time.run_for(30s);
  EXPECT_EQ(world.status().checks.verified, verified);
  world.time.run_for(2min);
  EXPECT_EQ(world.status().checks.verified, verified + 1);
}

TEST(findings_max, all_open_ones_are_watched_in_turn_though_few_are_held) {
  monitor_world world;
  auto& replication = world.replicate();
  replication.stall(world.time.now(), world.time.now() + 10min);
  put(world, "late", 0, 60);
  world.start([](session_settings& settings) { settings.findings.open_max = 10; });
  world.time.run_for(8min);
  ASSERT_EQ(world.status().mismatches.mismatches(), 60);
  world.time.run_for(90min);
  EXPECT_EQ(world.status().mismatches.mismatches(), 0);
}

// Deferred keys

void with_little_memory(session_settings& settings) {
  settings.checks.memory_bytes_max = 4'000;
  settings.checks.deferred_max = 20;
  settings.baseline.wanted = true;
}

TEST(deferred_max, beyond_it_changes_are_left_to_a_comparison) {
  monitor_world world;
  auto& replication = world.replicate();
  replication.stall(world.time.now(), world.time.now() + 30s);
  put(world, "key", 0, 200);
  world.start(with_little_memory);
  world.time.run_for(20s);
  auto status = world.status();
  EXPECT_GT(status.checks.deferred, 0);
  EXPECT_LE(world.stored().deferred_rows, 20);
  EXPECT_GT(status.checks.left_to_baseline, 100);
  EXPECT_EQ(status.events.unique, status.checks.sampled + status.checks.left_to_baseline);
  EXPECT_EQ(status.verdict.kind, verdict_kind::no_go);
  EXPECT_THAT(status.verdict.reasons, Contains(HasSubstr("--deferred-max")));
  expect_books_balance(status);
  world.crash();
  world.start(with_little_memory);
  EXPECT_EQ(uncured(world.status().gaps).size(), 1U);
  world.time.run_for(60min);
  status = world.status();
  EXPECT_EQ(status.checks.deferred, 0);
  EXPECT_TRUE(uncured(status.gaps).empty()) << "the baseline made up for it";
  EXPECT_EQ(status.verdict.kind, verdict_kind::go);
  expect_books_balance(status);
}

TEST(deferred_max, counts_keys_and_not_their_changes) {
  monitor_world world;
  world.start([](session_settings& settings) {
    with_little_memory(settings);
    settings.baseline.wanted = false;
  });
  put(world, "open", 0, 8);
  world.time.run_for(1s);
  for (int value = 0; value < 25; ++value) {
    put(world, "hot", 0, 2, value);
    world.time.run_for(2s);
  }
  const auto status = world.status();
  EXPECT_GT(status.checks.deferred, 40) << "two keys, many times";
  EXPECT_EQ(status.checks.left_to_baseline, 0);
  EXPECT_TRUE(status.gaps.empty());
  expect_books_balance(status);
}

}  // namespace
}  // namespace ddm::monitor
