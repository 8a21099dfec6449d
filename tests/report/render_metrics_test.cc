#include "report/render_metrics.h"

#include "report/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <vector>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

metrics_page page_of(const std::vector<status>& runs) {
  auto found = parse_metrics_page(render_metrics(runs));
  EXPECT_THAT(found.faults, IsEmpty());
  return found;
}

metrics_page page_of(const status& run) { return page_of(std::vector{run}); }

status fresh() {
  status now;
  now.about.migration = "orders";
  now.about.command = "monitor";
  now.about.version = "1.2.3";
  now.unread_for.reset();
  now.shards.behind.reset();
  return now;
}

compare::comparison_view some_comparison() {
  return {.progress = {.started_ms = 1'767'222'100'000,
                       .finished_ms = 1'767'223'000'500,
                       .segments = 64,
                       .segments_done = 16,
                       .candidates = 21,
                       .candidates_closed = 20,
                       .candidates_equal = 6,
                       .candidates_unequal = 5,
                       .candidates_restless = 3,
                       .candidates_twice = 2},
          .seen = {.source_items = 2000, .target_items = 1900, .equal = 196}};
}

/// Each figure is another number, so that none can stand in for another.
status full() {
  auto now = fresh();
  now.at = from_ms(1'767'225'600'000);
  now.about.started = from_ms(1'767'222'000'000);
  now.credentials = {
      {.of = "source", .access_key_id = "AKIA1", .ends = now.at + 2h, .renewed = true},
      {.of = "target", .access_key_id = "AKIA2", .ends = now.at + 3h},
      {.of = "stream", .access_key_id = "AKIA2", .ends = now.at + 3h}};
  now.committed_at = from_ms(1'767'225'599'250);
  now.table_settings.emplace().rows = {{.name = "ttl"},
                                       {.name = "pitr", .state = dynamodb::parity::unknown}};
  now.table_settings->looked_at = now.at;
  now.verdict_since = from_ms(1'767'225'000'000);
  now.freeze_at = from_ms(1'767'224'000'000);
  now.writes_after_freeze = 2;
  now.ttl_deletes_after_freeze = 31;
  now.events = {.total = 1012,
                .unique = 1010,
                .insert = 401,
                .modify = 302,
                .remove = 206,
                .ttl_remove = 17,
                .unknown = 101};
  now.checks = {.sampled = 800,
                .verified = 613,
                .superseded = 124,
                .deferred = 35,
                .failed = 6,
                .healed = 18,
                .left_to_baseline = 77};
  now.pending = 4;
  now.check_bytes = 4096;
  now.keys_changed = 907;
  now.keys_checked = 708;
  now.success_of_changes = success{.keys = 708, .wrong = 6, .rate = {.value = 0.75}};
  for (const auto lag : {300ms, 1200ms, 1200ms, 45'000ms}) {
    now.lag.add(lag, lag == 300ms);
  }
  now.mismatches.open = {3, 1, 0, 2, 0, 9, 8};
  now.unlisted.open = {0, 5, 0, 0, 0, 0, 0};
  now.shards.open = 12;
  now.shards.waiting = 13;
  now.shards.done = 14;
  now.shards.behind = 90'500ms;
  now.shards.retention_left = 23h;
  now.unread_for = 95s;
  now.gaps.resize(3);
  now.gaps.back().cured = true;
  now.is_behind = true;
  now.behind = catching_up{.late = 61'500ms};
  now.compared = some_comparison();
  now.comparing = true;
  now.source_units = 1.5;
  now.target_units = 2.25;
  now.stream_calls = 78;
  now.usd = 0.125;
  now.asked_of_tables.source = {
      .operations = {{.operation = "Scan", .calls = 1000, .retries = 10, .throttled = 3}},
      .pauses = 1};
  now.asked_of_tables.target = {
      .operations = {{.operation = "BatchGetItem", .calls = 1990, .retries = 20, .throttled = 4},
                     {.operation = "DescribeTable", .calls = 10}},
      .pauses = 2};
  now.asked_of_stream = {
      .operations = {{.operation = "GetRecords", .calls = 3000, .retries = 30, .throttled = 5}},
      .pauses = 6};
  now.phase = phase::catching_up;
  now.verdict.kind = verdict_kind::no_go;
  return now;
}

TEST(render_metrics, is_held_to_the_sample_that_alerts_dashboard_and_document_are_held_to) {
  auto compare = fresh();
  compare.about.command = "compare";
  compare.follows_stream = false;
  compare.phase = phase::baseline;
  const auto text = render_metrics(std::vector{full(), compare});
  std::ifstream file(DDM_METRICS_SAMPLE);
  const std::string sample{std::istreambuf_iterator<char>(file), {}};
  const auto actual = testing::TempDir() + "metrics_sample.txt";
  if (text != sample) {
    std::ofstream(actual) << text;
  }
  EXPECT_EQ(text, sample) << "the text of now is in " << actual;
}

TEST(render_metrics, tells_which_verdict_and_phase_it_is_and_which_it_is_not) {
  auto now = fresh();
  for (const auto& [kind, name] :
       std::map<verdict_kind, std::string>{{verdict_kind::go, "go"},
                                           {verdict_kind::go_sampled, "go_sampled"},
                                           {verdict_kind::wait, "wait"},
                                           {verdict_kind::no_go, "no_go"}}) {
    now.verdict.kind = kind;
    const auto found = page_of(now);
    for (const auto* each : {"go", "go_sampled", "wait", "no_go"}) {
      EXPECT_EQ(found.value("ddm_verdict", {{"verdict", each}}), each == name ? 1 : 0);
    }
  }
  for (const auto& [is, name] : std::map<phase, std::string>{{phase::importing, "importing"},
                                                             {phase::catching_up, "catching_up"},
                                                             {phase::baseline, "baseline"},
                                                             {phase::steady, "steady"}}) {
    now.phase = is;
    const auto found = page_of(now);
    for (const auto* each : {"importing", "catching_up", "baseline", "steady"}) {
      EXPECT_EQ(found.value("ddm_phase", {{"phase", each}}), each == name ? 1 : 0);
    }
  }
}

TEST(render_metrics, tells_whether_the_run_is_over_and_when_things_happened) {
  auto now = full();
  const auto going = page_of(now);
  EXPECT_EQ(going.value("ddm_run_ended", {}), 0);
  EXPECT_EQ(going.value("ddm_run_failed", {}), 0);
  EXPECT_EQ(going.value("ddm_process_start_timestamp_seconds", {}), 1'767'222'000);
  EXPECT_EQ(going.value("ddm_status_timestamp_seconds", {}), 1'767'225'600);
  EXPECT_EQ(going.value("ddm_last_commit_timestamp_seconds", {}), 1'767'225'599.25);
  EXPECT_EQ(going.value("ddm_verdict_change_timestamp_seconds", {}), 1'767'225'000);
  EXPECT_EQ(going.value("ddm_freeze_timestamp_seconds", {}), 1'767'224'000);
  EXPECT_EQ(going.value("ddm_writes_after_freeze", {{"by", "writer"}}), 2);
  EXPECT_EQ(going.value("ddm_writes_after_freeze", {{"by", "ttl"}}), 31);
  now.ended = true;
  now.failure = "the disk is full";
  const auto over = page_of(now);
  EXPECT_EQ(over.value("ddm_run_ended", {}), 1);
  EXPECT_EQ(over.value("ddm_run_failed", {}), 1);
}

TEST(render_metrics, values_of_a_label_share_nothing_and_add_up) {
  const auto now = full();
  const auto found = page_of(now);
  EXPECT_EQ(found.value("ddm_events_read_total", {}), 1012);
  EXPECT_EQ(found.value("ddm_events_total", {{"kind", "remove"}}), 189);
  EXPECT_EQ(found.value("ddm_events_total", {{"kind", "ttl_remove"}}), 17);
  double events = 0;
  for (const auto& kind : found.values_of("ddm_events_total", "kind")) {
    events += found.value("ddm_events_total", {{"kind", kind}}).value();
  }
  EXPECT_EQ(events, static_cast<double>(now.events.unique));

  EXPECT_EQ(found.value("ddm_checks_total", {{"outcome", "left_to_baseline"}}), 77);
  EXPECT_EQ(found.value("ddm_checks_failed", {}), 6);
  EXPECT_EQ(found.value("ddm_checks_open", {{"state", "pending"}}), 4);
  EXPECT_EQ(found.value("ddm_checks_open", {{"state", "deferred"}}), 35);
  double sampled = found.value("ddm_checks_failed", {}).value();
  for (const auto* outcome : {"verified", "superseded", "healed"}) {
    sampled += found.value("ddm_checks_total", {{"outcome", outcome}}).value();
  }
  for (const auto* state : {"pending", "deferred"}) {
    sampled += found.value("ddm_checks_open", {{"state", state}}).value();
  }
  EXPECT_EQ(sampled, static_cast<double>(now.checks.sampled));

  double candidates = 0;
  for (const auto& outcome : found.values_of("ddm_comparison_candidates", "outcome")) {
    candidates += found.value("ddm_comparison_candidates", {{"outcome", outcome}}).value();
  }
  EXPECT_EQ(candidates, 21);
}

TEST(render_metrics, tells_keys_and_mismatches) {
  const auto found = page_of(full());
  EXPECT_EQ(found.value("ddm_checks_open_bytes", {}), 4096);
  EXPECT_EQ(found.value("ddm_keys_changed", {}), 907);
  EXPECT_EQ(found.value("ddm_keys_checked", {}), 708);
  EXPECT_EQ(found.value("ddm_keys_right_ratio", {{"of", "changes"}}), 0.75);
  EXPECT_EQ(found.value("ddm_mismatches_open", {{"kind", "missing"}}), 3);
  EXPECT_EQ(found.value("ddm_mismatches_open", {{"kind", "stale"}}), 0);
  EXPECT_EQ(found.value("ddm_mismatches_open", {{"kind", "unreadable"}}), 8);
  EXPECT_EQ(found.value("ddm_mismatches_unlisted", {{"kind", "different"}}), 5);
}

TEST(render_metrics, lags_are_a_histogram_that_grows_from_limit_to_limit) {
  const auto found = page_of(full());
  const auto within = [&](const std::string& le) {
    return found.value("ddm_lag_seconds_bucket", {{"le", le}});
  };
  EXPECT_EQ(within("0.25"), 0);
  EXPECT_EQ(within("0.5"), 1);
  EXPECT_EQ(within("2.5"), 3);
  EXPECT_EQ(within("30"), 3);
  EXPECT_EQ(within("60"), 4);
  EXPECT_EQ(within("+Inf"), 4);
  EXPECT_EQ(found.value("ddm_lag_seconds_count", {}), 4);
  EXPECT_NEAR(found.value("ddm_lag_seconds_sum", {}).value(), 47.7, 47.7 * 0.02);
  EXPECT_EQ(found.value("ddm_lag_upper_bounds_total", {}), 1);
  double limit_before = 0;
  double count_before = 0;
  for (const auto& each : found.families) {
    for (const auto& [name, labels] : each.series) {
      if (name != "ddm_lag_seconds_bucket") {
        continue;
      }
      const auto limit = std::strtod(labels.at("le").c_str(), nullptr);
      const auto count = found.values.at({name, labels});
      EXPECT_GT(limit, limit_before);
      EXPECT_GE(count, count_before);
      limit_before = limit;
      count_before = count;
    }
  }
  EXPECT_TRUE(std::isinf(limit_before));
}

TEST(render_metrics, tells_how_far_reading_is) {
  auto now = full();
  const auto found = page_of(now);
  EXPECT_EQ(found.value("ddm_stream_behind_seconds", {}), 90.5);
  EXPECT_EQ(found.value("ddm_stream_retention_left_seconds", {}), 23 * 3600);
  EXPECT_EQ(found.value("ddm_stream_read_up_to_age_seconds", {}), 95);
  EXPECT_EQ(found.value("ddm_replication_behind_seconds", {}), 61.5);
  EXPECT_EQ(found.value("ddm_shards", {{"state", "open"}}), 12);
  EXPECT_EQ(found.value("ddm_shards", {{"state", "waiting"}}), 13);
  EXPECT_EQ(found.value("ddm_shards", {{"state", "done"}}), 14);
  EXPECT_EQ(found.value("ddm_gaps", {{"state", "open"}}), 2);
  EXPECT_EQ(found.value("ddm_gaps", {{"state", "cured"}}), 1);
  now.is_behind = false;
  now.behind.reset();
  EXPECT_EQ(page_of(now).value("ddm_replication_behind_seconds", {}), 0);
}

TEST(render_metrics, tells_how_far_the_comparison_is) {
  const auto found = page_of(full());
  EXPECT_EQ(found.value("ddm_comparison_running", {}), 1);
  EXPECT_EQ(found.value("ddm_comparison_segments", {}), 64);
  EXPECT_EQ(found.value("ddm_comparison_segments_done", {}), 16);
  EXPECT_EQ(found.value("ddm_comparison_items", {{"side", "source"}}), 2000);
  EXPECT_EQ(found.value("ddm_comparison_items", {{"side", "target"}}), 1900);
  EXPECT_EQ(found.value("ddm_comparison_keys", {}), 196 + 6 + 5 + 4);
  EXPECT_EQ(found.value("ddm_comparison_candidates", {{"outcome", "open"}}), 1);
  EXPECT_EQ(found.value("ddm_comparison_candidates", {{"outcome", "changed"}}), 4);
  EXPECT_EQ(found.value("ddm_comparison_start_timestamp_seconds", {}), 1'767'222'100);
  EXPECT_EQ(found.value("ddm_comparison_finish_timestamp_seconds", {}), 1'767'223'000.5);
}

TEST(render_metrics, tells_what_is_asked_of_the_services_and_with_what) {
  const auto found = page_of(full());
  using labels = std::map<std::string, std::string>;
  const auto of = [](const char* service, const char* operation) {
    return labels{{"service", service}, {"operation", operation}};
  };
  EXPECT_EQ(found.value("ddm_calls_total", of("source", "Scan")), 1000);
  EXPECT_EQ(found.value("ddm_calls_total", of("source", "GetItem")), 0) << "there from the start";
  EXPECT_EQ(found.value("ddm_calls_total", of("target", "DescribeTable")), 10);
  EXPECT_EQ(found.value("ddm_call_retries_total", of("target", "BatchGetItem")), 20);
  EXPECT_EQ(found.value("ddm_calls_throttled_total", of("stream", "GetRecords")), 5);
  EXPECT_EQ(found.value("ddm_call_pauses_total", {{"service", "stream"}}), 6);
  EXPECT_EQ(found.value("ddm_read_units_total", {{"side", "source"}}), 1.5);
  EXPECT_EQ(found.value("ddm_read_units_total", {{"side", "target"}}), 2.25);
  EXPECT_EQ(found.value("ddm_stream_calls_total", {}), 78);
  EXPECT_EQ(found.value("ddm_cost_usd_total", {}), 0.125);
  EXPECT_EQ(found.value("ddm_credentials_expiry_timestamp_seconds", {{"of", "source"}}),
            1'767'232'800);
  EXPECT_EQ(found.value("ddm_credentials_renewed", {{"of", "source"}}), 1);
  EXPECT_EQ(found.value("ddm_credentials_renewed", {{"of", "target"}}), 0);
}

TEST(render_metrics, operations_that_are_seldom_asked_are_told_when_they_were) {
  auto now = fresh();
  now.asked_of_tables.source.operations = {{.operation = "DescribeImport", .calls = 1}};
  EXPECT_EQ(page_of(now).value("ddm_calls_total",
                               {{"service", "source"}, {"operation", "DescribeImport"}}),
            1);
}

TEST(render_metrics, every_value_of_a_label_is_there_before_anything_has_happened) {
  const auto found = page_of(fresh());
  const auto busy = page_of(full());
  for (const auto& each : busy.families) {
    if (each.name.ends_with("timestamp_seconds") || each.name.starts_with("ddm_credentials")) {
      continue;  // there once there is such a moment, such credentials
    }
    for (const auto& [name, labels] : each.series) {
      const auto at = found.values.find({name, labels});
      ASSERT_NE(at, found.values.end()) << name;
      const bool is_state =
          name == "ddm_build_info" || name == "ddm_verdict" || name == "ddm_phase";
      EXPECT_TRUE(at->second == 0 || std::isnan(at->second) || is_state) << name;
    }
  }
}

TEST(render_metrics, what_is_not_known_is_no_number) {
  const auto found = page_of(fresh());
  for (const auto* name : {"ddm_stream_behind_seconds", "ddm_stream_retention_left_seconds",
                           "ddm_stream_read_up_to_age_seconds"}) {
    EXPECT_TRUE(std::isnan(found.value(name, {}).value())) << name;
  }
  for (const auto* of : {"changes", "items_at_rest"}) {
    EXPECT_TRUE(std::isnan(found.value("ddm_keys_right_ratio", {{"of", of}}).value()));
  }
  for (const auto& each : found.families) {
    if (each.name.ends_with("_timestamp_seconds")) {
      EXPECT_THAT(each.series, IsEmpty()) << each.name;
    }
  }
  EXPECT_EQ(found.count("ddm_credentials_renewed"), 0U);

  auto keys = fresh();
  keys.credentials = {{.of = "source", .access_key_id = "AKIA1"}};
  EXPECT_EQ(page_of(keys).count("ddm_credentials_expiry_timestamp_seconds"), 0U);
  EXPECT_EQ(page_of(keys).value("ddm_credentials_renewed", {{"of", "source"}}), 0);

  auto late = fresh();
  late.is_behind = true;
  EXPECT_TRUE(std::isnan(page_of(late).value("ddm_replication_behind_seconds", {}).value()));
}

TEST(render_metrics, a_comparison_alone_claims_nothing_of_a_stream) {
  status now = fresh();
  now.follows_stream = false;
  now.unread_for = 0ms;
  now.shards.behind = 0ms;
  const auto found = page_of(now);
  for (const auto* name : {"ddm_stream_behind_seconds", "ddm_stream_retention_left_seconds",
                           "ddm_stream_read_up_to_age_seconds", "ddm_replication_behind_seconds"}) {
    EXPECT_EQ(found.count(name), 0U) << name;
  }
}

TEST(render_metrics, families_come_in_one_order_however_many_migrations_there_are) {
  auto second = full();
  second.about.migration = "customers";
  auto third = fresh();
  third.about.command = "compare";
  const auto names = [](const metrics_page& of) {
    std::set<std::string> seen;
    std::string all;
    for (const auto& each : of.families) {
      EXPECT_TRUE(seen.insert(each.name).second);
      all += each.name + "\n";
    }
    return all;
  };
  const auto none = page_of(std::vector<status>{});
  const auto many = page_of({full(), second, third});
  EXPECT_EQ(names(none), names(many));
  EXPECT_THAT(none.values, IsEmpty());
  EXPECT_EQ(many.value("ddm_events_read_total", {{"migration", "customers"}}), 1012);
  EXPECT_EQ(many.value("ddm_events_read_total", {{"command", "compare"}}), 0);
  EXPECT_EQ(many.values.size(),
            2 * page_of(full()).values.size() - 1 + page_of(third).values.size() - 1);
  EXPECT_EQ(many.count("ddm_build_info"), 1U);
}

TEST(render_metrics, each_version_is_told_once) {
  auto older = fresh();
  older.about.migration = "customers";
  older.about.version = "1.0.0";
  EXPECT_THAT(page_of({fresh(), older}).values_of("ddm_build_info", "version"),
              ElementsAre("1.0.0", "1.2.3"));
}

TEST(render_metrics, no_series_is_there_twice) {
  auto again = fresh();
  again.events.total = 7;
  auto now = full();
  now.credentials.push_back(now.credentials.front());
  const auto found = page_of({now, again});
  EXPECT_EQ(found.value("ddm_events_read_total", {}), 1012);
  EXPECT_EQ(found.count("ddm_credentials_renewed"), 3U);

  auto one = fresh();
  auto other = fresh();
  one.about.migration = "a\xff";
  other.about.migration = "a\xfe";  // both are shown as one
  EXPECT_EQ(page_of({one, other}).count("ddm_events_read_total"), 1U);
}

TEST(render_metrics, escapes_what_a_name_may_hold) {
  auto now = full();
  now.about.migration = R"(a\b"c)";
  EXPECT_THAT(render_metrics(std::vector{now}), HasSubstr(R"(migration="a\\b\"c")"));
  EXPECT_EQ(page_of(now).value("ddm_events_read_total", {{"migration", R"(a\b"c)"}}), 1012);
}

TEST(render_metrics, stays_a_page_whatever_others_have_written) {
  for (const std::string foreign :
       {"\nforged_total 1", "\r\nforged_total 1", "\"} 1\nforged_total{x=\"", "\\", "\\\"", "\\\n",
        "\xff\xfe", "\xc3", "\xed\xa0\x80", "\x1b[31m", "\u2028forged_total 1", "\u202e", "{", "#",
        "# TYPE ddm_verdict counter", ""}) {
    auto now = full();
    now.about.migration = foreign;
    now.about.command = foreign + "x";
    now.about.version = foreign;
    now.credentials.front().of = foreign;
    now.failure = foreign;
    now.verdict.reasons = {foreign};
    const auto text = render_metrics(std::vector{now});
    EXPECT_THAT(text, Not(testing::ContainsRegex("(^|\n|\r|\u2028)forged"))) << foreign;
    EXPECT_EQ(text.find_first_of("\xff\xfe\x1b\r"), std::string::npos) << foreign;
    const auto found = page_of(now);
    EXPECT_EQ(found.families.size(), page_of(full()).families.size());
    EXPECT_EQ(found.values.size(), page_of(full()).values.size());
    EXPECT_THAT(text, Not(HasSubstr("AKIA")));
  }
}

TEST(render_metrics, counters_of_a_damaged_state_are_no_negative_ones) {
  auto now = fresh();
  now.events = {.total = -1, .insert = -1, .remove = 1, .ttl_remove = 5};
  now.checks.verified = -3;
  now.source_units = -1;
  now.usd = std::nan("");
  EXPECT_EQ(page_of(now).value("ddm_events_total", {{"kind", "remove"}}), 0);
}

TEST(metrics_page_parser, finds_what_is_wrong_with_a_page) {
  const std::string head = "# HELP a_total b\n# TYPE a_total counter\n";
  EXPECT_THAT(parse_metrics_page(head + "a_total{x=\"1\"} 1\n").faults, IsEmpty());
  for (const auto& wrong :
       {head + "a_total 1", head + "b_total 1\n", head + "a_total{x=\"1} 1\n",
        head + "a_total{x=\"\\q\"} 1\n", head + "a_total one\n", head + "a_total -1\n",
        head + "a_total nan\n", head + "a_total 1\na_total 1\n", head + head,
        std::string("a_total 1\n"), std::string("# HELP a b\n# TYPE a counter\n"),
        std::string("# HELP a_total b\n# TYPE a_total gauge\n"),
        std::string("# HELP a b\n# TYPE a histogram\na_bucket 1\n"), head + "\n"}) {
    EXPECT_THAT(parse_metrics_page(wrong).faults, Not(IsEmpty())) << wrong;
  }
}

}  // namespace
}  // namespace ddm::report
