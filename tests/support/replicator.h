// A replicator that carries one fake table's changes to another, late and with planted faults.
//
// Idea: it hears of each source change at once, as a real one reads a log of its own, and applies
// it after a delay drawn from a seed; changes of one key stay in order. A fault is decided when the
// change is heard of and written down, so that a test knows what a monitor has to find.
// Reason: recall and false alarms can only be counted against defects that are known.
#pragma once

#include "runtime/task_group.h"
#include "support/fake_dynamodb.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::support {

/// How a target item differs from the source's, in the monitor's words.
enum class defect_kind {
  missing,
  different,
  stale,
  undeleted,
  unexpected,
};
[[nodiscard]] std::string_view to_string(defect_kind kind);

struct replicator_options {
  milliseconds delay_min{200};
  milliseconds delay_max{2000};
  /// Changes applied a second; 0: as they come. With a bound, an outage leaves a backlog.
  double changes_per_second_max = 0;
  /// Writes equal items in other words: numbers with more zeros, sets in another order.
  bool respell = false;
  std::uint64_t seed = 1;

  // Shares of all changes, each in [0, 1].
  double lost = 0;         ///< an insert or update that never arrives
  double lost_delete = 0;  ///< of deletes
  double altered = 0;      ///< arrives with an attribute changed, added or removed
  std::string alters;      ///< this attribute alone, where the item has it; empty: any
  double stale = 0;        ///< arrives, and the item's earlier image is written over it soon after
  double unexpected = 0;   ///< an item of which the source knows nothing appears beside it
  /// Not a defect: the earlier image is written over the change and the change again, within
  /// replay_max.
  double replayed = 0;
  milliseconds replay_max{3000};
};

struct planted_defect {
  std::string key_json;
  item_position position;
  defect_kind kind;      ///< what it is until a later change mends or covers it
  wall_time time;        ///< of the change
  item_ptr stale_image;  ///< the earlier image that stays in the target, if any
};

struct table_side {
  fake_dynamodb& account;
  std::string table;
};

/// A key whose items differ at this moment.
struct difference {
  std::string key_json;
  defect_kind kind;
};
/// What differs between two tables now. Knows no history: `stale` is `different`, `undeleted` is
/// `unexpected`.
[[nodiscard]] std::vector<difference> differences(const fake_table& source,
                                                  const fake_table& target);

class replicator {
 public:
  /// Starts to listen at once; the source table must exist, the target table may come later
  /// (changes wait for it). Deliveries run on the clock of the target's account.
  replicator(asio::any_io_executor executor, table_side source, table_side target,
             replicator_options settings);
  replicator(const replicator&) = delete;
  replicator& operator=(const replicator&) = delete;
  /// drain() or stop() must have been awaited.
  ~replicator();

  /// Copies all present items at once, as an import does.
  void copy_existing();
  /// Called when a change has been applied for the first time, altered or not.
  void on_delivered(std::function<void(const table_change&)> listener) {
    delivered_ = std::move(listener);
  }
  /// Listens to the source's table, after that has been created anew.
  void listen();
  /// Changes of this key never arrive from `from` on.
  void lose_key(std::string key_json, wall_time from) {
    lost_key_ = std::move(key_json);
    key_lost_from_ = from;
  }
  /// Nothing goes wrong before `from`, nor after `until`; on_delivered() and planted() as always.
  void fail_only_within(wall_time from, wall_time until) { fails_ = {from, until}; }
  /// Nothing is applied from `from` until `until`.
  void stall(wall_time from, wall_time until) { stalls_.emplace_back(from, until); }

  /// Waits until everything heard of so far has been applied.
  [[nodiscard]] awaitable<void> drain() { return deliveries_.join(); }
  /// Gives up what is under way and listens no more.
  [[nodiscard]] awaitable<void> stop();
  [[nodiscard]] std::size_t in_flight() const { return deliveries_.running(); }

  [[nodiscard]] const std::vector<planted_defect>& planted() const { return planted_; }
  /// The planted defects that show at this moment, by key, in the kind that they have now.
  [[nodiscard]] std::map<std::string, defect_kind> open_defects();

 private:
  enum class plan {
    deliver,
    lose,
    alter,
    stale,
    replay,
  };

  void hear(const table_change& change);
  [[nodiscard]] plan choose(const table_change& change);
  void plant(const table_change& change, plan chosen);
  void plant_unexpected(const stored_item& beside, wall_time time);
  [[nodiscard]] awaitable<void> deliver(table_change change, plan chosen, wall_time due);
  /// Waits until it is this delivery's turn: stalls, pace, a target that is not there yet.
  [[nodiscard]] awaitable<void> turn(wall_time due);
  [[nodiscard]] awaitable<void> wait_for_stalls();
  [[nodiscard]] awaitable<void> wait_for_target();
  void apply(const item_ptr& image, const item_position& position);
  [[nodiscard]] item_ptr altered(const item_ptr& item);
  [[nodiscard]] milliseconds draw(milliseconds low, milliseconds high);
  [[nodiscard]] bool chance(double share);
  [[nodiscard]] fake_table& target_table();

  table_side source_;
  table_side target_;
  replicator_options options_;
  clock& clock_;
  std::mt19937_64 random_;
  std::vector<std::pair<wall_time, wall_time>> stalls_;
  std::string lost_key_;
  wall_time key_lost_from_;
  std::pair<wall_time, wall_time> fails_{wall_time::min(), wall_time::max()};
  std::map<item_position, wall_time> key_due_;      // the latest delivery under way of each key
  std::map<item_position, std::uint64_t> applied_;  // changes of each key that have arrived
  double next_slot_ms_ = 0;                         // see changes_per_second_max
  std::vector<planted_defect> planted_;
  std::function<void(const table_change&)> delivered_;
  std::shared_ptr<replicator*> listening_;  // null inside once it no longer listens
  bool target_awaited_ = false;
  asio::steady_timer target_made_;  ///< cancelled when it is there
  task_group deliveries_;
};

}  // namespace ddm::support
