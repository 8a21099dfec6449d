// The parts that workers left, made one comparison.
#pragma once

#include "cli/comparison_array.h"
#include "cli/open_migration.h"
#include "state/state_store.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ddm::cli {

class merged_comparison {
 public:
  /// Both outlive it. Its file lies beside the state until it goes.
  merged_comparison(open_migration& into, std::int64_t workers);
  merged_comparison(const merged_comparison&) = delete;
  merged_comparison& operator=(const merged_comparison&) = delete;
  ~merged_comparison();

  /// Puts together what there is. Errors (wrong_usage): nothing was prepared, or for another number
  /// of workers; a part is foreign; a table is another one by now.
  [[nodiscard]] awaitable<result<void>> make();
  /// What all workers began with.
  [[nodiscard]] const compare::comparison_progress& prepared() const { return prepared_; }
  /// Why it is not whole, in words; empty: it is.
  [[nodiscard]] const std::string& lacks() const { return lacks_; }
  /// What was found goes into the state, and so does the comparison if it is whole. An error
  /// (wrong_usage): that has one that began later, and has not ended.
  [[nodiscard]] awaitable<result<void>> take_in();
  /// A comparison that began later is the last one in the state.
  [[nodiscard]] bool is_late() const { return is_late_; }
  [[nodiscard]] state::state_store& store() { return *store_; }

 private:
  [[nodiscard]] awaitable<result<void>> add_parts();
  [[nodiscard]] awaitable<result<void>> note_merged();

  open_migration& migration_;
  array_place place_;
  std::int64_t workers_;
  std::string path_;
  std::string part_path_;
  std::unique_ptr<state::state_store> store_;
  compare::comparison_progress prepared_;
  std::string lacks_;
  bool is_late_ = false;
};

}  // namespace ddm::cli
