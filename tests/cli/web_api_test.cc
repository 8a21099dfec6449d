#include "cli/web_api.h"

#include "state/sqlite_store.h"
#include "state/store_testing.h"
#include "support/simulated_clock.h"

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
