#include "base/displayable.h"

#include <gtest/gtest.h>

#include <string>

namespace ddm {
namespace {

TEST(displayable, leaves_text_of_any_script_as_it_is) {
  for (const std::string text : {"", "orders", "a\tb", "Größe", "\u8a02\u55ae", "\U0001f680"}) {
    EXPECT_EQ(displayable(text), text);
  }
}

TEST(displayable, escapes_what_a_terminal_obeys) {
  EXPECT_EQ(displayable("\x1b[31mred\x07"), "\\u001b[31mred\\u0007");
  EXPECT_EQ(displayable(std::string_view("\0\r\b\x7f", 4)), "\\u0000\\u000d\\u0008\\u007f");
  EXPECT_EQ(displayable("\u0085\u009b2J"), "\\u0085\\u009b2J");
}

TEST(displayable, escapes_what_turns_or_hides_text) {
  EXPECT_EQ(displayable("\u202egnp.\u2066x\u200e"), "\\u202egnp.\\u2066x\\u200e");
  EXPECT_EQ(displayable("a\u2028b\ufeffc\u00add\u200be"), "a\\u2028b\\ufeffc\\u00add\\u200be");
}

TEST(displayable, escapes_what_nobody_sees) {
  EXPECT_EQ(displayable("\u180e\u034f\u3164\ufffc"), "\\u180e\\u034f\\u3164\\ufffc");
  EXPECT_EQ(displayable("\U000e0041\U000e007f"), "\\udb40\\udc41\\udb40\\udc7f") << "tags";
  EXPECT_EQ(displayable("\U0001d173"), "\\ud834\\udd73");
}

TEST(displayable, a_line_break_is_kept_only_where_the_text_is_ours) {
  EXPECT_EQ(displayable("a\nb"), "a\\u000ab");
  EXPECT_EQ(displayable("a\nb\x1b", line_breaks::kept), "a\nb\\u001b");
}

TEST(displayable, what_is_no_utf8_is_replaced_byte_by_byte) {
  const std::string gone = "\xef\xbf\xbd";
  EXPECT_EQ(displayable("caf\xe9!"), "caf" + gone + "!");
  EXPECT_EQ(displayable("\x9b"
                        "2J"),
            gone + "2J")
      << "C1 as a single byte";
  EXPECT_EQ(displayable("\xc0\xaf"), gone + gone) << "overlong";
  EXPECT_EQ(displayable("\xed\xa0\x80"), gone + gone + gone) << "half of a surrogate pair";
  EXPECT_EQ(displayable("\xf4\x90\x80\x80"), gone + gone + gone + gone) << "beyond Unicode";
  EXPECT_EQ(displayable("\xe8\xa8"), gone + gone) << "cut off";
}

}  // namespace
}  // namespace ddm
