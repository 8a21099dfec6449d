#include "verify/finding_counts.h"

#include <algorithm>
#include <numeric>

namespace ddm::verify {

open_share& open_share::operator+=(const open_share& more) {
  all += more.all;
  wrong += more.wrong;
  unreadable += more.unreadable;
  return *this;
}

void kind_counts::add(const open_group& group) {
  open.at(static_cast<std::size_t>(group.kind)) += group.entries;
  failed_changes += group.changes;
  at_rest_alone += group.at_rest;
  const bool unreadable = group.kind == mismatch_kind::unreadable;
  const open_share share{.all = group.entries,
                         .wrong = is_wrong(group.kind) ? group.entries : 0,
                         .unreadable = unreadable ? group.entries : 0};
  const auto add_to = [&](std::map<std::int64_t, open_share>& origins, std::int64_t origin) {
    if (origin == 0) {
      return;
    }
    auto& sum = origins[origin];
    sum += share;
    if (sum.all == 0) {
      origins.erase(origin);
    }
  };
  add_to(by_period, group.period);
  add_to(by_comparison, group.comparison_ms);
}

std::int64_t kind_counts::all() const {
  return std::accumulate(open.begin(), open.end(), std::int64_t{0});
}

open_share kind_counts::of_period(std::int64_t period) const {
  const auto found = by_period.find(period);
  return found == by_period.end() ? open_share{} : found->second;
}

open_share kind_counts::of_comparisons_since(std::int64_t started_ms) const {
  open_share sum;
  for (auto each = by_comparison.lower_bound(started_ms); each != by_comparison.end(); ++each) {
    sum += each->second;
  }
  return sum;
}

std::int64_t kind_counts::mismatches() const {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (is_wrong(static_cast<mismatch_kind>(i))) {
      total += open.at(i);
    }
  }
  return total;
}

void unlisted_counts::add(const mismatch& entry, wall_time now) {
  ++by_kind.at(static_cast<std::size_t>(entry.kind));
  changes += entry.changes;
  deletes += entry.deletes;
  last = std::max(last, now);
}

void unlisted_counts::add(const unlisted_counts& more) {
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
    by_kind.at(kind) += more.by_kind.at(kind);
  }
  changes += more.changes;
  deletes += more.deletes;
  last = std::max(last, more.last);
}

bool unlisted_counts::subtract(const unlisted_counts& part) {
  auto left = *this;
  bool is_part = part.changes <= changes && part.deletes <= deletes;
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
    left.by_kind.at(kind) -= part.by_kind.at(kind);
    is_part = is_part && left.by_kind.at(kind) >= 0;
  }
  left.changes -= part.changes;
  left.deletes -= part.deletes;
  if (is_part) {
    *this = left;
  }
  return is_part;
}

std::int64_t unlisted_counts::all() const {
  return std::accumulate(by_kind.begin(), by_kind.end(), std::int64_t{0});
}

void unlisted_findings::add(const unlisted_findings& more) {
  gap.add(more.gap);
  expired.add(more.expired);
}

bool unlisted_findings::subtract(const unlisted_findings& part) {
  auto left = *this;
  if (!left.gap.subtract(part.gap) || !left.expired.subtract(part.expired)) {
    return false;
  }
  *this = left;
  return true;
}

unlisted_findings unlisted_history::all() const {
  auto sum = before;
  sum.add(since);
  return sum;
}

void unlisted_history::begin_comparison(wall_time cured_before) {
  before = all();
  since = {};
  before.gap.last = std::max(before.gap.last, cured_before);
}

void unlisted_history::forget_cured(bool gap_cured, wall_time cured_before) {
  const auto forget = [](unlisted_counts& counts, bool cured) {
    if (cured) {
      counts = {};
    }
  };
  forget(since.gap, gap_cured);
  forget(before.gap, gap_cured || before.gap.last < cured_before);
  forget(since.expired, since.expired.last < cured_before);
  forget(before.expired, before.expired.last < cured_before);
}

kind_counts unlisted_findings::by_kind() const {
  kind_counts sum;
  for (const auto* part : {&gap, &expired}) {
    for (std::size_t kind = 0; kind < sum.open.size(); ++kind) {
      sum.open.at(kind) += part->by_kind.at(kind);
    }
  }
  return sum;
}

}  // namespace ddm::verify
