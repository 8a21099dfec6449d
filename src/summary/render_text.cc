#include "base/displayable.h"
#include "base/units.h"
#include "summary/render.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ddm::summary {
namespace {

constexpr std::size_t rows_max = 6;
constexpr std::size_t name_columns = 18;
constexpr std::size_t cell_columns_max = 80;

/// Of the characters that anybody sees; wide ones count as one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t columns) {
  const auto has = columns_of(text);
  return text.append(has < columns ? columns - has : 0, ' ');
}

void add_table(std::string& text, const table& of, std::size_t rows_shown = rows_max) {
  const auto shown = std::min(rows_shown, of.rows.size());
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::vector<std::string>& cells) {
    auto& row = rows.emplace_back();
    for (const auto& cell : cells) {
      row.push_back(displayable(cell));
    }
  };
  add(of.head);
  std::ranges::for_each(std::span(of.rows).first(shown), add);
  std::vector<std::size_t> widths(of.head.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], std::min(cell_columns_max, columns_of(row[i])));
    }
  }
  if (!of.title.empty()) {
    text += fmt::format("\n  {}:", displayable(of.title));
  }
  for (const auto& row : rows) {
    std::string line = "   ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += ' ' + (i + 1 < row.size() ? padded(row[i], widths[i]) + ' ' : row[i]);
    }
    text += '\n' + line.erase(line.find_last_not_of(' ') + 1);
  }
  if (const auto rest = of.rows.size() - shown + of.rows_left_out; rest > 0) {
    text += fmt::format("\n    … and {} more{}{}", grouped(rest),
                        of.where_to_find.empty() ? "" : ": ", displayable(of.where_to_find));
  }
}

void add_section(std::string& text, const section& of) {
  text += fmt::format("\n\n{}", displayable(of.title));
  for (const auto& each : of.facts) {
    text += fmt::format("\n  {} {}", padded(displayable(each.name), name_columns),
                        displayable(each.value));
  }
  for (const auto& point : of.points) {
    text += fmt::format("\n  - {}", displayable(point));
  }
  for (const auto& each : of.tables) {
    add_table(text, each);
  }
  for (const auto& each : of.plots) {
    text += fmt::format("\n  {} {}", padded(displayable(each.title), name_columns),
                        displayable(each.in_words));
  }
}

}  // namespace

std::string render_text(const summary& of) {
  auto text =
      fmt::format("{}  verdict: {}  {}\n{}", displayable(of.migration),
                  report::to_string(of.verdict), displayable(of.standing), displayable(of.tables));
  for (const auto& reason : of.reasons) {
    text += fmt::format("\n  - {}", displayable(reason));
  }
  text += fmt::format("\n  {}", displayable(of.as_of));
  for (const auto& each : of.sections) {
    if (each.brief) {
      add_section(text, each);
    }
  }
  return text + fmt::format("\n\n{}", displayable(of.made));
}

std::string render_text(const overview& of) {
  auto text = fmt::format("{} migrations  verdict: {}, the worst of them", of.rows.size(),
                          report::to_string(of.worst));
  table lines{.title = "",
              .head = {"migration", "verdict", "open keys", "gaps", "as of", "reasons"},
              .rows = {},
              .where_to_find = {}};
  for (const auto& row : of.rows) {
    lines.rows.push_back({row.migration, std::string(report::to_string(row.verdict)), row.open_keys,
                          row.gaps, row.as_of, fmt::format("{}", fmt::join(row.reasons, "; "))});
  }
  add_table(text, lines, lines.rows.size());
  return text + fmt::format("\n\n{}", displayable(of.made));
}

}  // namespace ddm::summary
