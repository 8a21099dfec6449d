// What a monitor knows of the states of the other commands of its name, and whether that is all.
//
// Problem: what `compare` and `repair` do on other hosts is known here only as far as their heads
// were looked at, and what they left was taken in. Between two looks anything may have begun.
// Idea: a verdict stands only on a look that is young, and on what has been taken in. All else is a
// trouble, which takes nothing away that was earned, and says no GO.
//
// Pure: heads and times go in.
#pragma once

#include "base/time.h"
#include "remote/lease.h"

#include <optional>
#include <string>

namespace ddm::cli {

/// The head of one command's state.
class other_head {
 public:
  /// What a strong read showed.
  void note(const std::optional<remote::head>& seen, remote::call_span call);
  /// The copy of `from` was taken in; true: nobody was told yet that this command works on another
  /// state.
  bool note_taken(const remote::head& from, bool of_another_state, wall_time now);

  /// A copy is to be fetched: somebody has left one, or a small one again while he goes on.
  [[nodiscard]] bool is_due(wall_time now) const;
  /// As far as is known.
  [[nodiscard]] bool is_held() const;
  /// There is a copy that was not taken in, of a state that this one was begun from.
  [[nodiscard]] bool is_missing() const;
  /// The same, and whoever made it is not at work on it any more.
  [[nodiscard]] bool is_left() const { return is_missing() && is_of_another_epoch(); }
  /// It was taken in, and the session has not looked at its state since.
  [[nodiscard]] bool is_being_heard(wall_time now) const;
  /// The same, of a copy that was left.
  [[nodiscard]] bool is_left_being_heard(wall_time now) const {
    return took_what_was_left_ && is_being_heard(now);
  }
  [[nodiscard]] bool is_known(wall_time now) const;

 private:
  [[nodiscard]] bool is_untaken() const;
  /// Each holder has an epoch of his own, and the copies that he makes have it.
  [[nodiscard]] bool is_of_another_epoch() const {
    return !is_held() || lease_.seen()->copy->epoch != lease_.seen()->epoch;
  }

  remote::lease_watch lease_{{}};
  std::optional<wall_time> looked_at_;      ///< the last question that was answered
  std::optional<remote::copy_root> taken_;  ///< the copy that was taken in last
  std::string taken_from_;                  ///< who held it then
  wall_time taken_at_{};
  bool is_foreign_ = false;  ///< what was taken last is of another state
  bool took_what_was_left_ = false;
};

struct other_heads {
  other_head compare;
  other_head repair;
  /// Why what is known here may not be all; empty: it is.
  [[nodiscard]] std::string trouble(wall_time now) const;
};

}  // namespace ddm::cli
