#include "summary/render.h"

#include "summary/facts_sample.h"
#include "summary/summarize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace ddm::summary {
namespace {

using testing::HasSubstr;
using testing::Not;

using renderer = std::string (*)(const summary&);
constexpr std::array<renderer, 3> all_forms{render_text, render_markdown, render_html};

overview two_lines(const facts& first) {
  return overview_of({row_of(first), row_of(facts_of_killed())}, sample_time);
}

std::string page_of_two(const facts& first) {
  const std::array each{summarize(first), summarize(facts_of_killed())};
  return render_html(two_lines(first), each);
}

/// Without the escapes that Markdown needs.
std::string plain(std::string text) {
  std::erase(text, '\\');
  return text;
}

TEST(render, every_form_tells_verdict_figures_and_limits) {
  const auto told = summarize(facts_with_defects());
  for (const auto form : all_forms) {
    const auto text = plain(form(told));
    for (const auto* part :
         {"NO-GO", "2 confirmed mismatches are open", "arn:aws:dynamodb:eu-west-1:444455556666",
          "id-of-target", "Not verified", "address.city", "records were trimmed", "7",
          "2025-12-31 22:00:00 UTC", "made 2026-01-01 00:00:05 UTC", "Writes that others make"}) {
      EXPECT_THAT(text, HasSubstr(part));
    }
  }
}

TEST(render, no_form_of_a_killed_monitor_says_go_but_as_what_was_held) {
  const auto told = summarize(facts_of_killed());
  for (const auto form : all_forms) {
    EXPECT_THAT(plain(form(told)), HasSubstr("GO was held until 2026-01-01 00:00:00 UTC"));
  }
  EXPECT_THAT(render_text(told), HasSubstr("verdict: WAIT"));
  EXPECT_THAT(render_markdown(told), HasSubstr("⏳ WAIT"));
  EXPECT_THAT(render_html(told), HasSubstr("class=\"verdict wait\""));
}

TEST(render, a_page_asks_for_nothing_else) {
  for (const auto& page :
       {render_html(summarize(facts_with_defects())), page_of_two(facts_with_evil_text())}) {
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    EXPECT_THAT(page, HasSubstr("<svg "));
    EXPECT_THAT(page, HasSubstr("@media print"));
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme:dark"));
    for (const auto* part :
         {"<script", "<link", "<img", "<iframe", "<object", "<a ", "url(", "@import"}) {
      EXPECT_THAT(page, Not(HasSubstr(part)));
    }
  }
}

TEST(render, a_page_has_no_attribute_of_anybody_else) {
  const auto page = page_of_two(facts_with_evil_text());
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const auto tag = page.substr(at, page.find('>', at) - at);
    EXPECT_THAT(tag, Not(testing::ContainsRegex(" (on[a-z]+|src|href)=[^&]"))) << tag;
  }
}

TEST(render, evil_text_begins_no_line_and_ends_no_cell) {
  const auto of = facts_with_evil_text();
  const auto told = summarize(of);
  for (const auto& text :
       {render_text(told), render_markdown(told), render_html(told), render_text(two_lines(of)),
        render_markdown(two_lines(of)), page_of_two(of)}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\r")));
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(text, Not(HasSubstr("\n# FORGED")));
    EXPECT_THAT(text, Not(HasSubstr("\n| FORGED")));
  }
  for (const auto& text : {render_markdown(told), render_markdown(two_lines(of))}) {
    EXPECT_THAT(text, Not(HasSubstr("<img")));
    EXPECT_THAT(text, Not(HasSubstr("@everyone")));
    EXPECT_THAT(text, Not(HasSubstr(" |`code")));
    EXPECT_THAT(text, Not(HasSubstr("](http")));
  }
}

TEST(render, rows_of_markdown_have_as_many_cells_as_their_head) {
  const auto text = render_markdown(summarize(facts_with_evil_text()));
  std::size_t cells = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    }
    if (bars == 0 || cells == 0) {
      cells = bars;
    }
    EXPECT_EQ(bars, cells) << line;
  }
}

TEST(render, a_terminal_gets_few_rows_and_the_rest_as_a_number) {
  auto told = summarize(facts_with_defects());
  table many{.title = "Many", .head = {"a"}, .rows = {}, .where_to_find = "there"};
  for (int row = 0; row < 200; ++row) {
    many.rows.push_back({"row" + std::to_string(row)});
  }
  many.rows_left_out = 800;
  told.sections.front().tables = {many};
  EXPECT_THAT(render_text(told), HasSubstr("… and 994 more: there"));
  EXPECT_THAT(plain(render_markdown(told)), HasSubstr("… and 950 more: there"));
  EXPECT_THAT(render_html(told), HasSubstr("… and 800 more: there"));
}

TEST(render, several_are_one_table_with_the_worst_verdict) {
  const auto text = render_text(two_lines(facts_at_go()));
  EXPECT_THAT(text, HasSubstr("2 migrations  verdict: WAIT"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 5);
  EXPECT_THAT(render_markdown(two_lines(facts_with_defects())), HasSubstr("NO-GO**: the worst"));
  const auto page = page_of_two(facts_with_defects());
  EXPECT_THAT(page, HasSubstr("class=\"verdict no-go\""));
  EXPECT_THAT(page, HasSubstr("GO was held until"));
}

}  // namespace
}  // namespace ddm::summary
