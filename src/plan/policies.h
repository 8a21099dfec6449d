// The smallest IAM policies that the commands need, ready to paste.
#pragma once

#include "plan/needed_actions.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace ddm::plan {

struct policy_subject {
  std::string table_arn;
  std::optional<std::string> kms_key_arn;
};

/// Statements "ReadTable" and, with a key of one's own, "DecryptTable".
[[nodiscard]] nlohmann::ordered_json table_policy(const policy_subject& of, const purposes& wanted);
/// Statements "ReadStream" and, with a key of one's own, "DecryptTable". Nothing: none reads it.
[[nodiscard]] std::optional<nlohmann::ordered_json> stream_policy(const policy_subject& of,
                                                                  const purposes& wanted);
/// What is written to the target, beside its table policy: the statement "WriteTable", and
/// "DecryptTable". Nothing: none writes.
[[nodiscard]] std::optional<nlohmann::ordered_json> write_policy(const policy_subject& of,
                                                                 const purposes& wanted);

}  // namespace ddm::plan
