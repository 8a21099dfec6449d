#include "cli/panel_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace ddm::cli {
namespace {

using report::panel;
using report::panel_size;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// A terminal that knows what a panel_screen may send, one byte a cell, and refuses all else.
class small_terminal {
 public:
  explicit small_terminal(panel_size size)
      : size_(size), rows_(size.rows, std::string(size.columns, ' ')) {}

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (bytes.starts_with("\x1b[")) {
        bytes.remove_prefix(2);
        const auto end = bytes.find_first_not_of("0123456789;?");
        ASSERT_NE(end, std::string_view::npos);
        obey(bytes[end], bytes.substr(0, end));
        bytes.remove_prefix(end + 1);
      } else {
        put(bytes.front());
        bytes.remove_prefix(1);
      }
    }
  }

  /// Without the empty rows at the end, and without blanks at the ends of rows.
  [[nodiscard]] std::vector<std::string> screen() const {
    std::vector<std::string> shown;
    for (const auto& row : rows_) {
      const auto end = row.find_last_not_of(' ');
      shown.push_back(end == std::string::npos ? "" : row.substr(0, end + 1));
    }
    while (!shown.empty() && shown.back().empty()) {
      shown.pop_back();
    }
    return shown;
  }
  [[nodiscard]] std::size_t row() const { return row_; }
  [[nodiscard]] std::size_t column() const { return column_; }
  [[nodiscard]] bool is_as_it_was() const { return wraps_ && has_cursor_ && colour_.empty(); }
  [[nodiscard]] int wrapped() const { return wrapped_; }

 private:
  void put(char c) {
    if (c == '\r') {
      column_ = 0;
      return;
    }
    if (c == '\n') {
      column_ = 0;  // as the driver of a terminal has it
      line_feed();
      return;
    }
    if (column_ == size_.columns) {
      if (wraps_) {
        ++wrapped_;
        column_ = 0;
        line_feed();
      } else {
        column_ = size_.columns - 1;
      }
    }
    rows_[row_][column_++] = c;
  }
  void line_feed() {
    if (row_ + 1 < size_.rows) {
      ++row_;
      return;
    }
    rows_.erase(rows_.begin());
    rows_.emplace_back(size_.columns, ' ');
  }
  void obey(char what, std::string_view parameters) {
    std::size_t by = 1;
    std::from_chars(parameters.data(), parameters.data() + parameters.size(), by);
    switch (what) {
      case 'A':
        row_ -= std::min(row_, by);
        break;
      case 'B':
        row_ = std::min(size_.rows - 1, row_ + by);
        break;
      case 'C':
        column_ = std::min(size_.columns - 1, column_ + by);
        break;
      case 'H':
        row_ = column_ = 0;
        break;
      case 'J':
        for (auto row = parameters == "2" ? 0 : row_ + 1; row < size_.rows; ++row) {
          rows_[row].assign(size_.columns, ' ');
        }
        [[fallthrough]];
      case 'K':
        std::fill(
            rows_[row_].begin() + static_cast<std::ptrdiff_t>(std::min(column_, size_.columns)),
            rows_[row_].end(), ' ');
        break;
      case 'L':
        for (std::size_t i = 0; i < by; ++i) {
          rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(row_),
                       std::string(size_.columns, ' '));
          rows_.pop_back();
        }
        break;
      case 'm':
        colour_ = parameters == "0" ? "" : parameters;
        break;
      case 'h':
      case 'l':
        (parameters == "?7" ? wraps_ : has_cursor_) = what == 'h';
        break;
      default:
        ADD_FAILURE() << "not expected: " << what;
    }
  }

  panel_size size_;
  std::vector<std::string> rows_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  bool wraps_ = true;
  bool has_cursor_ = true;
  std::string colour_;
  int wrapped_ = 0;
};

constexpr panel_size size{.columns = 20, .rows = 8};

panel of(std::vector<std::string> lines) {
  const auto bytes = std::min<std::size_t>(4, lines.front().size());
  return {.lines = std::move(lines), .verdict = report::verdict_kind::wait, .verdict_bytes = bytes};
}

class on_a_terminal : public testing::Test {
 protected:
  void draw(const panel& wanted) { take(screen_.draw(wanted, size)); }
  void print(std::string_view text) { take(screen_.print(text, size)); }
  void take(const std::string& bytes) {
    bytes_ = bytes.size();
    terminal_.take(bytes);
    EXPECT_TRUE(terminal_.is_as_it_was());
  }

  panel_screen screen_{true};
  small_terminal terminal_{size};
  std::size_t bytes_ = 0;
};

TEST_F(on_a_terminal, stands_below_what_was_printed) {
  print("first");
  draw(of({"WAIT", "lag 1 s"}));
  EXPECT_THAT(terminal_.screen(), ElementsAre("first", "WAIT", "lag 1 s"));
  print("second");
  print("third");
  EXPECT_THAT(terminal_.screen(), ElementsAre("first", "second", "third", "WAIT", "lag 1 s"));
}

TEST_F(on_a_terminal, writes_nothing_where_nothing_has_changed_and_little_where_little_has) {
  draw(of({"WAIT for 1 s", "lag 1 s, max 7 s"}));
  draw(of({"WAIT for 1 s", "lag 1 s, max 7 s"}));
  EXPECT_EQ(bytes_, 0U);
  draw(of({"WAIT for 2 s", "lag 1 s, max 7 s"}));
  EXPECT_THAT(terminal_.screen(), ElementsAre("WAIT for 2 s", "lag 1 s, max 7 s"));
  EXPECT_LT(bytes_, 64U);
}

TEST_F(on_a_terminal, lines_scroll_above_it_when_the_screen_is_full) {
  draw(of({"WAIT", "lag"}));
  for (int i = 0; i < 30; ++i) {
    print("line " + std::to_string(i));
    draw(of({"WAIT", "lag " + std::to_string(i)}));
  }
  EXPECT_THAT(terminal_.screen(), ElementsAre("line 24", "line 25", "line 26", "line 27", "line 28",
                                              "line 29", "WAIT", "lag 29"));
}

TEST_F(on_a_terminal, a_long_line_takes_the_rows_that_it_needs) {
  draw(of({"WAIT", "lag"}));
  for (const std::size_t length : {19, 20, 21, 39, 40, 41}) {
    print(std::string(length, 'x'));
    print("|");
    draw(of({"WAIT", "lag " + std::to_string(length)}));
    const auto shown = terminal_.screen();
    ASSERT_THAT(shown, SizeIs(testing::Ge(4U)));
    EXPECT_EQ(shown[shown.size() - 3], "|");
    EXPECT_EQ(shown[shown.size() - 4], std::string((length - 1) % 20 + 1, 'x'));
    EXPECT_EQ(shown[shown.size() - 2], "WAIT");
    EXPECT_EQ(shown.back(), "lag " + std::to_string(length));
  }
}

TEST_F(on_a_terminal, what_is_longer_than_the_screen_and_what_has_several_lines_comes_whole) {
  draw(of({"WAIT", "lag"}));
  print(std::string(200, 'x') + "\nlast");
  EXPECT_THAT(terminal_.screen(), ElementsAre(SizeIs(20), SizeIs(20), SizeIs(20), SizeIs(20),
                                              SizeIs(20), "last", "WAIT", "lag"));
  print(std::string(200, 'y'));
  EXPECT_EQ(terminal_.screen().back(), "lag");
  EXPECT_EQ(terminal_.screen()[5], std::string(20, 'y'));
}

TEST_F(on_a_terminal, grows_and_shrinks) {
  for (int i = 0; i < 6; ++i) {
    print("line " + std::to_string(i));
  }
  draw(of({"WAIT", "a"}));
  draw(of({"WAIT", "a", "b", "c"}));
  EXPECT_THAT(terminal_.screen(),
              ElementsAre("line 2", "line 3", "line 4", "line 5", "WAIT", "a", "b", "c"));
  draw(of({"GO, and long", "b"}));
  EXPECT_THAT(terminal_.screen(),
              ElementsAre("line 2", "line 3", "line 4", "line 5", "GO, and long", "b"));
  draw(of({"GO"}));
  EXPECT_EQ(terminal_.screen().back(), "GO");
  print("line 6");
  EXPECT_THAT(terminal_.screen(), Contains("line 6"));
  EXPECT_EQ(terminal_.screen().back(), "GO");
}

TEST_F(on_a_terminal, leaves_no_trace) {
  print("first");
  draw(of({"WAIT", "lag 1 s"}));
  take(screen_.leave(size));
  EXPECT_THAT(terminal_.screen(), ElementsAre("first"));
  EXPECT_EQ(terminal_.row(), 1U);
  EXPECT_EQ(terminal_.column(), 0U);
  take(screen_.leave(size));
  EXPECT_EQ(bytes_, 0U);
}

TEST_F(on_a_terminal, leaves_no_trace_of_what_was_typed) {
  print("first");
  draw(of({"WAIT", "lag 1 s"}));
  terminal_.take("typed\r\n\r\n");
  screen_.distrust();
  take(screen_.leave(size));
  EXPECT_THAT(terminal_.screen(), ElementsAre("first"));
  screen_.distrust();
  print("second");
  EXPECT_THAT(terminal_.screen(), ElementsAre("first", "second")) << "nothing is to be mended";
}

TEST_F(on_a_terminal, is_painted_anew_with_the_last_lines_when_nobody_knows_what_is_shown) {
  for (int i = 0; i < 20; ++i) {
    print("line " + std::to_string(i));
  }
  draw(of({"WAIT", "lag"}));
  terminal_.take("typed\r\n\r\nand more");
  screen_.distrust();
  draw(of({"WAIT", "lag 2"}));
  EXPECT_THAT(terminal_.screen(), ElementsAre("line 14", "line 15", "line 16", "line 17", "line 18",
                                              "line 19", "WAIT", "lag 2"));
}

TEST(panel_screen, is_painted_anew_for_another_size) {
  panel_screen screen(false);
  small_terminal wide({.columns = 20, .rows = 8});
  wide.take(screen.print("0123456789abcde", {.columns = 20, .rows = 8}));
  wide.take(screen.draw(of({"WAIT", "lag"}), {.columns = 20, .rows = 8}));
  small_terminal narrow({.columns = 10, .rows = 5});
  narrow.take(screen.draw(of({"WAIT", "lag"}), {.columns = 10, .rows = 5}));
  EXPECT_THAT(narrow.screen(), ElementsAre("0123456789", "abcde", "WAIT", "lag"));
  small_terminal other({.columns = 30, .rows = 3});
  other.take(screen.print("next", {.columns = 30, .rows = 3}));
  EXPECT_THAT(other.screen(), ElementsAre("0123456789abcde", "next"));
  other.take(screen.draw(of({"WAIT"}), {.columns = 30, .rows = 3}));
  EXPECT_THAT(other.screen(), ElementsAre("0123456789abcde", "next", "WAIT"));
}

TEST(panel_screen, after_another_job_it_begins_below) {
  panel_screen screen(false);
  small_terminal terminal(size);
  terminal.take(screen.draw(of({"WAIT", "lag"}), size));
  terminal.take("\r\n[1]+ Stopped\r\n$ fg\r\n");
  screen.forget();
  terminal.take(screen.draw(of({"WAIT", "lag 2"}), size));
  EXPECT_THAT(terminal.screen(),
              ElementsAre("WAIT", "lag", "[1]+ Stopped", "$ fg", "WAIT", "lag 2"));
}

TEST(panel_screen, colours_nothing_but_the_verdict_and_only_if_it_may) {
  const auto wanted = of({"WAIT for 1 s", "lag"});
  EXPECT_THAT(panel_screen(true).draw(wanted, size), HasSubstr("m"
                                                               "WAIT\x1b[0m for 1 s"));
  const auto plain = panel_screen(false).draw(wanted, size);
  EXPECT_THAT(plain, HasSubstr("WAIT for 1 s"));
  EXPECT_THAT(plain, Not(HasSubstr("m"
                                   "WAIT")));
}

TEST(panel_screen, a_change_behind_wide_characters_writes_the_line_from_there) {
  panel_screen screen(false);
  EXPECT_THAT(screen.draw(of({"WAIT", "key 訂單 1 s"}), size), HasSubstr("訂單"));
  EXPECT_THAT(screen.draw(of({"WAIT", "key 訂單 2 s"}), size),
              HasSubstr("\r\x1b[4C訂單 2 s\x1b[K"));
}

TEST(panel_screen, keeps_a_bounded_part_of_what_was_printed) {
  panel_screen screen(false);
  const panel_size huge{.columns = 100'000, .rows = 10'000};
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(screen.print(std::string(10'000, 'x'), huge));
  }
  screen.distrust();
  EXPECT_LE(screen.draw(of({"WAIT"}), huge).size(),
            panel_screen::kept_lines_max * (panel_screen::kept_columns_max + 2) + 100);
}

}  // namespace
}  // namespace ddm::cli
