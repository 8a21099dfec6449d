// A table of states under virtual time whose calls are lost, late, repeated and throttled.
//
// Problem: what makes two holders have effect, or a resume lie, are calls that come when nobody
// thinks of them any more: after a time-out, after their sender's death, once more after they were
// answered. Idea: what a call does is an event of the world, at a time of its own; the answer is
// another one, which may be lost. A process that is killed or stopped takes nothing back of what it
// has sent. Reason: all orders that a network allows then come up, and each by its seed.
#pragma once

#include "remote/state_table.h"
#include "runtime/task_group.h"
#include "support/simulated_clock.h"

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>

namespace ddm::simulation::copies {

/// Of 1,000 calls each.
struct call_faults {
  unsigned throttled = 0;
  unsigned lost = 0;      ///< the request never arrives
  unsigned unheard = 0;   ///< it is done, and the answer does not come
  unsigned late = 0;      ///< as unheard, and done only up to two minutes later
  unsigned repeated = 0;  ///< answered, and done once more up to two minutes later
  unsigned partial = 0;   ///< of blocks only some are written
};

/// What lies in the table, and who is told of each change. Everything is done at one moment.
class stored_states {
 public:
  using block_key = std::pair<std::uint64_t, remote::block_name>;

  std::optional<remote::head> head;
  std::map<block_key, std::string> blocks;
  /// The head before; after each change of the head.
  std::function<void(const std::optional<remote::head>&)> on_head;
  /// After each deletion.
  std::function<void()> on_deleted;

  [[nodiscard]] result<bool> write_head(const remote::head_write& write);
  void erase(const std::vector<remote::state_table::place>& places);
};

/// The network of a world: its events outlive whoever caused them.
class network {
 public:
  network(support::simulated_clock& time, std::uint64_t seed)
      : time_(time), random_(seed), events_(time.executor()) {}

  [[nodiscard]] support::simulated_clock& time() { return time_; }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] milliseconds between(milliseconds least, milliseconds most) {
    return least + milliseconds(below(static_cast<std::uint64_t>((most - least).count()) + 1));
  }
  void at(wall_time when, std::function<void()> what);
  [[nodiscard]] awaitable<void> end();

  call_faults faults;

 private:
  support::simulated_clock& time_;
  std::mt19937_64 random_;
  task_group events_;
};

/// As one process sees it, by its clock (which may stand still).
class faulty_table final : public remote::state_table {
 public:
  faulty_table(stored_states& states, network& net, clock& time)
      : states_(states), net_(net), time_(time) {}

  [[nodiscard]] awaitable<result<std::optional<remote::head>>> read_head() override;
  [[nodiscard]] awaitable<result<bool>> write_head(remote::head_write write) override;
  [[nodiscard]] awaitable<result<void>> put_blocks(
      std::uint64_t epoch, std::vector<remote::sealed_block> blocks) override;
  [[nodiscard]] awaitable<result<std::vector<std::string>>> get_blocks(
      std::uint64_t epoch, std::vector<remote::block_name> names) override;
  [[nodiscard]] awaitable<result<std::vector<place>>> blocks_before(std::uint64_t epoch) override;
  [[nodiscard]] awaitable<result<void>> delete_blocks(std::vector<place> blocks) override;

 private:
  template <class T>
  awaitable<result<T>> call(std::function<result<T>()> effect, bool writes);

  stored_states& states_;
  network& net_;
  clock& time_;
};

}  // namespace ddm::simulation::copies
