#include "summary/facts_sample.h"

#include "report/derive.h"

namespace ddm::summary {
namespace {

using namespace std::chrono_literals;

report::status status_at_go() {
  report::status now;
  now.at = sample_time;
  now.about = {.migration = "orders",
               .command = "monitor",
               .version = "1.2.3",
               .started = sample_time - 2h,
               .tables = {.source = {.name = "orders",
                                     .arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
                                     .table_id = "id-of-source",
                                     .account = "111122223333",
                                     .region = "eu-west-1",
                                     .endpoint = "https://dynamodb.eu-west-1.amazonaws.com"},
                          .target = {.name = "orders-new",
                                     .arn = "arn:aws:dynamodb:eu-west-1:444455556666:table/o",
                                     .table_id = "id-of-target",
                                     .account = "444455556666",
                                     .region = "eu-west-1",
                                     .endpoint = "https://dynamodb.eu-west-1.amazonaws.com"}},
               .stream = report::stream_facts{.arn = "arn:stream",
                                              .view_type = "NEW_AND_OLD_IMAGES",
                                              .of = side::source,
                                              .region = "eu-west-1",
                                              .endpoint = "https://streams"},
               .settings = {{.name = "max-lag", .value = "1m"}},
               .state_file = "orders.monitor.db",
               .findings_file = "it's.findings.jsonl"};
  now.verdict_since = sample_time - 12min;
  now.events.unique = 350;
  now.events.insert = 350;
  now.checks.sampled = 350;
  now.checks.verified = 350;
  now.checks.deletes = 7;
  now.keys_changed = 343;
  now.keys_checked = 343;
  now.table_items = 4000;
  now.lag.add(1200ms, false);
  now.compared =
      compare::comparison_view{.progress = {.started_ms = to_ms(sample_time - 1h),
                                            .finished_ms = to_ms(sample_time - 50min),
                                            .segments = 4,
                                            .segments_done = 4,
                                            .parts = 1,
                                            .parts_joined = 1,
                                            .made_by = "monitor"},
                               .seen = {.source_items = 4000, .target_items = 4000, .equal = 4000}};
  now.baseline_complete = true;
  now.table_settings = {.rows = {{.name = "billing", .source = "on demand", .target = "on demand"},
                                 {.name = "ttl", .source = "on expires", .target = "on expires"}},
                        .looked_at = sample_time - 20min,
                        .trouble = {}};
  now.stands_on.emplace();
  now.settled = true;
  now.unread_for = 1s;
  now.source_units = 100;
  report::derive(now);
  return now;
}

facts facts_of(report::status now, monitor::stored_run run) {
  facts of{.state_file = "orders.monitor.db",
           .stored = {.source = "the source", .target = "the target", .runs = {}},
           .stream_began = sample_time - 2h,
           .last_write = sample_time - 3min,
           .shards = {.listed = 4, .read = 3, .skipped = 1},
           .oldest_pending = std::nullopt,
           .points = {},
           .findings = {},
           .made = sample_time + 5s};
  run.status = std::move(now);
  of.stored.runs.push_back(std::move(run));
  for (int minute = 0; minute < 30; ++minute) {
    of.points.push_back(R"({"at":")" +
                        format_rfc3339(sample_time - 30min + std::chrono::minutes(minute)) +
                        R"(","verdict":")" + (minute < 18 ? "WAIT" : "GO") +
                        R"(","lag_ms_p50":500.0,"lag_ms_p99":1200.0,"open_keys_all":0.0})");
  }
  return of;
}

verify::mismatch finding(std::string key, verify::mismatch_kind kind,
                         std::vector<verify::path_change> paths) {
  verify::mismatch made;
  made.key.json = std::move(key);
  made.key.hash = {.high = 1, .low = 2};
  made.kind = kind;
  made.paths = std::move(paths);
  made.first_seen = sample_time - 5min;
  made.confirmed_at = sample_time - 4min;
  return made;
}

}  // namespace

facts facts_at_go() {
  return facts_of(status_at_go(), {.command = "monitor", .status = {}, .age = 5s, .at_work = true});
}

facts facts_with_defects() {
  auto of = facts_at_go();
  auto& now = of.stored.runs.front().status;
  now.mismatches.add({.kind = verify::mismatch_kind::missing, .entries = 1, .changes = 1});
  now.mismatches.add({.kind = verify::mismatch_kind::different, .entries = 1, .changes = 1});
  now.gaps.push_back({.stream_arn = "arn:stream",
                      .shard_id = "shardId-7",
                      .after_sequence = "42",
                      .noticed = sample_time - 1h,
                      .reason = "records were trimmed before they were read"});
  report::derive(now);
  of.findings.newest = {
      finding(R"({"id":{"S":"a"}})", verify::mismatch_kind::missing, {}),
      finding(R"({"id":{"S":"b"}})", verify::mismatch_kind::different,
              {{.path = "address.city", .change = "changed"}, {.path = "n", .change = "removed"}})};
  of.findings.groups = {
      {.kind = verify::mismatch_kind::different, .path = "address.city", .keys = 1},
      {.kind = verify::mismatch_kind::missing, .path = "", .keys = 1}};
  of.findings.looked_at = 2;
  return of;
}

facts facts_of_killed() {
  auto of = facts_at_go();
  auto& run = of.stored.runs.front();
  run.at_work = false;
  run.age = 10min;
  run.held = {.kind = report::verdict_kind::go, .since = sample_time - 12min, .until = sample_time};
  run.status.troubles.emplace_back("GO was held until 2026-01-01T00:00:00Z: it was killed");
  report::derive(run.status);
  of.made = sample_time + 10min;
  return of;
}

std::string evil_text() {
  return "<img src=x onerror=alert(1)>\"'&|`code` @everyone [a](http://evil.example) "
         "www.evil.example $x$ #1\x1b]0;owned\x07\xe2\x80\xae"
         "gnp\n# FORGED\r\n| FORGED";
}

facts facts_with_evil_text() {
  auto of = facts_with_defects();
  const auto evil = evil_text();
  auto& now = of.stored.runs.front().status;
  for (auto* table : {&now.about.tables.source, &now.about.tables.target}) {
    for (auto* text : {&table->name, &table->arn, &table->table_id, &table->account, &table->region,
                       &table->endpoint}) {
      *text = evil;
    }
  }
  for (auto* text :
       {&now.about.migration, &now.about.version, &now.about.findings_file, &now.about.stream->arn,
        &now.about.stream->view_type, &now.failure, &of.state_file, &of.stored.source,
        &now.gaps.front().reason, &now.gaps.front().shard_id}) {
    *text = evil;
  }
  now.about.settings = {{.name = evil, .value = evil}};
  now.asked.ignored = {evil};
  now.verdict.reasons = {evil, evil};
  for (auto& each : of.findings.newest) {
    each.key.json = evil;
    each.paths = {{.path = evil, .change = evil}};
  }
  for (auto& group : of.findings.groups) {
    group.path = evil;
  }
  of.stored.runs.front().command = evil;
  now.mismatches.add({.kind = verify::mismatch_kind::stale, .entries = 500, .changes = 1});
  return of;
}

}  // namespace ddm::summary
