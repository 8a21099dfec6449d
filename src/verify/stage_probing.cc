// Probing: looks at a few ages of a change that measure how late replication is.
//
//    0.0 s  a change is read, soon after it was made, and the budget of probes allows it
//    0.5 s  look: the old image          -> again at 1 s
//    1.0 s  look: what was expected      -> the lag is between 0.5 and 1 s; on to looking,
//    5.0 s                                  whose first look counts (--replication-wait)
//
// A probe measures and proves nothing: an older image may still be written over the change.
#include "verify/check_stages.h"

#include <algorithm>

namespace ddm::verify {

next_step step_probing(check& open, look_says says, const check_facts& facts) {
  auto& probes = std::get<probing>(open.at);
  if (says == look_says::arrived) {
    const auto at = std::max(facts.now, probes.first_look_at);
    open.at = looking{};
    return look_again{.at = at, .measured_lag = true};
  }
  const auto used = probe_ages.size() - probes.left;
  --probes.left;
  const auto born = facts.due - probe_ages.at(used);
  const auto next_age = probes.left > 0 ? probe_ages.at(used + 1) : facts.settings.replication_wait;
  if (probes.left == 0) {
    open.at = looking{};
  }
  return look_again{std::max(facts.now + milliseconds{50}, born + next_age)};
}

}  // namespace ddm::verify
