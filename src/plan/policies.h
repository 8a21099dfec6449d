// The smallest IAM policies that the commands need, ready to paste.
#pragma once

#include "plan/needed_actions.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

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

/// Of a table in the account of whoever has this identity ("arn:aws:sts::111111111111:…").
[[nodiscard]] std::string arn_of_table(std::string_view identity, std::string_view region,
                                       std::string_view table);

/// A migration's states in their table.
struct state_subject {
  std::string table_arn;
  std::string name;
  std::optional<std::string> kms_key_arn;
};
/// The statement "KeepStates", for what lies under this name alone, and with a key of one's own
/// "UseTheKeyOfStates".
[[nodiscard]] nlohmann::ordered_json state_policy(const state_subject& of);

}  // namespace ddm::plan
