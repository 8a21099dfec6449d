// Findings in the log, without flooding it.
//
// Problem: a replicator that loses everything makes as many findings as there are changes, and
// whatever reads the log drowns in them. Idea: of each kind of event so many lines a minute; what
// is beyond is grouped by what was found and where, and told in one line once the minute is over.
// Reason: the findings file has them all.
//
// Pure: findings and the time go in, lines come out; log_lines() writes them.
#pragma once

#include "base/log.h"
#include "base/time.h"
#include "verify/mismatch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

struct log_line {
  log::level how = log::level::info;
  bool healed = false;  ///< else confirmed
  bool many = false;    ///< what was held back in a minute
  std::vector<log::field> fields;
};

class mismatch_log {
 public:
  static constexpr std::int64_t lines_max = 20;  ///< a minute, of each event
  static constexpr std::size_t groups_max = 10;  ///< named in one line; the rest is counted

  /// `hash_keys`: a key is shown as its digest.
  explicit mismatch_log(bool hash_keys) : hash_keys_(hash_keys) {}

  [[nodiscard]] std::vector<log_line> on_mismatch(const verify::mismatch& entry, wall_time now);
  [[nodiscard]] std::vector<log_line> on_healed(const verify::item_key& key, std::int64_t changes,
                                                wall_time now);
  /// What is told when a minute is over; about each second.
  [[nodiscard]] std::vector<log_line> on_time(wall_time now);
  /// All that is not told yet.
  [[nodiscard]] std::vector<log_line> finish();

 private:
  struct group {
    std::int64_t entries = 0;
    std::string example;  ///< a key
  };
  struct minute {
    bool healed = false;
    std::optional<wall_time> began;
    std::int64_t shown = 0;
    std::int64_t held_back = 0;
    std::int64_t changes = 0;  ///< of those held back
    std::int64_t ungrouped = 0;
    log::level how = log::level::info;
    std::map<std::string, group> groups;
  };
  [[nodiscard]] static bool is_over(const minute& of, wall_time now);
  /// True: the event has a line of its own.
  [[nodiscard]] static bool admit(minute& of, wall_time now, std::vector<log_line>& out);
  static void hold_back(minute& of, const std::string& what, const std::string& key);
  static void tell(minute& of, std::vector<log_line>& out);
  [[nodiscard]] std::string shown_key(const verify::item_key& key) const;

  bool hash_keys_;
  minute confirmed_;
  minute healed_{.healed = true};
};

void log_lines(const std::vector<log_line>& lines);

}  // namespace ddm::monitor
