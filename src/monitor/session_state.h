// What a state file says about the run it belongs to: which migration, with which secrets and
// settings.
#pragma once

#include "dynamodb/item_digest.h"
#include "state/rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ddm::monitor {

/// Kept in the state as named values. Digests and samples made under other secrets are not
/// comparable.
struct session_identity {
  std::string source;
  std::string target;
  /// "source_to_target" or "target_to_source"; empty where only comparisons have been made.
  std::string direction;
  dynamodb::digest_secret secret{};
  std::uint64_t sample_seed = 0;
};

/// Settings whose change begins a new period of statistics.
struct period_settings {
  std::uint64_t sample_rate = 1;
  std::string ignored;  ///< patterns, comma-separated
  std::int64_t max_lag_ms = 0;
  bool operator==(const period_settings&) const = default;
  /// "sample rate 1 in 100 → 1 in 10": what differs.
  [[nodiscard]] std::string difference(const period_settings& earlier) const;
};

/// The identity of a new state, with fresh secrets from the system's random source.
[[nodiscard]] session_identity new_identity(std::string source, std::string target,
                                            std::string direction);
/// Names of the values and numbers of an identity begin so.
[[nodiscard]] std::vector<std::string> identity_prefixes();
/// Some command has begun this state.
[[nodiscard]] bool has_identity(const state::snapshot& state);
/// They have the same secrets: one has begun from the other, or both from a third one.
[[nodiscard]] bool are_of_one_state(const state::news& one, const state::news& other);
/// All but the direction, where the state has none of it yet.
void save_if_new(const session_identity& identity, state::commit_batch& batch);
/// What may become known only later: the target's name and the direction.
void save_names(const session_identity& identity, state::commit_batch& batch);
void save(const period_settings& settings, state::commit_batch& batch);

/// The two tables as the state has them; empty names: it has none.
struct stored_tables {
  std::string source;
  std::string target;
};
[[nodiscard]] stored_tables tables_of(const state::snapshot& state);

/// Fails when the state belongs to another migration (the message names both) or lacks its secrets.
/// A state that was begun while the target did not exist calls it `target_awaited`: the result has
/// the name that it has now.
[[nodiscard]] result<session_identity> load_identity(const state::snapshot& state,
                                                     const session_identity& expected,
                                                     const std::string& target_awaited);
/// Nothing: it lacks it.
[[nodiscard]] std::optional<dynamodb::digest_secret> secret_of(const state::news& all);
[[nodiscard]] period_settings load_period(const state::snapshot& state);

}  // namespace ddm::monitor
