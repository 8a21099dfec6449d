#include "base/log.h"

#include "base/log_name.h"
#include "base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::log {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::Not;

/// Diverts what is logged while it lives.
class caught_lines {
 public:
  explicit caught_lines(format how, level lowest = level::info) {
    configure(how, lowest);
    divert([this](std::string_view line) { lines_.emplace_back(line); });
  }
  caught_lines(const caught_lines&) = delete;
  caught_lines& operator=(const caught_lines&) = delete;
  ~caught_lines() {
    divert(nullptr);
    configure(format::text, level::info);
  }
  /// Without what changes from run to run: the time.
  [[nodiscard]] std::vector<std::string> without_time() const {
    auto out = lines_;
    for (auto& line : out) {
      const bool json = line.starts_with('{');
      const auto start = json ? std::string_view("{\"time\":\"").size() : 0;
      const auto end = line.find(json ? '"' : ' ', start);
      EXPECT_TRUE(parse_rfc3339(line.substr(start, end - start))) << line;
      line.erase(0, json ? end + 2 : end + 1);
    }
    return out;
  }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

TEST(log, an_event_is_one_line_of_text) {
  const caught_lines caught(format::text);
  event(level::info, "shard_finished", "It ended.", {{"shard_id", "shardId-1"}, {"records", 17}});
  event(level::warning, "bare");
  EXPECT_THAT(caught.without_time(),
              ElementsAre(R"(INFO event=shard_finished shard_id=shardId-1 records=17)"
                          R"( message="It ended.")",
                          "WARN event=bare"));
}

TEST(log, lines_carry_the_name_that_their_thread_works_for) {
  const std::string orders = "orders";
  const std::string spoken = "the orders";
  const caught_lines caught(format::text);
  {
    const name_scope outer(orders);
    event(level::info, "begun", {}, {{"records", 17}});
    {
      const name_scope inner(spoken);
      event(level::info, "within");
    }
    event(level::info, "ended");
  }
  event(level::info, "alone");
  EXPECT_THAT(caught.without_time(),
              ElementsAre("INFO event=begun migration=orders records=17",
                          R"(INFO event=within migration="the orders")",
                          "INFO event=ended migration=orders", "INFO event=alone"));
}

TEST(log, also_in_a_json_object) {
  const std::string orders = "orders";
  const caught_lines caught(format::json);
  const name_scope scope(orders);
  event(level::info, "begun", "It began.");
  EXPECT_THAT(
      caught.without_time(),
      ElementsAre(R"("level":"INFO","event":"begun","migration":"orders","message":"It began."})"));
}

TEST(log, or_one_json_object) {
  const caught_lines caught(format::json);
  event(level::error, "failed", "No \"way\".", {{"why", "a\nb\\c"}});
  EXPECT_THAT(
      caught.without_time(),
      ElementsAre(
          R"("level":"ERROR","event":"failed","message":"No \"way\".","why":"a\u000ab\\c"})"));
}

TEST(log, values_that_would_be_ambiguous_are_quoted) {
  const caught_lines caught(format::text);
  event(level::info, "e", {}, {{"a", ""}, {"b", "x y"}, {"c", "x=y"}, {"d", "x\ny"}, {"e", "\"x"}});
  EXPECT_THAT(caught.without_time(),
              ElementsAre(R"(INFO event=e a="" b="x y" c="x=y" d="x\u000ay" e="\"x")"));
}

TEST(log, events_below_the_lowest_level_are_dropped) {
  const caught_lines caught(format::text, level::warning);
  event(level::info, "dropped");
  event(level::warning, "kept");
  EXPECT_FALSE(enabled(level::info));
  EXPECT_THAT(caught.without_time(), ElementsAre("WARN event=kept"));
}

TEST(log, an_event_is_one_line_whatever_stands_in_it) {
  for (const auto how : {format::text, format::json}) {
    const caught_lines caught(how, level::info);
    event(level::info, "e", "a\nb\u2028c", {{"f", "d\re\u0085"}});
    ASSERT_EQ(caught.lines().size(), 1U);
    EXPECT_THAT(caught.lines().front(), Not(ContainsRegex("[\n\r]|\u2028|\u0085")));
  }
}

}  // namespace
}  // namespace ddm::log
