#include "report/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ddm::report {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::SizeIs;

status at(std::chrono::seconds time, verdict_kind kind = verdict_kind::wait) {
  status now;
  now.at = from_ms(1'767'225'600'000) + time;
  now.about.migration = "orders";
  now.verdict = {.kind = kind, .reasons = {"a reason"}};
  return now;
}

status behind(status now) {
  now.is_behind = true;
  return now;
}

std::vector<std::string> words(const std::vector<alert>& alerts) {
  std::vector<std::string> found;
  found.reserve(alerts.size());
  for (const auto& each : alerts) {
    found.push_back(each.condition + " " + std::string(to_string(each.kind)));
  }
  return found;
}

TEST(alerts, tell_the_first_verdict_and_then_only_another_one) {
  alert_book book("");
  EXPECT_THAT(words(book.follow(at(0s))), ElementsAre("verdict changed"));
  EXPECT_THAT(book.follow(at(70s)), IsEmpty());
  const auto changed = book.follow(at(80s, verdict_kind::go));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(changed[0].text, "GO: a reason");
}

TEST(alerts, tell_that_a_condition_begins_and_that_it_ends) {
  alert_book book(R"({"verdict":"WAIT"})");
  EXPECT_THAT(words(book.follow(behind(at(0s)))), ElementsAre("behind begins"));
  EXPECT_THAT(book.follow(behind(at(5min))), IsEmpty());
  const auto ended = book.follow(at(6min));
  EXPECT_THAT(words(ended), ElementsAre("behind ends"));
  EXPECT_THAT(ended[0].text, HasSubstr("replication"));
  EXPECT_THAT(book.follow(at(20min)), IsEmpty());
}

TEST(alerts, of_one_condition_are_a_minute_apart_and_tell_how_it_is_then) {
  alert_book book(R"({"verdict":"WAIT"})");
  EXPECT_THAT(book.follow(behind(at(0s))), SizeIs(1));
  EXPECT_THAT(book.follow(at(20s)), IsEmpty());
  EXPECT_THAT(book.follow(behind(at(40s))), IsEmpty());
  EXPECT_THAT(book.follow(behind(at(61s))), IsEmpty());
  EXPECT_THAT(words(book.follow(at(62s))), ElementsAre("behind ends"));
  EXPECT_THAT(book.follow(behind(at(121s))), IsEmpty());
  EXPECT_THAT(words(book.follow(behind(at(122s)))), ElementsAre("behind begins"));
}

TEST(alerts, of_the_end_wait_for_no_minute) {
  alert_book book("");
  EXPECT_THAT(book.follow(at(0s, verdict_kind::go)), SizeIs(1));
  EXPECT_THAT(book.follow(at(10s, verdict_kind::no_go)), IsEmpty());
  EXPECT_THAT(book.follow(at(11s, verdict_kind::no_go), true), SizeIs(1));
}

TEST(alerts, are_not_held_back_by_a_clock_that_was_set_back) {
  alert_book book(R"({"verdict":"WAIT"})");
  EXPECT_THAT(book.follow(behind(at(3600s))), SizeIs(1));
  EXPECT_THAT(book.follow(at(0s)), SizeIs(1));
}

TEST(alerts, that_were_told_are_not_repeated_after_a_restart) {
  alert_book book("");
  const auto told = book.follow(behind(at(0s)));
  ASSERT_THAT(told, SizeIs(2));
  for (const auto& each : told) {
    book.note_told(each);
  }
  EXPECT_THAT(alert_book(book.save()).follow(behind(at(120s))), IsEmpty());
  EXPECT_THAT(words(alert_book(book.save()).follow(at(120s))), ElementsAre("behind ends"));
}

TEST(alerts, that_were_not_told_are_due_after_a_restart) {
  alert_book book("");
  EXPECT_THAT(book.follow(behind(at(0s))), SizeIs(2));
  EXPECT_THAT(alert_book(book.save()).follow(behind(at(120s))), SizeIs(2));
}

TEST(alerts, that_found_no_room_are_due_again_after_a_minute) {
  alert_book book(R"({"verdict":"WAIT"})");
  const auto due = book.follow(behind(at(0s)));
  ASSERT_THAT(due, SizeIs(1));
  book.take_back(due[0]);
  EXPECT_THAT(book.follow(behind(at(59s))), IsEmpty());
  EXPECT_THAT(words(book.follow(behind(at(60s)))), ElementsAre("behind begins"));
}

TEST(alerts, begin_anew_where_what_was_kept_is_damaged) {
  EXPECT_THAT(alert_book("[1").follow(at(0s)), SizeIs(1));
  EXPECT_THAT(alert_book("[]").follow(at(0s)), SizeIs(1));
}

TEST(conditions, are_all_that_somebody_must_know) {
  auto now = at(0s);
  EXPECT_THAT(conditions_of(now), ElementsAre(Key("verdict")));
  now.mismatches.open.at(0) = 2;
  now.unlisted.open.at(0) = 1;
  now.gaps = {{.shard_id = "s", .cured = true}};
  now.failure = "the disk is full";
  now.unsaved_because = "the disk is full";
  now.about.stream.emplace();
  now.shards.behind = 5h;
  now.shards.retention_left = 6h - 1s;
  now.credentials = {{.of = "source", .ends = now.at + 29min, .renewed = true},
                     {.of = "target", .ends = now.at + 29min},
                     {.of = "stream", .ends = now.at + 31min}};
  const auto found = conditions_of(now);
  EXPECT_THAT(found,
              ElementsAre(Key("credentials/target"), Key("failed"), Key("mismatches/missing"),
                          Key("retention"), Key("state"), Key("verdict")));
  EXPECT_THAT(found.at("mismatches/missing"), HasSubstr("3 keys are wrong"));
  now.gaps[0].cured = false;
  EXPECT_THAT(conditions_of(now), Contains(Key("gap")));
}

TEST(conditions, tell_at_which_paths_keys_differ) {
  auto now = at(0s);
  using enum verify::mismatch_kind;
  now.mismatches.open.at(static_cast<std::size_t>(different)) = 8200;
  now.mismatches.open.at(static_cast<std::size_t>(missing)) = 1;
  now.mismatch_groups = {
      {different, "price", 8112}, {different, "tags[]", 90}, {missing, "", 1},
      {different, "c\x1b", 3},    {stale, "z", 2},           {different, "d", 1}};
  const auto found = conditions_of(now);
  EXPECT_EQ(found.at("mismatches/different"),
            "8,200 keys are wrong in the target: different at price (8,112), tags[] (90), "
            "c\x1b (3) and other paths");
  EXPECT_EQ(found.at("mismatches/missing"), "1 key is wrong in the target: missing");
  const auto told = nlohmann::json::parse(render_alert(
      {.condition = "mismatches/different", .text = found.at("mismatches/different")}, now));
  EXPECT_EQ(told["groups"].size(), 4);
  EXPECT_EQ(told["groups"][0], (nlohmann::json{{"path", "price"}, {"keys", 8112}}));
  EXPECT_THAT(told["text"].get<std::string>(), Not(HasSubstr("\x1b")));
  EXPECT_FALSE(
      nlohmann::json::parse(render_alert({.condition = "behind"}, now)).contains("groups"));
}

TEST(conditions, do_not_count_what_has_expired_or_what_no_stream_holds) {
  auto now = at(0s);
  now.mismatches.open.at(static_cast<std::size_t>(verify::mismatch_kind::expired)) = 1;
  now.shards.retention_left = 1h;
  EXPECT_THAT(conditions_of(now), SizeIs(1));
}

TEST(render_alert, is_one_line_of_json_with_a_text) {
  alert_book book(R"({"verdict":"WAIT"})");
  auto now = behind(at(0s));
  now.verdict.reasons = {"quote \" newline \n broken \xff"};
  const auto began = book.follow(now);
  const auto text = render_alert(began.at(0), now);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto document = nlohmann::json::parse(text);
  EXPECT_EQ(document["condition"], "behind");
  EXPECT_EQ(document["event"], "begins");
  EXPECT_THAT(document["text"].get<std::string>(), HasSubstr("orders"));
  const auto ended = book.follow(at(2min));
  EXPECT_THAT(render_alert(ended.at(0), at(2min)), HasSubstr("over: replication"));
}

TEST(alerts, tell_of_the_cost_before_it_is_reached) {
  auto now = at(0s);
  now.usd = 7.9;
  EXPECT_THAT(conditions_of(now), Not(Contains(Key("cost")))) << "there is no bound";
  now.max_usd = 10;
  EXPECT_THAT(conditions_of(now), Not(Contains(Key("cost"))));
  now.usd = 8;
  EXPECT_THAT(conditions_of(now).at("cost"), HasSubstr("8.00 USD of the 10.00"));
  now.usd = 10;
  EXPECT_THAT(conditions_of(now).at("cost"), HasSubstr("not read any more"));
}

}  // namespace
}  // namespace ddm::report
