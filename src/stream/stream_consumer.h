// A whole stream: finds its shards, starts a reader for each in lineage order, and follows its
// life.
//
// Discovery: one complete listing at start, the children of a shard as soon as it ends and again
// 20 s later, a listing of the newest shards each 10 s, a complete one each 15 minutes; never more
// than 2 DescribeStream calls a second (listing_pace.h), because the replicator lives on the same
// quota of 10.
#pragma once

#include "dynamodb/page_decoder.h"
#include "dynamodb/streams_client.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "stream/listing_pace.h"
#include "stream/record_sink.h"
#include "stream/service_clock.h"
#include "stream/shard_lineage.h"
#include "stream/shard_reader.h"
#include "stream/stream_status.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace ddm::stream {

class stream_consumer {
 public:
  struct options {
    std::string stream_arn;
    first_position first = first_position::latest;
    int records_limit = 1000;
    std::uint64_t random_seed = 0;
    service_clock service;  ///< what is known of it already
    /// From TRIM_HORIZON: what was lost before it has been told (see shard_lineage).
    std::optional<wall_time> told_until;
    /// Of all streams of the account; null: it is the only one.
    std::shared_ptr<listing_pace> pace;
    empty_run end = {};  ///< of an open shard
    /// From TRIM_HORIZON: older records are of no interest (see shard_lineage).
    std::optional<wall_time> of_interest_from = {};
  };

  /// All parameters outlive the consumer.
  stream_consumer(options settings, asio::any_io_executor executor, clock& time, worker_pool& pool,
                  dynamodb::streams_client& client, const dynamodb::page_decoder& decoder,
                  record_sink& sink);

  /// Reads until cancelled. An error is one that waiting cannot mend; `not_found`: the stream has
  /// been missing for minutes. Returns without error only when the stream is disabled and every
  /// shard has been read to its end.
  [[nodiscard]] awaitable<result<void>> run();

  [[nodiscard]] shard_lineage& lineage() { return lineage_; }
  [[nodiscard]] const shard_lineage& lineage() const { return lineage_; }
  [[nodiscard]] stream_status status() const;
  /// Every record made before `moment`, by our clock, has been read by this process.
  [[nodiscard]] bool caught_up_to(wall_time moment) const;
  /// Up to when, by our clock, this process has read every record of the shards that are known;
  /// nothing while that is not known, or more than a minute ago with shards that are hidden or
  /// wait. Some seconds fresher than all_read_up_to(): enough to pass a change of a single key, of
  /// which another record comes if a shard was hidden.
  [[nodiscard]] std::optional<wall_time> read_up_to() const;
  /// The same of all shards, also of those that listings may hide so far.
  [[nodiscard]] std::optional<wall_time> all_read_up_to() const;

  /// From when on this reading misses nothing, by the later clock: from TRIM_HORIZON the first
  /// complete listing, else when every shard open then had its first iterator. Nothing before that.
  [[nodiscard]] std::optional<wall_time> began() const { return began_; }
  [[nodiscard]] const service_clock& service() const { return service_; }
  /// The later of our clock and the service's.
  [[nodiscard]] wall_time later_now() const { return service_.later(clock_.now()); }

  /// The table has another stream by now: this one will soon be disabled, or gone.
  void note_replaced();
  /// A listing is made within a second or two: whether the stream is on has to be known.
  void list_soon();
  /// The stream is disabled, or was not found just now.
  [[nodiscard]] bool in_doubt() const { return over_since_ || missing_since_; }
  /// By the last listing it is disabled, or about to be.
  [[nodiscard]] bool is_turned_off() const { return turned_off_; }
  /// When the last listing that showed it enabled was asked for, by the later clock.
  [[nodiscard]] std::optional<wall_time> last_seen_enabled() const { return last_seen_enabled_; }

 private:
  [[nodiscard]] awaitable<result<void>> list_completely();
  [[nodiscard]] awaitable<result<void>> list_newest();
  [[nodiscard]] awaitable<void> list_newest_meanwhile(std::vector<shard_description>& all);
  [[nodiscard]] awaitable<result<wall_time>> list_from(std::optional<shard_id> start_after,
                                                       std::vector<shard_description>& seen);
  [[nodiscard]] awaitable<void> list_children(shard_id parent, bool for_the_last_time);
  void want_complete_listing(wall_time from);
  void look_for_late_siblings(wall_time now);
  void cap_what_was_read_before(const shard_id& id);
  [[nodiscard]] awaitable<bool> list_at_first();
  [[nodiscard]] awaitable<void> discover();
  [[nodiscard]] awaitable<void> read_shard(shard_id id);
  [[nodiscard]] awaitable<result<dynamodb::stream_page>> describe(
      std::optional<shard_id> start_after);
  void start_readers();
  void start_readers(std::vector<shard_id> startable);
  void log_failed_listing(const error& failure) const;
  void note_listing(const dynamodb::stream_page& page);
  void note_date(wall_time asked, std::optional<wall_time> date);
  void note_complete_listing(bool was_fresh, wall_time asked);
  void note_iterator(const shard_id& id);
  [[nodiscard]] std::optional<wall_time> moment_read_of_known() const;
  [[nodiscard]] std::optional<wall_time> moment_read() const;
  [[nodiscard]] bool has_shown_all() const;
  [[nodiscard]] bool is_gone(const shard_id& id);
  [[nodiscard]] bool is_hopeless(const error& failure);
  void give_up(error failure);
  void plan_next_listing();
  [[nodiscard]] bool listing_is_fresh() const;
  [[nodiscard]] bool heirs_may_be_hidden() const;
  void note_health(const shard_id& id, const error* failure);
  [[nodiscard]] milliseconds creation_unit() const;

  options options_;
  clock& clock_;
  service_clock service_;
  dynamodb::streams_client& client_;
  record_sink& sink_;
  shard_lineage lineage_;
  std::mt19937_64 random_;
  std::shared_ptr<listing_pace> pace_;
  reader_context context_;
  task_group readers_;
  listing_pace::place place_;
  std::optional<error> failure_;
  std::map<shard_id, std::string> failing_;
  std::uint64_t pauses_ = 0;       ///< times that some failed until all answered
  std::set<shard_id> unanswered_;  ///< being read, without an answer so far
  std::string listing_failure_;    ///< of the last one; empty when it came
  bool listed_here_ = false;       ///< completely, by this process
  bool begun_here_ = false;        ///< the first readers were started
  /// When the first listing was asked for that showed it DISABLED: no new shard will come.
  std::optional<wall_time> over_since_;
  bool turned_off_ = false;  ///< DISABLED or DISABLING
  bool replaced_ = false;
  std::optional<wall_time> missing_since_;  ///< the stream is not found
  std::optional<wall_time> last_seen_enabled_;
  std::optional<wall_time> began_;
  std::set<shard_id> without_iterator_;  ///< of those that began_ waits for
  bool warned_of_clock_ = false;
  int child_look_ups_ = 0;  ///< under way, or waiting for their turn
  /// One that is asked for after this has to tell what look-ups for children did not.
  std::optional<wall_time> complete_listing_wanted_;
  std::optional<wall_time> wanted_since_;  ///< the oldest such wish
  wall_time complete_listing_due_;
  wall_time newest_listing_due_;
};

}  // namespace ddm::stream
