#include "monitor/stream_reading.h"

#include "base/log.h"
#include "base/units.h"
#include "monitor/calls_made.h"

#include <utility>

namespace ddm::monitor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// The resolved numbers of the shards cost a walk over all open checks.
constexpr seconds resolve_interval{10};
constexpr std::chrono::hours retention_alarm{6};
/// Behind for this long with fewer records a call than the service allows: the limit may be the
/// reason.
constexpr minutes small_limit_alarm{1};
constexpr int records_limit_max = 1000;
/// Less is what becomes known of the two clocks by and by.
constexpr milliseconds pause_min = stream::service_clock::date_unit;

}  // namespace

stream_reading::stream_reading(stream::stream_consumer::options first,
                               stream::stream_follower::parts with,
                               const verify::pending_checks& checks,
                               std::function<void(error)> on_failed, const state::snapshot& resumed)
    : time_(with.time),
      streams_(with.streams),
      records_limit_(first.records_limit),
      checks_(checks),
      on_failed_(std::move(on_failed)),
      follower_(std::move(first), with, resumed),
      tasks_(with.executor) {}

void stream_reading::start(task_group& /*tasks*/) { tasks_.spawn(read()); }

awaitable<void> stream_reading::read() {
  auto read = co_await follower_.run();
  if (!read) {
    on_failed_(std::move(read.error()));
  }
}

void stream_reading::stop() {
  if (!at_stop_) {
    at_stop_ = follower_.status();
    tasks_.cancel();
  }
}

void stream_reading::finish() { resolve_due_ = time_.now(); }

stream::stream_status stream_reading::status() const {
  return at_stop_ ? *at_stop_ : follower_.status();
}

verify::reading stream_reading::read_up_to(wall_time now) const {
  return stopped()
             ? verify::reading{.known = now, .all = now}
             : verify::reading{.known = follower_.read_up_to(), .all = follower_.all_read_up_to()};
}

bool stream_reading::is_current(milliseconds max_lag) const {
  const auto behind = follower_.status().behind;
  return behind && *behind <= max_lag;
}

milliseconds stream_reading::pause() const {
  return service_now() - time_.now() - follower_.clock_fast_by() - clock_slow_by_;
}

std::optional<milliseconds> stream_reading::take_pause() {
  const auto paused = pause();
  clock_slow_by_ += paused;
  return paused > pause_min ? std::optional(paused) : std::nullopt;
}

void stream_reading::collect(state::commit_batch& batch) {
  const auto now = time_.now();
  if (now >= resolve_due_) {
    follower_.resolve(checks_.lowest_open());
    resolve_due_ = now + resolve_interval;
  }
  follower_.collect(now, batch);
}

void stream_reading::on_interval() {
  const auto shown = status();
  if (shown.behind.value_or(milliseconds{0}) > small_limit_alarm &&
      records_limit_ < records_limit_max) {
    log::event(log::level::warning, "batch_size_small",
               "a shard is behind and GetRecords is limited: raise --batch-size (DDB_BATCH_SIZE)",
               {{"batch_size", records_limit_}, {"behind", spoken_duration(*shown.behind)}});
  }
  if (shown.retention_left < retention_alarm) {
    log::event(log::level::error, "retention_low",
               "unread changes will be lost: find out why reading is behind",
               {{"retention_left", spoken_duration(shown.retention_left)},
                {"lost_at", format_rfc3339(time_.now() + shown.retention_left)}});
  }
}

void stream_reading::tell(report::status& now) const {
  now.shards = status();
  now.asked_of_stream = calls_made(streams_.statistics(), now.shards.pauses);
  now.unread_for = now.shards.unread_for;
  now.stream_over = follower_.is_over();
  now.read_as_asked = read_as_asked_;
}

}  // namespace ddm::monitor
