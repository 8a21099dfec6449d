// What truly happened: every value that a key had on either side, every record that a stream was
// given, what was read of it and when.
//
// Problem: a referee that asks the product what happened can be deceived by it. Idea: the ledger
// hears the fake tables, streams and the replicator themselves; nothing in it comes from the
// monitor, but for what has been committed to its state, which the referee knows.
#pragma once

#include "monitor/monitor_world.h"
#include "support/fake_stream.h"
#include "support/replicator.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::simulation {

using support::item_position;
using support::item_ptr;
using support::sequence_value;

/// Who made the target what it is.
enum class cause {
  itself,         ///< nobody that a change of the source explains
  replicator,     ///< it brought a change of the source, altered or not
  table_deleted,  ///< the whole table is gone
  repair,         ///< our own command, or its undo
};

struct version {
  wall_time at;
  item_ptr item;  ///< absent: deleted
  bool by_ttl = false;
  cause made_by = cause::itself;  ///< of the target
};

/// A change of the source on its way.
struct sent_change {
  wall_time at;
  std::optional<wall_time> delivered;  ///< applied to the target for the first time, altered or not
};

/// All that one key went through.
struct key_story {
  std::string key_json;
  std::vector<version> source;
  std::vector<version> target;
  std::vector<version> target_reads;  ///< strong reads of the target: when, and what they saw
  std::vector<version> source_reads;
  std::vector<sent_change> changes;  ///< of the source
  std::vector<version> looks;        ///< all reads of the table that is looked up
  std::vector<version> scans;        ///< what comparisons saw of the target
  /// The newest change of the stream's table has been seen in the other one, by a read that counts.
  bool seen_arrived = false;
  /// As it was before the newest write to the target, if that looks like our own command's.
  bool seen_before_own_write = false;
  /// So had the change before it: if the other table held its value already, wrongly until then, an
  /// equal look cannot tell.
  bool nothing_unproven_before = false;
  /// Of each version of the origin its record, as an index; nothing: the stream was off.
  std::vector<std::optional<std::pair<std::string, std::size_t>>> records;

  /// The values of the table whose stream is read.
  [[nodiscard]] const std::vector<version>& origin(bool forward) const {
    return forward ? source : target;
  }
  [[nodiscard]] item_ptr source_now() const {
    return source.empty() ? nullptr : source.back().item;
  }
  [[nodiscard]] item_ptr target_now() const {
    return target.empty() ? nullptr : target.back().item;
  }
};

enum class record_kind {
  insert,
  modify,
  remove,
};

struct written_record {
  sequence_value sequence = 0;
  wall_time created;
  record_kind kind = record_kind::insert;
  item_position key;
  bool by_ttl = false;
  bool before_start = false;  ///< of a start that came to nothing
  bool lost = false;          ///< it left the stream before the monitor had committed it
  /// Its change is checked, with the settings of this process (referee::on_start); nothing: not
  /// read yet, or the sample does not have the key.
  std::optional<std::size_t> checked_in;
};

[[nodiscard]] std::string show(const item_ptr& item);
/// The last values of a key on both sides and what was read of them, for people.
[[nodiscard]] std::string history_of(const key_story& story);

struct shard_story {
  std::string stream_arn;
  std::string id;
  std::optional<std::string> parent;
  wall_time created;
  wall_time listed_at;                   ///< no listing shows it before
  wall_time parent_looks_open_until;     ///< listings show it so
  std::optional<wall_time> first_asked;  ///< for the first iterator that came
  std::optional<wall_time> table_gone;   ///< when the table of its stream was deleted
  std::vector<written_record> records;
};

/// Whether the monitor has heard of a change.
enum class hearing {
  read,     ///< its record has been committed
  not_yet,  ///< it need not have been read
  never,    ///< it has no record, or one that is lost or does not count
};

/// Equal as DynamoDB compares, but for these attributes.
[[nodiscard]] bool same_but_for(const std::set<std::string>& ignored, const item_ptr& a,
                                const item_ptr& b);

class ledger {
 public:
  /// What makes a read of the counterpart count (see key_story::seen_arrived).
  struct rules {
    bool forward = true;
    milliseconds replication_wait{5000};
    milliseconds behind{0};  ///< the service's clock, behind ours: changes look older by that
    milliseconds max_lag{60'000};
  };

  /// Listens from now on; before anything is written.
  ledger(monitor::monitor_world& world, rules settings);
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;
  void listen_to(support::replicator& replication);
  /// To the table that there is now.
  void listen_to_source();
  /// Once the target table has been created, if that was not there at first.
  void listen_to_target();
  /// A table is about to be deleted: all its items are gone, and no record tells of it.
  void note_table_gone(bool of_source);
  /// What changes in the target is our own doing, until further notice.
  void note_repairing(bool repairing) { repairing_ = repairing; }
  [[nodiscard]] bool repairing() const { return repairing_; }
  /// What the present process compares without.
  void note_ignored(std::set<std::string> attributes) { ignored_ = std::move(attributes); }
  /// Changes are checked from now on; what was written before is left to the baseline.
  void note_target_ready(wall_time now) { target_ready_ = now; }

  /// Writes down which shards there are; called before any of them can be forgotten.
  void note_lineage();

  [[nodiscard]] const std::map<item_position, key_story>& keys() const { return keys_; }
  [[nodiscard]] const key_story* find(const std::string& key_json) const;
  [[nodiscard]] const item_position* position_of(const std::string& key_json) const {
    const auto found = positions_.find(key_json);
    return found == positions_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::map<std::string, shard_story>& shards() { return shards_; }
  [[nodiscard]] const shard_story* shard(const std::string& id) const;
  [[nodiscard]] const written_record* record(const std::string& shard_id,
                                             std::string_view sequence) const;
  /// When the first iterator of all was given.
  [[nodiscard]] std::optional<wall_time> reading_began() const { return reading_began_; }
  /// The newest record of a key, if its newest change in the stream's table has one.
  [[nodiscard]] const written_record* newest_record(const item_position& key,
                                                    const shard_story** of = nullptr) const;
  /// What was held, or seen, at this moment: the last one not later; nothing before the first.
  [[nodiscard]] static const version* at(const std::vector<version>& versions, wall_time moment);
  /// Whether an item equal to `item` was held at some moment within [from, until].
  [[nodiscard]] static bool held_within(const std::vector<version>& versions, const item_ptr& item,
                                        wall_time from, wall_time until);
  /// Whether the key's replication was faulty at some moment of the `max_lag` before `moment`: the
  /// target held what the source had not held for longer than max-lag, or a change was that late.
  [[nodiscard]] static bool was_faulty(const key_story& story, wall_time moment,
                                       milliseconds max_lag);
  /// Without the source's stream: the target has not changed for a max-lag before `moment`, at both
  /// ends of which a look found the source different. That the source had come back to the target's
  /// value in between, no read could tell.
  [[nodiscard]] static bool looked_faulty(const key_story& story, wall_time moment,
                                          milliseconds max_lag);
  /// Who asks about shards: called at each iterator and page, before it is written down.
  std::function<void(const std::string& shard)> on_asked;
  std::function<void(const std::string& shard, bool ended, std::optional<sequence_value> last)>
      on_page;
  /// What became of a record so far; asked of the referee, who knows the state.
  std::function<hearing(const shard_story& shard, const written_record& record)> how_heard;

 private:
  void note_change(const support::table_change& change, bool of_source);
  void note_record(const support::fake_stream& stream, const support::fake_shard& shard);
  void note_iterator(const std::string& shard, bool arrives);
  void note_read(const item_position& key, const item_ptr& held, bool consistent, bool of_source);
  void note_scan(const support::scanned_range& range);
  [[nodiscard]] hearing heard_of(const key_story& story, std::size_t change) const;
  [[nodiscard]] bool is_first_told(const key_story& story, std::size_t change) const;
  [[nodiscard]] bool passes(const key_story& story, std::size_t change,
                            bool nothing_unproven_before, wall_time now) const;
  shard_story& story_of(const support::fake_stream& stream, const support::fake_shard& shard);

  monitor::monitor_world& world_;
  rules rules_;
  std::map<item_position, key_story> keys_;
  std::map<std::string, item_position> positions_;
  std::map<std::string, shard_story> shards_;
  /// The record that was written last: of the change that comes next.
  std::optional<std::pair<std::string, std::size_t>> last_record_;  // shard, index
  std::optional<wall_time> reading_began_;
  std::optional<wall_time> target_ready_;
  /// Pages of the target's scans: keys that nobody had written by then were absent.
  struct scanned_page {
    wall_time at;
    item_position behind;
    item_position through;
  };
  std::vector<scanned_page> scanned_;
  bool repairing_ = false;
  std::set<std::string> ignored_;
};

}  // namespace ddm::simulation
