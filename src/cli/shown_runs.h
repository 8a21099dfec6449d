// The runs of one process as others may look at them: what the HTTP server serves.
//
// Idea: a run shows what it has anyway, its latest status and its history, for as long as it lives.
// Reason: who looks asks nothing of the run, and a run that ends is gone for them at once.
#pragma once

#include "report/history.h"
#include "report/overview.h"
#include "report/status.h"
#include "runtime/asio.h"
#include "runtime/signal.h"
#include "serve/event_feed.h"
#include "state/state_store.h"
#include "verify/finding_book.h"

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

class shown_runs;

/// One of them, for as long as it lives.
class shown_run {
 public:
  /// `store` and `among` outlive it. `lines`: how findings are told.
  shown_run(shown_runs& among, std::string command, state::state_store& store,
            verify::finding_options lines, const std::map<std::string, std::string>& stored);
  shown_run(const shown_run&) = delete;
  shown_run& operator=(const shown_run&) = delete;
  ~shown_run();

  /// Each second.
  void show(const report::status& now);
  void collect(state::commit_batch& batch);
  /// Before it is destroyed: nobody finds it any more, and who still looks has looked.
  [[nodiscard]] awaitable<void> retire();

  /// While one lives the run stays.
  class look {
   public:
    explicit look(shown_run& run) : run_(run) { ++run_.looks_; }
    look(const look&) = delete;
    look& operator=(const look&) = delete;
    ~look() {
      --run_.looks_;
      run_.looked_.notify();
    }

   private:
    shown_run& run_;
  };

  /// Nothing has been shown yet: no status.
  [[nodiscard]] const std::optional<report::status>& latest() const { return latest_; }
  /// As the document that everybody may see. Something has been shown.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const report::history& past() const { return history_; }
  [[nodiscard]] serve::event_feed& events() { return events_; }
  [[nodiscard]] state::state_store& store() { return store_; }
  [[nodiscard]] const verify::finding_options& lines() const { return lines_; }

 private:
  shown_runs& among_;
  state::state_store& store_;
  verify::finding_options lines_;
  report::history history_;
  serve::event_feed events_;
  std::optional<report::status> latest_;
  std::optional<std::list<shown_run*>::iterator> place_;
  std::size_t looks_ = 0;
  signal looked_;
};

/// A command that waits until another process leaves its state to it.
struct shown_standby {
  std::string state;    ///< dynamodb://TABLE/NAME
  std::string held_by;  ///< as that process says
  wall_time seen_at;    ///< its last sign of life, by our clock
};

/// A migration of a fleet, also while it does not run.
struct shown_member {
  std::string name;
  report::member_state state = report::member_state::waiting;
  std::string why = {};                               ///< it is not running
  std::optional<wall_time> again_at = {};             ///< of a paused one
  std::optional<report::status> last = std::nullopt;  ///< of its latest run that is over
};

class shown_runs {
 public:
  /// In the order of their file. Empty: there is no fleet.
  std::vector<shown_member> members;
  /// Null: there is no fleet, or nobody of that name in it.
  [[nodiscard]] shown_member* find_member(std::string_view name);
  /// Each member as it is now; what they point to changes with the next step of a run.
  [[nodiscard]] std::vector<report::member_row> rows() const;

  /// Those that have a status, in the order in which they began.
  [[nodiscard]] std::vector<shown_run*> all() const;
  /// Null when there is none of that name.
  [[nodiscard]] shown_run* find(std::string_view migration) const;

  /// In the order of their states.
  [[nodiscard]] std::vector<shown_standby> standbys() const;
  void show(shown_standby standby);
  void hide_standby(const std::string& state) { standbys_.erase(state); }

 private:
  friend class shown_run;
  std::list<shown_run*> runs_;
  std::map<std::string, shown_standby> standbys_;
};

}  // namespace ddm::cli
