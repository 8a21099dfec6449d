#include "compare/worker_step.h"

#include <fmt/format.h>

namespace ddm::compare {
namespace {

/// So many items tell.
constexpr std::int64_t telling_items = 2'000;
/// Where there are no more.
constexpr std::int64_t telling_at_end = 100;

}  // namespace

bool is_over(worker_step step, const comparison_progress& progress) {
  const bool is_passed_on =
      step == worker_step::scan && progress.leftovers_go() == passing_on::done;
  return progress.finished() || is_passed_on;
}

result<void> check_step(worker_step step, const comparison_progress& progress) {
  const auto go = progress.leftovers_go();
  if ((step == worker_step::all) != (go == passing_on::no)) {
    return wrong_usage(
        go == passing_on::no
            ? "the comparison was prepared without --exchange: begin anew with --prepare --fresh, "
              "and give --exchange to all steps"
            : "the comparison was prepared with --exchange: give it, and --step, to all workers");
  }
  if (step == worker_step::join && go != passing_on::done) {
    return fail(error_class::retry,
                fmt::format("the first step (--step scan) of worker {} is not complete: {} of its "
                            "{} segments are done",
                            progress.worker, progress.segments_done, progress.pairs()));
  }
  return {};
}

result<void> order_watch::on_pair(std::int64_t items, std::size_t left) {
  if (items_ >= telling_items) {
    return {};
  }
  items_ += items;
  left_ += static_cast<std::int64_t>(left);
  return items_ < telling_items ? result<void>() : told();
}

result<void> order_watch::on_end() const {
  return items_ >= telling_items || items_ < telling_at_end ? result<void>() : told();
}

result<void> order_watch::told() const {
  if (left_ * 2 <= items_) {
    return {};
  }
  return wrong_usage(fmt::format(
      "of the {} items that its first segments hold, {} have not met: the two sides are of "
      "different orders, or the target lacks most items. Let workers pass on what is left over, in "
      "two steps: --exchange DIR --step scan, then --exchange DIR --step join; begin anew with "
      "--prepare --fresh --exchange DIR",
      items_, left_));
}

}  // namespace ddm::compare
