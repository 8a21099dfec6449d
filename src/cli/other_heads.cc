#include "cli/other_heads.h"

#include <cstdint>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds heard_within{5'000};
/// Three looks.
constexpr milliseconds known_for{30'000};
/// Of a copy whose command goes on.
constexpr milliseconds take_small_each{60'000};
constexpr std::uint64_t small_bytes = std::uint64_t{16} << 20;

}  // namespace

void other_head::note(const std::optional<remote::head>& seen, remote::call_span call) {
  lease_.note(seen, call);
  looked_at_ = call.asked;
}

bool other_head::note_taken(const remote::head& from, bool of_another_state, wall_time now) {
  took_what_was_left_ = !is_held() || !from.copy || from.copy->epoch != from.epoch;
  taken_ = from.copy;
  taken_from_ = from.owner;
  taken_at_ = now;
  return !std::exchange(is_foreign_, of_another_state) && of_another_state;
}

bool other_head::is_untaken() const {
  const auto& seen = lease_.seen();
  return seen && seen->copy && seen->copy != taken_;
}

bool other_head::is_missing() const {
  // Whoever works on another state goes on copying that one; whoever comes after him may not.
  const bool is_same_stranger =
      is_foreign_ && !taken_from_.empty() && lease_.seen() && lease_.seen()->owner == taken_from_;
  return is_untaken() && !is_same_stranger;
}

bool other_head::is_due(wall_time now) const {
  if (!is_untaken()) {
    return false;
  }
  const auto& seen = *lease_.seen();
  return lease_.may_take() || !taken_ || seen.owner != taken_from_ ||
         (seen.copy->bytes <= small_bytes && now - taken_at_ >= take_small_each);
}

bool other_head::is_held() const {
  const auto& seen = lease_.seen();
  return seen && !seen->owner.empty() && !lease_.may_take();
}

bool other_head::is_being_heard(wall_time now) const {
  return taken_ && now - taken_at_ < heard_within;
}

bool other_head::is_known(wall_time now) const {
  return looked_at_ && now - *looked_at_ < known_for;
}

std::string other_heads::trouble(wall_time now) const {
  if (!compare.is_known(now) || !repair.is_known(now)) {
    return "what compare and repair do on this state is not known here: the table of states has "
           "not been asked yet, or does not answer";
  }
  if (repair.is_being_heard(now) || compare.is_left() || compare.is_left_being_heard(now)) {
    return "what compare or repair have found on this state is being taken in";
  }
  return repair.is_held() || repair.is_missing()
             ? "a repair of these tables is under way, or has just ended: what it has written is "
               "not known here yet"
             : std::string();
}

}  // namespace ddm::cli
