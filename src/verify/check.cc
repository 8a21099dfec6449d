#include "verify/check.h"

#include <ranges>

namespace ddm::verify {

std::optional<past_image> expectation::held_until(const image& seen, wall_time now) const {
  const auto digest = compared(seen);
  if (!is_read && same(value, seen)) {
    return past_image{digest, now, now};
  }
  for (const auto& past : std::views::reverse(history)) {
    if (past.digest == digest) {
      return past;
    }
  }
  return before && before->digest == digest ? before : std::nullopt;
}

void expectation::forget_images() {
  is_read = is_read || value.has_value();
  value.reset();
  if (before && before->digest) {
    before.reset();
  }
  history = std::vector<past_image>();
  history_cut = true;
}

check_step check::next_read() const {
  if (is_at<resting>()) {
    return check_step::first_origin;
  }
  if (is_at<judging>()) {
    return check_step::judge;
  }
  if (is_at<restless>()) {
    return check_step::judge_restless;
  }
  return expected.is_read ? check_step::expect_look : check_step::look;
}

}  // namespace ddm::verify
