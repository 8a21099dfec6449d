#include "report/status.h"

#include <algorithm>

namespace ddm::report {

operation_counts call_counts::total() const {
  operation_counts sum;
  for (const auto& each : operations) {
    sum.calls += each.calls;
    sum.retries += each.retries;
    sum.throttled += each.throttled;
  }
  return sum;
}

std::uint64_t keys_compared(const status& now) {
  return now.compared ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.compared->keys()))
                      : 0;
}

std::optional<success> success_of(std::uint64_t keys, const verify::open_share& open,
                                  std::uint64_t unlisted) {
  const auto unreadable = static_cast<std::uint64_t>(open.unreadable);
  const auto listed = static_cast<std::uint64_t>(open.wrong);
  const auto known = std::max(keys - std::min(keys, unreadable), listed);
  if (known == 0) {
    return std::nullopt;
  }
  const auto wrong = std::min(known, listed + unlisted);
  return success{.keys = known,
                 .wrong = wrong,
                 .unlisted = wrong - listed,
                 .rate = wilson_interval(known, wrong)};
}

std::optional<success> success_at_rest(const status& now) {
  if (!now.compared) {
    return std::nullopt;
  }
  // A later comparison by another command may have looked at keys that this one did not.
  const auto judged = now.compared->judged();
  auto open = now.mismatches.of_comparisons_since(now.compared->progress.started_ms);
  open.wrong = std::min(open.wrong, judged);
  return success_of(static_cast<std::uint64_t>(judged), open,
                    static_cast<std::uint64_t>(now.unlisted_at_rest));
}

}  // namespace ddm::report
