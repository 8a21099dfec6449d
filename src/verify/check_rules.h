// What the stages of a check share: the facts they decide by, and what a look says about a question
// wherever the check stands.
#pragma once

#include "verify/behind_detector.h"
#include "verify/check.h"
#include "verify/check_settings.h"

#include <array>
#include <cstdint>
#include <optional>

namespace ddm::verify {

/// Ages of a change at which its lag is probed.
constexpr std::array<milliseconds, 4> probe_ages{milliseconds{500}, milliseconds{1000},
                                                 milliseconds{2000}, milliseconds{4000}};
/// A candidate of a comparison that has moved between so many judgements does not rest.
constexpr std::uint32_t judgements_of_candidate_max = 3;

/// What one side held, or that it could not be understood.
struct seen {
  image value;
  bool unreadable = false;
  /// When the look was asked for: where the machine slept meanwhile, long before its answer. What
  /// it proves, it proves of then. Nothing: just now.
  std::optional<wall_time> asked{};
};

/// An answer.
struct sight {
  seen counterpart;
  std::optional<seen> origin;  ///< where it was read too
  bool current = true;         ///< no change of the key has come meanwhile

  [[nodiscard]] bool readable() const {
    return !counterpart.unreadable && !(origin && origin->unreadable);
  }
  /// Both were read, and agree.
  [[nodiscard]] bool agrees() const {
    return origin && readable() && same(origin->value, counterpart.value);
  }
};

/// Up to when the stream has been read (nothing: not known).
struct reading {
  /// The shards that are known: enough to pass a change, for if a shard was hidden, another record
  /// of the key comes.
  std::optional<wall_time> known;
  /// Also those that no listing shows yet: what a mismatch needs.
  std::optional<wall_time> all;
};

/// What a decision goes by, beside its check.
struct check_facts {
  const check_settings& settings;
  const behind_detector& behind;
  reading reached;
  wall_time now;
  wall_time due;  ///< when the read was due that is answered

  /// No change before `moment` is unread.
  [[nodiscard]] bool has_read_past(wall_time moment) const {
    return !settings.follows_stream || (reached.known && *reached.known >= moment);
  }
  /// The stream tells of the changes of its key.
  [[nodiscard]] bool follows(const question& asked) const {
    return asked.is_of_change() && settings.sample.chooses(asked.key.hash);
  }
  /// It tells all that the source held in the last max-lag: what a key that never rests is judged
  /// by.
  [[nodiscard]] bool knows_images(const check& open) const {
    return settings.way == direction::source_to_target && follows(open.asked) &&
           !open.expected.is_read && !open.expected.history_cut;
  }
  [[nodiscard]] bool is_restless(const question& asked) const {
    return asked.unproven_before && now - asked.first_unmet_at >= settings.max_lag &&
           now - asked.read_at < settings.max_lag;
  }
};

// What comes next.

struct look_again {
  wall_time at;
  bool measured_lag = false;  ///< the look before measured it
};
/// No look is needed until the stream has been read up to now.
struct await_reading {};
struct passed {
  bool by_ignoring = false;
};
struct mismatched {
  seen origin;
  seen counterpart;
};
/// The candidate never rests, and no stream tells its images.
struct given_up {};
using next_step = std::variant<look_again, await_reading, passed, mismatched, given_up>;

/// What a look says about the change.
enum class look_says {
  arrived,
  differs,
  nothing,  ///< the question was another one
};
/// The parts of `open` that a look tells of, whatever the stage.
[[nodiscard]] look_says take_look(check& open, const sight& look, const check_facts& facts);

/// What was expected until `until` has arrived: the first change without outcome is the one that
/// took its place.
void note_met(question& asked, const past_image& until, const check_facts& facts);

/// Without the source's stream, or of a candidate, only our looks tell that the source has changed;
/// what it holds has a max-lag to arrive from the look that saw it first, and a counterpart that
/// changes says that something does arrive. Returns when that is over.
wall_time note_difference(check& open, const seen& counterpart, const check_facts& facts);

/// The counterpart may be ahead of our reading: what it holds is looked at again when the stream
/// has been read past this moment. What is `seen` already counts from when it was seen first.
[[nodiscard]] look_again await_proof(std::optional<unexplained>& seen, const image& counterpart,
                                     agreement seen_as, const check_facts& facts);
[[nodiscard]] bool is_proven(const std::optional<unexplained>& seen, const check_facts& facts);

/// Back to looks.
[[nodiscard]] look_again postpone(check& open, const check_facts& facts);

}  // namespace ddm::verify
