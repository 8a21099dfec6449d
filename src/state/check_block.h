// A block: the checks that one commit has written, and those it has closed, as bytes.
//
//   'B'  { length + 1, id − the one before, the row's bytes }…  0  { id − the one before }…
//
// All numbers are varints, those of rows zigzag, as rows need not ascend. The closed ids do.
// Formats before 4 kept each check as a row of its own, and an upgrade leaves it where it is: a
// block of one check whose id is the block's number. Its first byte is 1 or 2 (verify/check_codec).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ddm::state {

class check_block_writer {
 public:
  /// The bytes that it takes.
  std::size_t put(std::int64_t id, std::string_view row);
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  /// `closed` ascends. Begins the next block.
  [[nodiscard]] std::string finish(std::span<const std::int64_t> closed);

 private:
  std::string bytes_;
  std::int64_t last_ = 0;
};

struct check_block {
  /// Ids, and rows within the body that was read.
  std::vector<std::pair<std::int64_t, std::string_view>> rows;
  std::vector<std::int64_t> closed;  ///< by the commit that wrote the rows, or by one before
};
/// Nothing: damaged.
[[nodiscard]] std::optional<check_block> read_check_block(std::int64_t number,
                                                          std::string_view body);

}  // namespace ddm::state
