// One table: its items in scan order, what they were a moment ago, and who hears of changes.
#pragma once

#include "base/time.h"
#include "dynamodb/names.h"
#include "support/stored_item.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::support {

/// A write that changed something: INSERT without an old image, REMOVE without a new one.
struct table_change {
  item_ptr old_image;
  item_ptr new_image;
  wall_time time;
  bool by_ttl = false;
};

class fake_table {
 public:
  struct options {
    std::string name;
    std::string arn;
    std::string id;
    dynamodb::key_schema schema;
    wall_time created;
    /// CREATING until then: it can be described, not read (an import, say).
    wall_time active_at;
    bool on_demand = true;
    double provisioned_rcu = 0;
    double provisioned_wcu = 0;
    /// Reads beyond so many units in one second are throttled; 0: never.
    double read_units_per_second_max = 0;
    /// Tables with unequal salts scan in unequal orders.
    std::uint64_t order_salt = 0;
    /// The longest that an eventually consistent read may be late.
    milliseconds read_lag_max{0};
  };

  explicit fake_table(options settings) : options_(std::move(settings)) {}
  fake_table(const fake_table&) = delete;
  fake_table& operator=(const fake_table&) = delete;

  [[nodiscard]] const options& settings() const { return options_; }
  [[nodiscard]] options& settings() { return options_; }
  [[nodiscard]] const dynamodb::key_schema& schema() const { return options_.schema; }
  [[nodiscard]] bool active(wall_time now) const { return now >= options_.active_at; }
  [[nodiscard]] std::size_t item_count() const { return item_count_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  std::optional<std::string> ttl_attribute;
  std::optional<std::string> stream_arn;  ///< its latest stream, even when that is off
  bool stream_on = false;

  /// Called after each change, in order of addition.
  void on_change(std::function<void(const table_change&)> listener) {
    listeners_.push_back(std::move(listener));
  }

  /// Whether a read is throttled now, the units of this second being spent.
  [[nodiscard]] bool throttles_reads(wall_time now) const;
  void spend_read_units(double units, wall_time now);

  // A write that changes nothing (an equal item, an absent key) tells nobody.
  void put(item_ptr item, wall_time now);
  void remove(const item_position& position, wall_time now, bool by_ttl = false);
  /// Removes items whose TTL attribute has passed, as the TTL service does. Returns their number.
  std::size_t expire_items(wall_time now);

  /// The present item, or nothing.
  [[nodiscard]] item_ptr find(const item_position& position) const;
  /// What a read saw that was served at `as_of` (see read_lag_max).
  [[nodiscard]] item_ptr find(const item_position& position, wall_time as_of) const;

  /// Visits items with hashes (in this table's order) in [low, high], behind `after`, until `visit`
  /// returns false.
  void scan(std::uint64_t low, std::uint64_t high, const std::optional<item_position>& after,
            wall_time as_of, const std::function<bool(const item_ptr&)>& visit) const;
  /// Visits the items of one partition in order of the sort key.
  void query(const item_position& partition, const std::optional<item_position>& after,
             wall_time as_of, const std::function<bool(const item_ptr&)>& visit) const;
  [[nodiscard]] std::vector<item_ptr> items() const;

 private:
  struct version {
    wall_time until;
    item_ptr item;
  };
  struct entry {
    item_ptr item;             // absent: deleted, kept for late reads only
    std::deque<version> past;  // oldest first
  };

  [[nodiscard]] item_position placed(item_position position) const;
  [[nodiscard]] static const item_ptr& seen(const entry& entry, wall_time as_of);
  void replace(const item_position& place, item_ptr item, wall_time now, bool by_ttl);
  void forget_past(wall_time now);

  options options_;
  std::map<item_position, entry> entries_;
  std::deque<std::pair<wall_time, item_position>> past_places_;  // entries with a past, by time
  std::vector<std::function<void(const table_change&)>> listeners_;
  std::int64_t spending_second_ = 0;
  double spent_units_ = 0;  // in that second
  std::size_t item_count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace ddm::support
