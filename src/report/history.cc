#include "report/history.h"

#include "base/foreign_json.h"
#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ddm::report {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t quarter = 15;  // minutes
constexpr std::int64_t minutes_kept = std::int64_t{24} * 60;
constexpr std::int64_t quarters_kept = std::int64_t{14} * 24 * 4;
constexpr std::size_t text_max = 4096;

constexpr std::array<std::string_view, 17> told{"events_unique",
                                                "checks_verified",
                                                "checks_pending",
                                                "checks_failed",
                                                "checks_deferred",
                                                "open_keys_all",
                                                "mismatches_unlisted_all",
                                                "gaps_open",
                                                "lag_ms_p50",
                                                "lag_ms_p99",
                                                "behind_stream_ms",
                                                "read_up_to_age_ms",
                                                "compared_items",
                                                "compared_segments_done",
                                                "consumed_source_rcu",
                                                "consumed_target_rcu",
                                                "consumed_usd"};

std::string text_of(const status& now) {
  auto document = nlohmann::json{{"at", format_rfc3339(now.at)},
                                 {"verdict", to_string(now.verdict.kind)},
                                 {"phase", to_string(now.phase)}};
  for (const auto& each : figures_of(now)) {
    if (std::ranges::find(told, each.name) != told.end()) {
      document[each.name] = each.value;
    }
  }
  return json_text(document);
}

std::int64_t slot_of(std::int64_t number, std::int64_t kept) {
  return ((number % kept) + kept) % kept;
}

}  // namespace

history::history(std::string_view command, const std::map<std::string, std::string>& stored)
    : prefix_(fmt::format("history.{}.", command)) {
  for (auto each = stored.lower_bound(prefix_);
       each != stored.end() && each->first.starts_with(prefix_); ++each) {
    const auto document = parse_json(each->second);
    const auto at = parse_rfc3339(text_member(document, "at"));
    if (at && each->second.size() <= text_max) {
      points_.emplace(each->first, point{.at = *at, .text = json_text(document)});
    }
  }
}

void history::add(const status& now) {
  const auto minute = to_ms(now.at) / minute_ms;
  if (std::exchange(last_minute_, minute) == minute) {
    return;
  }
  const point made{.at = now.at, .text = text_of(now)};
  if (minute % quarter == 0) {
    keep(fmt::format("{}q.{}", prefix_, slot_of(minute / quarter, quarters_kept)), made);
  }
  keep(fmt::format("{}m.{}", prefix_, slot_of(minute, minutes_kept)), made);
}

void history::keep(std::string name, point made) {
  new_.insert_or_assign(name, made.text);
  points_.insert_or_assign(std::move(name), std::move(made));
}

std::map<std::string, std::string> history::take_new() { return std::exchange(new_, {}); }

std::vector<std::string> history::points(wall_time now, wall_time since) const {
  const auto first_minute = now - std::chrono::hours(24);
  const auto first_quarter = now - std::chrono::hours(14 * 24);
  std::map<wall_time, std::string_view> found;
  for (const auto& [name, each] : points_) {
    const bool is_quarter = name.starts_with(prefix_ + "q.");
    if (each.at >= since && each.at <= now &&
        each.at >= (is_quarter ? first_quarter : first_minute)) {
      found.emplace(each.at, each.text);
    }
  }
  std::vector<std::string> texts;
  texts.reserve(found.size());
  for (const auto& each : found) {
    texts.emplace_back(each.second);
  }
  return texts;
}

}  // namespace ddm::report
