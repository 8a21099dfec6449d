#include "support/fake_table.h"

#include <charconv>
#include <variant>

namespace ddm::support {
namespace {

/// The TTL attribute as a time; only a number counts.
std::optional<std::int64_t> ttl_seconds(const stored_item& item, const std::string& attribute) {
  const auto found = item.attributes().find(attribute);
  if (found == item.attributes().end()) {
    return std::nullopt;
  }
  const auto* number = std::get_if<dynamodb::number_text>(&found->second.value);
  std::int64_t seconds = 0;
  if (number == nullptr ||
      std::from_chars(number->text.data(), number->text.data() + number->text.size(), seconds).ec !=
          std::errc{}) {
    return std::nullopt;
  }
  return seconds;
}

/// Items whose time was up longer ago than that are never deleted.
constexpr std::int64_t five_years_s = std::int64_t{5} * 365 * 86'400;

}  // namespace

item_position fake_table::placed(item_position position) const {
  if (options_.order_salt != 0) {
    position.hash = (position.hash ^ options_.order_salt) * 0x9E37'79B9'7F4A'7C15U;
  }
  return position;
}

const item_ptr& fake_table::seen(const entry& entry, wall_time as_of) {
  for (const auto& version : entry.past) {
    if (as_of < version.until) {
      return version.item;
    }
  }
  return entry.item;
}

bool fake_table::throttles_reads(wall_time now) const {
  return options_.read_units_per_second_max > 0 && spending_second_ == to_ms(now) / 1000 &&
         spent_units_ >= options_.read_units_per_second_max;
}

void fake_table::spend_read_units(double units, wall_time now) {
  const auto second = to_ms(now) / 1000;
  spent_units_ = units + (second == spending_second_ ? spent_units_ : 0);
  spending_second_ = second;
}

void fake_table::put(item_ptr item, wall_time now) {
  const auto place = placed(item->position);
  replace(place, std::move(item), now, false);
}

void fake_table::remove(const item_position& position, wall_time now, bool by_ttl) {
  replace(placed(position), nullptr, now, by_ttl);
}

void fake_table::replace(const item_position& place, item_ptr item, wall_time now, bool by_ttl) {
  forget_past(now);
  auto found = entries_.find(place);
  const item_ptr old = found == entries_.end() ? nullptr : found->second.item;
  if (same_item(old, item)) {
    return;
  }
  if (found == entries_.end()) {
    found = entries_.emplace(place, entry{}).first;
  }
  item_count_ += (item ? 1 : 0) - (old ? 1 : 0);
  bytes_ += (item ? item->bytes : 0) - (old ? old->bytes : 0);
  found->second.item = item;
  if (options_.read_lag_max > milliseconds{0}) {
    found->second.past.push_back({now, old});
    past_places_.emplace_back(now, place);
  } else if (!item && found->second.past.empty()) {
    entries_.erase(found);
  }
  const table_change change{
      .old_image = old, .new_image = std::move(item), .time = now, .by_ttl = by_ttl};
  for (const auto& listener : listeners_) {
    listener(change);
  }
}

void fake_table::forget_past(wall_time now) {
  while (!past_places_.empty() && past_places_.front().first + options_.read_lag_max < now) {
    const auto found = entries_.find(past_places_.front().second);
    past_places_.pop_front();
    found->second.past.pop_front();
    if (found->second.past.empty() && !found->second.item) {
      entries_.erase(found);
    }
  }
}

std::size_t fake_table::expire_items(wall_time now) {
  std::vector<item_ptr> due;
  for (const auto& item : ttl_attribute ? items() : std::vector<item_ptr>{}) {
    const auto seconds = ttl_seconds(*item, *ttl_attribute);
    const bool past = seconds && *seconds * 1000 < to_ms(now);
    if (past && to_ms(now) / 1000 - *seconds < five_years_s) {
      due.push_back(item);
    }
  }
  for (const auto& item : due) {
    remove(item->position, now, true);
  }
  return due.size();
}

item_ptr fake_table::find(const item_position& position) const {
  return find(position, wall_time::max());
}

item_ptr fake_table::find(const item_position& position, wall_time as_of) const {
  const auto found = entries_.find(placed(position));
  return found == entries_.end() ? nullptr : seen(found->second, as_of);
}

void fake_table::scan(std::uint64_t low, std::uint64_t high,
                      const std::optional<item_position>& after, wall_time as_of,
                      const std::function<bool(const item_ptr&)>& visit) const {
  const item_position start{.hash = low, .partition = {}, .sort = {}};
  auto at = entries_.lower_bound(start);
  if (after && placed(*after) >= start) {
    at = entries_.upper_bound(placed(*after));
  }
  for (; at != entries_.end() && at->first.hash <= high; ++at) {
    const auto& item = seen(at->second, as_of);
    if (item && !visit(item)) {
      return;
    }
  }
}

void fake_table::query(const item_position& partition, const std::optional<item_position>& after,
                       wall_time as_of, const std::function<bool(const item_ptr&)>& visit) const {
  const auto first = placed(partition);
  for (auto at = after ? entries_.upper_bound(placed(*after)) : entries_.lower_bound(first);
       at != entries_.end() && at->first.partition == first.partition; ++at) {
    const auto& item = seen(at->second, as_of);
    if (item && !visit(item)) {
      return;
    }
  }
}

std::vector<item_ptr> fake_table::items() const {
  std::vector<item_ptr> all;
  all.reserve(item_count_);
  for (const auto& [place, entry] : entries_) {
    if (entry.item) {
      all.push_back(entry.item);
    }
  }
  return all;
}

}  // namespace ddm::support
