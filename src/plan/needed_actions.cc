#include "plan/needed_actions.h"

#include "base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ddm::plan {
namespace {

using enum purpose;

constexpr std::array everything = all_purposes;
constexpr std::array watching{plan, monitor, baseline};
constexpr std::array reading_the_stream{monitor, baseline};
constexpr std::array looking{monitor, baseline, compare};
constexpr std::array scanning{baseline, compare};
constexpr std::array only_repair{repair};

constexpr std::array<needed_action, 12> actions{{
    {"DescribeTable", resource::both_tables, everything,
     "key schema, item count, stream, capacity; each 30 s whether it is still the same table"},
    {"DescribeTimeToLive", resource::both_tables, everything,
     "the TTL attribute, to tell `expired` items from lost ones"},
    {"DescribeContinuousBackups", resource::both_tables, watching,
     "point-in-time recovery; unknown without it"},
    {"BatchGetItem", resource::both_tables, looking, "looks; strong reads before a judgement"},
    {"Scan", resource::both_tables, scanning, "all items at rest"},
    {"GetItem", resource::both_tables, only_repair,
     "each item just before its write, and after it"},
    {"PutItem", resource::target_table, only_repair, "an item that is missing"},
    {"UpdateItem", resource::target_table, only_repair, "attributes that differ"},
    {"DeleteItem", resource::target_table, only_repair,
     "what the source does not hold; only with `--allow-deletes`"},
    {"DescribeStream", resource::stream, watching, "its shards"},
    {"GetShardIterator", resource::stream, reading_the_stream, "where reading begins"},
    {"GetRecords", resource::stream, reading_the_stream, "its records"},
}};

}  // namespace

std::string_view to_string(purpose value) {
  switch (value) {
    case plan:
      return "plan";
    case monitor:
      return "monitor";
    case baseline:
      return "baseline";
    case compare:
      return "compare";
    case repair:
      return "repair";
  }
  return "?";
}

std::optional<purpose> purpose_of(std::string_view word) {
  const auto* found =
      std::ranges::find(all_purposes, word, [](purpose each) { return to_string(each); });
  return found == all_purposes.end() ? std::nullopt : std::optional(*found);
}

std::span<const needed_action> needed_actions() { return actions; }

std::string users_among(const needed_action& action, const purposes& wanted) {
  std::vector<std::string_view> users;
  for (const auto each : action.used_by) {
    if (std::ranges::find(wanted, each) != wanted.end()) {
      users.push_back(to_string(each));
    }
  }
  return fmt::format("{}", fmt::join(users, ", "));
}

std::string users_among(std::string_view operation, const purposes& wanted) {
  const auto* found = std::ranges::find(actions, operation, &needed_action::operation);
  if (found == actions.end()) {
    broken_invariant("no command is said to call this operation");
  }
  return users_among(*found, wanted);
}

std::vector<std::string> actions_on(resource on, const purposes& wanted) {
  std::vector<std::string> named;
  for (const auto& each : actions) {
    if (each.on == on && !users_among(each, wanted).empty()) {
      named.push_back(fmt::format("dynamodb:{}", each.operation));
    }
  }
  return named;
}

}  // namespace ddm::plan
