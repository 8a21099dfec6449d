// Who may hold a state: taking it, keeping it, and knowing that it is lost.
//
// Problem: two processes, each on a host of its own, must not both have effect on one state. No
// clock is shared, an answer may be lost, a call may come late, and a process may sleep for a
// minute between two of its own instructions.
// Idea: the lease of the Kinesis client library, with a write id for a fence. The holder writes the
// head each few seconds. Who waits reads it, and takes it once the same write has stood there for
// the whole `expiry` of his own clock: from an answer that showed it to a question, asked later,
// that shows it still. The holder acts for a shorter time only, counted from before the write that
// he knows to have come through.
// Reason: both count a span of their own clock and never compare times. The one begins to count
// after the write, the other before it, so the holder has stopped to act when another one begins.
// Whatever sleeps or drifts beyond that meets the condition of the head, and fails there.
//
// Example (expiry 20 s, the holder acts for 15 s after a write that he knows of):
//   0.0  the holder sends a renewal; it is written at 0.3, and he acts until 15.0
//   1.0  who waits sees that write; he may take the head from 21.0 on, after one more look
//   2.0  the holder is stopped (SIGSTOP)
//  21.5  who waits sees the same write once more, writes himself into the head: epoch 8
//  62.0  the holder goes on. It is past 15.0, so it does not act; its next renewal is refused,
//        the head names another write than the one it sent, and it ends.
//
// Pure: heads and times go in. Times are of a clock that never steps back and counts the time that
// a machine sleeps.
#pragma once

#include "base/time.h"
#include "remote/head.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::remote {

struct lease_times {
  milliseconds renew_each{5'000};  ///< the holder writes
  milliseconds look_each{2'000};   ///< who waits reads
  milliseconds expiry{20'000};     ///< of a write that stands still
  milliseconds act_for{15'000};    ///< after a write; less than expiry, for clocks that drift
};

/// One question and its answer, by one's own clock.
struct call_span {
  wall_time asked;
  wall_time answered;
};

/// What the process that waits knows of the head.
class lease_watch {
 public:
  explicit lease_watch(lease_times times) : times_(times) {}

  /// What a strong read showed.
  void note(const std::optional<head>& seen, call_span call);
  /// Whether what was read last may be taken.
  [[nodiscard]] bool may_take() const { return may_take_; }
  [[nodiscard]] const std::optional<head>& seen() const { return seen_; }
  /// Since when its last write is known; for people.
  [[nodiscard]] wall_time seen_since() const { return seen_since_; }
  /// Whoever takes what was seen. `write` and `owner` are ids that were never used, and so is
  /// `first_epoch`, of a state that is begun: what is late of one that was deleted must not meet
  /// it.
  [[nodiscard]] head_write taking(std::string write, std::string owner, std::string told,
                                  std::uint64_t first_epoch) const;

 private:
  lease_times times_;
  std::optional<head> seen_;
  wall_time seen_since_{};
  bool may_take_ = false;
};

/// What the holder wants the head to be.
struct head_change {
  std::optional<copy_root> copy;  ///< the one before stays without
  bool forget_copy = false;       ///< it is as if there had never been one
  bool new_epoch = false;
  bool release = false;
};

/// What the process that holds the head knows of it. One write at a time: the same one is sent
/// until it is known whether it came through.
class lease_hold {
 public:
  /// `asked`: when the taking, which came through, was sent first.
  lease_hold(head taken, wall_time asked, lease_times times);

  [[nodiscard]] const head& known() const { return known_; }
  /// Whether an effect outside may begin now.
  [[nodiscard]] bool may_act(wall_time now) const { return !lost_ && now < acts_until_; }
  [[nodiscard]] bool is_lost() const { return lost_; }
  /// A write that may or may not have come through.
  [[nodiscard]] const std::optional<head_write>& pending() const { return pending_; }

  /// The next write; only while none is pending. It is to be sent now.
  const head_write& begin(const head_change& change, std::string write, wall_time now);
  /// The service said that it wrote.
  void on_written();
  /// The service refused it, or gave no answer, and this was read then.
  void on_read(const std::optional<head>& seen);

 private:
  lease_times times_;
  head known_;
  std::optional<head_write> pending_;
  wall_time pending_since_{};
  wall_time acts_until_;
  bool lost_ = false;
};

}  // namespace ddm::remote
