// A table's streams, one after the other.
//
// Problem: turning a table's stream off and on again makes a new stream with an ARN of its own. The
// old one stays readable for 24 hours, and what was written in between is in neither.
// Idea: one stream_consumer at a time. Each minute, and at once when the stream ends or is not
// found, the table is asked for its stream; a newer one is taken up from its first record on when
// the old one has been read to its end, or is gone.
// Reason: records of one key stay in order, and a restart finds its place by the state's rows: the
// newest stream among them is the one being read.
#pragma once

#include "dynamodb/dynamodb_client.h"
#include "state/state_store.h"
#include "stream/stream_consumer.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddm::stream {

class stream_follower {
 public:
  /// Everything outlives the follower.
  struct parts {
    asio::any_io_executor executor;
    clock& time;
    worker_pool& pool;
    dynamodb::streams_client& streams;
    const dynamodb::page_decoder& decoder;
    record_sink& sink;
    dynamodb::dynamodb_client& tables;  ///< describes the table that the stream belongs to
    dynamodb::table_name table;
  };

  /// `first.stream_arn` and `first.first` are for a fresh state; another goes on where it was.
  stream_follower(stream_consumer::options first, parts with, const state::snapshot& resumed);

  /// Reads until cancelled; an error is one that waiting cannot mend.
  [[nodiscard]] awaitable<result<void>> run();

  [[nodiscard]] const std::string& stream_arn() const { return options_.stream_arn; }
  /// The stream was turned off, has been read to its end, and the table has no newer one.
  [[nodiscard]] bool is_over() const { return ended_at_ && looked_since_end() && !successor_; }
  [[nodiscard]] stream_status status() const { return consumer_->status(); }
  /// As stream_consumer says it; nothing while a newer stream waits or may exist.
  [[nodiscard]] std::optional<wall_time> read_up_to() const;
  [[nodiscard]] bool caught_up_to(wall_time moment) const;

  void resolve(const std::map<std::string, sequence_number>& lowest_open) {
    consumer_->lineage().resolve(lowest_open);
  }
  /// Adds what has changed since the last call.
  void collect(wall_time now, state::commit_batch& batch);

 private:
  [[nodiscard]] awaitable<void> read_streams();
  [[nodiscard]] awaitable<void> watch_table();
  [[nodiscard]] awaitable<void> look_at_table();
  void restore(const state::snapshot& resumed);
  void change_over();
  void report_time_off();
  void make_consumer();
  [[nodiscard]] bool looked_since_end() const {
    return ended_at_ && looked_at_ && *looked_at_ >= *ended_at_;
  }

  stream_consumer::options options_;
  parts parts_;
  std::unique_ptr<stream_consumer> consumer_;
  task_group tasks_;
  std::optional<error> failure_;
  std::optional<std::string> successor_;
  std::optional<wall_time> looked_at_;       ///< when the table was last asked, with success
  std::optional<wall_time> ended_at_;        ///< the present stream has been read to its end
  std::optional<wall_time> enabled_at_;      ///< the present stream was last known to be on
  std::string time_off_reported_;            ///< the stream whose end has been reported as a gap
  std::vector<state::shard_row> left_rows_;  ///< last changes of streams that were left
  std::vector<std::pair<std::string, std::string>> left_shards_;  ///< their rows in the state
};

}  // namespace ddm::stream
