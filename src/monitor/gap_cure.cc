#include "monitor/gap_cure.h"

#include "monitor/session_state.h"
#include "state/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace ddm::monitor {
namespace {

constexpr auto asked_name = "gaps.compared_with";

/// "RATE PATTERNS". What is damaged asks for everything.
verify::coverage coverage_in(const std::string& text) {
  std::uint64_t rate = 1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), rate);
  const std::string_view rest(read.ptr, text.data() + text.size());
  return read.ec == std::errc{} && rest.starts_with(' ')
             ? verify::coverage::of(rate, rest.substr(1))
             : verify::coverage{};
}

}  // namespace

cure_demand cure_demand::of_monitor(verify::coverage looks_at) {
  cure_demand demand;
  demand.has_monitor_ = true;
  demand.asked_ = std::move(looks_at);
  return demand;
}

cure_demand cure_demand::in(const state::news& all) {
  const auto period = load_period(state::snapshot{.numbers = all.numbers, .values = all.values});
  if (period.sample_rate != 0) {
    return of_monitor(verify::coverage::of(period.sample_rate, period.ignored));
  }
  cure_demand demand;
  if (const auto text = state::stored_or(all.values, asked_name); !text.empty()) {
    demand.asked_ = coverage_in(text);
  } else if (const auto known =
                 compare::comparison_progress::load("compare", all.numbers, all.values);
             known.begun()) {
    demand.asked_ = known.covered();  // of a version that kept no more
  }
  return demand;
}

bool cure_demand::is_met_by(const verify::coverage& looked_at) const {
  return !asked_ || looked_at.covers(*asked_);
}

void cure_demand::note_comparison(const verify::coverage& looks_at,
                                  const std::vector<state::gap_row>& gaps,
                                  state::commit_batch& batch) {
  if (has_monitor_) {
    return;
  }
  const bool has_gap =
      std::ranges::any_of(gaps, [](const state::gap_row& gap) { return !gap.cured; });
  asked_ = has_gap && asked_ ? verify::stronger_of(*asked_, looks_at) : looks_at;
  batch.values.insert_or_assign(asked_name, fmt::format("{} {}", asked_->sample_rate,
                                                        verify::join_patterns(asked_->ignored)));
}

void cure_gaps(const compare::comparison_progress& finished, const cure_demand& demand,
               std::vector<state::gap_row>& gaps, state::commit_batch& batch) {
  // A key that was left unjudged may be the very one whose change was lost.
  if (!demand.is_met_by(finished.covered()) || finished.candidates_restless > 0) {
    return;
  }
  // What was lost since an export was made is not in it, and was not looked at.
  if (!finished.is_current()) {
    return;
  }
  batch.gaps_cured_before = finished.started();
  for (auto& gap : gaps) {
    gap.cured = gap.cured || gap.noticed < finished.started();
  }
}

}  // namespace ddm::monitor
