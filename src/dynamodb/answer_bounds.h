// How large an answer may be.
//
// Problem: what a service sends must not take all memory, but its largest page must be taken: one
// that is refused is asked for again and again.
// The worst case is a number. DynamoDB spells it in full: 1E-130 takes 2 bytes of an item and, with
// quotes and comma, 135 of JSON, 68 for one. (In a list an element takes one byte more on one side
// and `{"N":}` on the other: 47 for one. A byte of text takes six at most, as "\u0001".) So an item
// of 400 KB may come as 27 MB.
// Idea: each bound holds at least one item, or one record with its two images, and no answer may
// take more than 64 MiB. What is larger is an error of its own (aws::is_too_large), and less is
// asked for: fewer items of a scan, fewer keys of a batch, fewer records of a shard.
#pragma once

#include "base/time.h"

#include <cstddef>

namespace ddm::dynamodb {

inline constexpr std::size_t mebibyte = std::size_t{1} << 20;
inline constexpr std::size_t json_bytes_for_one = 68;
inline constexpr std::size_t item_bytes_max = std::size_t{400} << 10;

/// GetItem: one item, and what stands around it.
inline constexpr std::size_t item_answer_bytes_max = 28 * mebibyte;
/// Scan and Query: up to 64 of them are under way at once on each side.
inline constexpr std::size_t page_answer_bytes_max = 32 * mebibyte;
inline constexpr std::size_t batch_answer_bytes_max = 64 * mebibyte;
inline constexpr std::size_t records_answer_bytes_max = 64 * mebibyte;
/// What tells of tables and writes, and holds no item.
inline constexpr std::size_t other_answer_bytes_max = 4 * mebibyte;
/// What holds items may come over a slow link: 1 MB in half a minute, 9 MB at the most. Of anything
/// else a short time is enough.
inline constexpr milliseconds items_answer_longest = std::chrono::minutes{5};
[[nodiscard]] constexpr milliseconds answer_longest(std::size_t answer_bytes_max) {
  return answer_bytes_max > other_answer_bytes_max ? items_answer_longest : milliseconds{0};
}
/// A line of ours that holds two items: of the journal, of the findings file.
inline constexpr std::size_t line_bytes_max = 64 * mebibyte;

static_assert(item_answer_bytes_max > item_bytes_max * json_bytes_for_one);
static_assert(page_answer_bytes_max > item_answer_bytes_max);
static_assert(records_answer_bytes_max > 2 * item_answer_bytes_max);
static_assert(line_bytes_max > 2 * item_answer_bytes_max);

}  // namespace ddm::dynamodb
