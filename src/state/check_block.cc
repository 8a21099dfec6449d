#include "state/check_block.h"

#include "base/varint.h"

#include <utility>

namespace ddm::state {
namespace {

constexpr char block_mark = 'B';
constexpr char first_row_version = 1;
constexpr char last_row_version = 2;

/// False: damaged.
bool take_rows(std::string_view& bytes, check_block& into) {
  for (std::int64_t last = 0;;) {
    const auto size = take_varint(bytes);
    if (!size || *size == 0) {
      return size.has_value();
    }
    const auto step = take_varint(bytes);
    if (!step || *size - 1 > bytes.size()) {
      return false;
    }
    last = after_zigzag_step(last, *step);
    into.rows.emplace_back(last, bytes.substr(0, *size - 1));
    bytes.remove_prefix(*size - 1);
  }
}

}  // namespace

std::size_t check_block_writer::put(std::int64_t id, std::string_view row) {
  if (bytes_.empty()) {
    bytes_.push_back(block_mark);
  }
  const auto before = bytes_.size();
  put_varint(bytes_, row.size() + 1);
  put_varint(bytes_, zigzag_step(last_, id));
  bytes_.append(row);
  last_ = id;
  return bytes_.size() - before;
}

std::string check_block_writer::finish(std::span<const std::int64_t> closed) {
  if (bytes_.empty()) {
    bytes_.push_back(block_mark);
  }
  put_varint(bytes_, 0);
  last_ = 0;
  for (const auto id : closed) {
    put_varint(bytes_, static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(last_));
    last_ = id;
  }
  last_ = 0;
  return std::exchange(bytes_, {});
}

std::optional<check_block> read_check_block(std::int64_t number, std::string_view body) {
  check_block block;
  if (body.empty()) {
    return std::nullopt;
  }
  if (body.front() >= first_row_version && body.front() <= last_row_version) {
    block.rows.emplace_back(number, body);
    return block;
  }
  if (body.front() != block_mark) {
    return std::nullopt;
  }
  body.remove_prefix(1);
  if (!take_rows(body, block)) {
    return std::nullopt;
  }
  for (std::int64_t last = 0; !body.empty();) {
    const auto step = take_varint(body);
    if (!step) {
      return std::nullopt;
    }
    last = static_cast<std::int64_t>(static_cast<std::uint64_t>(last) + *step);
    block.closed.push_back(last);
  }
  return block;
}

}  // namespace ddm::state
