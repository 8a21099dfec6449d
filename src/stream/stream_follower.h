// A table's streams, one after the other.
//
// Problem: turning a table's stream off and on again makes a new stream with an ARN of its own. The
// old one stays readable for 24 hours, and what was written in between is in neither.
// Idea: one stream_consumer at a time. Each 30 s, and at once when the stream ends or is not
// found, the table is asked for its stream; a newer one is taken up from its first record on when
// the old one has been read to its end, or is gone. What was read counts as read up to the last
// moment at which the stream was known to be on: what is written into no stream is never read.
// Reason: records of one key stay in order, and a restart finds its place by the state's rows: the
// newest stream among them is the one being read.
#pragma once

#include "dynamodb/dynamodb_client.h"
#include "runtime/signal.h"
#include "state/rows.h"
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

  /// `first.stream_arn` and `first.first` are for a fresh state; another goes on where it was, also
  /// where no shard of its stream has ever been listed.
  stream_follower(stream_consumer::options first, parts with, const state::snapshot& resumed);

  /// Reads until cancelled; an error is one that waiting cannot mend.
  [[nodiscard]] awaitable<result<void>> run();

  [[nodiscard]] const std::string& stream_arn() const { return options_.stream_arn; }
  /// The stream was turned off, has been read to its end, and the table has no newer one.
  [[nodiscard]] bool is_over() const { return ended_at_ && looked_since_end() && !successor_; }
  /// As stream_consumer says it, but nothing is known to be read beyond the last moment at which
  /// the table, or a listing, showed that the stream is on.
  [[nodiscard]] stream_status status() const;
  /// As stream_consumer says it; nothing while a newer stream waits or may exist.
  [[nodiscard]] std::optional<wall_time> read_up_to() const;
  [[nodiscard]] std::optional<wall_time> all_read_up_to() const;
  [[nodiscard]] bool caught_up_to(wall_time moment) const;
  /// From when on reading misses nothing but gaps (see stream_consumer::began); kept in the state.
  [[nodiscard]] std::optional<wall_time> reading_began() const {
    return began_ ? began_ : consumer_->began();
  }
  /// The later of our clock and the service's (see service_clock).
  [[nodiscard]] wall_time service_now() const { return consumer_->later_now(); }
  /// By how much our clock is ahead of the service's: a moment of the service's clock has come when
  /// the later clock shows that much more.
  [[nodiscard]] milliseconds clock_fast_by() const { return consumer_->service().behind(); }

  void resolve(const std::map<std::string, sequence_number>& lowest_open) {
    consumer_->lineage().resolve(lowest_open);
  }
  /// Adds what has changed since the last call.
  void collect(wall_time now, state::commit_batch& batch);

 private:
  [[nodiscard]] awaitable<void> read_streams();
  [[nodiscard]] awaitable<void> watch_table();
  [[nodiscard]] awaitable<void> look_at_table();
  void note_table(const dynamodb::table_description& table, wall_time asked);
  void note_successor(const std::string& latest);
  [[nodiscard]] bool in_doubt() const;
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] std::optional<wall_time> known_to_be_on() const;
  void restore(const state::snapshot& resumed);
  /// `is_gone`: the present stream could not be read to its end.
  void change_over(bool is_gone);
  [[nodiscard]] std::optional<wall_time> report_time_off(bool is_gone);
  void make_consumer();
  [[nodiscard]] bool looked_since_end() const {
    return ended_at_ && looked_at_ && *looked_at_ >= *ended_at_;
  }

  stream_consumer::options options_;
  parts parts_;
  std::unique_ptr<stream_consumer> consumer_;
  task_group tasks_;
  signal looked_;  ///< the table was asked again
  std::optional<error> failure_;
  std::optional<std::string> successor_;
  std::optional<wall_time> looked_at_;        ///< when the table was last asked, with success
  std::optional<wall_time> table_showed_on_;  ///< by the later clock: the stream, as the latest one
  bool last_look_failed_ = false;
  std::string table_id_;      ///< TableId of the first look
  std::string new_table_id_;  ///< of the table that has the newer stream
  std::string off_;           ///< why the table says that this stream is off
  std::optional<wall_time> began_;
  std::uint64_t pauses_before_ = 0;          ///< while streams were read that were left
  std::optional<wall_time> ended_at_;        ///< the present stream has been read to its end
  std::optional<wall_time> enabled_at_;      ///< the present stream was last known to be on
  bool first_stream_kept_ = false;           ///< the state knows what this process began with
  std::vector<std::string> times_off_told_;  ///< by earlier processes: each ends with a successor
  std::vector<state::shard_row> left_rows_;  ///< last changes of streams that were left
  std::vector<std::pair<std::string, std::string>> left_shards_;  ///< their rows in the state
};

}  // namespace ddm::stream
