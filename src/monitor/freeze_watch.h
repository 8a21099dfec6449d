// What was written to the source after the moment at which its writers were to stop.
//
// Problem: a writer that was forgotten at the cutover loses its data, whether its writes are read
// by this process or were read by an earlier one that knew of no freeze yet. Idea: the state keeps
// the newest write of all, so that a later start can hold it against its freeze; what is read from
// then on is counted. Deletes by the TTL service are no writer's doing and count apart, or no table
// with TTL could ever be cut over. Pure.
//
// Counts belong to one moment: another one, or none, forgets them.
#pragma once

#include "base/time.h"
#include "state/rows.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::monitor {

class freeze_watch {
 public:
  freeze_watch(std::optional<wall_time> at, const state::snapshot& resumed);

  /// A change was read that was made at `created` or later. True: it is the first write after the
  /// freeze that is known.
  bool on_change(wall_time created, bool by_ttl);
  /// Its key, as it is to be shown.
  void name_first(std::string key) { first_key_ = std::move(key); }
  /// True: no newer write was known; its key is wanted.
  [[nodiscard]] bool is_newest(wall_time created) const { return !newest_ || created > *newest_; }
  void note_newest(wall_time created, std::string key);
  [[nodiscard]] std::optional<wall_time> newest() const { return newest_; }

  [[nodiscard]] std::optional<wall_time> at() const { return at_; }
  [[nodiscard]] std::int64_t writes() const { return writes_; }
  [[nodiscard]] std::int64_t ttl_deletes() const { return ttl_deletes_; }
  [[nodiscard]] const std::string& first_key() const { return first_key_; }

  void save(state::commit_batch& batch) const;

 private:
  std::optional<wall_time> at_;
  std::int64_t writes_ = 0;
  std::int64_t ttl_deletes_ = 0;
  std::string first_key_;
  std::optional<wall_time> newest_;
  std::string newest_key_;
};

}  // namespace ddm::monitor
