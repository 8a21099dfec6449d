// One process that wants to hold the state: it waits, resumes, works, and is killed or stopped.
#pragma once

#include "remote/state_keeper.h"
#include "simulation/copies/faulty_table.h"
#include "simulation/copies/local_state.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ddm::simulation::copies {

/// How a host's clock is wrong.
struct clock_error {
  milliseconds offset{0};
  int per_mille = 0;  ///< it goes faster by
};

/// A host's clock: set wrong, and drifting. Its sleepers do not wake while their process is
/// stopped.
class stoppable_clock final : public clock {
 public:
  stoppable_clock(support::simulated_clock& time, clock_error wrong)
      : time_(time), start_(time.now()), wrong_(wrong) {}

  void stop_for(milliseconds duration) { stopped_until_ = time_.now() + duration; }
  [[nodiscard]] bool is_stopped() const { return time_.now() < stopped_until_; }

  [[nodiscard]] wall_time now() const override;
  [[nodiscard]] awaitable<void> sleep_until(wall_time time) override;
  [[nodiscard]] awaitable<bool> doze(asio::steady_timer& timer, wall_time until) override;

 private:
  [[nodiscard]] wall_time true_time(wall_time shown) const;

  support::simulated_clock& time_;
  wall_time start_;
  clock_error wrong_;
  wall_time stopped_until_{};
};

/// What a process tells the referee.
struct process_events {
  std::function<void(std::string)> violation;
  std::function<void(std::int64_t position)> resumed;
  std::function<void(std::int64_t position)> left;  ///< it says that all of it is copied
  /// It begins an effect outside, of which its state tells since that position.
  std::function<void(std::int64_t position)> acts;
};

class process {
 public:
  process(std::string name, stored_states& states, network& net, clock_error wrong,
          remote::keeper_settings settings, process_events events);

  /// Waits for the state, and works until it is told to end, or has lost it.
  [[nodiscard]] awaitable<void> live();
  /// As an operator's first signal.
  void end_cleanly();
  /// kill -9: what it has sent still arrives.
  [[nodiscard]] awaitable<void> kill();
  void stop_for(milliseconds duration) { time_.stop_for(duration); }

  [[nodiscard]] bool is_over() const { return over_; }
  [[nodiscard]] bool is_at_work() const { return at_work_; }
  [[nodiscard]] bool has_lost() const { return lost_; }
  /// Whether it would begin an effect outside, were it to run now.
  [[nodiscard]] bool may_act() const { return !over_ && !killed_ && keeper_.may_act(); }
  [[nodiscard]] bool is_stopped() const { return time_.is_stopped(); }
  [[nodiscard]] std::int64_t position() const { return local_.position; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Of its last copy.
  [[nodiscard]] const result<void>& ended() const { return ended_; }

 private:
  [[nodiscard]] awaitable<bool> resume();
  /// As a repair: what it is about to do stands in the table first.
  [[nodiscard]] awaitable<void> act();

  std::string name_;
  stored_states& states_;
  network& net_;
  stoppable_clock time_;
  faulty_table table_;
  process_events events_;
  local_state local_;
  remote::state_keeper keeper_;
  result<void> ended_;
  bool end_wished_ = false;
  bool at_work_ = false;
  bool at_work_once_ = false;
  bool lost_ = false;
  bool killed_ = false;
  bool over_ = false;
};

}  // namespace ddm::simulation::copies
