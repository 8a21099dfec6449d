#include "report/render.h"

#include "report/text_parts.h"
#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <set>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// The example of docs/output.md: every member that others build on.
constexpr auto documented =
    R"({"schema": 2, "command": "monitor", "migration": "", "version": "", "at": "", "started": "",
 "ended": true, "failure": null, "committed": null, "unsaved_because": null, "phase": "steady", "verdict": "NO-GO",
 "verdict_since": "", "reasons": [""],
 "events": {"total": 0, "unique": 0, "insert": 0, "modify": 0, "remove": 0, "ttl_remove": 0,
  "unknown": 0, "per_second": 0.0},
 "checks": {"keys": 0, "sampled": 0, "verified": 0, "superseded": 0, "pending": 0, "deferred": 0,
  "failed": 0, "healed": 0, "keys_changed": 0, "deletes": 0, "equal_by_ignoring": 0,
  "left_to_baseline": 0, "failed_unlisted": 0},
 "success_rate": {"value": 1.0, "low": 0.97, "high": 1.0, "confidence": 0.95},
 "success_rates": {"changes": {"value": 1.0, "low": 0.97, "high": 1.0, "confidence": 0.95, "n": 0,
  "wrong": 0}, "items_at_rest": null},
 "lag_ms": {"p50": 0, "p95": 0, "p99": 0, "max": 0, "count": 0, "upper_bounds": 0},
 "mismatches": {"missing": 0, "different": 0, "stale": 0, "undeleted": 0, "unexpected": 0,
  "expired": 0, "unreadable": 0},
 "mismatches_unlisted": {"missing": 0, "different": 0, "stale": 0, "undeleted": 0, "unexpected": 0,
  "expired": 0, "unreadable": 0},
 "mismatch_groups": [],
 "open_keys": {"all": 0, "with_failed_changes": 0, "at_rest_alone": 0},
 "shards": {"open": 0, "waiting": 0, "done": 0}, "gaps": [],
 "coverage": {"changes": {"sample_rate": 1, "ignored": []}, "changes_since_comparison": null,
  "items_at_rest": null, "items_at_rest_suffice": false},
 "read_up_to_age_ms": 0, "last_write": null, "freeze": {"at": null, "writes_after": 0, "ttl_deletes_after": 0},
 "behind_stream_ms": 0,
 "retention_left_s": 86400,
 "compared": {"items": 0, "segments_done": 0, "segments_total": 0},
 "consumed": {"source_rcu": 0.0, "target_rcu": 0.0, "stream_calls": 0, "usd": 0.0, "max_usd": null},
 "calls": {"source": {"calls": 0, "retries": 0, "throttled": 0, "pauses": 0, "operations": {}},
  "target": {"calls": 0, "retries": 0, "throttled": 0, "pauses": 0,
   "operations": {"GetItem": {"calls": 0, "retries": 3, "throttled": 0}}},
  "stream": {"calls": 0, "retries": 0, "throttled": 0, "pauses": 0,
   "operations": {"GetRecords": {"calls": 0, "retries": 0, "throttled": 4}}}},
 "tables": {"source": {"name": "", "arn": "", "table_id": "", "account": "", "region": "", "endpoint": ""},
  "target": {"name": "", "arn": null, "table_id": null, "account": null, "region": "", "endpoint": ""}},
 "stream": {"arn": "", "view_type": "", "of": "", "region": "", "endpoint": "", "read_up_to": ""},
 "table_settings": {"looked_at": "", "trouble": null, "different": 0, "unknown": 0, "rows": []},
 "settings": {"max-lag": "", "settle": ""}, "files": {"state": "", "findings": ""},
 "credentials": [{"of": "", "access_key_id": "", "ends": null, "renewed": true}],
 "alerts": {"told": 0, "failed": 0, "waiting": 0, "last_failure": null}})";

status compared_status() {
  status now;
  now.at = from_ms(1'767'225'600'000);
  now.follows_stream = false;
  now.compared = compare::comparison_view{.progress = {.started_ms = 1'767'225'600'000,
                                                       .segments = 64,
                                                       .sample_rate = 10,
                                                       .attempt = 2,
                                                       .segments_done = 16,
                                                       .candidates = 5,
                                                       .candidates_closed = 4,
                                                       .candidates_equal = 3,
                                                       .candidates_unequal = 1},
                                          .seen = {.source_items = 2000,
                                                   .target_items = 2000,
                                                   .equal = 196,
                                                   .bytes = 400'000,
                                                   .source_milliunits = 12'500,
                                                   .target_milliunits = 12'500,
                                                   .look_up_milliunits = 100'000},
                                          .seen_in_process = 4000,
                                          .reading = std::chrono::seconds{4},
                                          .expected_items = 16'000};
  now.mismatches.add({.kind = verify::mismatch_kind::missing,
                      .comparison_ms = 1'767'225'600'000,
                      .entries = 1,
                      .at_rest = 1});
  now.source_units = 20;
  now.target_units = 21;
  now.verdict = decide_verdict(now);
  return now;
}

TEST(render_comparison, says_what_was_compared_what_it_cost_and_what_look_ups_would_have_cost) {
  const auto text = render_comparison(compared_status());
  EXPECT_THAT(text, HasSubstr("verdict: NO-GO"));
  EXPECT_THAT(text, HasSubstr("200 keys (1 key in 10): 196 equal; 2,000 source and 2,000 target "
                              "items read in 16 of 64 segments"));
  EXPECT_THAT(text, HasSubstr("25 % read, 1,000 items/s, 0.1 MB/s, about 12 s left"));
  EXPECT_THAT(text, HasSubstr("5 keys looked unequal: 1 being judged, 3 equal after all, 1 "
                              "confirmed"));
  EXPECT_THAT(text, HasSubstr("scans took 12.5 source + 12.5 target read units; looking each key "
                              "up in the target instead: 100.0 (of the sample alone"));
  EXPECT_THAT(text, HasSubstr("1 missing open"));
}

TEST(render_json, has_the_comparison) {
  const auto compared = json::parse(render_json(compared_status())).at("compared");
  EXPECT_EQ(compared.at("items"), 200);
  EXPECT_EQ(compared.at("segments_done"), 16);
  EXPECT_EQ(compared.at("segments_total"), 64);
  EXPECT_EQ(compared.at("look_up_rcu"), 100.0);
  EXPECT_EQ(compared.at("started"), "2026-01-01T00:00:00Z");
  EXPECT_TRUE(compared.at("finished").is_null());
}

status full_status() {
  status now;
  now.at = from_ms(1'767'225'600'000);
  now.about = {.migration = "orders",
               .command = "monitor",
               .version = "1.2.3",
               .started = from_ms(1'767'222'000'000),
               .tables = {.source = {.name = "orders",
                                     .arn = "arn:aws:dynamodb:eu-west-1:1:table/orders",
                                     .table_id = "a-b",
                                     .account = "1",
                                     .region = "eu-west-1",
                                     .endpoint = "https://x"},
                          .target = {.name = "orders-new"}},
               .stream = stream_facts{.arn = "arn:s", .view_type = "NEW_IMAGE"},
               .settings = {{.name = "max-lag", .value = "1m"}, {.name = "settle", .value = "5m"}},
               .state_file = "/s.db",
               .findings_file = "/f.jsonl"};
  now.credentials = {{.of = "source",
                      .access_key_id = "AKIA1",
                      .ends = from_ms(1'767'232'800'000),
                      .renewed = true}};
  now.events = {.total = 12,
                .unique = 10,
                .insert = 4,
                .modify = 3,
                .remove = 2,
                .ttl_remove = 1,
                .unknown = 1};
  now.events_per_second = 2.5;
  now.checks.sampled = 10;
  now.checks.verified = 6;
  now.checks.superseded = 2;
  now.checks.failed = 1;
  now.checks.deletes = 2;
  now.pending = 1;
  now.keys_changed = 9;
  now.keys_checked = 7;
  now.success_of_changes = success_of(7, {.all = 1, .wrong = 1});
  now.lag.add(1200ms, false);
  now.lag.add(300ms, true);
  now.mismatches.add(
      {.kind = verify::mismatch_kind::missing, .period = 1, .entries = 1, .changes = 1});
  now.unlisted.open = {0, 2, 0, 0, 0, 0, 0};
  now.shards.open = 3;
  now.shards.waiting = 2;
  now.shards.done = 1;
  now.shards.behind = 90s;
  now.shards.retention_left = 23h;
  now.gaps.push_back({.shard_id = "shardId-1",
                      .after_sequence = "42",
                      .noticed = now.at,
                      .reason = "records were trimmed before they were read"});
  now.source_units = 1.5;
  now.target_units = 2.5;
  now.stream_calls = 77;
  now.asked_of_tables.target.operations = {{.operation = "GetItem", .retries = 3}};
  now.asked_of_stream.operations = {{.operation = "GetRecords", .throttled = 4}};
  now.asked_of_tables.source.pauses = 2;
  now.table_settings = {.rows = {}, .looked_at = now.at, .trouble = {}};
  now.usd = 0.25;
  now.verdict = decide_verdict(now);
  return now;
}

void expect_same_shape(const json& wanted, const json& got, const std::string& path) {
  EXPECT_EQ(wanted.is_number(), got.is_number()) << path;
  EXPECT_EQ(wanted.is_string(), got.is_string()) << path;
  if (!wanted.is_object() || !got.is_object()) {
    EXPECT_EQ(wanted.is_object(), got.is_object()) << path;
    return;
  }
  std::set<std::string> names;
  for (const auto& [name, value] : got.items()) {
    names.insert(name);
    EXPECT_TRUE(wanted.contains(name)) << path << name << " is not documented";
  }
  for (const auto& [name, value] : wanted.items()) {
    ASSERT_TRUE(names.contains(name)) << path << name << " is missing";
    expect_same_shape(value, got[name], path + name + ".");
  }
}

TEST(render_json, has_exactly_the_documented_members) {
  expect_same_shape(json::parse(documented), json::parse(render_json(full_status())), "");
}

TEST(render_json, is_one_line_and_carries_the_figures) {
  const auto text = render_json(full_status());
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  const auto document = json::parse(text);
  EXPECT_EQ(document["schema"], 2);
  EXPECT_EQ(document["command"], "monitor");
  EXPECT_EQ(document["migration"], "orders");
  EXPECT_EQ(document["started"], "2025-12-31T23:00:00Z");
  EXPECT_TRUE(document["failure"].is_null());
  EXPECT_EQ(document["tables"]["source"]["table_id"], "a-b");
  EXPECT_TRUE(document["tables"]["target"]["arn"].is_null());
  EXPECT_EQ(document["stream"]["of"], "source");
  EXPECT_EQ(document["settings"]["max-lag"], "1m");
  EXPECT_EQ(document["credentials"][0]["ends"], "2026-01-01T02:00:00Z");
  EXPECT_EQ(document["verdict"], "NO-GO");
  EXPECT_EQ(document["reasons"][0], "1 confirmed mismatch is open");
  EXPECT_EQ(document["events"]["total"], 12);
  EXPECT_EQ(document["events"]["ttl_remove"], 1);
  EXPECT_EQ(document["events"]["per_second"], 2.5);
  EXPECT_EQ(document["checks"]["keys"], 7);
  EXPECT_EQ(document["checks"]["pending"], 1);
  EXPECT_NEAR(document["success_rate"]["value"], 6.0 / 7, 1e-9);
  EXPECT_EQ(document["success_rate"]["confidence"], 0.95);
  EXPECT_EQ(document["success_rates"]["changes"]["value"], document["success_rate"]["value"]);
  EXPECT_EQ(document["success_rates"]["changes"]["n"], 7);
  EXPECT_EQ(document["success_rates"]["changes"]["wrong"], 1);
  EXPECT_EQ(document["open_keys"]["all"], 1);
  EXPECT_EQ(document["open_keys"]["with_failed_changes"], 1);
  EXPECT_EQ(document["lag_ms"]["max"], 1200);
  EXPECT_EQ(document["lag_ms"]["count"], 2);
  EXPECT_EQ(document["lag_ms"]["upper_bounds"], 1);
  EXPECT_EQ(document["mismatches"]["missing"], 1);
  EXPECT_EQ(document["mismatches_unlisted"]["different"], 2);
  EXPECT_EQ(document["shards"]["waiting"], 2);
  EXPECT_EQ(document["gaps"][0]["shard_id"], "shardId-1");
  EXPECT_EQ(document["gaps"][0]["after_sequence_number"], "42");
  EXPECT_EQ(document["gaps"][0]["noticed"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(document["gaps"][0]["cured"], false);
  EXPECT_EQ(document["behind_stream_ms"], 90'000);
  EXPECT_EQ(document["retention_left_s"], 23 * 3600);
  EXPECT_EQ(document["consumed"]["stream_calls"], 77);
  EXPECT_EQ(document["calls"]["target"]["retries"], 3);
  EXPECT_EQ(document["calls"]["stream"]["throttled"], 4);
  EXPECT_EQ(document["calls"]["source"]["pauses"], 2);
}

TEST(render_json, rates_are_null_when_nothing_was_checked) {
  const auto document = json::parse(render_json(status{}));
  EXPECT_TRUE(document["success_rate"].is_null());
  EXPECT_TRUE(document["success_rates"]["changes"].is_null());
  EXPECT_TRUE(document["success_rates"]["items_at_rest"].is_null());
  EXPECT_TRUE(document["lag_ms"].is_null());
  EXPECT_EQ(document["retention_left_s"], 86'400);
}

TEST(render_json, what_was_never_read_is_behind_by_nobody_knows_what) {
  status now;
  now.shards.behind.reset();
  EXPECT_TRUE(json::parse(render_json(now))["behind_stream_ms"].is_null());
  EXPECT_TRUE(json::parse(render_json(now))["retention_left_s"].is_null());
  EXPECT_THAT(render_text(now), HasSubstr("not known how far it is read"));
}

TEST(render_json, stays_json_whatever_a_message_holds) {
  auto now = full_status();
  now.verdict.reasons = {"quote \" newline \n broken \xff utf-8"};
  EXPECT_TRUE(json::accept(render_json(now)));
}

TEST(render_text, no_line_begins_with_what_somebody_else_wrote) {
  auto now = full_status();
  const std::string foreign = "x\nFORGED\rFORGED\u2028FORGED\u0085FORGED";
  now.verdict.reasons = {foreign};
  now.asked.ignored = {foreign};
  now.newest.emplace_back().key = foreign;
  now.compared = compared_status().compared;
  for (const auto& text : {render_text(now), render_comparison(now)}) {
    EXPECT_THAT(text, HasSubstr("- x\\u000aFORGED"));
    EXPECT_THAT(text, Not(testing::ContainsRegex("(\n|\r|\u2028|\u0085)FORGED")));
  }
}

TEST(render_text, shows_the_block) {
  const auto text = render_text(full_status());
  EXPECT_THAT(text, HasSubstr("2026-01-01T00:00:00Z  phase: steady  verdict: NO-GO"));
  EXPECT_THAT(text, HasSubstr("- 1 confirmed mismatch is open"));
  EXPECT_THAT(text, HasSubstr("12 read, 10 unique (2.5/s): 4 INSERT, 3 MODIFY, 1 REMOVE, 1 TTL, "
                              "1 unknown"));
  EXPECT_THAT(text, HasSubstr("10 sampled = 6 verified + 2 superseded + 1 pending + 0 deferred + "
                              "1 failed + 0 healed; 2 deletes"));
  EXPECT_THAT(text, HasSubstr("success     changes: 1 of about 7 keys wrong (14 %); 95 % "
                              "confidence: 2.5 % to 52 %"));
  EXPECT_THAT(text, HasSubstr("1 missing open: 1 with 1 failed changes, 0 by a comparison alone"));
  EXPECT_THAT(text, HasSubstr("3 open, 2 waiting, 1 done"));
  EXPECT_THAT(text, HasSubstr("1 min 30 s behind"));
  EXPECT_THAT(text, HasSubstr("data is lost in 23 h (at 2026-01-01T23:00:00Z)"));
  EXPECT_THAT(text, HasSubstr("1 gap"));
  EXPECT_FALSE(text.ends_with('\n'));
}

TEST(render_text, claims_nothing_about_shards_that_were_not_read_yet) {
  status now;
  now.shards = {.open = 2};
  now.unread_for.reset();
  EXPECT_THAT(render_text(now),
              HasSubstr("2 open, 0 waiting, 0 done; not known how far it is read;"));
  now.unread_for = 3s;
  EXPECT_THAT(render_text(now), HasSubstr("caught up, retention 24 h"));
}

TEST(render_text, claims_nothing_when_nothing_was_checked) {
  const auto text = render_text(status{});
  EXPECT_THAT(text, HasSubstr("nothing checked yet"));
  EXPECT_THAT(text, HasSubstr("not measured yet"));
  EXPECT_THAT(text, HasSubstr("none open"));
  EXPECT_THAT(text, Not(HasSubstr("100 %")));
}

TEST(render_text, says_what_was_seen_and_what_may_be_wrong_all_the_same) {
  auto now = full_status();
  now.table_items = 9'000'000;  // what did not change is no population of theirs
  now.keys_changed = 4'000;
  now.success_of_changes = success_of(343, {});
  now.unlisted = {};
  EXPECT_THAT(render_text(now),
              HasSubstr("success     changes: 0 of about 343 keys wrong; 95 % confidence: at most "
                        "0.9 % (35 of 4,000 keys that changed)"));
  now.success_interval = 0.9987;
  EXPECT_THAT(render_text(now), HasSubstr("; of the changes of the last interval 0.13 % were"));
  now.success_interval = 1;
  EXPECT_THAT(render_text(now), HasSubstr("; no change of the last interval was wrong"));
}

TEST(render_text, shows_the_rates_of_changes_and_of_items_at_rest_apart) {
  auto now = full_status();
  now.success_of_changes = success_of(24, {.all = 24, .wrong = 24});
  now.success_at_rest = success_of(300, {});
  const auto text = render_text(now);
  EXPECT_THAT(text, HasSubstr("success     changes: 24 of about 24 keys wrong (100 %)"));
  EXPECT_THAT(text, HasSubstr("            items at rest: 0 of 300 keys wrong"));
  const auto rates = json::parse(render_json(now));
  EXPECT_EQ(rates["success_rate"]["value"], 0.0) << "of changes, where some were checked";
  now.success_of_changes.reset();
  EXPECT_EQ(json::parse(render_json(now))["success_rate"]["value"], 1.0);
  EXPECT_THAT(render_text(now), HasSubstr("success     items at rest: 0 of 300"));
}

TEST(render_text, tells_what_a_comparison_stands_on_where_there_is_one) {
  auto now = full_status();
  now.stands_on.reset();
  EXPECT_THAT(render_text(now), Not(HasSubstr("since the comparison began")));
  now.stands_on = evidence{.changes = {.sample_rate = 10, .ignored = {}},
                           .at_rest = {.sample_rate = 1, .ignored = {}}};
  EXPECT_THAT(render_text(now), HasSubstr("; since the comparison began: 1 key in 10; items at "
                                          "rest: every key"));
}

TEST(render_text, names_unknown_events_only_where_there_are_some) {
  auto now = full_status();
  EXPECT_THAT(render_text(now), HasSubstr("1 unknown"));
  now.events.unknown = 0;
  EXPECT_THAT(render_text(now), Not(HasSubstr("unknown")));
}

TEST(render_comparison, tells_what_is_equal_only_because_attributes_are_left_out) {
  auto now = compared_status();
  EXPECT_THAT(render_comparison(now), Not(HasSubstr("equal only thanks to")));
  now.compared->seen.equal_by_ignoring = 1;
  EXPECT_THAT(render_comparison(now), HasSubstr("1 are equal only thanks to --ignore-attribute"));
}

TEST(render_comparison, shows_the_rate_of_items_at_rest_and_what_became_of_each_candidate) {
  auto now = compared_status();
  now.success_at_rest = success_at_rest(now);
  EXPECT_THAT(render_comparison(now),
              HasSubstr("success     items at rest: 1 of 200 keys wrong (0.5 %)"));
  now.compared->progress.candidates = 9;
  now.compared->progress.candidates_closed = 8;
  now.compared->progress.candidates_restless = 1;
  now.compared->progress.candidates_twice = 1;
  EXPECT_THAT(
      comparison_lines(*now.compared),
      testing::Contains(
          "9 keys looked unequal: 1 being judged, 3 equal after all, 1 confirmed, 2 changed "
          "meanwhile and are checked as changes, 1 never at rest, 1 named twice"));
}

TEST(success_of, counts_nothing_that_cannot_be_read_and_never_more_wrong_than_keys) {
  EXPECT_FALSE(success_of(0, {}));
  EXPECT_FALSE(success_of(2, {.all = 2, .unreadable = 2})) << "nothing is known of them";
  EXPECT_EQ(success_of(10, {.all = 4, .wrong = 1, .unreadable = 3})->keys, 7);
  const auto more_than_estimated = success_of(199, {.all = 200, .wrong = 200});
  EXPECT_EQ(more_than_estimated->keys, 200);
  EXPECT_EQ(more_than_estimated->rate.value, 0.0);
}

TEST(success_of, counts_as_wrong_what_was_only_counted_and_never_calls_that_no_failure) {
  auto now = full_status();
  now.unlisted.open = {19, 0, 0, 0, 0, 7, 0};
  now.success_of_changes = success_of(40, {.all = 1, .wrong = 1}, 19);
  EXPECT_EQ(now.success_of_changes->wrong, 20);
  EXPECT_THAT(render_text(now), HasSubstr("changes: 20 of about 40 keys wrong (50 %)"));
  EXPECT_THAT(render_text(now),
              HasSubstr("; 19 of them only counted, a key perhaps more than once"));
  EXPECT_EQ(success_of(10, {.all = 1, .wrong = 1}, 19)->wrong, 10) << "never more than keys";
  // Those of another population are not in this one; "no failure" would be too much said.
  now.success_of_changes = success_of(40, {});
  EXPECT_THAT(render_text(now), Not(HasSubstr("at most")));
  now.unlisted.open = {0, 0, 0, 0, 0, 7, 0};  // a comparison made up for the others
  EXPECT_THAT(render_text(now), HasSubstr("at most"));
}

TEST(render_text, tells_the_failed_changes_of_what_is_not_listed) {
  auto now = full_status();
  now.checks.failed = 3;
  now.checks.failed_unlisted = 2;
  EXPECT_THAT(render_text(now),
              HasSubstr("1 missing open: 1 with 1 failed changes, 0 by a comparison alone; 2 more "
                        "confirmed with 2 failed changes, not listed"));
  EXPECT_EQ(json::parse(render_json(now))["checks"]["failed_unlisted"], 2);
}

TEST(table_settings, are_told_where_they_differ_and_are_not_accepted) {
  using enum dynamodb::parity;
  auto now = full_status();
  EXPECT_THAT(render_text(now), Not(HasSubstr("settings")));
  now.table_settings->rows = {
      {.name = "billing", .state = equal},
      {.name = "pitr", .state = unknown},
      {.name = "stream", .source = "on", .target = "off", .state = different},
      {.name = "tags", .source = "a", .target = "b", .state = accepted},
      {.name = "ttl", .source = "on", .target = "off", .state = different}};
  EXPECT_THAT(render_text(now), HasSubstr("\n  settings    differ: stream, ttl (see report)\n"));
  now.table_settings->trouble = "throttled";
  EXPECT_THAT(render_text(now),
              HasSubstr("differ: stream, ttl (see report); the last look failed: throttled\n"));
  now.table_settings.reset();
  EXPECT_THAT(render_text(now), Not(HasSubstr("settings")));
}

TEST(table_settings, are_told_to_programs_one_by_one) {
  using enum dynamodb::parity;
  auto now = full_status();
  now.table_settings->rows = {{.name = "pitr", .source = "on", .state = unknown},
                              {.name = "ttl", .source = "on", .target = "off", .state = different}};
  now.table_settings->trouble = "no answer";
  EXPECT_EQ(json::parse(render_json(now))["table_settings"], json::parse(R"({
    "looked_at": "2026-01-01T00:00:00Z", "trouble": "no answer", "different": 1, "unknown": 1,
    "rows": [{"name": "pitr", "source": "on", "target": null, "state": "unknown"},
             {"name": "ttl", "source": "on", "target": "off", "state": "different"}]})"));
  now.table_settings.reset();
  EXPECT_TRUE(json::parse(render_json(now))["table_settings"].is_null());
}

TEST(render_ending, says_verdict_reasons_and_what_is_open) {
  const auto text = render_ending(full_status());
  EXPECT_THAT(text, HasSubstr("2026-01-01T00:00:00Z  verdict: NO-GO\n  - 1 confirmed mismatch"));
  EXPECT_THAT(text, HasSubstr("\n  mismatches  1 missing open"));
  EXPECT_THAT(text, Not(HasSubstr("events")));
}

}  // namespace
}  // namespace ddm::report
