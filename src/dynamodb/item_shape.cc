#include "dynamodb/item_shape.h"

#include <algorithm>

namespace ddm::dynamodb {
namespace {

/// Of larger items the order is found anew each time.
constexpr std::size_t pieces_max = 64;

}  // namespace

bool item_shape::arrange(std::span<canonical_piece> pieces) {
  if (!std::ranges::equal(pieces, heads_, {}, &canonical_piece::head)) {
    return false;
  }
  arranged_.clear();
  for (const auto place : places_) {
    arranged_.push_back(pieces[place]);
  }
  std::ranges::copy(arranged_, pieces.begin());
  return true;
}

void item_shape::remember(std::span<const canonical_piece> sorted) {
  heads_.clear();
  places_.clear();
  const bool heads_are_different =
      std::ranges::adjacent_find(sorted, {}, &canonical_piece::head) == sorted.end();
  if (sorted.size() > pieces_max || !heads_are_different) {
    return;
  }
  heads_.resize(sorted.size());
  for (const auto& each : sorted) {
    const auto came_before = [&each](const canonical_piece& other) {
      return other.begin < each.begin;
    };
    const auto place = static_cast<std::uint32_t>(std::ranges::count_if(sorted, came_before));
    places_.push_back(place);
    heads_[place] = each.head;
  }
}

}  // namespace ddm::dynamodb
