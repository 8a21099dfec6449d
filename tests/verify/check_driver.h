// Pending checks against two tables made of numbers, under a time that the test moves.
//
// A key's value in a table is an int, 0 meaning absent. Reads are answered within the step in which
// they are due, so a test says only what happens to the tables and when.
#pragma once

#include "verify/pending_checks.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ddm::verify {

using std::chrono::minutes;
using std::chrono::seconds;

/// 0: absent.
[[nodiscard]] image image_of(int value);
[[nodiscard]] item_key key_named(const std::string& name);
/// A record that was chosen, with its new image; a REMOVE for value 0, else a MODIFY.
[[nodiscard]] dynamodb::change_record record_of(const std::string& key, int value,
                                                std::uint64_t number, wall_time created);
/// Settings with a max-lag of 60 s, first looks after 5 s and no lag probes.
[[nodiscard]] check_settings plain_settings();

enum class view {
  new_and_old,
  new_only,
  old_only,
  keys_only,
};

class check_driver {
 public:
  explicit check_driver(check_settings settings = plain_settings(),
                        view images = view::new_and_old);

  /// The origin takes `value`; its record is read at once.
  void write(const std::string& key, int value);
  /// The same, and the counterpart takes it `lag` later.
  void write_replicated(const std::string& key, int value, milliseconds lag);
  /// The origin changes, but its record is not read: the test calls read_records().
  void write_unread(const std::string& key, int value);
  void read_records();
  void at(wall_time time, std::function<void()> action) {
    actions_.emplace(time, std::move(action));
  }
  void after(milliseconds delay, std::function<void()> action) {
    at(now + delay, std::move(action));
  }

  /// Moves time on in steps of 50 ms, answering every read that is due.
  void run_for(milliseconds duration);
  /// Until no check is open, or `longest` has passed; how long it took.
  milliseconds run_until_judged(milliseconds longest);

  void answer(const read_request& read);

  /// Reads of one kind that were asked for so far.
  [[nodiscard]] int reads(check_step step) const;
  [[nodiscard]] const confirmation* confirmed(const std::string& key) const;
  [[nodiscard]] std::int64_t outcomes_in_all() const;

  pending_checks checks;
  outcomes out;
  wall_time now = from_ms(1'767'225'600'000);
  std::map<std::string, int> origin;
  std::map<std::string, int> counterpart;
  std::set<std::string> unreadable;  ///< keys whose counterpart cannot be understood
  std::int64_t changes = 0;          ///< records handed over
  std::string shard = "shard-1";
  bool fresh = false;
  bool mismatch_open = false;  ///< of every key
  bool stream_is_read = true;  ///< tells the checks that the stream has been read up to now

 private:
  void hand_over(const std::string& key, int old_value, int new_value, wall_time created);
  [[nodiscard]] seen seen_in(const std::map<std::string, int>& table, const item_key& key,
                             bool is_counterpart) const;

  struct unread_record {
    std::string key;
    int old_value;
    int new_value;
    wall_time created;
  };
  view images_;
  std::multimap<wall_time, std::function<void()>> actions_;
  std::map<check_step, int> reads_;
  std::vector<unread_record> unread_;
  std::uint64_t last_sequence_ = 1'000'000'000'000'000'000;
};

}  // namespace ddm::verify
