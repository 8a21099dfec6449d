#include "dynamodb/page_limit.h"

#include <algorithm>

namespace ddm::dynamodb {
namespace {

/// What a page without a limit is taken for.
constexpr std::uint32_t unlimited = 256;
/// From here on the limit is forgotten.
constexpr std::uint32_t most_max = 1000;

}  // namespace

std::optional<std::uint32_t> page_limit::of(std::optional<std::uint32_t> wanted) const {
  return most_ ? std::min(wanted.value_or(*most_), *most_) : wanted;
}

bool page_limit::on_too_large(std::optional<std::uint32_t> asked) {
  const auto count = asked.value_or(unlimited);
  if (count <= 1) {
    return false;
  }
  most_ = std::min(count / 2, most_.value_or(count));
  return true;
}

void page_limit::on_page() {
  if (most_) {
    *most_ += std::max(1U, *most_ / 8);
    if (*most_ > most_max) {
      most_.reset();
    }
  }
}

}  // namespace ddm::dynamodb
