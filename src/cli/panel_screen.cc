#include "cli/panel_screen.h"

#include "base/display_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::cli {
namespace {

// Sequences of ECMA-48 that every terminal knows since the VT102.
constexpr std::string_view frame_begins = "\x1b[?25l\x1b[?7l";  // no cursor, no wrapping
constexpr std::string_view frame_ends = "\x1b[?7h\x1b[?25h";
constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";
constexpr std::string_view clear_below = "\x1b[J";
constexpr std::string_view clear_line = "\x1b[K";
constexpr std::string_view plain_again = "\x1b[0m";

/// A colour behind the letters as well: readable on any theme.
std::string_view colours_of(report::verdict_kind verdict) {
  switch (verdict) {
    case report::verdict_kind::go:
      return "\x1b[30;42m";
    case report::verdict_kind::go_sampled:
      return "\x1b[30;46m";
    case report::verdict_kind::wait:
      return "\x1b[30;43m";
    case report::verdict_kind::no_go:
      return "\x1b[1;37;41m";
  }
  return "";
}

/// 0 moves nowhere; the sequence would move by one.
std::string moved(std::size_t by, char direction) {
  return by == 0 ? std::string() : fmt::format("\x1b[{}{}", by, direction);
}

void append_move(std::string& out, std::size_t& row, std::size_t to) {
  out += row > to ? moved(row - to, 'A') : moved(to - row, 'B');
  row = to;
}

/// Behind the last character of a line that the cursor is in.
std::string to_end_of(std::string_view line) { return "\r" + moved(display_width(line), 'C'); }

std::size_t rows_of(std::string_view line, std::size_t columns) {
  return std::max<std::size_t>(1, (display_width(line) + columns - 1) / columns);
}

/// Bytes that both begin with and that are one column each.
std::size_t common_columns(std::string_view a, std::string_view b) {
  const auto differing = std::ranges::mismatch(a, b).in1;
  const auto foreign = std::ranges::find_if(
      a.begin(), differing, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return static_cast<std::size_t>(foreign - a.begin());
}

}  // namespace

std::string panel_screen::line_of(const report::panel& from, std::size_t row) const {
  const std::string_view line = from.lines[row];
  if (row > 0 || !colour_) {
    return std::string(line);
  }
  return fmt::format("{}{}{}{}", colours_of(from.verdict), line.substr(0, from.verdict_bytes),
                     plain_again, line.substr(from.verdict_bytes));
}

std::string panel_screen::drawn_anew(const report::panel& wanted) const {
  std::string out = "\r";
  for (std::size_t row = 0; row < wanted.lines.size(); ++row) {
    out += row == 0 ? "" : "\r\n";
    out += line_of(wanted, row);
    out += clear_line;
  }
  return out;
}

void panel_screen::append_change(std::string& out, const report::panel& from,
                                 const report::panel& to, std::size_t row) const {
  const std::string_view before = from.lines[row];
  const std::string_view after = to.lines[row];
  auto same = common_columns(before, after);
  const bool verdict_changed = from.verdict != to.verdict || same < to.verdict_bytes ||
                               from.verdict_bytes != to.verdict_bytes;
  if (row == 0 && colour_ && verdict_changed) {
    out += "\r" + line_of(to, row);
    out += clear_line;
    return;
  }
  out += "\r" + moved(same, 'C');
  if (before.size() == after.size() && is_ascii(before) && is_ascii(after)) {
    auto end = after.size();
    while (end > same && before[end - 1] == after[end - 1]) {
      --end;
    }
    out += after.substr(same, end - same);
    return;
  }
  out += after.substr(same);
  if (before.size() > after.size() || !is_ascii(before) || !is_ascii(after)) {
    out += clear_line;
  }
}

std::string panel_screen::changes(const report::panel& from, const report::panel& to) const {
  const auto before = from.lines.size();
  const auto after = to.lines.size();
  std::string out;
  auto row = before - 1;
  for (std::size_t i = 0; i < std::min(before, after); ++i) {
    if (from.lines[i] != to.lines[i] || (i == 0 && from.verdict != to.verdict)) {
      append_move(out, row, i);
      append_change(out, from, to, i);
    }
  }
  if (out.empty() && before == after) {
    return out;
  }
  append_move(out, row, std::min(before, after) - 1);
  for (std::size_t i = before; i < after; ++i) {
    out += "\r\n" + line_of(to, i);
    out += clear_line;
  }
  const auto& last = to.lines.back();
  out += to_end_of(last);
  if (before > after) {
    out += clear_below;
  } else if (is_ascii(last)) {
    out += clear_line;  // what was typed there
  }
  return out;
}

std::string panel_screen::painted_anew(std::size_t rows_free) {
  shown_.reset();
  distrusted_ = false;
  std::size_t rows = rows_free;
  auto first = kept_.size();
  while (first > 0) {
    rows += rows_of(kept_[first - 1], size_->columns);
    if (rows > size_->rows) {
      break;
    }
    --first;
  }
  std::string out(clear_screen);
  for (const auto& line : kept_ | std::views::drop(first)) {
    out += line + "\r\n";
  }
  return out;
}

bool panel_screen::must_repaint(report::panel_size terminal) const {
  const bool resized =
      size_ && (size_->columns != terminal.columns || size_->rows != terminal.rows);
  // A panel that was taken away has left nothing that could have been folded.
  return distrusted_ || (resized && shown_);
}

std::string panel_screen::draw(const report::panel& wanted, report::panel_size terminal) {
  const bool repaint = must_repaint(terminal);
  size_ = terminal;
  std::string before;
  std::string out;
  if (repaint) {
    before = painted_anew(wanted.lines.size());
  }
  if (shown_) {
    out = changes(*shown_, wanted);
  } else {
    out = drawn_anew(wanted) + to_end_of(wanted.lines.back());
  }
  shown_ = wanted;
  return out.empty() ? out : fmt::format("{}{}{}{}", before, frame_begins, out, frame_ends);
}

void panel_screen::keep(std::string_view text) {
  for (const auto line : text | std::views::split('\n')) {
    kept_.push_back(cut_to_width(std::string_view(line), kept_columns_max, ""));
    if (kept_.size() > kept_lines_max) {
      kept_.pop_front();
    }
  }
}

/// Rows are made below the panel, where the screen scrolls if it must, and moved above it.
std::string panel_screen::let_in(std::string_view line) const {
  const auto rows = rows_of(line, size_->columns);
  const auto height = shown_->lines.size();
  return fmt::format("{}{}\r\x1b[{}L{}\r{}{}", std::string(rows, '\n'),
                     moved(height - 1 + rows, 'A'), rows, line, moved(height, 'B'),
                     to_end_of(shown_->lines.back()));
}

std::string panel_screen::print(std::string_view text, report::panel_size terminal) {
  const bool repaint = must_repaint(terminal);
  size_ = terminal;
  keep(text);
  if (repaint) {
    return painted_anew(1);
  }
  if (!shown_) {
    return std::string(text) + "\n";
  }
  const bool simple = is_ascii(text) && !text.contains('\n') && !text.contains('\t') &&
                      rows_of(text, terminal.columns) + shown_->lines.size() <= terminal.rows;
  if (simple) {
    return let_in(text);
  }
  const auto panel = *shown_;
  auto out = erased();
  for (const auto line : text | std::views::split('\n')) {
    out += std::string_view(line);
    out += "\r\n";
  }
  shown_ = panel;
  return fmt::format("{}{}{}{}{}", out, frame_begins, drawn_anew(panel),
                     to_end_of(panel.lines.back()), frame_ends);
}

std::string panel_screen::leave(report::panel_size terminal) {
  if (!shown_) {
    return {};
  }
  const bool repaint = must_repaint(terminal);
  size_ = terminal;
  return repaint ? painted_anew(1) : erased();
}

std::string panel_screen::erased() {
  auto out = "\r" + moved(shown_->lines.size() - 1, 'A');
  out += clear_below;
  shown_.reset();
  return out;
}

}  // namespace ddm::cli
