#include "summary/stored_facts.h"

#include "report/stored_status.h"
#include "state/store_testing.h"
#include "summary/facts_sample.h"
#include "summary/render.h"
#include "summary/summarize.h"
#include "verify/finding_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::summary {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

state::mismatch_row row_of(std::uint64_t number, verify::mismatch_kind kind) {
  verify::mismatch entry;
  entry.key.json = R"({"id":{"S":"key-)" + std::to_string(number) + R"("}})";
  entry.key.hash = {.high = number, .low = 1};
  entry.kind = kind;
  entry.confirmed_at = sample_time + std::chrono::milliseconds(number);
  entry.first_seen = entry.confirmed_at;
  if (kind == verify::mismatch_kind::different) {
    entry.paths = {{.path = "total", .change = "changed"}, {.path = "note", .change = "removed"}};
  }
  return {.key_hash = entry.key.hash.bytes(),
          .open = true,
          .confirmed_ms = to_ms(entry.confirmed_at),
          .body = verify::encode_mismatch(entry)};
}

/// Later than any lock that a test takes.
constexpr wall_time after_the_lock = from_ms(4'000'000'000'000);

/// A state as a monitor leaves it, with so many open mismatches.
void fill(state::state_store& store, std::uint64_t findings,
          std::vector<report::setting> settings = {}, wall_time started = after_the_lock) {
  auto now = facts_at_go().stored.runs.front().status;
  now.about.started = started;
  now.about.settings = std::move(settings);
  state::commit_batch batch;
  batch.values = {{report::stored_status_name("monitor"), report::encode_figures(now)},
                  {"history.monitor.m.1", R"({"at":"2026-01-01T00:00:00Z","verdict":"GO"})"}};
  batch.numbers = {{"stream.began_ms", to_ms(sample_time - 2h)}};
  batch.shards = {
      {.stream_arn = "arn", .shard_id = "a", .life = "done", .last_created = sample_time},
      {.stream_arn = "arn", .shard_id = "b", .life = "reading"},
      {.stream_arn = "arn", .shard_id = "c", .life = "skipped"},
      {.stream_arn = "arn", .shard_id = "d", .life = "waiting"}};
  for (std::uint64_t number = 1; number <= findings; ++number) {
    batch.mismatches.push_back(row_of(number, number % 4 == 0 ? verify::mismatch_kind::different
                                                              : verify::mismatch_kind::missing));
  }
  ASSERT_TRUE(state::complete(store.commit(std::move(batch))));
}

facts must_read(const std::string& path) {
  auto found = state::complete(read_facts(path, [] { return sample_time + 5s; }));
  if (!found) {
    throw std::runtime_error(found.error().message);
  }
  return *std::move(found);
}

TEST(stored_facts, are_read_while_somebody_writes) {
  const state::temporary_directory folder;
  const auto store = state::must_open(folder / "s.db");
  fill(*store, 8);
  const auto of = must_read(folder / "s.db");
  EXPECT_TRUE(of.stored.runs.front().goes_on());
  EXPECT_EQ(of.stream_began, sample_time - 2h);
  EXPECT_EQ(of.last_write, sample_time);
  EXPECT_EQ(of.shards.listed, 4U);
  EXPECT_EQ(of.shards.read, 2U);
  EXPECT_EQ(of.shards.skipped, 1U);
  EXPECT_THAT(of.points, SizeIs(1));
  ASSERT_THAT(of.findings.newest, SizeIs(8));
  EXPECT_EQ(of.findings.newest.front().key.json, R"({"id":{"S":"key-8"}})");
  ASSERT_THAT(of.findings.groups, SizeIs(3));
  EXPECT_EQ(of.findings.groups[0].keys, 6);
  EXPECT_EQ(of.findings.groups[0].path, "");
  EXPECT_EQ(of.findings.groups[1].keys, 2);
  EXPECT_FALSE(of.hash_keys);
}

// It was killed in GO, and what holds the lock is its successor, which has not said anything yet.
TEST(stored_facts, of_a_run_from_before_the_lock_do_not_go_on) {
  const state::temporary_directory folder;
  const auto store = state::must_open(folder / "s.db");
  fill(*store, 0, {}, sample_time - 2h);
  const auto of = must_read(folder / "s.db");
  EXPECT_FALSE(of.stored.runs.front().at_work);
  EXPECT_TRUE(of.stored.runs.front().held);
  EXPECT_EQ(of.stored.runs.front().status.verdict.kind, report::verdict_kind::wait);
}

TEST(stored_facts, know_that_keys_are_hashed) {
  const state::temporary_directory folder;
  const auto store = state::must_open(folder / "s.db");
  fill(*store, 1, {{.name = "hash-keys", .value = "true"}});
  EXPECT_TRUE(must_read(folder / "s.db").hash_keys);
}

TEST(stored_facts, of_no_state_are_an_error_and_of_an_empty_one_no_run) {
  const state::temporary_directory folder;
  EXPECT_FALSE(state::complete(read_facts(folder / "none.db", [] { return sample_time; })));
  const auto store = state::must_open(folder / "s.db");
  EXPECT_THAT(must_read(folder / "s.db").stored.runs, SizeIs(0));
}

TEST(stored_facts, of_many_findings_make_a_bounded_page) {
  const state::temporary_directory folder;
  const auto store = state::must_open(folder / "s.db");
  fill(*store, 10'000);
  const auto of = must_read(folder / "s.db");
  EXPECT_THAT(of.findings.newest, SizeIs(200));
  EXPECT_EQ(of.findings.looked_at, 10'000);
  EXPECT_LT(render_html(summarize(of)).size(), 200'000U);
  EXPECT_THAT(render_html(summarize(of)), testing::HasSubstr("… and 9,800 more"));
  EXPECT_LT(render_text(summarize(of)).size(), 20'000U);
}

}  // namespace
}  // namespace ddm::summary
