#include "report/panel.h"

#include "base/display_width.h"
#include "base/displayable.h"
#include "base/units.h"
#include "report/success_text.h"
#include "report/text_parts.h"
#include "report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <string_view>
#include <utility>

namespace ddm::report {
namespace {

constexpr std::size_t label_columns = 10;
constexpr std::size_t narrow_columns = 40;
constexpr std::size_t bar_cells = 20;

/// Of a line: what is lower is shown rather. Reasons beyond the first follow one by one.
enum weight : int {
  of_head,
  of_first_reason,
  of_changes,
  of_comparison,
  of_lag,
  of_mismatches,
  of_shards,
  of_second_reason,
  of_newest_mismatch,
  of_sparkline,
  of_third_reason,
  of_rest_of_reason,
  of_success,
  of_more_reasons,
  of_more_mismatches,
  of_drain,
  of_price,
};

enum class part {
  head,
  reason,
  rest_of_reason,
  rest,
};

struct entry {
  int weight = 0;
  std::string text;
  part of = part::rest;
  std::string whole = {};  ///< of a reason that goes on in the next line
};

std::string plain(std::string_view foreign) {
  auto text = displayable(foreign);
  std::ranges::replace(text, '\t', ' ');
  return text;
}

class composer {
 public:
  composer(const status& now, const recent_figures& recent, panel_size size,
           const panel_manner& manner)
      : now_(now), recent_(recent), size_(size), manner_(manner) {}

  [[nodiscard]] panel compose() &&;

 private:
  void add(int weight, std::string_view label, const std::string& text) {
    entries_.push_back({.weight = weight, .text = labelled(label, text), .of = part::rest});
  }
  [[nodiscard]] std::string labelled(std::string_view label, const std::string& text) const {
    return is_narrow() ? fmt::format("{}{}{}", label, label.empty() ? "" : " ", text)
                       : fmt::format("{:<{}}{}", label, label_columns, text);
  }
  [[nodiscard]] bool is_narrow() const { return size_.columns < narrow_columns; }
  [[nodiscard]] std::string fitted(std::string_view text, std::size_t columns) const {
    const auto shown = plain(text);
    return manner_.unicode ? cut_to_width(shown, columns, "…")
                           : cut_to_width(ascii_only(shown), columns, "..");
  }
  [[nodiscard]] static std::string whole_seconds(milliseconds of) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(of);
    return seconds.count() <= 0 ? std::string("0 s") : spoken_duration(seconds);
  }
  [[nodiscard]] std::string age(wall_time since) const {
    return whole_seconds(std::chrono::duration_cast<milliseconds>(now_.at - since));
  }

  void add_head();
  void add_reasons();
  void add_changes();
  void add_lag();
  void add_comparison();
  void add_shards();
  void add_mismatches();
  void add_success();
  void add_cost();
  void keep_heaviest();
  void add_reason(int weight, const std::string& reason);
  void mend_cut_reasons();
  void tell_hidden_reasons();

  const status& now_;
  const recent_figures& recent_;
  panel_size size_;
  const panel_manner& manner_;
  std::vector<entry> entries_;
};

void composer::add_head() {
  // A screen that stands still must be told from one that lives, where the rest is cut off, too.
  auto text = fmt::format("{} at {}, for {}", to_string(now_.verdict.kind), time_of_day(now_.at),
                          age(std::min(now_.verdict_since, now_.at)));
  const auto& name = now_.about.migration;
  if (now_.follows_stream) {
    text += fmt::format("  {}", to_string(now_.phase));
  }
  if (!name.empty()) {
    text += fmt::format("  {}", name);
  }
  text += fmt::format("  running {}", whole_seconds(now_.running));
  entries_.push_back({.weight = of_head, .text = std::move(text), .of = part::head});
}

void composer::add_reasons() {
  constexpr std::array first{of_first_reason, of_second_reason, of_third_reason};
  for (std::size_t i = 0; i < now_.verdict.reasons.size(); ++i) {
    add_reason(i < first.size() ? first.at(i) : of_more_reasons, now_.verdict.reasons[i]);
  }
}

/// One that is too long goes on in a second line, if there is room for that.
void composer::add_reason(int weight, const std::string& reason) {
  auto text = fitted("- " + reason, std::string::npos);
  if (is_narrow() || display_width(text) <= size_.columns) {
    entries_.push_back({.weight = weight, .text = std::move(text), .of = part::reason});
    return;
  }
  const auto head = cut_to_width(text, size_.columns, "");
  const auto blank = head.rfind(' ');
  const auto at = blank == std::string::npos || blank < head.size() / 2 ? head.size() : blank;
  const auto rest = "  " + text.substr(at + (at == blank ? 1 : 0));
  entries_.push_back(
      {.weight = weight, .text = text.substr(0, at), .of = part::reason, .whole = std::move(text)});
  entries_.push_back({.weight = std::max<int>(weight, of_rest_of_reason),
                      .text = rest,
                      .of = part::rest_of_reason});
}

void composer::mend_cut_reasons() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool goes_on = i + 1 < entries_.size() && entries_[i + 1].of == part::rest_of_reason;
    if (entries_[i].of == part::reason && !entries_[i].whole.empty() && !goes_on) {
      entries_[i].text = entries_[i].whole;
    }
  }
}

void composer::add_changes() {
  if (!now_.follows_stream) {
    return;
  }
  const auto rate = recent_.events_per_second().value_or(now_.events_per_second);
  auto text = fmt::format("{}, {} read; {} pending, {} verified, {} failed", rate_text(rate),
                          number(now_.events.unique), number(now_.pending),
                          number(now_.checks.verified), number(now_.checks.failed));
  if (now_.last_write) {
    text += fmt::format("; newest {} ago", age(std::min(*now_.last_write, now_.at)));
  }
  add(of_changes, "changes", text);
}

void composer::add_lag() {
  if (!now_.follows_stream) {
    return;
  }
  const auto text_of = [&](double share) { return spoken_duration(*now_.lag.percentile(share)); };
  add(of_lag, "lag",
      now_.lag.count() == 0
          ? std::string("not measured yet")
          : fmt::format("p95 {}, p50 {}, p99 {}, max {}", text_of(0.95), text_of(0.5),
                        text_of(0.99), spoken_duration(now_.lag.max())));
  const auto& points = recent_.lags();
  // What was not measured is less than anything.
  const auto highest = points.empty() ? std::nullopt : *std::ranges::max_element(points);
  if (!highest) {
    return;
  }
  const auto words = fmt::format(
      "  to {} in {}", spoken_duration(*highest),
      spoken_duration(static_cast<std::int64_t>(points.size()) * recent_figures::point_every));
  const auto indent = is_narrow() ? 0 : label_columns;
  const auto taken = indent + words.size();
  const auto cells = size_.columns > taken ? size_.columns - taken : 0;
  add(of_sparkline, "", sparkline(points, cells, manner_.unicode) + words);
}

void composer::add_comparison() {
  if (!now_.compared || !now_.compared->progress.begun()) {
    return;
  }
  const auto& compared = *now_.compared;
  const auto& progress = compared.progress;
  const auto label = now_.follows_stream ? "baseline" : "compared";
  const auto weight = now_.comparing || !now_.follows_stream ? of_comparison : of_drain;
  const auto cells = is_narrow() ? bar_cells / 4 : bar_cells;
  const auto share = progress.finished() ? 1.0 : compared.share_read();
  const auto filled = std::min(cells, static_cast<std::size_t>(share * static_cast<double>(cells)));
  auto text = fmt::format("[{:#>{}}{:.>{}}] {:.0f} %", "", filled, "", cells - filled,
                          std::floor(share * 100));
  if (progress.finished()) {
    text += fmt::format("  {} keys compared", number(compared.keys()));
  } else if (progress.all_scanned()) {
    text += fmt::format("  judging {} of {} keys", number(progress.candidates_open()),
                        number(compared.keys()));
  } else {
    const auto left = compared.remaining();
    text += left ? fmt::format("  {} left",
                               spoken_duration(std::chrono::ceil<std::chrono::seconds>(*left)))
                 : std::string();
    text += fmt::format("  {} items/s, {} keys looked unequal",
                        decimal(compared.items_per_second(), 0), number(progress.candidates));
  }
  add(weight, label, text);
}

void composer::add_shards() {
  if (!now_.follows_stream) {
    return;
  }
  const auto gaps = uncured_gaps(now_.gaps);
  add(of_shards, "shards",
      fmt::format("{}; {} open, {} waiting, {} done; {} gap{}", how_far_text(now_),
                  grouped(now_.shards.open), grouped(now_.shards.waiting),
                  grouped(now_.shards.done), number(gaps), gaps == 1 ? "" : "s"));
}

void composer::add_mismatches() {
  const auto unlisted = now_.unlisted.all();
  add(of_mismatches, "wrong",
      open_mismatches(now_) +
          (unlisted > 0 ? fmt::format("; {} more only counted", number(unlisted)) : ""));
  auto weight = of_newest_mismatch;
  for (const auto& found : now_.newest) {
    add(std::exchange(weight, of_more_mismatches), "",
        fmt::format("{} {} {} ago", to_string(found.kind), found.key,
                    age(std::min(found.first_seen, now_.at))));
  }
}

void composer::add_success() {
  if (now_.success_of_changes) {
    add(of_success, "success", "changes: " + success_of_changes_text(now_));
  }
  if (now_.success_at_rest) {
    add(of_success, now_.success_of_changes ? "" : "success",
        "at rest: " + success_at_rest_text(now_));
  }
}

void composer::add_cost() {
  if (now_.drain_estimate) {
    add(of_drain, "drain",
        fmt::format("everything judged about {} after a freeze",
                    spoken_duration(*now_.drain_estimate)));
  }
  add(of_price, "price", fmt::format("about {:.4f} USD so far", now_.usd));
}

/// Those that there is room for, in their order.
void composer::keep_heaviest() {
  const auto rows = std::max<std::size_t>(1, size_.rows);
  while (entries_.size() > rows) {
    // Of several with one weight the last goes first.
    auto last = entries_.begin();
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      last = each->weight >= last->weight ? each : last;
    }
    entries_.erase(last);
  }
}

void composer::tell_hidden_reasons() {
  const auto shown = std::ranges::count(entries_, part::reason, &entry::of);
  const auto hidden = std::ssize(now_.verdict.reasons) - shown;
  if (hidden == 0) {
    return;
  }
  const auto rest = fmt::format(" (+{} more)", hidden);
  for (auto& each : entries_ | std::views::reverse) {
    const bool is_last = shown == 0 ? each.of == part::head
                                    : each.of == part::reason || each.of == part::rest_of_reason;
    if (is_last && size_.columns > 2 * rest.size()) {
      each.text = fitted(each.text, size_.columns - rest.size()) + rest;
      return;
    }
  }
}

panel composer::compose() && {
  add_head();
  add_reasons();
  add_changes();
  add_lag();
  add_comparison();
  add_shards();
  add_mismatches();
  add_success();
  add_cost();
  keep_heaviest();
  mend_cut_reasons();
  tell_hidden_reasons();
  panel made{.lines = {}, .verdict = now_.verdict.kind};
  for (const auto& each : entries_) {
    made.lines.push_back(fitted(each.text, size_.columns));
  }
  made.verdict_bytes = std::min(to_string(made.verdict).size(), made.lines.front().size());
  return made;
}

}  // namespace

std::string sparkline(const std::deque<std::optional<milliseconds>>& points, std::size_t columns,
                      bool unicode) {
  constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> letters{".", ".", "-", "-", "=", "=", "#", "#"};
  const auto& cells = unicode ? blocks : letters;
  const auto begin = points.size() - std::min(columns, points.size());
  milliseconds highest{1};
  for (const auto& point : points | std::views::drop(begin)) {
    highest = std::max(highest, point.value_or(milliseconds{0}));
  }
  std::string line;
  for (const auto& point : points | std::views::drop(begin)) {
    line += point ? cells.at(static_cast<std::size_t>(point->count() * 7 / highest.count())) : " ";
  }
  return line;
}

panel render_panel(const status& now, const recent_figures& recent, panel_size size,
                   const panel_manner& manner) {
  return composer(now, recent, size, manner).compose();
}

}  // namespace ddm::report
