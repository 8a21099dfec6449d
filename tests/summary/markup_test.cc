#include "summary/markup.h"

#include "summary/facts_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>

namespace ddm::summary {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(markup, of_html_keeps_its_own_and_escapes_all_else) {
  html text;
  text.put("<b title=\"").say("a\"b'c").put("\">").say("<i>&</i>").put("</b>");
  EXPECT_EQ(text.take(), "<b title=\"a&quot;b&#39;c\">&lt;i&gt;&amp;&lt;/i&gt;</b>");
}

TEST(markup, takes_nothing_but_literals_for_its_own) {
  static_assert(!std::is_convertible_v<std::string, literal>);
  static_assert(!std::is_convertible_v<std::string_view, literal>);
  static_assert(!std::is_convertible_v<const char*, literal>);
  static_assert(!std::is_convertible_v<std::string, html>);
  static_assert(!std::is_convertible_v<markdown, html>);
}

TEST(markup, of_markdown_shows_what_was_written) {
  EXPECT_EQ(escape_markdown("a|b`c*d_e"), "a\\|b\\`c\\*d\\_e");
  EXPECT_EQ(escape_markdown("[x](y) <b> a&b"), "\\[x\\]\\(y\\) &lt;b&gt; a&amp;b");
  EXPECT_EQ(escape_markdown("@team #12 $x$"), "&#64;<!-- -->team \\#<!-- -->12 \\$x\\$");
  EXPECT_EQ(escape_markdown("GH-26, gh-7, GH-x, a#b"), "GH-<!-- -->26, gh-<!-- -->7, GH-x, a\\#b");
  EXPECT_EQ(escape_markdown("https://x www.x.org"), "https&#58;//x www&#46;x.org");
  EXPECT_EQ(escape_markdown("2026-01-01 00:00:05 UTC, 3.5 s"), "2026-01-01 00:00:05 UTC, 3.5 s");
}

TEST(markup, leaves_no_control_character_no_break_and_no_mark_of_direction) {
  for (auto safe : {escape_html(evil_text()), escape_markdown(evil_text())}) {
    constexpr std::string_view ours = "<!-- -->";  // after an @
    for (auto at = safe.find(ours); at != std::string::npos; at = safe.find(ours)) {
      safe.erase(at, ours.size());
    }
    EXPECT_THAT(safe, Not(HasSubstr("\n")));
    EXPECT_THAT(safe, Not(HasSubstr("\r")));
    EXPECT_THAT(safe, Not(HasSubstr("\x1b")));
    EXPECT_THAT(safe, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(safe, Not(HasSubstr("<")));
  }
  EXPECT_EQ(escape_html("\xff"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace ddm::summary
