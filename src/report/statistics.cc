#include "report/statistics.h"

#include "state/stored.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace ddm::report {
namespace {

using dynamodb::event_kind;
using state::stored_or;

constexpr std::array<std::pair<std::string_view, std::int64_t event_counters::*>, 7> event_names{
    {{"events.total", &event_counters::total},
     {"events.unique", &event_counters::unique},
     {"events.insert", &event_counters::insert},
     {"events.modify", &event_counters::modify},
     {"events.remove", &event_counters::remove},
     {"events.ttl_remove", &event_counters::ttl_remove},
     {"events.unknown", &event_counters::unknown}}};

constexpr std::array<std::pair<std::string_view, std::int64_t check_counters::*>, 12> check_names{
    {{"checks.sampled", &check_counters::sampled},
     {"checks.verified", &check_counters::verified},
     {"checks.superseded", &check_counters::superseded},
     {"checks.deferred", &check_counters::deferred},
     {"checks.failed", &check_counters::failed},
     {"checks.healed", &check_counters::healed},
     {"checks.equal_by_ignoring", &check_counters::equal_by_ignoring},
     {"checks.deletes", &check_counters::deletes},
     {"checks.left_to_baseline", &check_counters::left_to_baseline},
     {"checks.failed_unlisted", &check_counters::failed_unlisted},
     {"checks.failed_unlisted_deletes", &check_counters::failed_unlisted_deletes},
     {"checks.unlisted", &check_counters::unlisted}}};

constexpr auto source_units_name = "consumed.source_milliunits";
constexpr auto target_units_name = "consumed.target_milliunits";
constexpr auto stream_calls_name = "consumed.stream_calls";
constexpr auto period_name = "statistics.period";
constexpr auto keys_changed_name = "sketch.keys_changed";
constexpr auto keys_checked_name = "sketch.keys_checked";
constexpr auto lag_name = "histogram.lag";

}  // namespace

void statistics::on_record(const dynamodb::change_record& record, bool checked) {
  ++events_.total;
  ++events_.unique;
  switch (record.kind) {
    case event_kind::insert:
      ++events_.insert;
      break;
    case event_kind::modify:
      ++events_.modify;
      break;
    case event_kind::remove:
      ++events_.remove;
      events_.ttl_remove += record.by_ttl ? 1 : 0;
      break;
    case event_kind::unknown:
      ++events_.unknown;
      break;
  }
  keys_changed_.add(record.key.hash);
  if (!record.chosen) {
    return;
  }
  if (!checked) {
    ++checks_.left_to_baseline;
    return;
  }
  ++checks_.sampled;
  checks_.deletes += record.kind == event_kind::remove ? 1 : 0;
}

void statistics::on_outcomes(const verify::outcomes& out) {
  checks_.verified += out.verified;
  checks_.superseded += out.superseded;
  checks_.equal_by_ignoring += out.equal_by_ignoring;
  checks_.deferred += out.deferred - out.undeferred;
  checks_.sampled -= out.left;
  checks_.deletes -= out.left_deletes;
  checks_.left_to_baseline += out.left;
  for (const auto& key : out.passed) {
    keys_checked_.add(key.hash);
  }
  for (const auto& sample : out.lags) {
    lag_.add(sample.lag, sample.upper_bound);
  }
}

void statistics::on_failed(const dynamodb::digest128& key, std::int64_t changes) {
  checks_.failed += changes;
  failed_ever_ += changes;
  if (changes > 0) {
    keys_checked_.add(key);
  }
}

void statistics::on_healed(std::int64_t changes) {
  checks_.failed -= changes;
  checks_.healed += changes;
}

void statistics::on_only_counted(const verify::mismatch& entry) {
  checks_.failed_unlisted += entry.changes;
  checks_.failed_unlisted_deletes += entry.deletes;
  checks_.unlisted += entry.changes > 0 && verify::is_wrong(entry.kind) ? 1 : 0;
}

void statistics::set_failed(const failed_changes& open) {
  const auto more = open.unlisted - checks_.failed_unlisted;
  if (more < 0) {
    checks_.failed += more;
    checks_.sampled += more;
    checks_.left_to_baseline -= more;
    const auto deletes = checks_.failed_unlisted_deletes - open.unlisted_deletes;
    checks_.deletes =
        std::max<std::int64_t>(0, std::min(checks_.deletes - deletes, checks_.sampled));
  } else {
    checks_.unlisted += more;  // of an older version, which did not tell of which period
  }
  checks_.failed_unlisted = open.unlisted;
  checks_.failed_unlisted_deletes = open.unlisted_deletes;
  checks_.unlisted = std::min(checks_.unlisted, open.unlisted - open.unlisted_expired);
  const auto failed = open.listed + open.unlisted;
  checks_.healed += checks_.failed - failed;
  checks_.failed = failed;
  if (checks_.healed < 0) {  // open again, and healed in an earlier period
    checks_.sampled -= std::exchange(checks_.healed, 0);
  }
}

std::uint64_t statistics::keys_changed() const {
  return std::min(keys_changed_.estimate(), static_cast<std::uint64_t>(events_.unique));
}

std::uint64_t statistics::keys_checked(std::int64_t open) const {
  const auto judged = checks_.verified + checks_.failed + checks_.healed;
  const auto keys = std::max(keys_checked_.estimate(), static_cast<std::uint64_t>(open));
  return std::min(keys, static_cast<std::uint64_t>(judged));
}

void statistics::set_consumed(double source_units, double target_units, std::int64_t stream_calls) {
  now_ = {.source_units = source_units, .target_units = target_units, .stream_calls = stream_calls};
}

void statistics::save(std::map<std::string, std::int64_t>& numbers,
                      std::map<std::string, std::string>& values) {
  for (const auto& [name, member] : event_names) {
    numbers.emplace(name, events_.*member);
  }
  for (const auto& [name, member] : check_names) {
    numbers.emplace(name, checks_.*member);
  }
  numbers.emplace(period_name, period_);
  numbers.emplace(source_units_name, std::llround(source_units() * 1000));
  numbers.emplace(target_units_name, std::llround(target_units() * 1000));
  numbers.emplace(stream_calls_name, stream_calls());
  if (keys_changed_.dirty()) {
    values.emplace(keys_changed_name, keys_changed_.save());
  }
  if (keys_checked_.dirty()) {
    values.emplace(keys_checked_name, keys_checked_.save());
  }
  values.emplace(lag_name, lag_.save());
}

void statistics::restore(const std::map<std::string, std::int64_t>& numbers,
                         const std::map<std::string, std::string>& values) {
  for (const auto& [name, member] : event_names) {
    events_.*member = stored_or(numbers, std::string(name));
  }
  for (const auto& [name, member] : check_names) {
    checks_.*member = stored_or(numbers, std::string(name));
  }
  period_ = std::max<std::int64_t>(1, stored_or(numbers, period_name));
  before_ = {.source_units = static_cast<double>(stored_or(numbers, source_units_name)) / 1000,
             .target_units = static_cast<double>(stored_or(numbers, target_units_name)) / 1000,
             .stream_calls = stored_or(numbers, stream_calls_name)};
  keys_changed_.restore(stored_or(values, keys_changed_name));
  keys_checked_.restore(stored_or(values, keys_checked_name));
  lag_.restore(stored_or(values, lag_name));
}

void statistics::begin_period(std::int64_t pending, const failed_changes& failed) {
  const auto deferred = checks_.deferred;
  const auto period = period_;
  const auto failed_ever = failed_ever_;
  const auto before = before_;
  const auto now = now_;
  *this = statistics{};
  failed_ever_ = failed_ever;
  before_ = before;
  now_ = now;
  period_ = period + 1;
  checks_.deferred = deferred;
  checks_.failed = failed.listed + failed.unlisted;
  checks_.failed_unlisted = failed.unlisted;
  checks_.failed_unlisted_deletes = checks_.deletes = failed.unlisted_deletes;
  checks_.sampled = deferred + pending + checks_.failed;
}

}  // namespace ddm::report
