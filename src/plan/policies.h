// The smallest IAM policies that the commands need, ready to paste.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace ddm::plan {

struct policy_subject {
  std::string table_arn;
  std::optional<std::string> kms_key_arn;
};

/// Statements "ReadTable" and, with a key of one's own, "DecryptTable".
[[nodiscard]] nlohmann::ordered_json table_policy(const policy_subject& of);
/// Statements "ReadStream" and, with a key of one's own, "DecryptTable".
[[nodiscard]] nlohmann::ordered_json stream_policy(const policy_subject& of);
/// What `repair --apply` needs on the target beside its table policy.
[[nodiscard]] nlohmann::ordered_json repair_policy(const policy_subject& of);

}  // namespace ddm::plan
