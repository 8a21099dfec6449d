// The open checks in the state's table of blocks (state/check_blocks).
//
// All of it happens within a transaction of the caller's. One that fails is rolled back there, and
// `forget` makes the next one read the blocks anew.
#pragma once

#include "state/check_blocks.h"
#include "state/rows.h"
#include "state/sqlite_connection.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ddm::state {

class stored_checks {
 public:
  [[nodiscard]] static result<stored_checks> open(sqlite_connection& connection);

  /// False: the reason is the connection's, unless the blocks are `damaged`.
  [[nodiscard]] bool write(const std::vector<check_row>& rows,
                           const std::vector<std::int64_t>& closed);
  /// All, by ascending id.
  [[nodiscard]] bool read(std::vector<check_row>& rows);
  void forget() { blocks_.reset(); }
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  struct statements {
    statement put;
    statement drop;
    statement read_one;
    statement read_all;
    statement highest;
  };
  explicit stored_checks(statements prepared) : sql_(std::move(prepared)) {}

  [[nodiscard]] bool know_blocks();

  statements sql_;
  /// As the last transaction of this process left them; nothing: not known.
  std::optional<check_blocks> blocks_;
  bool damaged_ = false;
};

}  // namespace ddm::state
