// What is deleted gives its room back to the disk, and what a kill left is removed.
#include "state/store_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ddm::state {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::uintmax_t size_of(const std::string& path) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(path, absent);
  return absent ? 0 : size;
}

std::vector<std::string> names_in(const temporary_directory& place) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(place.path())) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

commit_batch one_number(std::int64_t value) { return {.numbers = {{"n", value}}}; }

TEST(disk_space, of_closed_checks_is_given_back_in_small_steps) {
  const temporary_directory place;
  const auto path = place / "s.db";
  auto store = must_open(path);
  constexpr std::int64_t checks = 200'000;
  commit_batch opened;
  commit_batch closed;
  for (std::int64_t id = 1; id <= checks; ++id) {
    opened.checks.push_back({.id = id, .body = std::string(500, 'x')});
    closed.checks_closed.push_back(id);
  }
  ASSERT_TRUE(complete(store->commit(std::move(opened))));
  ASSERT_TRUE(complete(store->commit(std::move(closed))));
  ASSERT_TRUE(complete(store->commit(one_number(0))));
  const auto full = size_of(path) + size_of(path + "-wal");
  EXPECT_GT(full, 90U << 20);
  milliseconds longest{0};
  for (std::int64_t n = 1; n <= 120; ++n) {
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(complete(store->commit(one_number(n))));
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(
                                    std::chrono::steady_clock::now() - before));
  }
  EXPECT_LE(size_of(path + "-wal"), 64U << 20);
  store.reset();  // with a checkpoint, which thousands of commits make as well
  EXPECT_LT(size_of(path), 24U << 20) << "what is kept for later is 16 MiB";
  RecordProperty("longest_commit_ms", static_cast<int>(longest.count()));
  const auto state = complete(must_open(path)->load(0)).value();
  EXPECT_EQ(state.numbers.at("n"), 120);
}

/// In a child.
void must_commit(state_store& store, commit_batch batch) {
  if (!complete(store.commit(std::move(batch)))) {
    ::_exit(1);
  }
}

TEST(disk_space, that_was_given_back_is_of_one_history_after_a_kill) {
  const temporary_directory place;
  const auto path = place / "s.db";
  std::minstd_rand random(std::random_device{}());
  for (int round = 0; round < 6; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      const auto store = must_open(path);
      for (std::int64_t base = 0;; base += 20'000) {
        commit_batch opened;
        commit_batch closed;
        for (std::int64_t id = base; id < base + 20'000; ++id) {
          opened.checks.push_back({.id = id, .body = std::string(1500, 'x')});
          closed.checks_closed.push_back(id);
        }
        must_commit(*store, std::move(opened));
        must_commit(*store, std::move(closed));
        for (std::int64_t n = 0; n < 10; ++n) {
          must_commit(*store, one_number(n));
        }
      }
    }
    ::usleep(200'000 + static_cast<useconds_t>(random() % 600'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(refusal({.path = path, .command = "monitor"}), "");
  }
}

TEST(disk_space, of_a_large_commits_log_is_given_back) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto store = must_open(path);
  commit_batch large;
  for (std::int64_t id = 1; id <= 400'000; ++id) {
    large.checks.push_back({.id = id, .body = std::string(400, 'x')});
  }
  ASSERT_TRUE(complete(store->commit(std::move(large))));
  EXPECT_GT(size_of(path + "-wal"), 128U << 20);
  for (std::int64_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(complete(store->commit(one_number(n))));
  }
  EXPECT_LE(size_of(path + "-wal"), 64U << 20);
}

TEST(disk_space, holds_nothing_of_a_creation_that_was_killed) {
  const temporary_directory place;
  const auto path = place / "s.db";
  must_open(path);
  for (const auto* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::ofstream(path + ".draft-aB3dE9" + suffix) << "half";
  }
  must_open(path);
  EXPECT_THAT(names_in(place), ElementsAre("s.db"));
}

TEST(disk_space, leaves_what_is_not_its_own_beside_the_state) {
  const temporary_directory place;
  const auto path = place / "s.db";
  std::ofstream(path + ".new") << "my notes";
  must_open(path);
  must_open(path);
  EXPECT_THAT(names_in(place), ElementsAre("s.db", "s.db.new"));
}

TEST(disk_space, kills_at_the_creation_leave_nothing_after_the_next_start) {
  const temporary_directory place;
  const auto path = place / "s.db";
  std::minstd_rand random(std::random_device{}());
  must_open(path);
  for (int round = 0; round < 15; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      for (;;) {
        (void)must_open(path, true);
      }
    }
    ::usleep(10'000 + static_cast<useconds_t>(random() % 30'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    must_open(path);
    EXPECT_THAT(names_in(place), ElementsAre("s.db"));
  }
}

// Gaps that go on

gap_row gap(std::int64_t at_ms, std::string reason = "too many") {
  return {.stream_arn = {},
          .shard_id = {},
          .after_sequence = {},
          .noticed = from_ms(at_ms),
          .reason = std::move(reason)};
}

std::vector<std::string> gaps_of(state_store& store) {
  std::vector<std::string> found;
  for (const auto& row : complete(store.load(0)).value().gaps) {
    found.push_back(
        fmt::format("{} {}{}", row.reason, to_ms(row.noticed), row.cured ? " cured" : ""));
  }
  return found;
}

TEST(extended_gap, is_one_row_whose_time_moves_on) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  for (const auto at : {100, 300, 200}) {
    ASSERT_TRUE(complete(store->commit({.gaps_extended = {gap(at)}})));
  }
  EXPECT_THAT(gaps_of(*store), ElementsAre("too many 300"));
  ASSERT_TRUE(complete(store->commit({.gaps = {gap(50, "other")}})));
  ASSERT_TRUE(complete(store->commit({.gaps_extended = {gap(400)}})));
  EXPECT_THAT(gaps_of(*store), ElementsAre("too many 400", "other 50"));
}

TEST(extended_gap, that_was_cured_begins_anew) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.gaps_extended = {gap(100)}})));
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(100)})));
  EXPECT_THAT(gaps_of(*store), ElementsAre("too many 100")) << "it began no later";
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(101)})));
  ASSERT_TRUE(complete(store->commit({.gaps_extended = {gap(90)}})));
  EXPECT_THAT(gaps_of(*store), ElementsAre("too many 100 cured", "too many 90"));
}

TEST(cured_gaps, tell_the_latest_time_before_which_any_command_cured_them) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  const auto cured_before = [&] {
    return complete(store->load(0)).value().numbers.at(gaps_cured_before_name);
  };
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(100)})));
  EXPECT_EQ(cured_before(), 100);
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(90)})));
  EXPECT_EQ(cured_before(), 100) << "it never falls";
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(120)})));
  EXPECT_EQ(cured_before(), 120);
}

TEST(news, are_of_all_names_that_begin_as_asked) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(store->commit({.gaps_cured_before = from_ms(7),
                                      .numbers = {{"a.one", 1}, {"b.two", 2}, {"c", 3}},
                                      .values = {{"a.text", "x"}}})));
  const auto heard = complete(store->news_of({"a.", "b.", gaps_cured_before_name})).value();
  EXPECT_EQ(heard.numbers, (std::map<std::string, std::int64_t>{
                               {"a.one", 1}, {"b.two", 2}, {gaps_cured_before_name, 7}}));
  EXPECT_EQ(heard.values.size(), 1U);
}

// Findings begun anew

mismatch_row row(char key, bool open, std::int64_t at_ms) {
  return {.key_hash = std::string(16, key),
          .open = open,
          .confirmed_ms = at_ms,
          .body = fmt::format(R"({{"kind":"missing","key":"{}"}})", key)};
}

result<std::string> line_of(const mismatch_row& of) { return "open " + of.key_hash.substr(0, 1); }

TEST(open_mismatches, are_told_newest_first_in_parts) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(
      store->commit({.mismatches = {row('a', true, 5), row('b', true, 7), row('c', false, 8),
                                    row('d', true, 5), row('e', true, 4)}})));
  std::string seen;
  for (std::optional<mismatch_row> last;;) {
    const auto rows = complete(store->open_mismatches(last, 1)).value();
    if (rows.empty()) {
      break;
    }
    seen += rows.front().key_hash.front();
    last = rows.front();
  }
  EXPECT_EQ(seen, "bdae");
}

TEST(open_mismatches, come_few_at_a_time_where_they_are_large) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  commit_batch batch;
  for (char key = 'a'; key < 'h'; ++key) {
    batch.mismatches.push_back(row(key, true, 100 - key));
    batch.mismatches.back().body.resize(rows_bytes_max / 3 + 1, ' ');
  }
  ASSERT_TRUE(complete(store->commit(std::move(batch))));
  std::string seen;
  for (std::optional<mismatch_row> last;;) {
    const auto rows = complete(store->open_mismatches(last, 1000)).value();
    if (rows.empty()) {
      break;
    }
    EXPECT_LE(rows.size(), 3U);
    for (const auto& each : rows) {
      seen += each.key_hash.front();
    }
    last = rows.back();
  }
  EXPECT_EQ(seen, "abcdefg");
  EXPECT_THAT(complete(store->mismatches_by_key("", 1000)).value(), testing::SizeIs(3));
}

TEST(mismatches_by_key, are_open_and_healed_ones_in_parts) {
  const temporary_directory place;
  const auto store = must_open(place / "s.db");
  ASSERT_TRUE(complete(
      store->commit({.mismatches = {row('c', false, 8), row('a', true, 5), row('b', false, 7)}})));
  std::string seen;
  for (std::string last;;) {
    const auto rows = complete(store->mismatches_by_key(last, 2)).value();
    if (rows.empty()) {
      break;
    }
    for (const auto& each : rows) {
      seen += fmt::format("{}{}", each.key_hash.front(), each.open ? "+" : "-");
    }
    last = rows.back().key_hash;
  }
  EXPECT_EQ(seen, "a+b-c-");
}

TEST(renewed_findings, are_those_that_are_open) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto store = must_open(path);
  ASSERT_TRUE(complete(
      store->commit({.mismatches = {row('a', true, 5), row('b', false, 7), row('c', true, 3)},
                     .finding_lines = {"1", "2", "3", "4"}})));
  ASSERT_TRUE(complete(store->renew_findings(line_of)).value());
  EXPECT_THAT(complete(store->finding_lines(0, 10)).value(), ElementsAre("open c", "open a"));
  const auto state = complete(store->load(10)).value();
  EXPECT_EQ(state.finding_lines, 2);
  EXPECT_EQ(state.open_mismatches_total, 2);
  EXPECT_EQ(state.values.at(lines_before_name), "4:4");
  EXPECT_EQ(complete(store->find_mismatch(std::string(16, 'b'))).value(), std::nullopt);
}

TEST(renewed_findings, wait_until_no_other_command_uses_the_state) {
  const temporary_directory place;
  const auto path = place / "s.db";
  const auto store = must_open(path);
  ASSERT_TRUE(complete(store->commit({.finding_lines = {"1", "2"}})));
  {
    const auto other = open_sqlite_store({.path = path, .command = "compare"});
    ASSERT_TRUE(other);
    EXPECT_FALSE(complete(store->renew_findings(line_of)).value());
  }
  EXPECT_EQ(complete(store->load(0)).value().finding_lines, 2);
  ASSERT_TRUE(complete(store->commit({.finding_lines = {"3"}})));
  EXPECT_TRUE(complete(store->renew_findings(line_of)).value());
  EXPECT_THAT(complete(store->finding_lines(0, 10)).value(), IsEmpty());
}

}  // namespace
}  // namespace ddm::state
