#include "report/alerts.h"

#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/units.h"
#include "report/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace ddm::report {
namespace {

using std::chrono::seconds;

constexpr std::string_view verdict_condition = "verdict";
constexpr std::string_view failed_condition = "failed";
constexpr std::string_view holds = "holds";
constexpr seconds pause_between{60};
constexpr std::chrono::hours retention_low{6};
constexpr std::chrono::minutes credentials_end_soon{30};

constexpr std::string_view mismatches_prefix = "mismatches/";
constexpr std::size_t paths_told = 3;

std::vector<verify::path_group> groups_of(std::string_view kind, const status& now) {
  std::vector<verify::path_group> groups;
  std::ranges::copy_if(now.mismatch_groups, std::back_inserter(groups),
                       [kind](const auto& group) { return to_string(group.kind) == kind; });
  return groups;
}

/// " at price (8,112), tags[] (3,888) and other paths"; empty where items as a whole are wrong.
std::string where_wrong(std::string_view kind, const status& now) {
  auto groups = groups_of(kind, now);
  std::erase_if(groups, [](const auto& group) { return group.path.empty(); });
  std::string text;
  for (std::size_t i = 0; i < std::min(groups.size(), paths_told); ++i) {
    text +=
        fmt::format("{}{} ({})", i == 0 ? " at " : ", ", groups[i].path, grouped(groups[i].keys));
  }
  if (groups.size() > paths_told) {
    text += " and other paths";
  }
  return text;
}

void add_mismatches(conditions& found, const status& now) {
  for (std::size_t i = 0; i < verify::mismatch_kind_names.size(); ++i) {
    const auto listed = now.mismatches.open.at(i);
    const auto unlisted = now.unlisted.open.at(i);
    const std::string_view kind = verify::mismatch_kind_names.at(i);
    if (listed + unlisted > 0 && kind != to_string(verify::mismatch_kind::expired)) {
      found.emplace(fmt::format("{}{}", mismatches_prefix, kind),
                    fmt::format("{} {} in the target: {}{}", grouped(listed + unlisted),
                                listed + unlisted == 1 ? "key is wrong" : "keys are wrong", kind,
                                where_wrong(kind, now)));
    }
  }
}

void add_stream(conditions& found, const status& now) {
  const auto open = uncured_gaps(now.gaps);
  if (open > 0) {
    found.emplace("gap",
                  fmt::format("{} coverage {}: changes were not seen; a comparison is needed", open,
                              open == 1 ? "gap is open" : "gaps are open"));
  }
  if (now.is_behind) {
    found.emplace("behind", "replication as a whole is behind");
  }
  if (now.about.stream && now.shards.behind && now.shards.retention_left < retention_low) {
    found.emplace("retention",
                  "unread records leave the stream within 6 h: they would never be checked");
  }
}

void add_cost(conditions& found, const status& now) {
  if (is_cost_reached(now.usd, now.max_usd * cost_is_near_share)) {
    found.emplace("cost", fmt::format("the run has cost {:.2f} USD of the {:.2f} that --max-usd "
                                      "allows{}",
                                      now.usd, now.max_usd,
                                      is_cost_reached(now.usd, now.max_usd)
                                          ? ": items are not read any more"
                                          : ": at that items are not read any "
                                            "more"));
  }
}

void add_credentials(conditions& found, const status& now) {
  for (const auto& each : now.credentials) {
    if (each.ends && !each.renewed && *each.ends - now.at < credentials_end_soon) {
      found.emplace("credentials/" + each.of,
                    fmt::format("the credentials of the {} ({}) end at {}, and nobody renews them",
                                each.of, each.access_key_id, format_rfc3339(*each.ends)));
    }
  }
}

std::string verdict_text(const status& now) {
  return fmt::format("{}{}{}", to_string(now.verdict.kind), now.verdict.reasons.empty() ? "" : ": ",
                     fmt::join(now.verdict.reasons, "; "));
}

/// What who is told knows of each condition.
std::map<std::string, std::string> states_of(const conditions& present, const status& now) {
  std::map<std::string, std::string> states;
  for (const auto& each : present) {
    states.emplace(each.first, each.first == verdict_condition
                                   ? std::string(to_string(now.verdict.kind))
                                   : std::string(holds));
  }
  return states;
}

}  // namespace

conditions conditions_of(const status& now) {
  conditions found;
  found.emplace(verdict_condition, verdict_text(now));
  add_mismatches(found, now);
  add_stream(found, now);
  add_cost(found, now);
  add_credentials(found, now);
  if (!now.unsaved_because.empty()) {
    found.emplace("state", "what is seen cannot be saved, reading waits: " + now.unsaved_because);
  }
  if (!now.failure.empty()) {
    found.emplace(failed_condition, "the run has failed: " + now.failure);
  }
  return found;
}

std::string_view to_string(alert_kind kind) {
  switch (kind) {
    case alert_kind::begins:
      return "begins";
    case alert_kind::ends:
      return "ends";
    case alert_kind::changed:
      return "changed";
  }
  return "?";
}

alert_book::alert_book(std::string_view stored) {
  const auto document = parse_json(stored);
  if (document.is_object()) {
    for (const auto& [condition, state] : document.items()) {
      told_.emplace(condition, state.is_string() ? state.get<std::string>() : std::string(holds));
    }
  }
  kept_ = told_;
}

std::vector<alert> alert_book::follow(const status& now, bool last) {
  std::erase_if(last_, [&](const auto& each) {
    return last || now.at - each.second >= pause_between || each.second > now.at;
  });
  const auto present = conditions_of(now);
  const auto states = states_of(present, now);
  std::vector<alert> due;
  for (const auto& [condition, state] : states) {
    texts_.insert_or_assign(condition, present.at(condition));
    const auto told = told_.find(condition);
    if ((told == told_.end() || told->second != state) && !last_.contains(condition)) {
      const bool is_verdict = condition == verdict_condition;
      due.push_back({.condition = condition,
                     .kind = is_verdict ? alert_kind::changed : alert_kind::begins,
                     .text = present.at(condition),
                     .state = state,
                     .at = now.at});
    }
  }
  for (const auto& [condition, state] : told_) {
    if (!states.contains(condition) && !last_.contains(condition)) {
      due.push_back({.condition = condition,
                     .kind = alert_kind::ends,
                     .text = texts_.contains(condition) ? texts_.at(condition) : condition,
                     .state = {},
                     .at = now.at});
    }
  }
  // At the end there may be time for a few only.
  std::ranges::sort(due, {}, [](const alert& each) {
    const bool first = each.condition == verdict_condition || each.condition == failed_condition;
    return std::pair(!first, each.condition);
  });
  for (const auto& each : due) {
    last_.insert_or_assign(each.condition, now.at);
    if (each.kind == alert_kind::ends) {
      told_.erase(each.condition);
    } else {
      told_.insert_or_assign(each.condition, each.state);
    }
  }
  return due;
}

void alert_book::note_told(const alert& told) {
  if (told.kind == alert_kind::ends) {
    kept_.erase(told.condition);
  } else {
    kept_.insert_or_assign(told.condition, told.state);
  }
}

void alert_book::take_back(const alert& untold) {
  const auto kept = kept_.find(untold.condition);
  if (kept == kept_.end()) {
    told_.erase(untold.condition);
  } else {
    told_.insert_or_assign(untold.condition, kept->second);
  }
}

std::string alert_book::save() const { return json_text(nlohmann::json(kept_)); }

std::string render_alert(const alert& what, const status& now) {
  const auto word = what.kind == alert_kind::ends ? "over: " : "";
  auto document =
      nlohmann::ordered_json{{"text", displayable(fmt::format("{} [{}] {}{}", now.about.migration,
                                                              now.about.command, word, what.text))},
                             {"migration", now.about.migration},
                             {"command", now.about.command},
                             {"condition", what.condition},
                             {"event", to_string(what.kind)},
                             {"at", format_rfc3339(what.at)},
                             {"verdict", to_string(now.verdict.kind)},
                             {"reasons", now.verdict.reasons}};
  if (what.condition.starts_with(mismatches_prefix)) {
    auto groups = nlohmann::ordered_json::array();
    for (const auto& group :
         groups_of(std::string_view(what.condition).substr(mismatches_prefix.size()), now)) {
      groups.push_back({{"path", group.path}, {"keys", group.keys}});
    }
    document["groups"] = std::move(groups);
  }
  return displayable(json_text(document));
}

}  // namespace ddm::report
