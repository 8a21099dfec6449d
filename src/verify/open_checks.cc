// What all open checks together say: what is late, what never rests, what is still to be answered.
#include "verify/check_rules.h"
#include "verify/pending_checks.h"

#include <algorithm>

namespace ddm::verify {

late_checks pending_checks::later_than(wall_time time) const {
  late_checks late;
  for (const auto& open : slots_) {
    const auto unmet_since = std::min(open.first_unmet_at, open.unmet_created + reading_late_max);
    if (open.id == 0 || open.candidate != 0 || unmet_since >= time) {
      continue;
    }
    const bool changes_all_the_time = open.superseded_unverified && open.read_at >= time;
    if (!is_followed(open) || (changes_all_the_time && !knows_its_images(open))) {
      ++late.unjudgeable;
    } else if (open.looked_unequal && !open.may_have_expired && open.read_at <= open.unequal_at &&
               open.unequal_at - unmet_since >= settings_.max_lag / 2) {
      // Looks double their distance: the next one may be a while away. What was read only after
      // this one it may have seen.
      ++late.unmet;
    } else {
      ++late.unlooked;
    }
  }
  return late;
}

std::size_t pending_checks::answering_comparison() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      slots_, [](const check& open) { return open.comparison_asks_since.has_value(); }));
}

std::size_t pending_checks::restless() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      slots_, [](const check& open) { return open.judgements >= judgements_of_candidate_max; }));
}

bool pending_checks::has_open_up_to(check_id id) const {
  return std::ranges::any_of(by_id_, [id](const auto& entry) { return entry.first <= id; });
}

std::size_t pending_checks::restless_candidates() const {
  return candidates_ == 0
             ? 0
             : static_cast<std::size_t>(std::ranges::count_if(slots_, [](const check& open) {
                 return open.candidate != 0 && open.judgements >= judgements_of_candidate_max;
               }));
}

std::map<std::string, sequence_number> pending_checks::lowest_open() const {
  std::vector<const sequence_number*> lowest(shard_names_.size());
  for (const auto& open : slots_) {
    if (open.id == 0 || open.sequence.empty()) {
      continue;
    }
    auto& known = lowest.at(open.shard);
    if (known == nullptr || open.sequence < *known) {
      known = &open.sequence;
    }
  }
  std::map<std::string, sequence_number> by_shard;
  for (std::size_t shard = 0; shard < lowest.size(); ++shard) {
    if (lowest[shard] != nullptr) {
      by_shard.emplace(shard_names_[shard], *lowest[shard]);
    }
  }
  return by_shard;
}

}  // namespace ddm::verify
