#include "summary/past.h"

#include "base/foreign_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace ddm::summary {
namespace {

using report::verdict_kind;

/// Worst first.
constexpr std::array all_verdicts{verdict_kind::no_go, verdict_kind::wait, verdict_kind::go_sampled,
                                  verdict_kind::go};

std::optional<verdict_kind> verdict_of(const std::string& name) {
  const auto* const found = std::ranges::find_if(
      all_verdicts, [&](verdict_kind each) { return report::to_string(each) == name; });
  return found == all_verdicts.end() ? std::nullopt : std::optional(*found);
}

verdict_kind worse_of(verdict_kind a, verdict_kind b) {
  return *std::ranges::find_if(all_verdicts,
                               [&](verdict_kind each) { return each == a || each == b; });
}

/// A point a minute for the last day, before that one each 15 minutes (report/history.h).
void note_who_watched(std::vector<past_point>& points, wall_time now) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const bool is_minute = now - points[i - 1].at < std::chrono::hours(24);
    const milliseconds usual = is_minute ? std::chrono::seconds(150) : std::chrono::minutes(31);
    points[i].watched = points[i].at - points[i - 1].at <= usual;
  }
}

/// What was only counted is as open as what was listed.
void add_unlisted(std::map<std::string, double>& figures) {
  const auto open = figures.find("open_keys_all");
  const auto more = figures.find("mismatches_unlisted_all");
  if (open != figures.end() && more != figures.end()) {
    open->second += more->second;
  }
}

}  // namespace

std::vector<past_point> read_points(const std::vector<std::string>& points, wall_time now) {
  std::vector<past_point> found;
  for (const auto& text : points) {
    const auto document = parse_json(text);
    const auto at = parse_rfc3339(text_member(document, "at"));
    const auto verdict = verdict_of(text_member(document, "verdict"));
    if (!at || !verdict || (!found.empty() && *at <= found.back().at)) {
      continue;
    }
    past_point point{.at = *at, .verdict = *verdict, .figures = {}};
    for (const auto& [name, value] : document.items()) {
      if (value.is_number()) {
        point.figures.emplace(name, value.get<double>());
      }
    }
    add_unlisted(point.figures);
    found.push_back(std::move(point));
  }
  note_who_watched(found, now);
  return found;
}

std::vector<verdict_change> verdict_changes(const std::vector<past_point>& points) {
  std::vector<verdict_change> changes;
  const past_point* before = nullptr;
  for (const auto& point : points) {
    if (before != nullptr && !point.watched) {
      changes.push_back({.at = before->at, .verdict = std::nullopt});
    }
    if (changes.empty() || changes.back().verdict != point.verdict) {
      changes.push_back({.at = point.at, .verdict = point.verdict});
    }
    before = &point;
  }
  return changes;
}

std::vector<past_point> thinned(const std::vector<past_point>& points, std::size_t points_max) {
  if (points.size() <= points_max || points_max < 2) {
    return points;
  }
  const auto begin = points.front().at;
  const auto width =
      (points.back().at - begin) / static_cast<std::int64_t>(points_max) + milliseconds{1};
  std::vector<past_point> kept;
  std::int64_t last_slot = -1;
  for (const auto& point : points) {
    const auto slot = (point.at - begin) / width;
    if (std::exchange(last_slot, slot) != slot) {
      kept.push_back(point);
      continue;
    }
    auto& same = kept.back();
    same.verdict = worse_of(same.verdict, point.verdict);
    same.watched = same.watched && point.watched;
    for (const auto& [name, value] : point.figures) {
      const auto [place, is_new] = same.figures.emplace(name, value);
      place->second = std::max(place->second, value);
    }
  }
  return kept;
}

}  // namespace ddm::summary
