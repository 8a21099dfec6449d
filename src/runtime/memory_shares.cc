#include "runtime/memory_shares.h"

#include <algorithm>

namespace ddm {
namespace {

/// Of what an equal share would be.
constexpr std::uint64_t always_share = 4;
/// Who holds so much of what it was allowed has used it up.
constexpr std::uint64_t used_up_percent = 75;

bool has_used_up(const memory_use& use) { return use.held >= use.allowed / 100 * used_up_percent; }

}  // namespace

std::vector<std::uint64_t> divide_memory(std::uint64_t total, const std::vector<memory_use>& uses) {
  if (uses.empty()) {
    return {};
  }
  const auto always = total / uses.size() / always_share;
  std::vector<std::uint64_t> allowed;
  std::uint64_t taken = 0;
  for (const auto& use : uses) {
    allowed.push_back(std::max(use.held, always));
    taken += allowed.back();
  }
  const auto free = total - std::min(total, taken);
  const auto pressed = static_cast<std::uint64_t>(std::ranges::count_if(uses, has_used_up));
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (pressed == 0) {
      allowed[i] += free / uses.size();
    } else if (has_used_up(uses[i])) {
      allowed[i] += free / pressed;
    }
  }
  return allowed;
}

memory_shares::place::place(memory_shares& among, memory_user& user)
    : among_(among), at_(among.users_.insert(among.users_.end(), {.user = &user})) {
  among_.divide();
}

memory_shares::place::~place() { among_.users_.erase(at_); }

void memory_shares::divide() {
  std::vector<memory_use> uses;
  for (const auto& each : users_) {
    uses.push_back({.held = each.user->memory_held(), .allowed = each.allowed});
  }
  const auto allowed = divide_memory(total_, uses);
  for (std::size_t i = 0; auto& each : users_) {
    each.allowed = allowed[i++];
    each.user->allow_memory(each.allowed);
  }
}

}  // namespace ddm
