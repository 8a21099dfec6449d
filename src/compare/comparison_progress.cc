#include "compare/comparison_progress.h"

#include "state/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ddm::compare {
namespace {

using progress_member = std::int64_t comparison_progress::*;
using scan_member = std::int64_t scan_counters::*;

constexpr std::array<std::pair<std::string_view, progress_member>, 26> progress_names{
    {{"started_ms", &comparison_progress::started_ms},
     {"finished_ms", &comparison_progress::finished_ms},
     {"segments", &comparison_progress::segments},
     {"sample_rate", &comparison_progress::sample_rate},
     {"attempt", &comparison_progress::attempt},
     {"segments_done", &comparison_progress::segments_done},
     {"worker", &comparison_progress::worker},
     {"workers", &comparison_progress::workers},
     {"passed_on", &comparison_progress::passed_on},
     {"array_id", &comparison_progress::array_id},
     {"part_id", &comparison_progress::part_id},
     {"log_id", &comparison_progress::log_id},
     {"leftover_bytes", &comparison_progress::leftover_bytes},
     {"parts", &comparison_progress::parts},
     {"parts_joined", &comparison_progress::parts_joined},
     {"candidates", &comparison_progress::candidates},
     {"candidates_closed", &comparison_progress::candidates_closed},
     {"candidates_equal", &comparison_progress::candidates_equal},
     {"candidates_unequal", &comparison_progress::candidates_unequal},
     {"candidates_unlisted", &comparison_progress::candidates_unlisted},
     {"candidates_unlisted_expired", &comparison_progress::candidates_unlisted_expired},
     {"candidates_unlisted_unreadable", &comparison_progress::candidates_unlisted_unreadable},
     {"candidates_restless", &comparison_progress::candidates_restless},
     {"candidates_twice", &comparison_progress::candidates_twice},
     {"epoch", &comparison_progress::epoch},
     {"as_of_ms", &comparison_progress::as_of_ms}}};

constexpr std::array<std::pair<std::string_view, scan_member>, 8> scan_names{
    {{"source_items", &scan_counters::source_items},
     {"target_items", &scan_counters::target_items},
     {"equal", &scan_counters::equal},
     {"equal_by_ignoring", &scan_counters::equal_by_ignoring},
     {"bytes", &scan_counters::bytes},
     {"source_milliunits", &scan_counters::source_milliunits},
     {"target_milliunits", &scan_counters::target_milliunits},
     {"look_up_milliunits", &scan_counters::look_up_milliunits}}};

constexpr std::string_view ignored_name = "ignored";
constexpr std::string_view export_name = "export_arn";
constexpr std::string_view earlier_logs_name = "earlier_logs";
constexpr std::string_view joined_of_name = "joined_of";
constexpr std::string_view withheld_name = "export_withheld";

std::string full_name(const std::string& command, std::string_view name) {
  return comparison_progress::prefix_of(command) + std::string(name);
}

}  // namespace

scan_counters& scan_counters::operator+=(const scan_counters& more) {
  for (const auto& [name, member] : scan_names) {
    this->*member += more.*member;
  }
  return *this;
}

void comparison_progress::save(const std::string& command,
                               std::map<std::string, std::int64_t>& numbers,
                               std::map<std::string, std::string>& values) const {
  for (const auto& [name, member] : progress_names) {
    numbers.insert_or_assign(full_name(command, name), this->*member);
  }
  for (const auto& [name, member] : scan_names) {
    numbers.insert_or_assign(full_name(command, name), scanned.*member);
  }
  values.insert_or_assign(full_name(command, ignored_name), ignored);
  values.insert_or_assign(full_name(command, export_name), export_arn);
  values.insert_or_assign(full_name(command, earlier_logs_name), earlier_logs);
  values.insert_or_assign(full_name(command, joined_of_name), joined_of);
  values.insert_or_assign(full_name(command, withheld_name), withheld);
}

comparison_progress comparison_progress::load(const std::string& command,
                                              const std::map<std::string, std::int64_t>& numbers,
                                              const std::map<std::string, std::string>& values) {
  comparison_progress loaded;
  loaded.made_by = command;
  const auto number = [&](std::string_view name, std::int64_t otherwise) {
    return state::stored_or(numbers, full_name(command, name), otherwise);
  };
  for (const auto& [name, member] : progress_names) {
    loaded.*member = number(name, loaded.*member);
  }
  for (const auto& [name, member] : scan_names) {
    loaded.scanned.*member = number(name, 0);
  }
  loaded.ignored = state::stored_or(values, full_name(command, ignored_name));
  loaded.export_arn = state::stored_or(values, full_name(command, export_name));
  loaded.earlier_logs = state::stored_or(values, full_name(command, earlier_logs_name));
  loaded.joined_of = state::stored_or(values, full_name(command, joined_of_name));
  loaded.withheld = state::stored_or(values, full_name(command, withheld_name));
  return loaded;
}

double comparison_view::share_read() const {
  if (progress.all_scanned()) {
    return 1;
  }
  const auto segments = static_cast<double>(std::max<std::int64_t>(1, progress.pairs()));
  const double by_segments = static_cast<double>(progress.segments_done) / segments;
  const auto items = static_cast<double>(seen.source_items + seen.target_items);
  const auto expected = static_cast<double>(expected_items);
  // A description is hours old: where it was surpassed, it tells nothing.
  return items > 0 && items < expected ? std::max(by_segments, items / expected) : by_segments;
}

double comparison_view::items_per_second() const {
  const double seconds = static_cast<double>(reading.count()) / 1000;
  return seconds > 0 ? static_cast<double>(seen_in_process) / seconds : 0;
}

std::optional<milliseconds> comparison_view::remaining() const {
  const double share = share_read();
  const auto items = static_cast<double>(seen.source_items + seen.target_items);
  const double pace = items_per_second();
  if (share <= 0 || share >= 1 || pace <= 0 || reading < std::chrono::seconds{1}) {
    return std::nullopt;
  }
  const double left = items / share - items;
  return milliseconds{static_cast<std::int64_t>(left / pace * 1000)};
}

}  // namespace ddm::compare
