#include "dynamodb/settings_parity.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace ddm::dynamodb {
namespace {

bool accepts(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                : pattern == name;
}

/// An index is absent where it is not listed; all other settings are listed, known or not.
std::optional<std::string> value_of(const table_settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::optional<std::string>("none") : found->second;
}

}  // namespace

std::string_view to_string(parity value) {
  switch (value) {
    case parity::equal:
      return "equal";
    case parity::accepted:
      return "accepted";
    case parity::different:
      return "different";
    case parity::unknown:
      return "unknown";
  }
  return "?";
}

std::vector<parity_row> compare_settings(const table_settings& source, const table_settings& target,
                                         const std::vector<std::string>& accepted) {
  std::set<std::string> names;
  for (const auto* side : {&source, &target}) {
    for (const auto& [name, value] : *side) {
      names.insert(name);
    }
  }
  std::vector<parity_row> rows;
  for (const auto& name : names) {
    parity_row row{
        .name = name, .source = value_of(source, name), .target = value_of(target, name)};
    const bool is_accepted =
        std::ranges::any_of(accepted, [&](const auto& each) { return accepts(each, name); });
    const bool is_known = row.source && row.target;
    row.state = is_known && row.source == row.target ? parity::equal
                : is_accepted                        ? parity::accepted
                : is_known                           ? parity::different
                                                     : parity::unknown;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> unknown_names(const std::vector<parity_row>& rows,
                                       const std::vector<std::string>& accepted) {
  std::vector<std::string> strangers;
  for (const auto& each : accepted) {
    if (std::ranges::none_of(rows, [&](const auto& row) { return accepts(each, row.name); })) {
      strangers.push_back(each);
    }
  }
  return strangers;
}

}  // namespace ddm::dynamodb
