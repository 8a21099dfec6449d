// Confirmed mismatches: one entry a key, watched until it heals.
//
// The state file is the truth; the findings file is its copy for people and programs, one JSON
// object a line at each change of state. Pure: confirmations, passes and watch answers go in, rows
// and lines out. Memory: the newest `open_max` open mismatches are held (and watched); older ones
// stay in the state, and are recalled from there when their key is looked at again.
//
// Disk: at most `listed_max` open mismatches are rows of their own. What is confirmed beyond them
// is unlisted: counted by kind, and a coverage gap (monitor/unlisted_findings), for nobody knows
// then of which keys it was. A finding that heals makes room again. Lines are bounded too, as a key
// may be confirmed and heal for ever (lines_max).
//
// A finding heals only under at least its own coverage: a run that ignores an attribute which the
// confirming run did not cannot tell that all is well again. Such a finding stays open.
#pragma once

#include "state/rows.h"
#include "verify/direction.h"
#include "verify/finding_counts.h"
#include "verify/mismatch.h"
#include "verify/path_groups.h"
#include "verify/pending_checks.h"
#include "verify/watch_queue.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ddm::verify {

struct finding_options {
  bool show_values = false;
  bool hash_keys = false;
  std::size_t open_max = 200'000;
  std::int64_t listed_max = 1'000'000;
  double watch_reads_per_second = 50;
  std::vector<std::string> ignored;  ///< attributes that this run ignores
};

/// A line of the findings file (docs/output.md). `hash_keys` puts the key's digest in place of
/// the key. One that would be longer than dynamodb::line_bytes_max has no items; should that not
/// do, no paths and the key's digest.
[[nodiscard]] std::string finding_line(const mismatch& entry, const finding_options& options);
/// The row's body for the state, and back.
[[nodiscard]] std::string encode_mismatch(const mismatch& entry);
[[nodiscard]] result<mismatch> decode_mismatch(const state::mismatch_row& row);

/// Lines of findings that may be committed until healed ones are forgotten, at a start.
[[nodiscard]] std::int64_t lines_max(std::int64_t listed_max);

/// What a look at the counterpart of an open mismatch saw.
struct watch_answer {
  bool followed = false;  ///< the key's changes are read from the origin's stream, and checked
  bool unreadable = false;
  std::optional<digest128> counterpart;
  direction way = direction::source_to_target;
};

/// What a line of the findings says.
struct told_finding {
  digest128 key_hash;
  bool open = true;  ///< confirmed; else healed
  wall_time confirmed_at{};
};
/// Nothing: the line is none of ours.
[[nodiscard]] std::optional<told_finding> told_in(std::string_view finding_line,
                                                  const dynamodb::key_schema& schema,
                                                  const dynamodb::digest_secret& secret);

class finding_book {
 public:
  explicit finding_book(finding_options options);

  /// `ignored_before`: what those were confirmed under that do not tell.
  void restore(const std::vector<mismatch>& open, std::vector<std::string> ignored_before = {});
  /// All open mismatches, held here or only in the state.
  void set_counts(const kind_counts& counts) { counts_ = counts; }

  /// Lines that the state has.
  void set_lines(std::int64_t lines) { lines_ = lines; }
  void restore_unlisted(const unlisted_history& earlier) { unlisted_ = earlier; }

  /// Takes the place of the key's earlier entry, if that is open; heals where that one does too.
  /// Only counted if there is no room.
  void on_confirmed(mismatch entry, wall_time now);
  /// It would be an entry of its own.
  [[nodiscard]] bool lists(const mismatch& entry) const;
  /// There is hardly room for what another comparison would find.
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool has_lines_left() const;
  [[nodiscard]] unlisted_findings unlisted() const;
  /// What was counted since the last call, which counts as no older than these times.
  struct counted_since {
    wall_time gap;
    wall_time expired;
  };
  unlisted_findings take_unlisted(const counted_since& not_before);
  /// What take_unlisted() has given until now, but for what was made up for. The three below change
  /// that alone.
  [[nodiscard]] const unlisted_history& unlisted_taken() const { return unlisted_; }
  /// What was `taken` last is of another gap than all that was counted before.
  void begin_unlisted_gap(const unlisted_findings& taken);
  void begin_comparison(wall_time cured_before) { unlisted_.begin_comparison(cured_before); }
  void forget_unlisted(bool gap_cured, wall_time cured_before) {
    unlisted_.forget_cured(gap_cured, cured_before);
  }
  /// Some open mismatches are in the state only: recall() those of a key before the two below are
  /// told of it.
  [[nodiscard]] bool holds_all() const;
  /// Open entries as the state has them. They may leave again with the next call, or once rows are
  /// taken.
  void recall(std::vector<mismatch> entries);
  /// The state's row of the key is older than what was told here: not to be recalled.
  [[nodiscard]] bool is_dirty(const digest128& key_hash) const {
    return dirty_keys_.contains(key_hash);
  }

  /// The key was verified or seen equal. If that heals an open mismatch: its failed changes.
  std::optional<std::int64_t> on_passed(const digest128& key_hash, wall_time now);

  /// Another command has healed it, and the state's row of it is no newer here.
  void on_healed_elsewhere(const digest128& key_hash);
  /// So the state has it, which is not older than what is here: another command has confirmed it,
  /// or confirmed it anew, or what was to heal it here came too late.
  void on_open_in_state(mismatch entry);
  /// The key's last line says something else than that it is open.
  void repeat_line(const digest128& key_hash);

  /// Both tables were seen to hold the same. Since when, as far as such looks tell: it heals the
  /// mismatch once the stream has been read past that. Until then it may be the doing of a change
  /// that is not read yet, and what is wrong be right by chance. Nothing: it is not open, or this
  /// run cannot heal it.
  std::optional<wall_time> on_agreed(const digest128& key_hash, wall_time now);
  /// They were not.
  void on_differing(const digest128& key_hash);

  /// Open mismatches whose next look is due, newest first, within the watch budget.
  [[nodiscard]] std::vector<item_key> take_watch_due(wall_time now, std::size_t reads_max);
  /// When it may return something, by what is known now.
  [[nodiscard]] wall_time next_watch() const {
    return watched_.next_due().value_or(wall_time::max());
  }
  /// So many reads more were needed: they come out of the watch's allowance.
  void note_watch_reads(std::size_t reads) { watch_tokens_ -= static_cast<double>(reads); }
  /// Changes were lost before they were read: the origin may have moved unseen until `noticed`.
  void on_gap(wall_time noticed) { gap_noticed_ = std::max(gap_noticed_, noticed); }
  /// Heals where the counterpart has become what the origin held at the confirmation, provided that
  /// it still holds that: every change since would have been read. Returns as on_passed does.
  std::optional<std::int64_t> on_watched(const digest128& key_hash, const watch_answer& seen,
                                         wall_time now);
  /// After a watch that healed nothing: whether the tables may agree all the same, which only
  /// reading both can tell.
  [[nodiscard]] bool may_agree(const digest128& key_hash, const watch_answer& seen) const;

  /// Held here, and open until a run that ignores fewer attributes heals them.
  [[nodiscard]] std::size_t unhealable() const { return unhealable_; }
  [[nodiscard]] bool is_open(const digest128& key_hash) const { return open_.contains(key_hash); }
  /// Or may be, for all that is known here.
  [[nodiscard]] bool may_be_open(const digest128& key_hash) const {
    return is_open(key_hash) || !holds_all() || unlisted().any();
  }
  [[nodiscard]] const kind_counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t held() const { return open_.size(); }
  /// Of those that are held: where most of them differ.
  [[nodiscard]] std::vector<path_group> largest_groups(std::size_t groups_max) const {
    return groups_.largest(groups_max);
  }
  /// A few open mismatches for the status block, newest first.
  [[nodiscard]] std::vector<mismatch> newest(std::size_t entries_max) const;

  void take_dirty(std::vector<state::mismatch_row>& rows, std::vector<std::string>& lines);

 private:
  struct held_mismatch {
    mismatch entry;
    wall_time next_look;
    std::int64_t order = 0;
    bool confirmed_here = false;  ///< else the origin may have moved while nobody read
    bool heals_here = true;
    std::optional<wall_time> agreed_since{};
  };
  void hold(held_mismatch held);
  void watch_again(held_mismatch& held, wall_time due);
  void hold_older(mismatch entry);
  mismatch let_go(const digest128& key_hash);
  /// Nothing has moved the origin since the confirmation, as far as records tell.
  [[nodiscard]] bool origin_is_known(const held_mismatch& held, const watch_answer& seen) const;
  [[nodiscard]] static state::mismatch_row row_of(const mismatch& entry);
  void count(const mismatch& entry, std::int64_t by);
  void note(const mismatch& entry);
  void count_only(const mismatch& entry, wall_time now);
  void evict_oldest();

  finding_options options_;
  dynamodb::ignore_list ignored_;
  std::vector<std::string> ignored_before_;
  kind_counts counts_;
  unlisted_history unlisted_;        ///< until the last take_unlisted()
  unlisted_findings unlisted_news_;  ///< since then
  std::int64_t lines_ = 0;
  std::size_t unhealable_ = 0;
  std::unordered_map<digest128, held_mismatch> open_;
  path_groups groups_;                                          ///< of `open_`
  std::map<std::int64_t, digest128, std::greater<>> by_order_;  ///< newest first
  std::int64_t next_order_ = 1;
  std::int64_t recalled_order_ = -1;  ///< recalled ones are older than all others
  watch_queue watched_;               ///< those of them that may heal in this run
  double watch_tokens_ = 0;
  wall_time watch_refilled_;
  wall_time gap_noticed_ = wall_time::min();  ///< the newest one
  std::vector<state::mismatch_row> dirty_rows_;
  std::vector<std::string> dirty_lines_;
  std::unordered_set<digest128> dirty_keys_;
};

}  // namespace ddm::verify
