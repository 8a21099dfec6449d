// What all open checks together say: what is late, what never rests, what is still to be answered.
#include "verify/pending_checks.h"

#include <algorithm>

namespace ddm::verify {
namespace {

bool has_not_rested(const check& open) {
  return open.seen.judgements >= judgements_of_candidate_max;
}

}  // namespace

late_checks pending_checks::later_than(wall_time time) const {
  late_checks late;
  auto& earliest = table_.known_bounds().unmet_since;
  if (earliest >= time) {
    return late;
  }
  earliest = wall_time::max();
  const check_facts facts{
      .settings = settings_, .behind = behind_, .reached = reached_, .now = time, .due = time};
  table_.each_open([&](const check& open) {
    const auto& [id, asked, expected, seen, at] = open;
    const auto unmet_since = asked.unmet_since();
    if (!asked.is_of_change()) {
      return;
    }
    earliest = std::min(earliest, unmet_since);
    if (unmet_since >= time) {
      return;
    }
    const bool changes_all_the_time = asked.unproven_before && asked.read_at >= time;
    if (!facts.follows(asked) || (changes_all_the_time && !facts.knows_images(open))) {
      ++late.unjudgeable;
    } else if (seen.unequal_at && !seen.may_have_expired && asked.read_at <= *seen.unequal_at &&
               *seen.unequal_at - unmet_since >= settings_.max_lag / 2) {
      // Looks double their distance: the next one may be a while away. What was read only after
      // this one it may have seen.
      ++late.unmet;
    } else {
      ++late.unlooked;
    }
  });
  return late;
}

std::size_t pending_checks::answering_comparison() const {
  auto& some_do = table_.known_bounds().answer_comparison;
  const auto asks = [](const check& open) { return open.asked.comparison_asks_since.has_value(); };
  const auto answering = some_do ? table_.count_if(asks) : 0;
  some_do = answering > 0;
  return answering;
}

std::size_t pending_checks::restless_checks() const { return table_.count_if(has_not_rested); }

std::size_t pending_checks::restless_candidates() const {
  return candidates() == 0 ? 0 : table_.count_if([](const check& open) {
    return !open.asked.is_of_change() && has_not_rested(open);
  });
}

bool pending_checks::has_open_up_to(check_id id) const {
  return table_.count_if([id](const check& open) { return open.id <= id; }) > 0;
}

}  // namespace ddm::verify
