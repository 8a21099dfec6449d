// Looks at the table after each change of it (copies.h says what for).
#pragma once

#include "simulation/copies/faulty_table.h"
#include "simulation/copies/local_state.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ddm::simulation::copies {

class referee {
 public:
  referee(stored_states& states, support::simulated_clock& time);

  void violation(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  /// Of the copy that the head names; 0 without one.
  [[nodiscard]] std::int64_t position() const { return position_; }
  void on_resumed(const std::string& who, std::int64_t position);
  /// It has ended with success: what the table has is not less than that.
  void on_left(const std::string& who, std::int64_t position);
  /// It begins an effect outside now, of which its state tells since that position.
  void on_effect(const std::string& who, std::int64_t position);
  /// Of all blocks, and of those that the copy needs.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t needed_bytes() const { return needed_bytes_; }

 private:
  void look_at_head(const std::optional<remote::head>& before);
  void look_at_copy();
  [[nodiscard]] result<state_files> read_copy() const;
  [[nodiscard]] result<std::string> read_block(const remote::block_name& name) const;

  stored_states& states_;
  support::simulated_clock& time_;
  wall_time start_;
  std::int64_t position_ = 0;
  mutable std::size_t needed_bytes_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace ddm::simulation::copies
