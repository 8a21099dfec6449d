#include "plan/policies.h"

#include "dynamodb/names.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::plan {
namespace {

using nlohmann::ordered_json;

ordered_json statement(std::string_view id, std::vector<std::string> actions,
                       std::string resource) {
  return {{"Sid", id},
          {"Effect", "Allow"},
          {"Action", std::move(actions)},
          {"Resource", std::move(resource)}};
}

/// The key may be used through DynamoDB only.
void add_key(const policy_subject& of, ordered_json& statements) {
  if (!of.kms_key_arn) {
    return;
  }
  auto decrypt = statement("DecryptTable", {"kms:Decrypt"}, *of.kms_key_arn);
  if (const auto arn = dynamodb::table_arn::parse(of.table_arn)) {
    const auto suffix = arn->partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    decrypt["Condition"] = {
        {"StringEquals", {{"kms:ViaService", fmt::format("dynamodb.{}.{}", arn->region, suffix)}}}};
  }
  statements.push_back(std::move(decrypt));
}

ordered_json policy(const policy_subject& of, ordered_json first) {
  ordered_json statements = ordered_json::array({std::move(first)});
  add_key(of, statements);
  return {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}};
}

}  // namespace

ordered_json table_policy(const policy_subject& of, const purposes& wanted) {
  return policy(of,
                statement("ReadTable", actions_on(resource::both_tables, wanted), of.table_arn));
}

std::optional<ordered_json> stream_policy(const policy_subject& of, const purposes& wanted) {
  auto actions = actions_on(resource::stream, wanted);
  return actions.empty() ? std::nullopt
                         : std::optional(policy(of, statement("ReadStream", std::move(actions),
                                                              of.table_arn + "/stream/*")));
}

std::optional<ordered_json> write_policy(const policy_subject& of, const purposes& wanted) {
  auto actions = actions_on(resource::target_table, wanted);
  return actions.empty()
             ? std::nullopt
             : std::optional(policy(of, statement("WriteTable", std::move(actions), of.table_arn)));
}

}  // namespace ddm::plan
