// The open checks on the disk: blocks that are written once, and which of their rows still count.
//
// Problem: where every change is checked, each opens a check that lives a second or two. A row of
// its own, inserted and deleted again, was a third of all that the monitor did.
// Idea: a log. A commit appends a block with the checks it has written and the ids it has closed;
// the newest row of an id counts, unless a later block closes it. Blocks are dropped from the
// oldest on, so that what a block closes was written in it or before: when it is the oldest, its
// closings say nothing any more. It goes once none of its rows counts. Where more than half of all
// bytes count no more, those of the oldest block that do are written once more with the next
// commit, and it goes as well.
//
//   commit 1   writes checks 1 2 3             block 1: 1 2 3
//   commit 2   writes 4, closes 1 and 3        block 1: · 2 ·   block 2: 4, closes 1 3
//   commit 3   closes 2                        block 1 is dropped; block 2: 4   block 3: closes 2
//   commit 4   closes 4                        nothing counts: all are dropped, none is written
//
// Reason: a change costs the bytes of its check and one or two for its end, not two visits to a
// tree. A block of bounded size fits any store that keeps bytes under a number.
//
// Bounds: what lies there takes at most about three times what counts, and `spare_bytes`; a commit
// writes once more at most twice what it writes anyway, and `catching_up_bytes`. In memory: 20 to
// 40 bytes an open check and 24 a block, which count as bytes that lie there.
#pragma once

#include "state/check_block.h"
#include "state/rows.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::state {

class check_blocks {
 public:
  /// A block is ended once it is that large.
  static constexpr std::size_t block_bytes = std::size_t{128} << 10;
  static constexpr std::uint64_t spare_bytes = std::uint64_t{4} << 20;
  static constexpr std::uint64_t catching_up_bytes = std::uint64_t{256} << 10;

  struct stored_block {
    std::int64_t number = 0;
    std::string body;
  };
  /// What a commit does: blocks up to a number go, then new ones come.
  struct step {
    std::int64_t dropped_up_to = 0;
    std::vector<stored_block> written;
  };
  /// The body of a stored block; nothing: it cannot be read.
  using read_body = std::function<std::optional<std::string>(std::int64_t number)>;

  /// A block as it lies there; the numbers ascend from 1. False: damaged.
  [[nodiscard]] bool know(std::int64_t number, std::string_view body);
  /// The rows of a known block that count.
  [[nodiscard]] std::vector<check_row> open_rows(std::int64_t number, std::string_view body) const;

  /// Writes `rows`, then closes `closed`, of which some may never have been written. Nothing: a
  /// block could not be read, and what is known here is of no use any more.
  [[nodiscard]] std::optional<step> commit(const std::vector<check_row>& rows,
                                           const std::vector<std::int64_t>& closed,
                                           const read_body& read);

  /// Of all known blocks; 0: there is none.
  [[nodiscard]] std::int64_t highest_number() const {
    return blocks_.empty() ? 0 : blocks_.back().number;
  }
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  /// Of all blocks that lie there.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct known_block {
    std::int64_t number = 0;
    std::uint64_t bytes = 0;
    std::uint64_t rows_open = 0;
  };
  /// Where the row of an open check lies: how many blocks were known before its block.
  struct place {
    std::uint32_t block = 0;
    std::uint32_t bytes = 0;
  };

  [[nodiscard]] known_block& block_of(const place& at) { return blocks_[at.block - dropped_]; }
  [[nodiscard]] std::uint32_t newest() const {
    return dropped_ + static_cast<std::uint32_t>(blocks_.size()) - 1;
  }
  void note_row(std::int64_t id, std::size_t bytes);
  bool note_closed(std::int64_t id);
  void begin_block(std::int64_t number);
  void put(std::int64_t id, std::string_view row, step& into);
  void end_block(const std::vector<std::int64_t>& closed, step& into);
  [[nodiscard]] bool carry_oldest(const read_body& read, step& into);
  void drop_oldest(step& into);
  [[nodiscard]] bool wastes_room() const {
    return bytes_ + blocks_.size() * sizeof(known_block) > 2 * bytes_open_ + spare_bytes;
  }

  std::deque<known_block> blocks_;
  std::uint32_t dropped_ = 0;  ///< blocks that were known before those
  boost::unordered_flat_map<std::int64_t, place> open_;
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_open_ = 0;
  check_block_writer writer_;
  bool writing_ = false;  ///< the newest block is not ended
};

}  // namespace ddm::state
