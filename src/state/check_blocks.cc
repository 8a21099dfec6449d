#include "state/check_blocks.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace ddm::state {
namespace {

/// The next one can be counted.
constexpr std::int64_t number_max = std::int64_t{1} << 62;
/// In a commit: the store has to find each.
constexpr int drops_max = 10'000;
/// In a block: ten bytes each at most, most of them one or two.
constexpr std::size_t closings_max = check_blocks::block_bytes / 10;

}  // namespace

bool check_blocks::know(std::int64_t number, std::string_view body) {
  const auto block = read_check_block(number, body);
  if (!block || number <= highest_number() || number > number_max) {
    return false;
  }
  begin_block(number);
  for (const auto& [id, row] : block->rows) {
    note_row(id, row.size());
  }
  for (const auto id : block->closed) {
    note_closed(id);
  }
  bytes_ += body.size();
  blocks_.back().bytes = body.size();
  return true;
}

std::vector<check_row> check_blocks::open_rows(std::int64_t number, std::string_view body) const {
  std::vector<check_row> rows;
  const auto known = std::ranges::lower_bound(blocks_, number, {}, &known_block::number);
  const auto block = read_check_block(number, body);
  if (known == blocks_.end() || known->number != number || !block) {
    return rows;
  }
  const auto at = dropped_ + static_cast<std::uint32_t>(known - blocks_.begin());
  std::map<std::int64_t, std::string_view> counting;  // of an id that stands there twice the last
  for (const auto& [id, row] : block->rows) {
    if (const auto found = open_.find(id); found != open_.end() && found->second.block == at) {
      counting.insert_or_assign(id, row);
    }
  }
  rows.reserve(counting.size());
  for (const auto& [id, row] : counting) {
    rows.push_back({id, std::string(row)});
  }
  return rows;
}

std::optional<check_blocks::step> check_blocks::commit(const std::vector<check_row>& rows,
                                                       const std::vector<std::int64_t>& closed,
                                                       const read_body& read) {
  step made;
  const auto stored_up_to = highest_number();
  const auto first_new = newest() + 1;
  const auto bytes_before = bytes_;
  for (const auto& [id, row] : rows) {
    put(id, row, made);
  }
  std::vector<std::int64_t> ended;
  std::ranges::copy_if(closed, std::back_inserter(ended),
                       [this](std::int64_t id) { return note_closed(id); });
  if (open_.empty()) {
    *this = {};
    return step{.dropped_up_to = stored_up_to, .written = {}};
  }
  std::ranges::sort(ended);
  auto carried_max = 2 * (bytes_ - bytes_before) + catching_up_bytes;
  for (auto drops_left = drops_max; dropped_ != first_new && drops_left > 0; --drops_left) {
    const auto& oldest = blocks_.front();
    if (oldest.rows_open > 0) {
      if (!wastes_room() || carried_max == 0) {
        break;
      }
      carried_max -= std::min(carried_max, oldest.bytes);
      if (!carry_oldest(read, made)) {
        return std::nullopt;
      }
    }
    drop_oldest(made);
  }
  if (writing_ || !ended.empty()) {
    end_block(ended, made);
  }
  return made;
}

void check_blocks::note_row(std::int64_t id, std::size_t bytes) {
  note_closed(id);
  open_.emplace(id, place{newest(), static_cast<std::uint32_t>(bytes)});
  ++blocks_.back().rows_open;
  bytes_open_ += bytes;
}

/// False: none is open with this id.
bool check_blocks::note_closed(std::int64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return false;
  }
  --block_of(found->second).rows_open;
  bytes_open_ -= found->second.bytes;
  open_.erase(found);
  return true;
}

void check_blocks::begin_block(std::int64_t number) { blocks_.push_back({.number = number}); }

void check_blocks::put(std::int64_t id, std::string_view row, step& into) {
  if (!std::exchange(writing_, true)) {
    begin_block(highest_number() + 1);
  }
  const auto bytes = writer_.put(id, row);
  note_row(id, bytes);
  blocks_.back().bytes += bytes;
  bytes_ += bytes;
  if (writer_.size() >= block_bytes) {
    end_block({}, into);
  }
}

void check_blocks::end_block(const std::vector<std::int64_t>& closed, step& into) {
  auto rest = std::span(closed);
  do {
    if (!std::exchange(writing_, false)) {
      begin_block(highest_number() + 1);
    }
    const auto part = rest.first(std::min(rest.size(), closings_max));
    rest = rest.subspan(part.size());
    auto& ended = blocks_.back();
    into.written.push_back({ended.number, writer_.finish(part)});
    bytes_ += into.written.back().body.size() - ended.bytes;
    ended.bytes = into.written.back().body.size();
  } while (!rest.empty());
}

/// None of its rows counts afterwards.
bool check_blocks::carry_oldest(const read_body& read, step& into) {
  const auto number = blocks_.front().number;
  const auto body = read(number);
  if (!body) {
    return false;
  }
  for (const auto& [id, row] : open_rows(number, *body)) {
    put(id, row, into);
  }
  return blocks_.front().rows_open == 0;
}

void check_blocks::drop_oldest(step& into) {
  into.dropped_up_to = blocks_.front().number;
  bytes_ -= blocks_.front().bytes;
  blocks_.pop_front();
  ++dropped_;
}

}  // namespace ddm::state
