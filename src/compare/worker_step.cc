#include "compare/worker_step.h"

#include <fmt/format.h>

namespace ddm::compare {
namespace {

/// So many items tell.
constexpr std::int64_t telling_items = 2'000;

}  // namespace

result<void> check_step(worker_step step, const comparison_progress& progress) {
  const auto go = progress.leftovers_go();
  if (step == worker_step::all && go != passing_on::no) {
    return wrong_usage(
        "these workers pass on what is left over: give --exchange and --step as before");
  }
  if (step == worker_step::scan && go == passing_on::no && progress.segments_done > 0) {
    return wrong_usage(
        "this worker began without --exchange: begin anew with --prepare --fresh, and give "
        "--exchange and --step to all workers");
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
  if (items_ < telling_items || left_ * 2 <= items_) {
    return {};
  }
  return wrong_usage(fmt::format(
      "of the {} items that its first segments hold, {} have not met: the two sides are of "
      "different orders, or the target lacks most items. Let workers pass on what is left over, in "
      "two steps: --exchange DIR --step scan, then --exchange DIR --step join",
      items_, left_));
}

}  // namespace ddm::compare
