// Holds what the monitor reports against the ledger of what happened.
//
// Every commit is examined as if the process were killed right after it: the counters in it must be
// those of the positions in it, and every chosen change up to there must be verified, superseded,
// open, deferred, failed or healed. Every finding in it must be true at the moment of its
// judgement. At the end of a run every defect must have been found, and nothing else.
//
// Limits of what the monitor can know, which docs/guarantees.md lists, are written down here and
// nowhere looser:
//   - a record written between the start and the first iterator of a LATEST start may count or not;
//   - a change whose arrival was seen, and that the target lost afterwards, is not looked at again,
//     not even if the key's next change brings the value that the target wrongly holds already;
//   - without the source's stream, a source that came back to the target's value and left it again
//     between two looks is not known to have done so;
//   - a change that nobody hears of (written before the start, lost in a gap, made while the stream
//     was off) may arrive over the next one's equal look, and so may one that was left to the
//     baseline and is later than max-lag once the target is ready;
//   - an item of the target that no record of the stream speaks of is out of reach.
#pragma once

#include "monitor/session_state.h"
#include "report/status.h"
#include "simulation/go_referee.h"
#include "simulation/ledger.h"
#include "simulation/scenario.h"
#include "state/rows.h"
#include "verify/mismatch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ddm::simulation {

class referee {
 public:
  referee(const scenario& chosen, monitor::monitor_world& world, ledger& truth);
  referee(const referee&) = delete;
  referee& operator=(const referee&) = delete;

  // What the driver tells.
  /// `beside`: another command runs.
  void on_start(const process_settings& how, std::optional<wall_time> freeze_at, bool beside);
  /// The stream has forgotten what was written before `until`: the rest must be a reported gap.
  void on_forgotten(wall_time until);
  /// The stream is replaced: the time off is reported as a gap, all else is read.
  void on_stream_renewed(bool monitor_runs);
  void on_target_ready(wall_time now);
  /// The table is another one now: everything so far is a gap.
  void on_table_recreated();
  /// Another command runs on the state: these attributes are not compared.
  void on_compare_start(const std::string& ignored);
  /// Who writes after that was forgotten.
  void on_freeze_planned(wall_time freeze_at) { freeze_planned_ = freeze_at; }
  /// The session ended by itself after the freeze.
  void on_frozen_end(const report::status& status, bool in_trouble);
  /// All that the shard holds was read a good while ago.
  [[nodiscard]] bool is_idle(const std::string& shard) const;

  /// Examines the running monitor.
  void examine(const report::status& status);
  [[nodiscard]] bool has_open_finding() const;
  /// GO or GO (sampled) is shown.
  [[nodiscard]] bool shows_go() const;
  /// When GO becomes a lie if all stays as it is.
  [[nodiscard]] std::optional<wall_time> go_will_lie_at() const;
  /// Nothing is open, and the findings are those that they must be.
  [[nodiscard]] bool is_settled();
  /// When all is quiet: what is missing and what is too much.
  void examine_end();
  void accuse(std::string violation);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct bounds {
    std::int64_t low = 0;
    std::int64_t high = 0;
  };
  struct committed_shard {
    std::string life;
    sequence_value last = 0;
    std::size_t counted = 0;  ///< records of the story that are at or below `last`
  };
  struct finding {
    bool open = false;
    wall_time confirmed;
    verify::mismatch_kind kind{};
    std::int64_t changes = 0;
    std::set<std::string> ignored;  ///< by the run that confirmed it: only as strict a one heals it
  };
  enum class standing {
    counts,
    may_count,  ///< written while a start at LATEST was under way
    does_not_count,
  };

  void expect_new_start(wall_time begins);
  void begin_period();
  void on_commit(const state::commit_batch& batch);
  void on_resume(const state::snapshot& found);
  void on_asked(const std::string& shard);
  void on_page(const std::string& shard);
  void cure_gaps(wall_time before);
  void note_comparisons();
  void judge_new_comparison(wall_time began);
  void examine_go();
  void examine_reading();
  void examine_session_end();
  [[nodiscard]] bool sampled_go() const;
  [[nodiscard]] bool go_before_the_news_is_true() const;
  void take_shard(const state::shard_row& row);
  void count(const shard_story& shard, written_record& record);
  void compare_counters();
  void take_finding(const state::mismatch_row& row);
  void judge_healing(const state::mismatch_row& row);
  [[nodiscard]] bool may_have_agreed(const key_story& story, const finding& was) const;
  [[nodiscard]] std::size_t newest_unchecked(const key_story& story) const;
  void judge_finding(const std::string& key_json, const verify::mismatch& entry, wall_time at);
  [[nodiscard]] bool rested_for_reads(const key_story& story, const verify::mismatch& entry,
                                      wall_time last) const;
  void judge_kind(const key_story& story, const verify::mismatch& entry, const item_ptr& source,
                  const item_ptr& target, wall_time at);
  void examine_gaps();
  void examine_baseline();
  void examine_freeze();
  [[nodiscard]] std::size_t never_read_at_frozen_end() const;
  [[nodiscard]] bool is_after_the_end(const written_record& record) const;
  [[nodiscard]] bool has_uncured_gap() const;
  [[nodiscard]] bool compared_something(std::uint64_t rate) const;
  [[nodiscard]] bool has_just_been_cured() const;
  [[nodiscard]] bool verdict_is_due() const;
  [[nodiscard]] bool was_off_at(wall_time moment) const;
  [[nodiscard]] bool is_no_write(const written_record& record) const;
  [[nodiscard]] bool was_of_another_table(const shard_story& shard) const;
  [[nodiscard]] bool speaks_for(const state::gap_row& gap, const shard_story& shard) const;
  [[nodiscard]] bool speaks_for(const state::gap_row& gap, const shard_story& shard,
                                const written_record& record) const;
  [[nodiscard]] milliseconds standstill() const;
  [[nodiscard]] bool is_justified(const state::gap_row& gap) const;
  [[nodiscard]] std::vector<verify::mismatch_kind> kinds_of_leftover(const key_story& story,
                                                                     const verify::mismatch& entry,
                                                                     const item_ptr& target,
                                                                     wall_time at) const;
  /// Whether the digest is the item's under any list of ignored attributes that was in use.
  [[nodiscard]] bool shows(const std::optional<dynamodb::digest128>& digest,
                           const item_ptr& item) const;
  [[nodiscard]] standing standing_of(const shard_story& shard, const written_record& record) const;
  [[nodiscard]] bool chosen(const item_position& key);
  [[nodiscard]] bool sample_has(const item_position& key, std::uint64_t rate) const;
  [[nodiscard]] bool was_committed(const shard_story& shard, const written_record& record) const;
  /// When the newest change of the key was made, if it was read by a process whose sample lacks it.
  [[nodiscard]] std::optional<wall_time> unchecked(const item_position& key) const;
  /// The newest change of the key was read and checked: it must have an outcome that is true.
  [[nodiscard]] bool everything_is_read() const;
  [[nodiscard]] bool is_covered(const item_position& key);
  [[nodiscard]] std::set<std::string> ignored_for(const item_position& key) const;
  [[nodiscard]] bool changed_after_the_end(const key_story& story) const;
  [[nodiscard]] bool may_heal(const finding& open) const;
  [[nodiscard]] const finding* open_finding(const key_story& story) const;
  [[nodiscard]] bool saw_arrive(const key_story& story) const;
  [[nodiscard]] std::vector<std::string> wrong_findings();
  [[nodiscard]] std::int64_t number(const char* name) const;
  void expect_within(const char* name, std::int64_t value, const bounds& truth);

  const scenario& scenario_;
  monitor::monitor_world& world_;
  ledger& truth_;
  bool forward_;
  std::optional<dynamodb::page_decoder::options> decoding_;
  std::map<item_position, bool> chosen_;        ///< by the present sample
  std::vector<dynamodb::ignore_list> ignored_;  ///< that were ever in use

  // What the state file holds.
  std::map<std::string, committed_shard> shards_;
  std::set<std::int64_t> open_checks_;
  std::map<std::string, std::int64_t> deferred_;
  std::map<std::string, finding> findings_;
  std::map<std::string, std::int64_t> numbers_;
  std::vector<state::gap_row> gaps_;
  std::optional<monitor::period_settings> stored_period_;
  bool period_begins_ = false;

  std::map<std::string, std::string> values_;

  std::optional<wall_time> own_comparison_;  ///< when the monitor's newest one began

  // What GO is held against.
  go_evidence go_;
  go_referee go_referee_;
  bool go_lied_ = false;                     ///< at the last look
  std::optional<wall_time> go_over_defect_;  ///< since when, by what is committed
  bool reading_lied_ = false;                ///< at the last look

  // What it must hold.
  bounds unique_;
  bounds sampled_;
  std::map<record_kind, bounds> by_kind_;
  bounds by_ttl_;

  std::map<std::string, sequence_value> sent_in_process_;  ///< by shard: the last record
  std::set<std::string> ended_in_process_;
  /// When a shard was read, in whichever process, and the long times in which it was not.
  struct reading {
    wall_time last;
    std::vector<std::pair<wall_time, wall_time>> silences;
  };
  std::map<std::string, reading> reading_;
  report::status last_;  // as examined
  std::optional<wall_time> first_start_;
  std::optional<wall_time> target_ready_;
  bool stream_is_kept_ = false;  ///< the state names the stream that reading began with
  bool something_forgotten_ = false;
  std::vector<wall_time> identity_changes_;  ///< another stream, another table
  bool others_commit_ = false;  ///< another command has written to the state since the start

  std::optional<wall_time> freeze_planned_;
  std::uint64_t baseline_sample_rate_ = 1;  ///< of the present process
  std::optional<wall_time> freeze_at_;      ///< as the process knows it
  bool go_before_freeze_ = false;
  std::optional<wall_time> frozen_end_;
  std::vector<std::string> violations_;
};

}  // namespace ddm::simulation
