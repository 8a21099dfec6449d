#include "report/stored_status.h"

#include "report/derive.h"
#include "report/render.h"

#include <gtest/gtest.h>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;

// Each member other than it is at first, so that one that is not stored is missed.

void fill_facts(status& now) {
  now.about = {.migration = "orders",
               .command = "monitor",
               .version = "1.2.3",
               .started = from_ms(1'794'900'000'000),
               .tables = {.source = {.name = "orders",
                                     .arn = "arn:aws:dynamodb:eu-west-1:1:table/orders",
                                     .table_id = "a-b",
                                     .account = "1",
                                     .region = "eu-west-1",
                                     .endpoint = "https://x"},
                          .target = {.name = "orders-new"}},
               .stream = stream_facts{.arn = "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/L",
                                      .view_type = "NEW_IMAGE",
                                      .of = side::target,
                                      .region = "eu-west-1",
                                      .endpoint = "https://y"},
               .settings = {{.name = "max-lag", .value = "60s"}},
               .state_file = "/s.db",
               .findings_file = "/f.jsonl"};
  now.credentials = {{.of = "source",
                      .access_key_id = "AKIA1",
                      .ends = from_ms(1'795'000'900'000),
                      .renewed = true},
                     {.of = "target", .access_key_id = "AKIA2"}};
  now.alerts = {.told = 3, .failed = 1, .waiting = 2, .last_failure = "no answer"};
  now.committed_at = from_ms(1'795'000'000'000);
  now.verdict_since = from_ms(1'794'990'000'000);
}

void fill_counters(status& now) {
  now.at = from_ms(1'795'000'000'123);
  now.running = 5h;
  now.ended = true;
  now.failure = "the disk is full";
  now.unsaved_because = "no room";
  now.events = {.total = 90,
                .unique = 88,
                .insert = 40,
                .modify = 30,
                .remove = 17,
                .ttl_remove = 5,
                .unknown = 1};
  now.events_per_second = 12.5;
  now.checks = {.sampled = 70,
                .verified = 50,
                .superseded = 2,
                .deferred = 3,
                .failed = 9,
                .healed = 4,
                .equal_by_ignoring = 1,
                .deletes = 8,
                .left_to_baseline = 6,
                .failed_unlisted = 7,
                .failed_unlisted_deletes = 2,
                .unlisted = 5};
  now.pending = 2;
  now.check_bytes = 1024;
  now.keys_changed = 60;
  now.keys_checked = 55;
  now.sample_rate = 10;
  now.table_items = 1'000'000;
  now.open_of_period = {.all = 3, .wrong = 2, .unreadable = 1};
  now.success_interval = 0.75;
  now.lag.add(250ms, false);
  now.lag.add(4s, true);
  now.compared = compare::comparison_view{.progress = {.started_ms = 11,
                                                       .segments = 8,
                                                       .sample_rate = 2,
                                                       .attempt = 3,
                                                       .segments_done = 4,
                                                       .scanned = {.equal = 70, .bytes = 99},
                                                       .candidates = 12,
                                                       .candidates_closed = 9,
                                                       .candidates_unequal = 5,
                                                       .epoch = 2,
                                                       .ignored = "a,b",
                                                       .made_by = "monitor"},
                                          .seen = {.source_items = 100, .equal = 80},
                                          .seen_in_process = 30,
                                          .reading = 7s,
                                          .expected_items = 200};
  now.comparing = true;
  now.comparison_trouble = "the source cannot be read";
  now.stands_on = evidence{.changes = {.sample_rate = 10, .ignored = {"x"}},
                           .at_rest = {.sample_rate = 2, .ignored = {"a", "b"}},
                           .at_rest_suffices = true};
  now.asked = {.sample_rate = 10, .ignored = {"x"}};
  now.stream_of = side::target;
}

status full() {
  status now;
  fill_facts(now);
  fill_counters(now);
  now.settle = 5min;
  now.well_for = 3min;
  now.accept_sampled = true;
  now.mismatches.add({.kind = verify::mismatch_kind::stale,
                      .period = 2,
                      .comparison_ms = 11,
                      .entries = 4,
                      .at_rest = 1,
                      .changes = 9});
  now.unlisted.open.at(1) = 3;
  now.unlisted_at_rest = 2;
  now.newest = {{.kind = verify::mismatch_kind::stale,
                 .key = R"({"pk":{"S":"b"}})",
                 .first_seen = from_ms(1'794'000'000'001)}};
  now.finding_lines_used_up = true;
  now.has_ttl = false;
  now.shards = {.open = 4,
                .waiting = 1,
                .done = 9,
                .unread = 2,
                .unread_for = 3s,
                .unanswered = 1,
                .unlisted_because = "throttled",
                .behind = 2s,
                .retention_left = 20h,
                .failing = 1,
                .failure = "denied",
                .pauses = 6,
                .off = "turned off"};
  now.read_as_asked = true;
  now.source_units = 1.5;
  now.target_units = 2.5;
  now.stream_calls = 1000;
  now.asked_of_tables = {
      .source = {.operations = {{.operation = "Scan", .calls = 5, .retries = 1, .throttled = 1},
                                {.operation = "GetItem", .calls = 7}},
                 .pauses = 2},
      .target = {.operations = {{.operation = "GetItem", .calls = 7}}}};
  now.asked_of_stream = {.operations = {{.operation = "GetRecords", .calls = 9, .throttled = 4}}};
  now.last_write = from_ms(1'794'999'000'000);
  now.table_settings = {.rows = {{.name = "ttl",
                                  .source = "off",
                                  .target = std::nullopt,
                                  .state = dynamodb::parity::accepted}},
                        .looked_at = from_ms(1'795'000'000'456),
                        .trouble = "no answer"};
  now.mismatch_groups = {{.kind = verify::mismatch_kind::stale, .path = "a.b", .keys = 4}};
  now.is_behind = true;
  now.behind = catching_up{.late = 90s, .remaining = 10min};
  now.unread_for = 3s;
  now.judged_after = 60s;
  now.late = {.unmet = 2, .unlooked = 3, .unjudgeable = 1};
  now.answering_comparison = 1;
  now.restless_candidates = 2;
  now.unhealable = 3;
  now.freeze_at = from_ms(1'794'000'000'000);
  now.writes_after_freeze = 4;
  now.first_write_after_freeze = R"({"pk":{"S":"a"}})";
  now.ttl_deletes_after_freeze = 5;
  now.troubles = {"the target does not answer"};
  now.verdict = {.kind = verdict_kind::no_go, .reasons = {"1 confirmed mismatch is open"}};
  return now;
}

TEST(stored_status, tells_the_same_in_every_form) {
  for (auto now : {status{}, full()}) {
    auto again = decode_figures(encode_figures(now));
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(encode_figures(*again), encode_figures(now));
    derive(now);
    derive(*again);
    EXPECT_EQ(render_json(*again), render_json(now));
    EXPECT_EQ(render_text(*again), render_text(now));
    if (now.compared) {
      EXPECT_EQ(render_comparison(*again), render_comparison(now));
    }
    EXPECT_EQ(again->verdict.reasons, now.verdict.reasons);
  }
}

TEST(stored_status, of_an_earlier_version_lacks_what_came_later) {
  const auto now = decode_figures(R"({"pending":7,"something":"else"})");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->pending, 7);
  EXPECT_EQ(now->keys_checked, 0U);
}

TEST(stored_status, that_is_damaged_is_an_error) {
  for (const auto* text : {"",
                           "{",
                           "[]",
                           "7",
                           R"({"pending":"many"})",
                           R"({"pending":-1.5})",
                           R"({"keys_checked":-1})",
                           R"({"ended":1})",
                           R"({"lag":"x"})",
                           R"({"mismatches":{"open":[1]}})",
                           R"({"stream_of":"both"})",
                           R"({"mismatches":{"by_period":{"x":{}}}})",
                           R"({"troubles":[1]})",
                           R"({"at":-9223372036854775808})",
                           R"({"running":9000000000000000000})",
                           R"({"compared":{"progress":{"started_ms":9000000000000000000}}})",
                           R"({"newest":[{"kind":"odd"}]})",
                           R"({"newest":[{"kind":1}]})",
                           R"({"verdict":{"kind":"MAYBE"}})",
                           R"({"table_settings":{"rows":[{"state":"odd"}]}})"}) {
    EXPECT_FALSE(decode_figures(text)) << text;
  }
}

}  // namespace
}  // namespace ddm::report
