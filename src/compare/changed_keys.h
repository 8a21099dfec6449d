// The keys of what has changed in the source since an export of it was made, from its own stream.
//
// Idea: the whole stream is read from the oldest record that it keeps up to the moment at which the
// reading began. That moment is the comparison's begin: the keys are judged by the live tables
// (see table_comparer::begin), and of all others the export holds what the source held then.
// Reason: a monitor beside it keeps no keys, and may have read none yet. This reader has no effect
// on any state, so it may read what others read.
//
// Without a verdict (see export_standing) no key is handed out, and the comparison counts for
// nothing but what it finds.
#pragma once

#include "compare/export_standing.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/table_description.h"
#include "exports/table_export.h"
#include "runtime/task_group.h"
#include "state/rows.h"
#include "stream/record_sink.h"
#include "stream/stream_consumer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ddm::compare {

/// What a comparison with an export has beside it.
struct changes_since_export {
  /// Each once; of all changes made before the comparison's begin, by our clock. Empty unless they
  /// are known.
  std::vector<state::candidate_row> keys;
  export_standing standing;
  /// That of the coverage of changes (see comparison_progress) before they were read.
  std::int64_t epoch = 0;
  [[nodiscard]] bool known() const { return standing.began.has_value(); }
};

/// The distinct keys of records that were made late enough, while they fit.
class key_collection final : public stream::record_sink {
 public:
  key_collection(wall_time from, std::uint64_t memory_bytes_max)
      : from_(from), bytes_max_(memory_bytes_max) {}

  void on_batch(stream::record_batch batch) override;
  void on_gap(stream::coverage_gap gap) override;
  awaitable<void> admit_read() override { co_return; }
  awaitable<result<void>> commit_now() override { co_return result<void>{}; }

  [[nodiscard]] std::size_t keys() const { return keys_.size(); }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  /// One had no room.
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] const std::optional<std::string>& gap() const { return gap_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  void allow(std::uint64_t bytes_max) { bytes_max_ = bytes_max; }
  /// Hands them over, as what `command` has to judge.
  [[nodiscard]] std::vector<state::candidate_row> take(const std::string& command);

 private:
  void add(dynamodb::item_key key);

  wall_time from_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t records_ = 0;
  bool full_ = false;
  std::optional<std::string> gap_;
  std::unordered_map<dynamodb::digest128, std::string> keys_;  ///< and their JSON
};

/// Of what its table's description and its manifests tell; the rest is known once it is read.
[[nodiscard]] std::optional<no_proof> why_not_read(const exports::table_export& of,
                                                   const dynamodb::table_description& source,
                                                   wall_time now);

class changed_keys {
 public:
  struct settings {
    std::string command;  ///< whose comparison it is
    wall_time as_of;      ///< the export's moment, by the service's clock
    std::uint64_t memory_bytes_max = 64ULL << 20;
    std::uint64_t random_seed = 0;
    std::shared_ptr<stream::listing_pace> pace;  ///< of all streams of the account; null: alone
  };
  /// Everything outlives it.
  struct parts {
    asio::any_io_executor executor;
    clock& time;
    worker_pool& pool;
    dynamodb::streams_client& streams;
    const dynamodb::page_decoder& decoder;  ///< with the comparison's sample
    dynamodb::dynamodb_client& tables;      ///< of the source
    dynamodb::table_name table;
  };

  changed_keys(settings what, parts with);

  /// After stop() the error `cancelled`; what else keeps the keys from being known is told in
  /// words, as no error.
  [[nodiscard]] awaitable<result<changes_since_export>> read();
  void stop();
  /// In place of that of the settings.
  void allow_memory(std::uint64_t bytes) {
    settings_.memory_bytes_max = bytes;
    if (found_) {
      found_->allow(bytes);
    }
  }
  [[nodiscard]] std::uint64_t held_bytes() const { return found_ ? found_->bytes() : 0; }

 private:
  [[nodiscard]] awaitable<void> describe();
  [[nodiscard]] awaitable<stream_told> read_stream(std::string stream_arn);
  [[nodiscard]] awaitable<void> consume();
  [[nodiscard]] awaitable<void> watch();
  [[nodiscard]] bool has_caught_up() const;
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] bool goes_on();
  void tell_how_far();
  [[nodiscard]] wall_time from_of(std::string_view stream_arn) const;

  settings settings_;
  parts parts_;
  std::optional<key_collection> found_;  ///< from read() on
  std::unique_ptr<stream::stream_consumer> consumer_;
  task_group tasks_;
  bool stopping_ = false;
  bool ended_ = false;  ///< the consumer has
  bool caught_up_ = false;
  std::optional<error> failure_;
  std::optional<result<dynamodb::table_description>> source_;  ///< as it was last described
  wall_time began_;
  wall_time went_on_;  ///< when something of the stream was last seen to be read
  std::optional<std::pair<wall_time, milliseconds>> first_told_;  ///< when, and how far behind
  std::pair<std::uint64_t, std::size_t> how_far_;  ///< records and shards read by then
};

}  // namespace ddm::compare
