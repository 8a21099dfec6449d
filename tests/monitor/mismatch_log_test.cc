#include "monitor/mismatch_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ddm::monitor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using verify::mismatch_kind;

const wall_time start = from_ms(1'767'225'600'000);

verify::item_key key(int number) {
  verify::item_key made;
  made.json = fmt::format(R"({{"pk":{{"S":"k{}"}}}})", number);
  made.hash = {1, static_cast<std::uint64_t>(number)};
  return made;
}

verify::mismatch found(int number, mismatch_kind kind = mismatch_kind::missing,
                       std::vector<verify::path_change> paths = {}) {
  verify::mismatch entry;
  entry.key = key(number);
  entry.kind = kind;
  entry.paths = std::move(paths);
  return entry;
}

std::string text_of(const log_line& line) {
  std::string text(line.healed ? (line.many ? "many healed" : "healed")
                               : (line.many ? "many" : "one"));
  for (const auto& field : line.fields) {
    text += fmt::format(" {}={}", field.name, field.value);
  }
  return text;
}

TEST(mismatch_log, tells_twenty_a_minute_and_groups_the_rest_once_it_is_over) {
  mismatch_log log(false);
  for (int i = 0; i < 20; ++i) {
    const auto lines = log.on_mismatch(found(i), start + i * 1s);
    ASSERT_THAT(lines, SizeIs(1)) << i;
    EXPECT_FALSE(lines[0].many);
    EXPECT_EQ(lines[0].how, log::level::warning);
  }
  for (int i = 20; i < 50; ++i) {
    EXPECT_THAT(log.on_mismatch(found(i), start + 30s), IsEmpty());
  }
  EXPECT_THAT(
      log.on_mismatch(found(50, mismatch_kind::different, {{"a.b", "changed"}, {"c", "added"}}),
                      start + 31s),
      IsEmpty());
  EXPECT_THAT(log.on_time(start + 59s), IsEmpty()) << "the minute is not over";
  const auto lines = log.on_time(start + 60s);
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(text_of(lines[0]),
            "many count=31 groups=30 missing, as {\"pk\":{\"S\":\"k20\"}}; 1 different "
            "a.b:changed,c:added, as {\"pk\":{\"S\":\"k50\"}}");
  EXPECT_EQ(lines[0].how, log::level::warning);
  EXPECT_THAT(log.on_time(start + 120s), IsEmpty()) << "told once";
}

TEST(mismatch_log, a_new_minute_has_twenty_lines_again) {
  mismatch_log log(false);
  for (int i = 0; i < 25; ++i) {
    (void)log.on_mismatch(found(i), start);
  }
  const auto lines = log.on_mismatch(found(99), start + 61s);
  ASSERT_THAT(lines, SizeIs(2)) << "what was held back is told first, without a tick";
  EXPECT_TRUE(lines[0].many);
  EXPECT_FALSE(lines[1].many);
  EXPECT_THAT(log.on_time(start + 122s), IsEmpty()) << "nothing was held back since";
}

TEST(mismatch_log, a_healed_mismatch_names_its_key_and_is_limited_apart) {
  mismatch_log log(false);
  for (int i = 0; i < 30; ++i) {
    (void)log.on_mismatch(found(i), start);
  }
  for (int i = 0; i < 20; ++i) {
    const auto lines = log.on_healed(key(i), 2, start);
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_EQ(text_of(lines[0]), fmt::format("healed key={} changes=2", key(i).json));
    EXPECT_EQ(lines[0].how, log::level::info);
  }
  for (int i = 20; i < 30; ++i) {
    EXPECT_THAT(log.on_healed(key(i), 2, start), IsEmpty());
  }
  const auto lines = log.finish();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(text_of(lines[1]),
            "many healed count=10 groups=10 healed, as "
            "{\"pk\":{\"S\":\"k20\"}} changes=20");
  EXPECT_THAT(log.finish(), IsEmpty());
}

TEST(mismatch_log, shows_hashes_in_place_of_keys) {
  mismatch_log log(true);
  const auto hash = key(7).hash.hex();
  EXPECT_THAT(text_of(log.on_mismatch(found(7), start).at(0)), testing::HasSubstr(hash));
  EXPECT_THAT(text_of(log.on_healed(key(7), 1, start).at(0)), testing::HasSubstr(hash));
  for (int i = 0; i < 30; ++i) {
    (void)log.on_mismatch(found(7), start);
  }
  const auto told = text_of(log.finish().at(0));
  EXPECT_THAT(told, testing::HasSubstr(hash));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("k7")));
}

TEST(mismatch_log, expired_items_alone_are_no_warning) {
  mismatch_log log(false);
  for (int i = 0; i < 30; ++i) {
    for (const auto& line : log.on_mismatch(found(i, mismatch_kind::expired), start)) {
      EXPECT_EQ(line.how, log::level::info);
    }
  }
  EXPECT_EQ(log.finish().at(0).how, log::level::info);
}

TEST(mismatch_log, names_the_largest_groups_and_counts_the_others) {
  mismatch_log log(false);
  for (int i = 0; i < 20; ++i) {
    (void)log.on_mismatch(found(i), start);
  }
  for (int i = 0; i < 5000; ++i) {
    (void)log.on_mismatch(
        found(i, mismatch_kind::different, {{fmt::format("path{}", i), "changed"}}), start);
  }
  for (int i = 0; i < 3; ++i) {
    (void)log.on_mismatch(found(i, mismatch_kind::stale), start);
  }
  const auto told = text_of(log.finish().at(0));
  EXPECT_THAT(told, testing::HasSubstr("count=5003"));
  EXPECT_THAT(told, testing::EndsWith(" others"));
  EXPECT_LT(told.size(), 1000);
}

TEST(mismatch_log, a_clock_that_is_set_back_begins_a_new_minute) {
  mismatch_log log(false);
  for (int i = 0; i < 21; ++i) {
    (void)log.on_mismatch(found(i), start);
  }
  EXPECT_THAT(log.on_time(start - 1h), SizeIs(1));
  EXPECT_THAT(log.on_mismatch(found(1), start - 1h), SizeIs(1));
}

}  // namespace
}  // namespace ddm::monitor
