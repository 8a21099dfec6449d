#include "monitor/session_state.h"

#include "base/units.h"
#include "state/stored.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace ddm::monitor {
namespace {

using state::stored_or;

constexpr auto source_name = "migration.source";
constexpr auto target_name = "migration.target";
constexpr auto direction_name = "migration.direction";
constexpr auto secret_name = "digest.secret";
constexpr auto seed_name = "sample.seed";
constexpr auto rate_name = "period.sample_rate";
constexpr auto ignored_name = "period.ignored";
constexpr auto max_lag_name = "period.max_lag_ms";

}  // namespace

std::string period_settings::difference(const period_settings& earlier) const {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& before, const std::string& after) {
    if (before != after) {
      text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", what, before, after);
    }
  };
  add("sample rate", fmt::format("1 in {}", earlier.sample_rate),
      fmt::format("1 in {}", sample_rate));
  add("ignored attributes", earlier.ignored, ignored);
  add("max lag", format_duration(milliseconds{earlier.max_lag_ms}),
      format_duration(milliseconds{max_lag_ms}));
  return text;
}

session_identity new_identity(std::string source, std::string target, std::string direction) {
  session_identity identity{
      .source = std::move(source), .target = std::move(target), .direction = std::move(direction)};
  std::array<unsigned char, sizeof identity.sample_seed> seed{};
  if (RAND_bytes(identity.secret.data(), static_cast<int>(identity.secret.size())) != 1 ||
      RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) {
    broken_invariant("the system's random source does not answer");
  }
  std::memcpy(&identity.sample_seed, seed.data(), seed.size());
  return identity;
}

std::vector<std::string> identity_prefixes() {
  return {source_name, target_name, direction_name, secret_name, seed_name};
}

bool has_identity(const state::snapshot& state) {
  return state.values.contains(secret_name) || state.values.contains(source_name);
}

bool are_of_one_state(const state::news& one, const state::news& other) {
  const auto secret = stored_or(one.values, secret_name);
  return !secret.empty() && secret == stored_or(other.values, secret_name) &&
         stored_or(one.numbers, seed_name) == stored_or(other.numbers, seed_name);
}

std::optional<dynamodb::digest_secret> secret_of(const state::news& all) {
  const auto secret = stored_or(all.values, secret_name);
  dynamodb::digest_secret found{};
  if (secret.size() != found.size()) {
    return std::nullopt;
  }
  std::ranges::copy(secret, found.begin());
  return found;
}

void save_if_new(const session_identity& identity, state::commit_batch& batch) {
  batch.values_once.emplace(source_name, identity.source);
  batch.values_once.emplace(target_name, identity.target);
  batch.values_once.emplace(
      secret_name,
      std::string(reinterpret_cast<const char*>(identity.secret.data()), identity.secret.size()));
  batch.numbers_once.emplace(seed_name, static_cast<std::int64_t>(identity.sample_seed));
}

void save_names(const session_identity& identity, state::commit_batch& batch) {
  batch.values.emplace(target_name, identity.target);
  if (!identity.direction.empty()) {
    batch.values.emplace(direction_name, identity.direction);
  }
}

void save(const period_settings& settings, state::commit_batch& batch) {
  batch.numbers.emplace(rate_name, static_cast<std::int64_t>(settings.sample_rate));
  batch.values.emplace(ignored_name, settings.ignored);
  batch.numbers.emplace(max_lag_name, settings.max_lag_ms);
}

stored_tables tables_of(const state::snapshot& state) {
  return {.source = stored_or(state.values, source_name),
          .target = stored_or(state.values, target_name)};
}

result<session_identity> load_identity(const state::snapshot& state,
                                       const session_identity& expected,
                                       const std::string& target_awaited) {
  session_identity found{.source = stored_or(state.values, source_name),
                         .target = stored_or(state.values, target_name),
                         .direction = stored_or(state.values, direction_name)};
  const bool same_target = found.target == expected.target || found.target == target_awaited;
  const bool same_direction = found.direction.empty() || expected.direction.empty() ||
                              found.direction == expected.direction;
  if (found.source != expected.source || !same_target || !same_direction) {
    return wrong_usage(
        fmt::format("the state file belongs to another migration: {} -> {} ({}), not {} -> {} "
                    "({}). Name another "
                    "file with --state, or begin anew with --fresh",
                    found.source, found.target, found.direction, expected.source, expected.target,
                    expected.direction));
  }
  found.target = expected.target;
  found.direction = found.direction.empty() ? expected.direction : found.direction;
  const auto secret = stored_or(state.values, secret_name);
  if (secret.size() != found.secret.size()) {
    return wrong_usage(
        "the state file lacks its digest secret: it is damaged. Restore a copy, or begin "
        "anew with --fresh");
  }
  std::ranges::copy(secret, found.secret.begin());
  found.sample_seed = static_cast<std::uint64_t>(stored_or(state.numbers, seed_name));
  return found;
}

period_settings load_period(const state::snapshot& state) {
  return {.sample_rate = static_cast<std::uint64_t>(stored_or(state.numbers, rate_name)),
          .ignored = stored_or(state.values, ignored_name),
          .max_lag_ms = stored_or(state.numbers, max_lag_name)};
}

}  // namespace ddm::monitor
