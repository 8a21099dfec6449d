// The reading of a stream as a part of a session, and the two clocks by which records are dated.
#pragma once

#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "stream/stream_follower.h"
#include "verify/pending_checks.h"

#include <functional>
#include <optional>

namespace ddm::monitor {

class stream_reading final : public session_part {
 public:
  /// `checks`: up to which of them a shard's position is resolved. `on_failed`: waiting mends
  /// nothing. Everything outlives it.
  stream_reading(stream::stream_consumer::options first, stream::stream_follower::parts with,
                 const verify::pending_checks& checks, std::function<void(error)> on_failed,
                 const state::snapshot& resumed);

  [[nodiscard]] const stream::stream_follower& follower() const { return follower_; }
  /// Reading stands still from then on: nothing that it tells ages.
  void stop() override;
  [[nodiscard]] bool stopped() const { return at_stop_.has_value(); }
  /// Up to the end that was asked for.
  void note_read_as_asked() { read_as_asked_ = true; }
  [[nodiscard]] stream::stream_status status() const;
  /// Up to when all is known, for judgements; after the last record that was wanted nothing that is
  /// read could call one off.
  [[nodiscard]] verify::reading read_up_to(wall_time now) const;
  /// A shard is not further behind than `max_lag`.
  [[nodiscard]] bool is_current(milliseconds max_lag) const;

  /// Now, by the service's clock or ours, whichever is later.
  [[nodiscard]] wall_time service_now() const { return follower_.service_now(); }
  /// By how much our clock is behind the service's, as of the last take_pause(); negative: ahead.
  [[nodiscard]] milliseconds clock_slow_by() const { return clock_slow_by_; }
  /// By how much it has fallen behind since then.
  [[nodiscard]] milliseconds pause() const;
  /// That a clock is slow, and always was, makes nothing older; that it stood still, or was set
  /// back, does: for so long, if that is no mere inexactness. Noted once.
  [[nodiscard]] std::optional<milliseconds> take_pause();

  void start(task_group& tasks) override;
  [[nodiscard]] awaitable<void> join() override { return tasks_.join(); }
  void finish() override;
  void collect(state::commit_batch& batch) override;
  void on_interval() override;
  void tell(report::status& now) const override;

 private:
  [[nodiscard]] awaitable<void> read();

  clock& time_;
  dynamodb::streams_client& streams_;
  int records_limit_;
  const verify::pending_checks& checks_;
  std::function<void(error)> on_failed_;
  stream::stream_follower follower_;
  task_group tasks_;
  wall_time resolve_due_;
  std::optional<stream::stream_status> at_stop_;
  bool read_as_asked_ = false;
  milliseconds clock_slow_by_{0};
};

}  // namespace ddm::monitor
