// One shard, read from its position to its end.
//
// The reader reacts to each class of error as docs/architecture.md lists: an expired iterator is
// renewed behind the last record read, trimmed data becomes a reported gap, a throttled or failing
// service is waited for without limit, and only a missing permission or a broken request ends it.
#pragma once

#include "dynamodb/page_decoder.h"
#include "dynamodb/page_limit.h"
#include "dynamodb/streams_client.h"
#include "runtime/clock.h"
#include "runtime/worker_pool.h"
#include "stream/caught_up.h"
#include "stream/record_sink.h"
#include "stream/service_clock.h"
#include "stream/shard_lineage.h"

#include <cstdint>
#include <functional>
#include <random>
#include <string>

namespace ddm::stream {

/// What all readers of a stream share. Everything outlives the readers.
struct reader_context {
  clock& time;
  worker_pool& pool;
  dynamodb::streams_client& client;
  const dynamodb::page_decoder& decoder;
  shard_lineage& lineage;
  record_sink& sink;
  int records_limit = 1000;  ///< GetRecords Limit
  /// DynamoDB Local: creation times are cut to the minute, and a page that is not full ends where
  /// the shard ends. (On AWS a page may be short, or empty, anywhere.)
  bool is_local = false;
  empty_run end = {};  ///< how many empty pages are taken for the end of what there is
  const service_clock& service;
  /// Called with the Date of each answer that has one, and when it was asked for.
  std::function<void(wall_time asked, std::optional<wall_time> date)> on_date;
  /// The unit of creation times: counts_from is taken back by it.
  std::function<milliseconds()> creation_unit;
  std::function<std::size_t()> open_shards;
  /// Asked when the shard is not found: true once a complete listing lacks it.
  std::function<bool(const shard_id&)> is_gone;
  /// Called when the shard's first iterator is there.
  std::function<void(const shard_id&)> on_first_iterator;
  /// Called after a read that failed although it was retried, and after each that succeeded.
  std::function<void(const shard_id&, const error*)> on_health;
  std::mt19937_64& random;
};

class shard_reader {
 public:
  shard_reader(reader_context& shared, shard_id id);

  /// Returns when the shard is over. An error is one that waiting cannot mend: the caller stops.
  [[nodiscard]] awaitable<result<void>> read_to_end();

 private:
  enum class next_step {
    read_on,
    ended,
  };
  [[nodiscard]] awaitable<result<next_step>> read_page();
  [[nodiscard]] awaitable<result<next_step>> react(error failure);
  [[nodiscard]] awaitable<void> pause(const error& failure);
  [[nodiscard]] awaitable<result<next_step>> fetch_iterator();
  void accept(dynamodb::records_page page, wall_time answered);
  void accept_records(dynamodb::records_page& page);
  void save_progress();
  [[nodiscard]] wall_time next_read() const;
  /// By the later of our clock and the service's, as all moments up to which was read.
  [[nodiscard]] wall_time later_now() const { return shared_.service.later(shared_.time.now()); }
  [[nodiscard]] bool lost_another_day();
  void report_gap(std::string reason);
  /// How many records the next page is asked for.
  [[nodiscard]] std::uint32_t records_wanted() const {
    return *limit_.of(static_cast<std::uint32_t>(shared_.records_limit));
  }
  [[nodiscard]] tracked_shard& shard() { return shared_.lineage.at(id_); }

  reader_context& shared_;
  shard_id id_;
  caught_up_tracker caught_up_;
  std::optional<dynamodb::shard_iterator> iterator_;
  wall_time asked_;        ///< when the last page was asked for, by our clock
  wall_time asked_later_;  ///< the same by the later clock
  int clock_jumps_ = 0;    ///< those that were taken note of
  bool had_iterator_ = false;
  bool at_trim_horizon_ = false;  ///< after a gap: begin at the oldest record that is left
  bool beginning_is_lost_ = false;
  std::optional<wall_time> told_lost_at_;  ///< when a gap was reported last, by the later clock
  bool last_page_was_empty_ = false;
  dynamodb::page_limit limit_;
  int failures_ = 0;
};

}  // namespace ddm::stream
