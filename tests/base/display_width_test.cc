#include "base/display_width.h"

#include <gtest/gtest.h>

namespace ddm {
namespace {

TEST(display_width, is_two_of_chinese_and_none_of_an_accent) {
  EXPECT_EQ(display_width("order"), 5U);
  EXPECT_EQ(display_width("訂單"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("한글"), 4U);
  EXPECT_EQ(display_width("▁▂▃"), 3U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(cut_to_width, leaves_what_fits) {
  EXPECT_EQ(cut_to_width("order", 5, "…"), "order");
  EXPECT_EQ(cut_to_width("訂單", 4, "…"), "訂單");
}

TEST(cut_to_width, cuts_between_characters_and_marks_it) {
  EXPECT_EQ(cut_to_width("order#1", 5, "…"), "orde…");
  EXPECT_EQ(cut_to_width("訂單號碼", 6, "…"), "訂單…");
  EXPECT_EQ(cut_to_width("訂單號碼", 5, "…"), "訂單…");
  EXPECT_EQ(cut_to_width("e\u0301e\u0301e\u0301", 2, "…"), "e\u0301…");
}

TEST(cut_to_width, needs_no_room_for_its_mark) {
  EXPECT_EQ(cut_to_width("order", 1, "…"), "o");
  EXPECT_EQ(cut_to_width("order", 0, "…"), "");
  EXPECT_EQ(cut_to_width("訂單", 1, "..."), "");
}

TEST(cut_to_width, never_takes_more_columns_than_there_are) {
  const std::string evil = "a訂e\u0301\U0001f600한🏳\u0300\u0300b\xff\xc3";
  for (std::size_t columns = 0; columns < 20; ++columns) {
    EXPECT_LE(display_width(cut_to_width(evil, columns, "…")), columns);
  }
}

}  // namespace
}  // namespace ddm
