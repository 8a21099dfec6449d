// What a repair, or its undo, tells the findings of the state.
//
// What is taken back is wrong again: committed before it is, and set right by what came of it. So a
// kill at any instruction leaves no wrong item without its finding.
#pragma once

#include "monitor/mismatch_log.h"
#include "repair/repair_session.h"
#include "report/statistics.h"
#include "runtime/clock.h"
#include "state/state_store.h"
#include "verify/finding_book.h"
#include "verify/findings_file.h"

#include <optional>
#include <string>

namespace ddm::repair {

class finding_notes {
 public:
  struct settings {
    rules by;
    bool hash_keys = false;  ///< in the log
  };
  /// `findings` and `statistics` hold what the state did at the start.
  struct parts {
    clock& time;
    state::state_store& store;
    verify::finding_book& findings;
    report::statistics& statistics;
    verify::findings_file* file = nullptr;  ///< follows what is committed
  };

  finding_notes(settings how, parts with)
      : settings_(std::move(how)), parts_(with), log_(settings_.hash_keys) {}

  /// The key was seen equal on both sides; commit() makes it lasting.
  void on_equal(const dynamodb::digest128& key_hash);
  /// For repair_session::undo; commits.
  [[nodiscard]] awaitable<result<void>> on_sides(std::string key_json, both_sides held,
                                                 repair_session::moment when);
  /// What the log has held back so far.
  void finish_log() { monitor::log_lines(log_.finish()); }
  /// Nothing is written if nothing has been noted.
  [[nodiscard]] awaitable<result<void>> commit();

 private:
  [[nodiscard]] awaitable<result<std::optional<verify::mismatch>>> finding_of(
      const dynamodb::item_key& key);

  settings settings_;
  parts parts_;
  monitor::mismatch_log log_;
};

}  // namespace ddm::repair
