// With which part of the keys and attributes the tables were looked at, and since when.
//
// Problem: settings may change at each start, and GO must not stand on more than what was looked at
// all the time since the comparison that it uses began. Idea: a coverage is a value that can be
// weakened; a log keeps which ones were in force, one after the other, and tells the weakest since
// a comparison began. Reason: whether a verdict may stand on evidence is then one comparison of two
// values.
//
// Example: beside a monitor that checks changes of 1 key in 100 (epoch 1) a comparison of every key
// is made. Then the monitor is started again with every key (epoch 2). Since the comparison began,
// in epoch 1, the weakest coverage of changes is 1 key in 100, whatever it is now: plain GO needs a
// comparison that begins in epoch 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::verify {

struct coverage {
  std::uint64_t sample_rate = 1;     ///< one key in so many; the keys of 1/100 lie within 1/10's
  std::vector<std::string> ignored;  ///< patterns of attributes left out; sorted, each once

  [[nodiscard]] static coverage of(std::uint64_t sample_rate, std::string_view joined_patterns);
  /// Looks at all that `other` looks at.
  [[nodiscard]] bool covers(const coverage& other) const;
  bool operator==(const coverage&) const = default;
};

/// What both look at.
[[nodiscard]] coverage weaker_of(const coverage& a, const coverage& b);
/// The least that covers both.
[[nodiscard]] coverage stronger_of(const coverage& a, const coverage& b);

/// "a,b" on one line, sorted: patterns as the state and the reports name them; a comma or backslash
/// of a pattern itself is escaped by a backslash.
[[nodiscard]] std::string join_patterns(std::vector<std::string> patterns);
/// Sorted, each once.
[[nodiscard]] std::vector<std::string> split_patterns(std::string_view joined);
/// Each attribute that `inner` leaves out is left out by `outer` too.
[[nodiscard]] bool leaves_out_all_of(const std::vector<std::string>& outer,
                                     const std::vector<std::string>& inner);

/// Which coverage changes were checked with, in the order in which settings changed: epochs 1, 2, 3
/// … Reason for epochs instead of times: clocks are set back, and order is all that matters.
class coverage_log {
 public:
  /// Older entries are merged into one: the weakest of them.
  static constexpr std::size_t entries_max = 32;

  /// From now on changes are checked with `present`: a new epoch, if that is another one.
  void begin(const coverage& present);
  /// The present one; 0: no change has been checked yet.
  [[nodiscard]] std::int64_t epoch() const { return entries_.empty() ? 0 : entries_.back().epoch; }
  /// The weakest of this epoch and all later ones.
  [[nodiscard]] coverage weakest_since(std::int64_t epoch) const;

  /// For the state, and back. Damaged text is no log: what it knew is not trusted.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static coverage_log decode(std::string_view text);

 private:
  struct entry {
    std::int64_t epoch = 0;
    coverage in_force;
  };
  std::vector<entry> entries_;  ///< ascending
};

}  // namespace ddm::verify
