// Up to which moment a shard has been read: the rule behind "caught up", gaps and
// `behind_stream_ms`.
//
// Being caught up is earned in each process: what an earlier one knew, by a clock that may have
// been set since, only says whether the loss of old records to a trim can have cost anything.
#pragma once

#include "base/time.h"

#include <deque>
#include <optional>

namespace ddm::stream {

/// Empty pages are normal in the middle of a shard; this long of nothing but them is its end, if
/// they are several: two that lie seconds apart may both come from the middle.
constexpr milliseconds empty_run_min{2000};
constexpr int empty_pages_min = 3;
/// What is asked of such a run. More is for whoever cannot mend what was taken for the end too
/// early.
struct empty_run {
  milliseconds lasts = empty_run_min;
  int pages = empty_pages_min;
};
/// Data is kept 24 h: a shard seen caught up within this time cannot have lost anything to a trim.
constexpr std::chrono::hours harmless_trim{23};
constexpr std::chrono::hours stream_retention{24};

/// Fed with every page of one shard; remembers the latest moment that the reading has reached. All
/// times are by the later of our clock and the service's.
class caught_up_tracker {
 public:
  /// Creation times are cut to `creation_unit` and may be that much earlier than the truth.
  explicit caught_up_tracker(std::optional<wall_time> restored = std::nullopt,
                             milliseconds creation_unit = milliseconds{1000}, empty_run end = {})
      : ever_(restored), creation_unit_(creation_unit), end_(end) {}

  /// The shard is new, and all that came before it was read up to `moment`.
  void begin_at(wall_time moment) { up_to_ = moment; }

  /// A page with records not seen before, created from `first` to `last`: every record before
  /// `last` has been seen. If `first` is older than what the reading was thought to have reached,
  /// it had not: the empty pages came from the middle of the shard.
  void on_records(wall_time first, wall_time last);
  /// An empty page that was asked for at `asked` and came at `answered`. The run of empty pages is
  /// counted from the answer to its first to the question for its last: what was written before it
  /// is no slow answer's doing. What is reached is the question for the newest page that has
  /// enough of nothing behind it: pages may lie far apart, where there are many shards or after a
  /// pause of the machine, and one of them may be empty although there are records.
  void on_empty_page(wall_time asked, wall_time answered);
  /// A page asked for at `asked` held all that there was: nothing written before is unread.
  void on_end(wall_time asked);
  /// The shard was closed, after `moment` at the earliest (nothing: unknown): the empty pages told
  /// nothing of what follows it.
  void on_closed(std::optional<wall_time> moment);
  /// A read failed: what was written meanwhile may hide behind one more empty page.
  void on_interruption();
  /// It is `now` by a clock that has jumped: what was timed before counts no more.
  void on_clock_jump(wall_time now);

  /// What this process has read.
  [[nodiscard]] std::optional<wall_time> up_to() const { return up_to_; }
  /// What any process has read: for trims.
  [[nodiscard]] std::optional<wall_time> ever_up_to() const { return ever_; }
  /// The last page showed that no record is left to read.
  [[nodiscard]] bool at_the_end() const { return at_the_end_; }
  /// No record created from `first` on contradicts what was thought to be read.
  [[nodiscard]] bool agrees_with(wall_time first) const {
    return up_to_ && first + creation_unit_ >= *up_to_;
  }

 private:
  void reach(wall_time moment);

  std::optional<wall_time> up_to_;
  std::optional<wall_time> ever_;
  milliseconds creation_unit_;
  empty_run end_;
  struct empty_page {
    wall_time asked;
    wall_time answered;
  };
  /// Of the present run: those of as long as it has to last, and the one before.
  std::deque<empty_page> last_empty_;
  int empty_pages_ = 0;
  bool at_the_end_ = false;
};

/// True when the loss of the records behind `last read` cannot have cost anything.
[[nodiscard]] bool trim_is_harmless(std::optional<wall_time> caught_up_to, wall_time now);

}  // namespace ddm::stream
