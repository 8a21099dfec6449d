#include "monitor/compare_session.h"

#include "base/log.h"
#include "dynamodb/base64.h"
#include "monitor/compare_world.h"
#include "report/verdict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

void fill(compare_world& world, int items) {
  for (int i = 0; i < items; ++i) {
    world.put_both(compare_world::item(fmt::format("k{:06}", i), i));
  }
}

std::string dated_item(const std::string& key, std::int64_t expires) {
  return fmt::format(R"({{"pk":{{"S":"{}"}},"ttl":{{"N":"{}"}}}})", key, expires);
}

std::int64_t seconds_ago(const compare_world& world, std::chrono::seconds time) {
  return to_ms(world.time.now() - time) / 1000;
}

/// Ten of each kind, spread over the table; what has to be found.
std::vector<std::string> plant(compare_world& world, int items) {
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i) {
    const auto name = [&](int offset) { return fmt::format("k{:06}", i * (items / 10) + offset); };
    world.target.remove(world.table, compare_world::key(name(1)));
    expected.push_back(name(1) + " missing");
    world.target.put(world.table, compare_world::item(name(2), -1));
    expected.push_back(name(2) + " different");
    world.target.put(world.table, compare_world::item(name(3) + "x", 1));
    expected.push_back(name(3) + "x unexpected");
    world.source.put(world.table, dated_item(name(4) + "e", seconds_ago(world, 1h)));
    expected.push_back(name(4) + "e expired");
    world.source.put(world.table, dated_item(name(5) + "o", seconds_ago(world, 10 * 365 * 24h)));
    expected.push_back(name(5) + "o missing");
    world.target.put(world.table, dated_item(name(6) + "t", seconds_ago(world, 1h)));
    expected.push_back(name(6) + "t expired");
  }
  std::ranges::sort(expected);
  return expected;
}

void expect_identity(const report::status& status) {
  const auto& checks = status.checks;
  EXPECT_EQ(checks.verified, status.compared->progress.candidates_equal);
  EXPECT_EQ(checks.sampled, checks.verified + checks.superseded + status.pending + checks.deferred +
                                checks.failed + checks.healed);
}

TEST(compare_session, equal_tables_have_no_difference_and_no_candidate) {
  compare_world world;
  fill(world, 3000);
  const auto status = world.compare();
  EXPECT_EQ(status.compared->keys(), 3000);
  EXPECT_EQ(status.compared->progress.candidates, 0);
  EXPECT_EQ(status.compared->progress.segments_done, 8);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::equal);
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::wait) << "changes were not followed";
  EXPECT_THAT(world.findings(), IsEmpty());
}

TEST(compare_session, pages_and_batches_that_are_too_large_are_asked_for_in_parts) {
  compare_world world;
  for (auto* side : {&world.source, &world.target}) {
    side->limit_answers(1500);
  }
  fill(world, 200);
  const auto expected = plant(world, 200);
  world.compare();
  EXPECT_EQ(world.findings(), expected);
}

TEST(compare_session, an_item_that_is_too_large_ends_it_with_its_reason) {
  compare_world world;
  world.put_both(compare_world::item(std::string(2000, 'k'), 1));
  world.source.limit_answers(1500);
  world.start();
  const auto ended = world.wait_for_end();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("the answer is larger than"));
}

TEST(compare_session, finds_planted_differences_exactly_with_their_kinds) {
  compare_world world;
  fill(world, 3000);
  const auto planted = plant(world, 3000);
  const auto status = world.compare();
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::mismatches);
  EXPECT_EQ(status.compared->keys(), 3040);
  expect_identity(status);
}

TEST(compare_session, finds_the_same_when_the_tables_order_differently) {
  compare_world world({.target_order = 0x1234567});
  fill(world, 3000);
  const auto planted = plant(world, 3000);
  const auto status = world.compare();
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
  EXPECT_EQ(status.compared->progress.candidates, 60) << "leftovers that meet are no candidates";
  EXPECT_EQ(status.compared->keys(), 3040);
}

TEST(compare_session, finds_the_same_with_little_memory) {
  compare_world world({.memory_bytes_max = 256 << 10, .target_order = 0x1234567});
  fill(world, 3000);
  const auto planted = plant(world, 3000);
  const auto status = world.compare();
  EXPECT_GT(status.compared->progress.parts, 4);
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
}

TEST(compare_session, one_empty_table_is_a_difference_in_every_key) {
  compare_world world;
  for (int i = 0; i < 300; ++i) {
    world.source.put(world.table, compare_world::item(fmt::format("k{}", i), i));
  }
  const auto status = world.compare();
  EXPECT_EQ(status.mismatches.of(verify::mismatch_kind::missing), 300);
  EXPECT_EQ(status.compared->keys(), 300);
}

TEST(compare_session, two_empty_tables_prove_nothing) {
  compare_world world;
  EXPECT_EQ(report::decide_exit(world.compare(), false), report::exit_code::incomplete);
}

TEST(compare_session, disjoint_tables_differ_in_every_key_of_both) {
  compare_world world;
  for (int i = 0; i < 200; ++i) {
    world.source.put(world.table, compare_world::item(fmt::format("s{}", i), i));
    world.target.put(world.table, compare_world::item(fmt::format("t{}", i), i));
  }
  const auto status = world.compare();
  EXPECT_EQ(status.mismatches.of(verify::mismatch_kind::missing), 200);
  EXPECT_EQ(status.mismatches.of(verify::mismatch_kind::unexpected), 200);
}

TEST(compare_session, items_of_one_large_collection_differ_in_the_sort_key_only) {
  compare_world world({.schema = {.partition = {"pk", dynamodb::key_type::string},
                                  .sort = {{"sk", dynamodb::key_type::number}}}});
  for (int i = 0; i < 2000; ++i) {
    const auto item = fmt::format(R"({{"pk":{{"S":"p"}},"sk":{{"N":"{}"}}}})", i);
    world.source.put(world.table, item);
    if (i != 9) {
      world.target.put(world.table, item);
    }
  }
  const auto status = world.compare();
  EXPECT_THAT(world.findings(), ElementsAre("p/9 missing"));
  EXPECT_EQ(status.compared->progress.candidates, 1);
  EXPECT_EQ(status.compared->keys(), 2000);
}

/// Bytes order otherwise than their base64 does: 00 before 3E ("Pg=="), FB ("+w==") behind both;
/// and a sort key may be the beginning of another.
TEST(compare_session, binary_sort_keys_are_told_apart_by_their_bytes) {
  for (const std::uint64_t order : {0, 0x1234567}) {
    compare_world world({.schema = {.partition = {"pk", dynamodb::key_type::string},
                                    .sort = {{"sk", dynamodb::key_type::binary}}},
                         .target_order = order});
    for (int byte = 0; byte < 256; ++byte) {
      for (const std::string_view tail : {""sv, "\0"sv, "\xFF"sv}) {
        const auto bytes = std::string(1, static_cast<char>(byte)).append(tail);
        const auto item = fmt::format(R"({{"pk":{{"S":"p"}},"sk":{{"B":"{}"}},"v":{{"N":"{}"}}}})",
                                      dynamodb::base64_encode(bytes), byte);
        world.source.put(world.table, item);
        const bool is_missing = bytes == "\x09\0"sv || bytes == "\xFB"sv;
        if (!is_missing) {
          world.target.put(world.table, item);
        }
      }
    }
    const auto status = world.compare();
    EXPECT_THAT(world.findings(), ElementsAre("p/+w== missing", "p/CQA= missing"));
    EXPECT_EQ(status.compared->progress.candidates, 2);
    EXPECT_EQ(status.compared->keys(), 768);
  }
}

TEST(compare_session, numbers_and_sets_compare_by_value) {
  compare_world world({.schema = {.partition = {"pk", dynamodb::key_type::binary},
                                  .sort = {{"sk", dynamodb::key_type::number}}}});
  world.source.put(world.table,
                   R"({"pk":{"B":"AAE="},"sk":{"N":"10"},"s":{"SS":["a","b"]},"n":{"N":"1"}})");
  world.target.put(world.table,
                   R"({"pk":{"B":"AAE="},"sk":{"N":"1E1"},"n":{"N":"1.0"},"s":{"SS":["b","a"]}})");
  const auto status = world.compare();
  EXPECT_THAT(world.findings(), IsEmpty());
  EXPECT_EQ(status.compared->keys(), 1);
}

TEST(compare_session, items_of_400_KB_are_compared) {
  compare_world world;
  for (int i = 0; i < 12; ++i) {
    const auto item = fmt::format(R"({{"pk":{{"S":"k{}"}},"v":{{"S":"{}"}}}})", i,
                                  std::string(400'000, static_cast<char>('a' + i)));
    world.put_both(item);
  }
  world.target.put(world.table, compare_world::item("k3", 1));
  world.compare();
  EXPECT_THAT(world.findings(), ElementsAre("k3 different"));
}

/// DDM_COMPARE_ITEMS=1000000 for the full proof.
int items_under_traffic() {
  const char* text = std::getenv("DDM_COMPARE_ITEMS");
  return text == nullptr ? 20'000 : std::stoi(text);
}

TEST(compare_session, live_traffic_invents_nothing_and_hides_nothing) {
  compare_world world;
  for (auto* account : {&world.source, &world.target}) {
    account->settings().scan_repeats_rate = 0.5;
    account->settings().latency_min = 200ms;
    account->settings().latency_max = 3s;
  }
  const int items = items_under_traffic();
  fill(world, items);
  const auto planted = plant(world, items);
  world.start();
  std::mt19937_64 random(3);
  std::vector<std::pair<wall_time, std::string>> late;
  std::size_t arrived = 0;
  for (int change = 0; !world.ended(); ++change) {
    const auto number = static_cast<int>(random() % static_cast<unsigned>(items));
    if (number % (items / 10) > 4) {
      const auto name = fmt::format("k{:06}", number);
      const auto item = compare_world::item(name, change);
      world.source.put(world.table, item);
      late.emplace_back(world.time.now() + 2s, item);
    }
    for (; arrived < late.size() && late[arrived].first <= world.time.now(); ++arrived) {
      world.target.put(world.table, late[arrived].second);
    }
    world.time.run_for(5ms);
  }
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
  EXPECT_GT(world.status().compared->progress.candidates_equal, 10) << "there was something to ask";
  expect_identity(world.status());
}

TEST(compare_session, throttling_and_faults_slow_it_down_and_never_fail_it) {
  compare_world world;
  fill(world, 2000);
  const auto planted = plant(world, 2000);
  world.source.plan_faults(support::seeded_faults(
      {.throttle = 0.3, .server_error = 0.1, .connection_reset = 0.1, .truncated_body = 0.1}, 5));
  world.target.plan_faults(support::seeded_faults({.throttle = 0.5, .partial_batch = 0.2}, 6));
  world.compare();
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
}

TEST(compare_session, a_missing_permission_ends_it_with_its_name) {
  compare_world world;
  fill(world, 10);
  world.target.plan_faults(
      support::fault_on("Scan", {.type = support::fault::kind::access_denied}));
  world.start();
  const auto ended = world.wait_for_end();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().describe(), testing::HasSubstr("target"));
}

TEST(compare_session, ten_kills_change_neither_the_report_nor_read_a_finished_pair_again) {
  for (const std::uint64_t order : {0U, 77U}) {
    const compare_world_options options{
        .segments = 40, .memory_bytes_max = 1 << 20, .target_order = order};
    compare_world undisturbed(options);
    fill(undisturbed, 8000);
    plant(undisturbed, 8000);
    const auto expected = undisturbed.compare();

    compare_world world(options);
    fill(world, 8000);
    const auto planted = plant(world, 8000);
    std::mt19937_64 random(order + 1);
    for (int kill = 0; kill < 10; ++kill) {
      world.start();
      world.time.run_for(milliseconds{200 + random() % 8000});
      world.crash();
    }
    const auto status = world.compare();
    EXPECT_THAT(world.findings(), ElementsAreArray(planted));
    EXPECT_EQ(status.compared->seen, expected.compared->seen) << "order " << order;
    EXPECT_EQ(status.compared->keys(), expected.compared->keys());
    EXPECT_EQ(status.compared->progress.candidates, expected.compared->progress.candidates);
    EXPECT_EQ(status.mismatches.open, expected.mismatches.open);
  }
}

TEST(compare_session, finished_pairs_are_not_scanned_again) {
  compare_world world({.segments = 40});
  fill(world, 8000);
  std::map<std::int64_t, int> scanned;
  world.source.plan_faults([&](const support::fault_context& request) -> support::fault {
    if (request.operation == "Scan") {
      const auto at = request.request.body.find("\"Segment\":");
      ++scanned[std::stoll(request.request.body.substr(at + 10))];
    }
    return {.delay = 300ms};
  });
  world.start();
  world.time.run_for(1500ms);
  std::set<std::int64_t> done;
  for (const auto& row : world.committed().pairs) {
    done.insert(row.segment);
  }
  ASSERT_GT(done.size(), 3U);
  ASSERT_LT(done.size(), 35U);
  world.crash();
  const auto before = scanned;
  world.compare();
  for (const auto segment : done) {
    EXPECT_EQ(scanned[segment], before.at(segment)) << segment;
  }
  EXPECT_EQ(world.status().compared->keys(), 8000);
}

TEST(compare_session, begins_anew_where_its_leftovers_did_not_come_with_the_state) {
  const compare_world_options options{.segments = 40, .target_order = 77};
  compare_world undisturbed(options);
  fill(undisturbed, 8000);
  plant(undisturbed, 8000);
  const auto expected = undisturbed.compare();

  compare_world world(options);
  fill(world, 8000);
  const auto planted = plant(world, 8000);
  world.source.settings().latency_min = world.source.settings().latency_max = 300ms;
  world.start();
  world.time.run_for(1500ms);
  ASSERT_GT(world.committed().pairs.size(), 3U);
  world.crash();
  world.start([](compare_settings& settings) { settings.comparer.leftover_path += ".elsewhere"; });
  const auto ended = world.wait_for_end();
  ASSERT_TRUE(ended) << ended.error().describe();
  EXPECT_EQ(world.status().compared->progress.attempt, 1);
  EXPECT_EQ(world.status().compared->seen, expected.compared->seen);
  EXPECT_THAT(world.findings(), ElementsAreArray(planted));
}

TEST(compare_session, a_finished_comparison_starts_anew_and_heals_what_is_equal_now) {
  compare_world world;
  fill(world, 100);
  world.target.put(world.table, compare_world::item("k000005", -1));
  world.target.put(world.table, compare_world::item("k000006", -1));
  world.compare();
  EXPECT_THAT(world.findings(), ElementsAre("k000005 different", "k000006 different"));
  world.put_both(compare_world::item("k000005", 77));
  std::vector<std::string> lines;
  log::divert([&](std::string_view line) { lines.emplace_back(line); });
  const auto status = world.compare();
  log::divert(nullptr);
  EXPECT_EQ(status.compared->progress.attempt, 1);
  EXPECT_THAT(world.findings(), ElementsAre("k000006 different"));
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(testing::HasSubstr("healed"),
                                                      testing::HasSubstr("k000005"))));
  expect_identity(status);
}

TEST(compare_session, with_more_ignored_heals_nothing_that_was_found_with_less) {
  compare_world world;
  fill(world, 100);
  world.target.put(world.table, compare_world::item("k000005", -1));
  world.target.remove(world.table, compare_world::key("k000006"));
  world.compare();
  world.ignore({"v"});
  const auto wide = world.compare();
  EXPECT_EQ(wide.compared->progress.candidates_equal, 1) << "as far as this one looked";
  EXPECT_THAT(world.findings(), ElementsAre("k000005 different", "k000006 missing"));
  EXPECT_EQ(report::decide_exit(wide, false), report::exit_code::mismatches);
  world.target.put(world.table, compare_world::item("k000005", 5));
  world.target.put(world.table, compare_world::item("k000006", 6));
  world.compare();
  EXPECT_THAT(world.findings(), ElementsAre("k000005 different", "k000006 missing"));
  world.ignore({});
  world.compare();
  EXPECT_THAT(world.findings(), IsEmpty());
}

TEST(compare_session, with_less_ignored_heals_what_was_found_with_more) {
  compare_world world;
  fill(world, 100);
  world.target.remove(world.table, compare_world::key("k000006"));
  world.ignore({"aws:rep:*", "v"});
  world.compare();
  EXPECT_THAT(world.findings(), ElementsAre("k000006 missing"));
  world.target.put(world.table, compare_world::item("k000006", 6));
  world.ignore({"aws:rep:*"});
  world.compare();
  EXPECT_THAT(world.findings(), IsEmpty());
}

TEST(compare_session, another_sample_begins_anew) {
  compare_world world({.segments = 40});
  fill(world, 5000);
  world.start();
  world.time.run_for(50ms);
  world.crash();
  world.start([](compare_settings& settings) { settings.comparer.sample_rate = 10; });
  EXPECT_EQ(world.status().compared->progress.attempt, 1);
  EXPECT_EQ(world.status().compared->progress.segments_done, 0);
}

TEST(compare_session, a_sample_compares_its_keys_only_and_says_what_look_ups_would_cost) {
  compare_world world({.sample_rate = 10});
  fill(world, 5000);
  const auto status = world.compare();
  EXPECT_NEAR(static_cast<double>(status.compared->keys()), 500, 100);
  EXPECT_EQ(status.compared->seen.source_items, 5000) << "a scan reads all";
  EXPECT_EQ(status.compared->seen.look_up_milliunits, status.compared->keys() * 500);
}

TEST(compare_session, consumes_what_the_formula_says) {
  compare_world world({.segments = 4});
  for (int i = 0; i < 4000; ++i) {
    world.put_both(
        fmt::format(R"({{"pk":{{"S":"k{}"}},"v":{{"S":"{}"}}}})", i, std::string(1000, 'x')));
  }
  world.source.reset_statistics();
  const auto status = world.compare();
  const double bytes = static_cast<double>(world.source.table(world.table).bytes());
  const double formula = bytes / 4096 / 2;
  EXPECT_NEAR(status.source_units, formula, formula * 0.02);
  EXPECT_EQ(static_cast<double>(status.compared->seen.source_milliunits) / 1000,
            world.source.statistics().read_units);
  EXPECT_EQ(status.compared->seen.look_up_milliunits, 4000 * 500);
}

TEST(compare_session, counts_what_each_side_took_and_held) {
  compare_world world({.segments = 4});
  for (int i = 0; i < 400; ++i) {
    const auto item =
        fmt::format(R"({{"pk":{{"S":"k{}"}},"v":{{"S":"{}"}}}})", i, std::string(10'000, 'x'));
    world.source.put(world.table, item);
    if (i % 4 == 0) {
      world.target.put(world.table, item);
    }
  }
  world.source.reset_statistics();
  world.target.reset_statistics();
  const auto seen = world.compare().compared->seen;
  EXPECT_EQ(seen.source_items, 400);
  EXPECT_EQ(seen.target_items, 100);
  EXPECT_GT(seen.source_milliunits, 3 * seen.target_milliunits);
  EXPECT_LT(seen.source_milliunits, 5 * seen.target_milliunits);
}

TEST(compare_session, cures_the_gaps_noticed_before_it_began) {
  compare_world world;
  fill(world, 100);
  world.start();
  state::commit_batch batch;
  batch.gaps = {{.shard_id = "early", .noticed = world.time.now() - 1h},
                {.shard_id = "late", .noticed = world.time.now() + 1h}};
  world.commit(std::move(batch));
  ASSERT_TRUE(world.wait_for_end());
  const auto gaps = world.committed().gaps;
  EXPECT_TRUE(gaps[0].cured);
  EXPECT_FALSE(gaps[1].cured);
}

TEST(compare_session, a_stop_commits_what_is_done_and_is_incomplete) {
  compare_world world({.segments = 40});
  fill(world, 8000);
  world.source.plan_faults(support::fault_on("Scan", {.delay = 100ms}));
  world.start();
  world.time.run_for(1s);
  world.stop();
  EXPECT_EQ(report::decide_exit(world.status(), false), report::exit_code::incomplete);
  const auto done = world.status().compared->progress.segments_done;
  EXPECT_GT(done, 0);
  EXPECT_EQ(static_cast<std::int64_t>(world.committed().pairs.size()), done);
  world.compare();
  EXPECT_EQ(world.status().compared->progress.attempt, 2);
  EXPECT_EQ(world.status().compared->keys(), 8000);
}

TEST(compare_session, expired_items_that_it_could_only_count_have_not_healed) {
  compare_world world;
  fill(world, 40);
  for (int i = 0; i < 10; ++i) {
    world.source.put(world.table, dated_item(fmt::format("e{}", i), seconds_ago(world, 100s)));
  }
  world.start([](compare_settings& settings) { settings.findings.listed_max = 4; });
  ASSERT_TRUE(world.wait_for_end());
  const auto status = world.status();
  EXPECT_EQ(status.mismatches.of(verify::mismatch_kind::expired), 2);
  EXPECT_EQ(status.unlisted.of(verify::mismatch_kind::expired), 8);
  EXPECT_EQ(status.checks.failed, 10);
  EXPECT_EQ(status.checks.failed_unlisted, 8);
  EXPECT_EQ(status.checks.healed, 0);
  EXPECT_EQ(status.success_at_rest->wrong, 0);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::equal);
}

TEST(compare_session, what_it_has_no_room_to_list_is_counted_once_however_often_it_compares) {
  compare_world world;
  fill(world, 40);
  for (int i = 0; i < 15; ++i) {
    world.target.remove(world.table, compare_world::key(fmt::format("k{:06}", i)));
  }
  const auto little_room = [](compare_settings& settings) { settings.findings.listed_max = 5; };
  for (int i = 0; i < 3; ++i) {
    world.start(little_room);
    ASSERT_TRUE(world.wait_for_end());
    EXPECT_EQ(world.status().mismatches.mismatches(), 5);
    EXPECT_EQ(world.status().unlisted.mismatches(), 10) << "comparison " << i + 1;
  }
}

TEST(compare_session, what_it_has_no_room_to_list_is_counted_once_over_a_crash_too) {
  for (int seconds = 60; seconds < 200; seconds += 23) {
    compare_world world;
    fill(world, 40);
    for (int i = 0; i < 15; ++i) {
      world.target.remove(world.table, compare_world::key(fmt::format("k{:06}", i)));
    }
    const auto little_room = [](compare_settings& settings) { settings.findings.listed_max = 5; };
    world.start(little_room);
    ASSERT_TRUE(world.wait_for_end());
    world.start(little_room);
    world.time.run_for(std::chrono::seconds{seconds});
    world.crash();
    world.start(little_room);
    ASSERT_TRUE(world.wait_for_end());
    EXPECT_EQ(world.status().unlisted.mismatches(), 10) << "killed after " << seconds << " s";
  }
}

TEST(compare_session, findings_that_only_the_state_holds_are_counted_once) {
  compare_world world({.open_loaded = 5});
  fill(world, 40);
  for (int i = 0; i < 10; ++i) {
    world.target.remove(world.table, compare_world::key(fmt::format("k{:06}", i)));
  }
  const auto hold_five = [](compare_settings& settings) { settings.findings.open_max = 5; };
  for (int i = 0; i < 2; ++i) {
    world.start(hold_five);
    ASSERT_TRUE(world.wait_for_end());
    EXPECT_EQ(world.status().mismatches.mismatches(), 10) << "comparison " << i + 1;
    EXPECT_EQ(world.status().checks.failed, 10);
    EXPECT_EQ(world.findings().size(), 10U);
  }
  fill(world, 10);
  for (const std::int64_t left : {5, 0}) {
    world.start(hold_five);
    ASSERT_TRUE(world.wait_for_end());
    EXPECT_EQ(world.status().mismatches.mismatches(), left)
        << "those that are held are judged anew";
    EXPECT_EQ(world.findings().size(), static_cast<std::size_t>(left));
  }
}

struct findings_held : testing::TestWithParam<std::size_t> {};

TEST_P(findings_held, of_a_comparison_may_be_few_and_it_hears_of_gaps_all_the_same) {
  compare_world world({.open_loaded = GetParam()});
  fill(world, 40);
  for (int i = 0; i < 10; ++i) {
    world.source.put(world.table, dated_item(fmt::format("e{}", i), seconds_ago(world, 100s)));
  }
  const auto few = [](compare_settings& settings) { settings.findings.open_max = GetParam(); };
  world.start(few);
  ASSERT_TRUE(world.wait_for_end());
  world.start(few);
  world.time.run_for(2s);
  state::commit_batch of_a_monitor;
  of_a_monitor.gaps = {{.shard_id = "late", .noticed = world.time.now(), .reason = "trimmed"}};
  world.commit(std::move(of_a_monitor));
  ASSERT_FALSE(world.ended());
  ASSERT_TRUE(world.wait_for_end());
  const auto status = world.status();
  EXPECT_EQ(status.gaps.size(), 1U);
  EXPECT_EQ(status.verdict.kind, report::verdict_kind::no_go);
  EXPECT_EQ(report::decide_exit(status, false), report::exit_code::incomplete);
}
INSTANTIATE_TEST_SUITE_P(compare_session, findings_held, testing::Values(1000, 4));

}  // namespace
}  // namespace ddm::monitor
