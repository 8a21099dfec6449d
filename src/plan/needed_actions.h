// What the commands ask the services for: the one source of the policies that `plan` prints, of the
// permissions that it tries, and of docs/iam.md. Held against the calls that are really made by
// tests/end_to_end/test_permissions.py.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::plan {

/// What credentials are to be good for.
enum class purpose {
  plan,
  monitor,
  baseline,  ///< monitor --baseline
  compare,
  repair,  ///< with --apply
};
inline constexpr std::array all_purposes{purpose::plan, purpose::monitor, purpose::baseline,
                                         purpose::compare, purpose::repair};
/// As `--for` takes them, such as "baseline".
[[nodiscard]] std::string_view to_string(purpose value);
/// Nothing for any other word.
[[nodiscard]] std::optional<purpose> purpose_of(std::string_view word);
/// Each once, in the order above.
using purposes = std::vector<purpose>;

enum class resource {
  both_tables,
  target_table,
  stream,
};

struct needed_action {
  std::string_view operation;  ///< "BatchGetItem"; the prefix is "dynamodb:" for Streams too
  resource on;
  std::span<const purpose> used_by;
  std::string_view why;
};

/// All but sts:GetCallerIdentity, which no policy need name, and kms:Decrypt.
[[nodiscard]] std::span<const needed_action> needed_actions();

/// Those of `wanted` that use it: "compare, baseline"; empty: none does.
[[nodiscard]] std::string users_among(const needed_action& action, const purposes& wanted);
/// By its name, which must be one of them.
[[nodiscard]] std::string users_among(std::string_view operation, const purposes& wanted);

/// "dynamodb:Scan", of what lies there and `wanted` uses.
[[nodiscard]] std::vector<std::string> actions_on(resource on, const purposes& wanted);

}  // namespace ddm::plan
