#include "verify/finding_book.h"

#include "dynamodb/answer_bounds.h"
#include "verify/check_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace ddm::verify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const wall_time start = from_ms(1'767'225'600'000);
constexpr digest128 source_digest{0x0123456789abcdef, 5};
constexpr digest128 target_digest{6, 7};

mismatch different(const std::string& key) {
  return {.key = key_named(key),
          .kind = mismatch_kind::different,
          .paths = {{"address.city", "changed"}, {"a\"b", "removed"}},
          .source_digest = source_digest,
          .target_digest = target_digest,
          .shard_id = "shardId-1",
          .sequence_number = "123456789012345678901",
          .first_seen = start - 70s,
          .confirmed_at = start};
}

mismatch missing(const std::string& key) {
  auto entry = different(key);
  entry.kind = mismatch_kind::missing;
  entry.paths.clear();
  entry.target_digest.reset();
  return entry;
}

struct book : testing::Test {
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    findings.take_dirty(rows, lines);
    return lines;
  }
  std::size_t due(wall_time now) { return findings.take_watch_due(now, 1000).size(); }
  finding_book findings{{}};
  std::vector<state::mismatch_row> rows;
};

TEST(finding_line, that_would_be_too_long_to_be_read_is_written_without_the_items) {
  auto entry = different("a");
  entry.source_json = entry.target_json =
      R"({"v":{"S":")" + std::string(dynamodb::line_bytes_max / 2, 'x') + R"("}})";
  const auto line = finding_line(entry, {.show_values = true});
  EXPECT_LT(line.size(), 1000U);
  const auto read = nlohmann::json::parse(line);
  EXPECT_EQ(read["paths"].size(), 2U);
  EXPECT_FALSE(read.contains("source"));
  entry.key.json = *entry.source_json + *entry.source_json;
  const auto brief = nlohmann::json::parse(finding_line(entry, {}));
  EXPECT_EQ(brief["key"]["hash"], entry.key.hash.hex());
}

TEST_F(book, writes_a_row_and_a_line_at_each_change_of_state) {
  findings.on_confirmed(different("a"), start);
  auto written = lines();
  ASSERT_THAT(written, SizeIs(1));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_TRUE(rows[0].open);
  EXPECT_EQ(rows[0].confirmed_ms, to_ms(start));
  EXPECT_THAT(lines(), IsEmpty());

  EXPECT_EQ(findings.on_passed(key_named("a").hash, start + 3min), 1);
  written = lines();
  ASSERT_THAT(written, SizeIs(1));
  EXPECT_FALSE(rows[0].open);
  const auto line = nlohmann::json::parse(written[0]);
  EXPECT_EQ(line["state"], "healed");
  EXPECT_EQ(line["healed_at"], "2026-01-01T00:03:00Z");
  EXPECT_EQ(findings.on_passed(key_named("a").hash, start + 4min), std::nullopt)
      << "no longer open";
}

TEST_F(book, a_line_has_the_documented_members) {
  findings.on_confirmed(different("a"), start);
  const auto line = nlohmann::ordered_json::parse(lines().at(0));
  std::vector<std::string> names;
  for (const auto& [name, value] : line.items()) {
    names.push_back(name);
  }
  EXPECT_THAT(names, ElementsAre("schema", "key", "kind", "state", "paths", "source_digest",
                                 "target_digest", "shard_id", "sequence_number", "first_seen",
                                 "confirmed_at", "healed_at", "id"));
  EXPECT_EQ(line["schema"], 1);
  EXPECT_EQ(line["key"], nlohmann::ordered_json::parse(R"({"pk":{"S":"a"}})"));
  EXPECT_EQ(line["kind"], "different");
  EXPECT_EQ(line["state"], "confirmed");
  EXPECT_EQ(line["paths"][0]["path"], "address.city");
  EXPECT_EQ(line["paths"][1]["path"], "a\"b");
  EXPECT_EQ(line["paths"][1]["change"], "removed");
  EXPECT_EQ(line["source_digest"], "0123456789abcdef0000000000000005");
  EXPECT_EQ(line["first_seen"], "2025-12-31T23:58:50Z");
  EXPECT_TRUE(line["healed_at"].is_null());
}

TEST_F(book, a_key_has_one_id_in_all_its_lines) {
  const auto id_of = [](const mismatch& entry, const finding_options& options) {
    return nlohmann::json::parse(finding_line(entry, options))["id"].get<std::string>();
  };
  auto entry = missing("a");
  const auto id = id_of(entry, {});
  EXPECT_EQ(id, entry.key.hash.hex());
  EXPECT_EQ(id_of(entry, {.hash_keys = true}), id);
  EXPECT_NE(id_of(missing("b"), {}), id);
  entry.open = false;
  EXPECT_EQ(id_of(entry, {.show_values = true}), id);
  EXPECT_EQ(encode_mismatch(entry).find("\"id\""), std::string::npos) << "the row has it already";
}

TEST_F(book, shows_values_and_hashes_keys_only_when_told) {
  auto entry = missing("secret");
  entry.source_json = R"({"pk":{"S":"secret"},"v":{"S":"1"}})";
  entry.target_json = "null";
  EXPECT_EQ(finding_line(entry, {}).find("\"v\""), std::string::npos);
  const auto shown = nlohmann::json::parse(finding_line(entry, {.show_values = true}));
  EXPECT_EQ(shown["source"]["v"]["S"], "1");
  EXPECT_TRUE(shown["target"].is_null());
  const auto hashed = finding_line(entry, {.hash_keys = true});
  EXPECT_EQ(hashed.find("secret"), std::string::npos);
  EXPECT_NE(hashed.find(entry.key.hash.hex()), std::string::npos);
}

TEST_F(book, a_line_is_one_line_that_no_terminal_obeys_and_the_same_document) {
  auto entry = missing("a");
  entry.source_json = "{\n \"pk\": {\"S\":\"a\"},\r\n \"v\x7f\": {\"S\":\"\u202e\u009b2J\"}}";
  entry.paths = {{"v\x1b[31m", "changed"}};
  const auto line = finding_line(entry, {.show_values = true});
  EXPECT_EQ(line.find_first_of("\n\r\x7f\x1b"), std::string::npos) << line;
  EXPECT_EQ(line.find("\u202e"), std::string::npos);
  const auto document = nlohmann::json::parse(line);
  EXPECT_EQ(document["source"], nlohmann::json::parse(*entry.source_json));
  EXPECT_EQ(document["paths"][0]["path"], "v\x1b[31m");
}

TEST_F(book, a_row_brings_the_entry_back) {
  auto entry = different("a");
  entry.source_json = R"({"pk":{"S":"a"}})";
  entry.changes = 4;
  entry.healed_at = start + 5min;
  entry.digested_without = {"m.x", "b"};
  findings.on_confirmed(entry, start);
  lines();
  rows[0].body = encode_mismatch(entry);
  const auto back = decode_mismatch(rows[0]);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->key.json, entry.key.json);
  EXPECT_EQ(back->key.hash, entry.key.hash);
  EXPECT_EQ(back->kind, entry.kind);
  EXPECT_EQ(back->paths, entry.paths);
  EXPECT_EQ(back->source_digest, entry.source_digest);
  EXPECT_EQ(back->target_digest, entry.target_digest);
  EXPECT_EQ(back->shard_id, entry.shard_id);
  EXPECT_EQ(back->sequence_number, entry.sequence_number);
  EXPECT_EQ(back->first_seen, entry.first_seen);
  EXPECT_EQ(back->confirmed_at, entry.confirmed_at);
  EXPECT_EQ(back->healed_at, entry.healed_at);
  EXPECT_EQ(back->changes, 4);
  EXPECT_EQ(back->digested_without, entry.digested_without);
  EXPECT_EQ(back->source_json, entry.source_json);
  EXPECT_FALSE(back->target_json);
  entry.target_json = R"({"pk":{"S":"a"},"x":{"N":"1"}})";
  rows[0].body = encode_mismatch(entry);
  EXPECT_EQ(decode_mismatch(rows[0])->target_json, entry.target_json);
}

TEST_F(book, a_damaged_row_is_an_error) {
  const std::string hash(16, 'x');
  for (const auto* body :
       {"", "null", "[]", R"({"kind":"different"})", R"({"kind":"odd","key":{}})",
        R"({"kind":"different","key":{},"changes":1,"paths":["x"]})",
        R"({"kind":"different","key":{},"changes":"many"})",
        R"({"kind":"different","key":{},"changes":1,"ignored":[1]})",
        R"({"kind":"different","key":{},"changes":1,"digested_without":[1]})",
        R"({"kind":"different","key":{},"changes":1,"ignored":"v"})"}) {
    EXPECT_FALSE(decode_mismatch({.key_hash = hash, .body = body})) << body;
  }
  EXPECT_FALSE(decode_mismatch({.key_hash = "short", .body = R"({"kind":"missing","key":{}})"}));
}

TEST_F(book, counts_what_is_open_by_the_period_and_the_comparison_that_found_it) {
  const auto of = [](mismatch entry, std::int64_t changes, std::int64_t period,
                     std::int64_t comparison_ms) {
    entry.changes = changes;
    entry.period = period;
    entry.comparison_ms = comparison_ms;
    return entry;
  };
  findings.on_confirmed(of(missing("a"), 1, 1, 0), start);
  findings.on_confirmed(of(missing("b"), 0, 0, 100), start);
  auto unreadable = of(missing("c"), 1, 1, 0);
  unreadable.kind = mismatch_kind::unreadable;
  findings.on_confirmed(unreadable, start);
  EXPECT_EQ(findings.counts().failed_changes, 2);
  EXPECT_EQ(findings.counts().at_rest_alone, 1);
  EXPECT_EQ(findings.counts().of_period(1).all, 2);
  EXPECT_EQ(findings.counts().of_period(1).wrong, 1);
  EXPECT_EQ(findings.counts().of_period(1).unreadable, 1);
  EXPECT_EQ(findings.counts().of_period(2).all, 0);
  EXPECT_EQ(findings.counts().of_comparisons_since(100).wrong, 1);
  EXPECT_EQ(findings.counts().of_comparisons_since(101).wrong, 0);

  findings.on_confirmed(of(missing("a"), 0, 0, 100), start);  // at rest, too
  findings.on_confirmed(of(missing("b"), 1, 2, 0), start);    // a change, in a later period
  EXPECT_EQ(findings.counts().all(), 3);
  EXPECT_EQ(findings.counts().failed_changes, 3);
  EXPECT_EQ(findings.counts().at_rest_alone, 0);
  EXPECT_EQ(findings.counts().of_period(1).wrong, 1);
  EXPECT_EQ(findings.counts().of_period(2).wrong, 1);
  EXPECT_EQ(findings.counts().of_comparisons_since(100).wrong, 2);
  findings.on_passed(key_named("a").hash, start);
  findings.on_passed(key_named("b").hash, start);
  EXPECT_EQ(findings.counts().failed_changes, 1);
  EXPECT_EQ(findings.counts().by_comparison.size(), 0U);

  findings.take_dirty(rows, *std::make_unique<std::vector<std::string>>());
  EXPECT_EQ(decode_mismatch(rows.at(4))->period, 2);
  EXPECT_EQ(decode_mismatch(rows.at(4))->comparison_ms, 100);
}

TEST_F(book, counts_what_is_open_by_kind) {
  findings.on_confirmed(different("a"), start);
  findings.on_confirmed(missing("b"), start);
  auto expired = missing("c");
  expired.kind = mismatch_kind::expired;
  findings.on_confirmed(expired, start);
  auto unreadable = missing("d");
  unreadable.kind = mismatch_kind::unreadable;
  findings.on_confirmed(unreadable, start);
  EXPECT_EQ(findings.counts().of(mismatch_kind::different), 1);
  EXPECT_EQ(findings.counts().of(mismatch_kind::expired), 1);
  EXPECT_EQ(findings.counts().mismatches(), 2);
  findings.on_passed(key_named("b").hash, start + 1min);
  EXPECT_EQ(findings.counts().mismatches(), 1);
}

TEST_F(book, a_later_confirmation_takes_the_place_of_the_keys_open_one) {
  findings.on_confirmed(different("a"), start);
  auto later = missing("a");
  later.first_seen = start + 1min;
  findings.on_confirmed(later, start + 2min);
  EXPECT_EQ(findings.held(), 1);
  EXPECT_EQ(findings.counts().mismatches(), 1);
  EXPECT_EQ(findings.counts().of(mismatch_kind::missing), 1);
  EXPECT_EQ(findings.newest(5).at(0).first_seen, start - 70s);
  EXPECT_EQ(findings.on_passed(key_named("a").hash, start + 3min), 2) << "both changes are healed";
}

TEST_F(book, what_another_command_confirmed_anew_stays_one_open_mismatch_and_is_watched) {
  findings.on_confirmed(different("a"), start);
  auto again = different("a");
  again.confirmed_at = start + 1min;
  findings.on_open_in_state(again);
  EXPECT_TRUE(findings.is_open(again.key.hash));
  EXPECT_EQ(findings.counts().mismatches(), 1);
  EXPECT_EQ(due(start + 2min), 1U);
  const watch_answer arrived{.followed = true, .counterpart = source_digest};
  EXPECT_FALSE(findings.on_watched(again.key.hash, arrived, start + 2min))
      << "the origin may have moved before the other command confirmed it";
  const auto healed = findings.on_passed(again.key.hash, start + 3min);
  EXPECT_TRUE(healed);
  EXPECT_EQ(findings.counts().mismatches(), 0);
}

TEST_F(book, tells_where_open_mismatches_differ) {
  auto at_price = different("a");
  at_price.paths = {{"price", "changed"}, {"tags[3]", "added"}};
  findings.on_confirmed(at_price, start);
  findings.on_confirmed(missing("b"), start);
  EXPECT_EQ(findings.largest_groups(9).size(), 3);
  findings.on_confirmed(missing("a"), start + 1min);
  EXPECT_THAT(findings.largest_groups(9),
              testing::ElementsAre(path_group{mismatch_kind::missing, "", 2}));
  findings.on_passed(key_named("a").hash, start + 2min);
  findings.on_healed_elsewhere(key_named("b").hash);
  EXPECT_THAT(findings.largest_groups(9), testing::IsEmpty());
}

TEST_F(book, watches_each_minute_and_after_ten_minutes_each_ten) {
  findings.on_confirmed(different("a"), start);
  EXPECT_EQ(due(start + 59s), 0);
  for (int minute = 1; minute <= 10; ++minute) {
    EXPECT_EQ(due(start + minute * 1min), 1) << minute;
    EXPECT_EQ(due(start + minute * 1min + 1s), 0) << minute;
  }
  EXPECT_EQ(due(start + 19min), 0);
  EXPECT_EQ(due(start + 20min), 1);
  EXPECT_EQ(due(start + 29min), 0);
  EXPECT_EQ(due(start + 30min), 1);
}

TEST_F(book, says_when_the_next_look_may_be_due) {
  EXPECT_EQ(due(start), 0);
  EXPECT_GT(findings.next_watch(), start) << "nothing is open";
  findings.on_confirmed(different("a"), start + 1s);
  EXPECT_LE(findings.next_watch(), start + 1s + 1min);
  EXPECT_EQ(due(start + 30s), 0);
  EXPECT_EQ(findings.next_watch(), start + 1s + 1min);
  EXPECT_EQ(due(findings.next_watch()), 1);
}

TEST_F(book, watches_the_newest_first_and_fifty_a_second_at_most) {
  for (int i = 0; i < 1000; ++i) {
    findings.on_confirmed(different("k" + std::to_string(i)), start + i * 1ms);
  }
  std::size_t reads = 0;
  const auto first = findings.take_watch_due(start + 2min, 100);
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first[0].hash, key_named("k999").hash);
  reads += first.size();
  for (int i = 1; i <= 500; ++i) {
    reads += due(start + 2min + i * 20ms);
  }
  EXPECT_THAT(reads, testing::AllOf(testing::Ge(500), testing::Le(610)));
}

TEST_F(book, heals_when_the_counterpart_has_become_what_the_origin_held) {
  findings.on_confirmed(missing("a"), start);
  const auto hash = key_named("a").hash;
  const auto watched = [&](bool unreadable, std::optional<digest128> held) {
    return findings.on_watched(
        hash, {.followed = true, .unreadable = unreadable, .counterpart = held}, start + 1min);
  };
  EXPECT_EQ(watched(false, std::nullopt), std::nullopt);
  EXPECT_EQ(watched(false, target_digest), std::nullopt);
  EXPECT_EQ(watched(true, source_digest), std::nullopt) << "could not be read";
  EXPECT_EQ(watched(false, source_digest), 1);
  EXPECT_FALSE(findings.is_open(hash));
}

TEST_F(book, the_other_direction_watches_the_source) {
  auto entry = missing("a");
  entry.source_digest.reset();
  entry.target_digest = target_digest;
  entry.kind = mismatch_kind::unexpected;
  findings.on_confirmed(entry, start);
  EXPECT_EQ(
      findings.on_watched(
          entry.key.hash,
          {.followed = true, .counterpart = target_digest, .way = direction::target_to_source},
          start + 1min),
      1);
}

TEST_F(book, tables_may_agree_unseen_only_where_the_origin_may_have_moved_unseen) {
  findings.on_confirmed(missing("a"), start);
  const auto hash = key_named("a").hash;
  const auto may_agree = [&](bool followed, std::optional<digest128> held) {
    return findings.may_agree(hash, {.followed = followed, .counterpart = held});
  };
  EXPECT_FALSE(may_agree(true, std::nullopt)) << "nothing has moved, and a record would have told";
  EXPECT_TRUE(may_agree(false, std::nullopt)) << "no record of such a key is checked";
  EXPECT_TRUE(may_agree(true, target_digest)) << "the counterpart has moved";
  findings.on_gap(start - 1s);
  EXPECT_FALSE(may_agree(true, std::nullopt)) << "confirmed after what was lost";
  findings.on_gap(start + 1s);
  EXPECT_TRUE(may_agree(true, std::nullopt));
}

struct unknown_origin : book {
  /// The target has become what the source held at the confirmation: does that heal?
  bool heals(bool followed) {
    return findings
        .on_watched(hash, {.followed = followed, .counterpart = source_digest}, start + 2min)
        .has_value();
  }
  bool asks_both(bool followed) {
    return findings.may_agree(hash, {.followed = followed, .counterpart = source_digest});
  }
  const digest128 hash = key_named("a").hash;
};

TEST_F(unknown_origin, of_a_key_that_is_not_followed_heals_by_reading_both_tables_only) {
  findings.on_confirmed(missing("a"), start);
  EXPECT_FALSE(heals(false)) << "the source may have moved on since";
  EXPECT_TRUE(asks_both(false));
  EXPECT_TRUE(heals(true));
}

TEST_F(unknown_origin, after_a_gap_heals_by_reading_both_tables_only) {
  findings.on_confirmed(missing("a"), start);
  findings.on_gap(start + 1min);
  EXPECT_FALSE(heals(true));
  EXPECT_TRUE(asks_both(true));
}

TEST_F(unknown_origin, after_a_restart_heals_by_reading_both_tables_only) {
  findings.restore({missing("a")});
  EXPECT_FALSE(heals(true))
      << "in between, or by the run that found it, it may not have been followed";
  EXPECT_TRUE(asks_both(true));
}

TEST_F(unknown_origin, after_another_command_confirmed_it_anew_heals_by_reading_both_tables_only) {
  findings.on_confirmed(missing("a"), start);
  auto again = missing("a");
  again.confirmed_at = start + 1min;
  findings.on_open_in_state(again);
  EXPECT_FALSE(heals(true));
  EXPECT_TRUE(asks_both(true));
}

struct findings_coverage : testing::Test {
  static finding_book ignoring(std::vector<std::string> patterns) {
    return finding_book({.ignored = std::move(patterns)});
  }
  /// What the state has of a mismatch that was confirmed so.
  static mismatch confirmed_under(std::vector<std::string> patterns) {
    auto findings = ignoring(std::move(patterns));
    findings.on_confirmed(different("a"), start);
    return stored(findings);
  }
  static mismatch stored(finding_book& findings) {
    std::vector<state::mismatch_row> rows;
    std::vector<std::string> lines;
    findings.take_dirty(rows, lines);
    EXPECT_FALSE(rows.empty());
    return decode_mismatch(rows.back()).value();
  }
  static bool heals(finding_book& findings) {
    return findings.on_passed(hash, start + 1min).has_value();
  }
  static bool heals_under(mismatch entry, std::vector<std::string> patterns) {
    auto findings = ignoring(std::move(patterns));
    findings.restore({std::move(entry)});
    return heals(findings);
  }
  inline static const digest128 hash = key_named("a").hash;
};

TEST_F(findings_coverage, is_kept_with_the_row_but_is_no_part_of_the_line) {
  auto findings = ignoring({"aws:rep:*", "a\"b"});
  findings.on_confirmed(different("a"), start);
  std::vector<state::mismatch_row> rows;
  std::vector<std::string> lines;
  findings.take_dirty(rows, lines);
  EXPECT_THAT(*decode_mismatch(rows.at(0))->ignored, ElementsAre("aws:rep:*", "a\"b"));
  EXPECT_EQ(lines.at(0).find("aws:rep"), std::string::npos);
}

TEST_F(findings_coverage, heals_only_where_nothing_else_is_ignored) {
  const auto strict = confirmed_under({"aws:rep:*"});
  EXPECT_TRUE(heals_under(strict, {"aws:rep:*"}));
  EXPECT_TRUE(heals_under(strict, {}));
  EXPECT_TRUE(heals_under(strict, {"aws:rep:time", "aws:rep:x*"})) << "covered by its pattern";
  EXPECT_FALSE(heals_under(strict, {"aws:rep:*", "v"}));
  EXPECT_FALSE(heals_under(strict, {"*"}));
  EXPECT_TRUE(heals_under(confirmed_under({"v", "w"}), {"w", "v"}));
}

TEST_F(findings_coverage, of_one_that_this_run_cannot_heal_stays_open_whatever_is_seen) {
  auto findings = ignoring({"v"});
  findings.restore({confirmed_under({})});
  kind_counts counts;
  counts.open = {0, 1, 0, 0, 0, 0, 0};
  findings.set_counts(counts);
  EXPECT_EQ(findings.unhealable(), 1);
  EXPECT_FALSE(findings.on_agreed(hash, start + 1min)) << "by a candidate, or a watch of both";
  EXPECT_FALSE(findings.on_passed(hash, start + 1min));
  const watch_answer arrived{.followed = true, .counterpart = source_digest};
  EXPECT_FALSE(findings.on_watched(hash, arrived, start + 1min));
  EXPECT_FALSE(findings.may_agree(hash, arrived));
  EXPECT_THAT(findings.take_watch_due(start + 1h, 10), IsEmpty()) << "a look could not heal it";
  EXPECT_TRUE(findings.is_open(hash));
  EXPECT_EQ(findings.counts().mismatches(), 1);
}

TEST_F(findings_coverage, of_the_stricter_finding_outlasts_a_later_confirmation) {
  auto findings = ignoring({"v", "m.x"});
  findings.restore({confirmed_under({"m.*"})});
  findings.on_confirmed(different("a"), start + 1min);
  EXPECT_FALSE(heals(findings)) << "v differed for the earlier one";
  EXPECT_EQ(findings.unhealable(), 1);
  const auto both = stored(findings);
  EXPECT_THAT(*both.ignored, ElementsAre("m.x"));
  EXPECT_TRUE(heals_under(both, {"m.x"}));
  EXPECT_FALSE(heals_under(both, {"m.*"}));
}

TEST_F(findings_coverage,
       of_an_older_versions_finding_is_what_its_run_ignored_and_is_kept_from_then_on) {
  auto older = different("a");
  const auto older_row = [&](std::vector<std::string> before, std::vector<std::string> now) {
    auto findings = ignoring(std::move(now));
    findings.restore({older}, std::move(before));
    return findings;
  };
  auto wider = older_row({"aws:rep:*"}, {"aws:rep:*", "v"});
  EXPECT_FALSE(heals(wider));
  EXPECT_THAT(*stored(wider).ignored, ElementsAre("aws:rep:*"))
      << "the next run knows nothing of the setting before this one";
  auto same = older_row({"aws:rep:*"}, {"aws:rep:*"});
  EXPECT_TRUE(heals(same));
}

TEST_F(book, knows_since_when_both_tables_have_agreed) {
  findings.on_confirmed(missing("a"), start);
  const auto hash = key_named("a").hash;
  EXPECT_EQ(findings.on_agreed(hash, start + 1min), start + 1min);
  EXPECT_THAT(findings.take_watch_due(start + 1min + 5s, 10), SizeIs(1)) << "looked at again soon";
  EXPECT_EQ(findings.on_agreed(hash, start + 2min), start + 1min);
  findings.on_differing(hash);
  EXPECT_EQ(findings.on_agreed(hash, start + 3min), start + 3min);
  findings.on_confirmed(missing("a"), start + 4min);
  EXPECT_EQ(findings.on_agreed(hash, start + 5min), start + 5min) << "it was wrong in between";
  EXPECT_EQ(findings.on_agreed(key_named("b").hash, start), std::nullopt);
}

TEST_F(book, an_unreadable_item_is_not_healed_by_a_look_alone) {
  auto entry = missing("a");
  entry.kind = mismatch_kind::unreadable;
  entry.source_digest.reset();
  findings.on_confirmed(entry, start);
  EXPECT_EQ(findings.on_watched(entry.key.hash, {.followed = true}, start + 1min), std::nullopt);
  EXPECT_EQ(findings.on_passed(entry.key.hash, start + 2min), 1);
}

TEST(finding_book, holds_the_newest_and_leaves_older_ones_to_the_state) {
  finding_book findings({.open_max = 3});
  for (int i = 0; i < 5; ++i) {
    findings.on_confirmed(different("k" + std::to_string(i)), start + i * 1s);
  }
  EXPECT_EQ(findings.held(), 5) << "the state does not have them yet";
  std::vector<state::mismatch_row> rows;
  std::vector<std::string> lines;
  findings.take_dirty(rows, lines);
  EXPECT_EQ(findings.held(), 3);
  EXPECT_FALSE(findings.is_open(key_named("k0").hash));
  EXPECT_TRUE(findings.is_open(key_named("k4").hash));
  EXPECT_EQ(findings.counts().mismatches(), 5);
  EXPECT_EQ(findings.newest(1).at(0).key.hash, key_named("k4").hash);
}

TEST(finding_book, heals_what_was_recalled_from_the_state_once) {
  finding_book findings({.open_max = 3});
  for (int i = 0; i < 5; ++i) {
    findings.on_confirmed(different("k" + std::to_string(i)), start + i * 1s);
  }
  std::vector<state::mismatch_row> rows;
  std::vector<std::string> lines;
  findings.take_dirty(rows, lines);
  EXPECT_FALSE(findings.holds_all());
  const auto oldest = decode_mismatch(rows.at(0)).value();
  findings.recall({oldest});
  EXPECT_EQ(findings.on_passed(oldest.key.hash, start + 10s), 1);
  EXPECT_EQ(findings.counts().mismatches(), 4);
  findings.recall({oldest});
  EXPECT_FALSE(findings.on_passed(oldest.key.hash, start + 10s)) << "the state is not so far yet";
  findings.take_dirty(rows, lines);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_FALSE(rows.at(0).open);
}

TEST(finding_book, goes_on_after_a_restart) {
  finding_book findings({});
  findings.restore({different("newer"), missing("older")});
  kind_counts counts;
  counts.open = {1, 1, 0, 0, 0, 0, 0};
  findings.set_counts(counts);
  EXPECT_EQ(findings.held(), 2);
  EXPECT_EQ(findings.newest(1).at(0).key.hash, key_named("newer").hash);
  EXPECT_THAT(findings.take_watch_due(start + 1s, 10), SizeIs(2)) << "looked at without waiting";
  EXPECT_EQ(findings.on_passed(key_named("older").hash, start + 2s), 1);
  EXPECT_EQ(findings.counts().mismatches(), 1);
}

TEST_F(book, further_reads_of_a_watch_come_out_of_its_allowance) {
  for (int i = 0; i < 300; ++i) {
    findings.on_confirmed(different("k" + std::to_string(i)), start);
  }
  ASSERT_THAT(findings.take_watch_due(start + 2min, 100), SizeIs(100));
  findings.note_watch_reads(200);  // both tables were read strongly
  EXPECT_THAT(findings.take_watch_due(start + 2min + 4s, 100), IsEmpty())
      << "300 reads at 50 a second";
  EXPECT_THAT(findings.take_watch_due(start + 2min + 6s, 100), SizeIs(100));
}

}  // namespace
}  // namespace ddm::verify
