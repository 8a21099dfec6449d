#include "plan/policies.h"

#include "dynamodb/names.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
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

/// Through DynamoDB in the table's region only.
void add_service_condition(const std::string& table_arn, ordered_json& key_statement) {
  if (const auto arn = dynamodb::table_arn::parse(table_arn)) {
    const auto suffix = arn->partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    key_statement["Condition"] = {
        {"StringEquals", {{"kms:ViaService", fmt::format("dynamodb.{}.{}", arn->region, suffix)}}}};
  }
}

void add_key(const policy_subject& of, ordered_json& statements) {
  if (!of.kms_key_arn) {
    return;
  }
  auto decrypt = statement("DecryptTable", {"kms:Decrypt"}, *of.kms_key_arn);
  add_service_condition(of.table_arn, decrypt);
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

std::string arn_of_table(std::string_view identity, std::string_view region,
                         std::string_view table) {
  std::array<std::string_view, 5> parts;  // arn, partition, service, region, account
  for (auto& part : parts) {
    const auto colon = identity.find(':');
    part = identity.substr(0, colon);
    identity.remove_prefix(colon == std::string_view::npos ? identity.size() : colon + 1);
  }
  return fmt::format("arn:{}:dynamodb:{}:{}:table/{}", parts[1], region, parts[4], table);
}

ordered_json state_policy(const state_subject& of) {
  auto keep = statement("KeepStates",
                        {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchGetItem",
                         "dynamodb:BatchWriteItem", "dynamodb:Query"},
                        of.table_arn);
  // Its heads, its blocks, and the list of all states (remote/dynamodb_state_table.h).
  keep["Condition"] = {
      {"ForAllValues:StringLike",
       {{"dynamodb:LeadingKeys", ordered_json::array({of.name, of.name + "/*", "/states"})}}}};
  ordered_json statements = ordered_json::array({std::move(keep)});
  if (of.kms_key_arn) {
    auto use = statement("UseTheKeyOfStates",
                         {"kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                          "kms:DescribeKey", "kms:CreateGrant"},
                         *of.kms_key_arn);
    add_service_condition(of.table_arn, use);
    statements.push_back(std::move(use));
  }
  return {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}};
}

}  // namespace ddm::plan
