#include "report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ddm::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(render_json, has_every_documented_member) {
  status now;
  now.verdict = {verdict_kind::wait, {"because"}};
  const auto json = nlohmann::json::parse(render_json(now, "monitor"));
  const std::map<std::string, std::vector<std::string>> documented{
      {"events",
       {"total", "unique", "insert", "modify", "remove", "ttl_remove", "unknown", "per_second"}},
      {"checks",
       {"keys", "sampled", "verified", "superseded", "pending", "deferred", "failed", "healed"}},
      {"mismatches",
       {"missing", "different", "stale", "undeleted", "unexpected", "expired", "unreadable"}},
      {"shards", {"open", "waiting", "done"}},
      {"compared", {"items", "segments_done", "segments_total"}},
      {"consumed", {"source_rcu", "target_rcu", "stream_calls", "usd"}}};
  for (const auto& [object, members] : documented) {
    for (const auto& member : members) {
      EXPECT_TRUE(json.at(object).contains(member)) << object << "." << member;
    }
  }
  EXPECT_EQ(json.at("schema"), 1);
  EXPECT_EQ(json.at("command"), "monitor");
  EXPECT_EQ(json.at("phase"), "steady");
  EXPECT_EQ(json.at("verdict"), "WAIT");
  EXPECT_EQ(json.at("reasons").front(), "because");
  EXPECT_EQ(json.at("retention_left_s"), 86400);
  EXPECT_EQ(json.at("behind_stream_ms"), 0);
  EXPECT_TRUE(json.at("gaps").is_array());
}

TEST(render_json, rate_and_lag_are_null_when_nothing_was_checked) {
  const auto json = nlohmann::json::parse(render_json({}, "monitor"));
  EXPECT_TRUE(json.at("success_rate").is_null());
  EXPECT_TRUE(json.at("lag_ms").is_null());
}

TEST(render_json, survives_bytes_that_are_no_utf8) {
  status now;
  now.verdict.reasons = {"\xff\xfe"};
  EXPECT_TRUE(nlohmann::json::parse(render_json(now, "monitor")).is_object());
}

TEST(render_text, never_rounds_a_failure_away) {
  status now;
  now.keys_checked = 30'000'000;
  now.success_rate = wilson_interval(30'000'000, 1);
  EXPECT_THAT(render_text(now), HasSubstr("99.99999"));
  EXPECT_THAT(render_text(now), Not(HasSubstr("100 % ever")));
}

TEST(render_text, says_what_no_failure_means_for_the_table) {
  status now;
  now.keys_checked = 30'000;
  now.table_items = 30'000'000;
  now.success_rate = wilson_interval(30'000, 0);
  EXPECT_THAT(render_text(now), HasSubstr("at most 3 in 30,000 keys"));
  EXPECT_THAT(render_text(now), HasSubstr("at most 3,000 of 30,000,000 items"));
}

TEST(render_text, shows_the_reasons_and_open_mismatches) {
  status now;
  now.verdict = {verdict_kind::no_go, {"1 confirmed mismatch is open"}};
  now.mismatches.open.at(0) = 1;
  now.newest.push_back({.key = {.json = "{\"pk\":{\"S\":\"a\"}}", .hash = {}},
                        .kind = verify::mismatch_kind::missing});
  const auto text = render_text(now);
  EXPECT_THAT(text, HasSubstr("NO-GO"));
  EXPECT_THAT(text, HasSubstr("- 1 confirmed mismatch is open"));
  EXPECT_THAT(text, HasSubstr("1 missing open"));
  EXPECT_THAT(text, HasSubstr("{\"pk\":{\"S\":\"a\"}}"));
}

TEST(render_live_line, fits_the_terminal) { EXPECT_LE(render_live_line({}, 40).size(), 40U); }

}  // namespace
}  // namespace ddm::report
