#include "cli/web_api.h"

#include "state/sqlite_store.h"
#include "state/store_testing.h"
#include "support/simulated_clock.h"
#include "verify/finding_book.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class web_api_test : public testing::Test {
 protected:
  web_api_test() {
    auto opened = state::open_sqlite_store(
        {.path = place_ / "s.db", .command = "monitor", .own_thread = false});
    if (!opened) {
      throw std::runtime_error(opened.error().describe());
    }
    store_ = *std::move(opened);
    run_.emplace(runs_, "monitor", *store_, verify::finding_options{},
                 std::map<std::string, std::string>{});
  }

  void show(report::verdict_kind kind, const std::function<void(report::status&)>& adjust = {}) {
    report::status now;
    now.at = time_.now();
    now.about.migration = "orders";
    now.about.started = time_.now();
    now.committed_at = time_.now();
    now.verdict = {.kind = kind, .reasons = {"a reason"}};
    if (adjust) {
      adjust(now);
    }
    run_->show(now);
  }

  serve::response ask(std::vector<std::string> path, std::vector<serve::parameter> query = {}) {
    const serve::request asked{.method = "GET", .path = std::move(path), .query = std::move(query)};
    return std::get<serve::response>(time_.run(api_.answer(asked)));
  }

  state::temporary_directory place_;
  support::simulated_clock time_;
  std::unique_ptr<state::state_store> store_;
  shown_runs runs_;
  std::optional<shown_run> run_;
  web_api api_{runs_, time_};
};

TEST_F(web_api_test, go_is_answered_at_go_alone) {
  EXPECT_EQ(ask({"go"}).status, 503) << "nothing is known";
  for (const auto kind : {report::verdict_kind::go, report::verdict_kind::go_sampled,
                          report::verdict_kind::wait, report::verdict_kind::no_go}) {
    show(kind);
    const auto expected = kind == report::verdict_kind::go ? 200 : 503;
    EXPECT_EQ(ask({"go"}).status, expected);
    EXPECT_EQ(ask({"api", "v1", "migrations", "orders", "go"}).status, expected);
  }
}

TEST_F(web_api_test, go_is_not_said_of_what_is_old_has_ended_or_is_a_comparison) {
  show(report::verdict_kind::go);
  time_.run_for(5s);
  EXPECT_EQ(ask({"go"}).status, 200);
  time_.run_for(1ms);
  EXPECT_EQ(ask({"go"}).status, 503) << "the run shows nothing more";
  show(report::verdict_kind::go, [](report::status& now) { now.at += 6s; });
  EXPECT_EQ(ask({"go"}).status, 503) << "the clock was set back";
  show(report::verdict_kind::go, [](report::status& now) { now.ended = true; });
  EXPECT_EQ(ask({"go"}).status, 503);
  show(report::verdict_kind::go, [](report::status& now) { now.follows_stream = false; });
  EXPECT_EQ(ask({"go"}).status, 503);
}

TEST_F(web_api_test, a_run_that_commits_nothing_is_not_well) {
  EXPECT_EQ(ask({"healthz"}).status, 200) << "it is only starting";
  EXPECT_EQ(ask({"readyz"}).status, 503);
  show(report::verdict_kind::wait);
  EXPECT_EQ(ask({"readyz"}).status, 200);
  time_.run_for(60s);
  EXPECT_EQ(ask({"healthz"}).status, 200);
  time_.run_for(1ms);
  EXPECT_THAT(ask({"healthz"}).body, HasSubstr("orders: nothing has been committed since"));
  show(report::verdict_kind::wait, [](report::status& now) { now.committed_at.reset(); });
  EXPECT_EQ(ask({"healthz"}).status, 200) << "it has begun just now";
}

TEST_F(web_api_test, lists_what_a_line_for_each_migration_needs) {
  const auto list = [this] { return json::parse(ask({"api", "v1", "migrations"}).body); };
  show(report::verdict_kind::no_go);
  EXPECT_EQ(list()["migrations"][0]["lag_p95_ms"], nullptr) << "nothing was measured yet";
  show(report::verdict_kind::no_go, [](report::status& now) {
    now.verdict.reasons = {"3 mismatches are open", "another \"reason\""};
    now.events_per_second = 12.5;
    now.lag.add(200ms, false);
    now.mismatches.open.at(static_cast<std::size_t>(verify::mismatch_kind::missing)) = 2;
    now.mismatches.open.at(static_cast<std::size_t>(verify::mismatch_kind::expired)) = 9;
    now.unlisted.open.at(static_cast<std::size_t>(verify::mismatch_kind::stale)) = 1;
    now.about.tables.source.name = "old-orders";
    now.about.tables.target.name = "orders";
  });
  const auto told = list();
  EXPECT_EQ(told["now"], format_rfc3339(time_.now()));
  EXPECT_THAT(told["absent"], testing::IsEmpty());
  ASSERT_EQ(told["migrations"].size(), 1U);
  auto line = told["migrations"][0];
  EXPECT_GE(line["lag_p95_ms"], 200);
  line.erase("lag_p95_ms");
  EXPECT_EQ(line, (json{{"migration", "orders"},
                        {"command", ""},
                        {"at", format_rfc3339(time_.now())},
                        {"phase", "steady"},
                        {"verdict", "NO-GO"},
                        {"reasons", {"3 mismatches are open", "another \"reason\""}},
                        {"events_per_second", 12.5},
                        {"open_mismatches", 3},
                        {"source", "old-orders"},
                        {"target", "orders"}}));
}

TEST_F(web_api_test, lists_who_of_a_fleet_does_not_run) {
  report::status last;
  last.verdict.kind = report::verdict_kind::no_go;
  runs_.members = {{.name = "orders"},
                   {.name = "users",
                    .state = report::member_state::paused,
                    .why = "denied \u202e",
                    .again_at = time_.now() + 30s,
                    .last = last},
                   {.name = "carts", .state = report::member_state::ended, .last = last}};
  show(report::verdict_kind::go);
  const auto again = format_rfc3339(time_.now() + 30s);
  EXPECT_EQ(
      json::parse(ask({"api", "v1", "migrations"}).body)["absent"],
      (json::array(
          {{{"migration", "users"},
            {"state", "paused"},
            {"why", "denied \\u202e"},
            {"again_at", again}},
           {{"migration", "carts"}, {"state", "ended"}, {"why", ""}, {"last_verdict", "NO-GO"}}})));
}

TEST_F(web_api_test, knows_no_other_paths_and_no_other_runs) {
  show(report::verdict_kind::wait);
  EXPECT_EQ(ask({"api", "v1", "migrations", "orders", "status"}).status, 200);
  EXPECT_EQ(ask({"api", "v1", "migrations", "orders"}).status, 404);
  EXPECT_EQ(ask({"api", "v1", "migrations", "orders", "secrets"}).status, 404);
  EXPECT_EQ(ask({"api", "v1", "migrations", "Orders", "status"}).status, 404);
  EXPECT_EQ(ask({"api", "v2", "migrations"}).status, 404);
  EXPECT_EQ(ask({"etc"}).status, 404);
  run_.reset();
  EXPECT_EQ(ask({"api", "v1", "migrations", "orders", "status"}).status, 404) << "it has ended";
}

TEST_F(web_api_test, gives_the_page_to_browsers_and_an_index_to_others) {
  const auto index = ask({});
  EXPECT_THAT(index.body, HasSubstr("/metrics"));
  EXPECT_EQ(index.body, ask({"api"}).body);
  serve::request asked{.method = "GET", .path = {}, .accept = "text/html,*/*;q=0.8"};
  const auto page = std::get<serve::response>(time_.run(api_.answer(asked)));
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("/assets/page.js"));
  EXPECT_EQ(ask({"assets", "page.js"}).content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(ask({"assets", "page.css"}).content_type, "text/css; charset=utf-8");
  EXPECT_EQ(ask({"assets", "other.js"}).status, 404);
}

TEST_F(web_api_test, tells_the_newest_shards_of_the_present_stream) {
  const auto shards = [this] {
    return json::parse(ask({"api", "v1", "migrations", "orders", "shards"}).body);
  };
  show(report::verdict_kind::wait);
  EXPECT_EQ(shards(), (json{{"shards", json::array()}, {"total", 0}})) << "no stream is read";
  state::commit_batch batch;
  for (int i = 0; i < 502; ++i) {
    batch.shards.push_back({.stream_arn = "now", .shard_id = fmt::format("shardId-{:020}-a", i)});
  }
  batch.shards.push_back({.stream_arn = "now",
                          .shard_id = "shardId-00000001764288000123-1a2b3c4d",
                          .parent_id = "shardId-1",
                          .life = "reading",
                          .last_created = from_ms(1'764'288'001'000),
                          .caught_up_at = from_ms(1'764'288'002'000)});
  batch.shards.push_back({.stream_arn = "earlier", .shard_id = "shardId-x"});
  ASSERT_TRUE(time_.run(store_->commit(std::move(batch))));
  show(report::verdict_kind::wait,
       [](report::status& now) { now.about.stream = report::stream_facts{.arn = "now"}; });
  const auto answer = shards();
  EXPECT_EQ(answer["total"], 503);
  ASSERT_EQ(answer["shards"].size(), 500U);
  EXPECT_EQ(answer["shards"].front(), (json{{"id", "shardId-00000001764288000123-1a2b3c4d"},
                                            {"parents", {"shardId-1"}},
                                            {"state", "open"},
                                            {"created", "2025-11-28T00:00:00.123Z"},
                                            {"read_up_to", "2025-11-28T00:00:02Z"},
                                            {"ended", nullptr}}));
  const auto& oldest = answer["shards"].back();
  EXPECT_EQ(oldest["id"], "shardId-00000000000000000003-a") << "older ones are left out";
  EXPECT_EQ(oldest["created"], nullptr) << "its id has no time";
}

/// One of many, each confirmed a millisecond after the one before.
state::mismatch_row finding(std::uint64_t number, verify::mismatch_kind kind,
                            const std::string& path) {
  verify::mismatch entry;
  entry.key.json = fmt::format(R"({{"id":{{"S":"{}"}}}})", number);
  entry.key.hash = {.high = number, .low = 1};
  entry.kind = kind;
  entry.confirmed_at = from_ms(static_cast<std::int64_t>(number));
  if (!path.empty()) {
    entry.paths = {{.path = path, .change = "changed"}};
  }
  return {.key_hash = entry.key.hash.bytes(),
          .open = true,
          .confirmed_ms = to_ms(entry.confirmed_at),
          .body = verify::encode_mismatch(entry)};
}

TEST_F(web_api_test, finds_the_few_of_a_kind_and_of_a_path_among_many) {
  constexpr std::uint64_t all = 12'000;
  state::commit_batch batch;
  for (std::uint64_t number = 1; number <= all; ++number) {
    const bool is_rare = number % 3'000 == 1;  // the oldest is one of them
    batch.mismatches.push_back(
        finding(number, is_rare ? verify::mismatch_kind::missing : verify::mismatch_kind::different,
                is_rare              ? ""
                : number % 5'000 > 0 ? "total"
                                     : "na\"me\u00e9[7].b"));
  }
  ASSERT_TRUE(time_.run(store_->commit(std::move(batch))));
  show(report::verdict_kind::no_go);
  // All answers of what is asked: the numbers in them, and how many answers it took.
  const auto asked = [this](const serve::parameter& filter) {
    std::vector<std::string> keys;
    std::string after;
    int answers = 0;
    do {
      const auto answer = json::parse(
          ask({"api", "v1", "migrations", "orders", "findings"},
              {filter, {.name = "limit", .value = "1000"}, {.name = "after", .value = after}})
              .body);
      for (const auto& each : answer["findings"]) {
        keys.push_back(each["key"]["id"]["S"]);
      }
      after = answer["next"].is_null() ? "" : answer["next"];
      ++answers;
    } while (!after.empty());
    return std::pair(keys, answers);
  };
  EXPECT_EQ(asked({.name = "kind", .value = "missing"}),
            std::pair(std::vector<std::string>{"9001", "6001", "3001", "1"}, 2));
  EXPECT_EQ(asked({.name = "kind", .value = "stale"}), std::pair(std::vector<std::string>{}, 2));
  EXPECT_EQ(asked({.name = "path", .value = "na\"me\u00e9[].b"}),
            std::pair(std::vector<std::string>{"10000", "5000"}, 2));
  EXPECT_EQ(asked({.name = "path", .value = "na"}), std::pair(std::vector<std::string>{}, 2));
  EXPECT_EQ(asked({.name = "path", .value = "total"}).first.size(), all - 6);
}

TEST_F(web_api_test, tells_the_history_from_a_time_on) {
  show(report::verdict_kind::wait);
  time_.run_for(1min);
  show(report::verdict_kind::go);
  const std::vector<std::string> path{"api", "v1", "migrations", "orders", "history"};
  EXPECT_EQ(json::parse(ask(path).body)["points"].size(), 2U);
  const auto since = format_rfc3339(time_.now());
  const auto rest = json::parse(ask(path, {{.name = "since", .value = since}}).body)["points"];
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0]["verdict"], "GO");
  EXPECT_EQ(ask(path, {{.name = "since", .value = "yesterday"}}).status, 400);
}

}  // namespace
}  // namespace ddm::cli
