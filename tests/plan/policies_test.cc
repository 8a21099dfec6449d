#include "plan/policies.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ranges>
#include <string>
#include <vector>

namespace ddm::plan {
namespace {

using nlohmann::ordered_json;
using testing::Contains;
using testing::ElementsAre;
using enum purpose;

constexpr const char* arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
const policy_subject plain{.table_arn = arn, .kms_key_arn = {}};
const purposes all(all_purposes.begin(), all_purposes.end());

std::vector<std::string> actions_of(const ordered_json& policy) {
  return policy["Statement"][0]["Action"].get<std::vector<std::string>>();
}

TEST(policies, name_the_table_and_the_stream_apart) {
  EXPECT_EQ(table_policy(plain, all)["Statement"][0]["Resource"], arn);
  EXPECT_EQ((*stream_policy(plain, all))["Statement"][0]["Resource"],
            std::string(arn) + "/stream/*");
}

TEST(policies, ask_for_decryption_only_with_a_key_of_ones_own_and_only_through_dynamodb) {
  EXPECT_EQ(table_policy(plain, all)["Statement"].size(), 1);
  const policy_subject with_key{.table_arn = arn, .kms_key_arn = "arn:aws:kms:key"};
  for (const auto& policy :
       {table_policy(with_key, all), *stream_policy(with_key, all), *write_policy(with_key, all)}) {
    ASSERT_EQ(policy["Statement"].size(), 2);
    EXPECT_EQ(policy["Statement"][1]["Action"][0], "kms:Decrypt");
    EXPECT_EQ(policy["Statement"][1]["Condition"]["StringEquals"]["kms:ViaService"],
              "dynamodb.eu-west-1.amazonaws.com");
  }
}

TEST(policies, hold_nothing_that_their_commands_do_not_call) {
  EXPECT_THAT(actions_of(table_policy(plain, {monitor})),
              ElementsAre("dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
                          "dynamodb:DescribeContinuousBackups", "dynamodb:BatchGetItem"));
  EXPECT_THAT(actions_of(table_policy(plain, {baseline})), Contains("dynamodb:Scan"));
  EXPECT_THAT(
      actions_of(table_policy(plain, {repair})),
      ElementsAre("dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:GetItem"));
  EXPECT_THAT(actions_of(*stream_policy(plain, {plan})), ElementsAre("dynamodb:DescribeStream"));
  EXPECT_FALSE(stream_policy(plain, {compare, repair}));
  EXPECT_FALSE(write_policy(plain, {plan, monitor, baseline, compare}));
  EXPECT_THAT(actions_of(*write_policy(plain, {repair})),
              ElementsAre("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"));
}

TEST(policies, of_states_let_nobody_at_another_migrations) {
  const state_subject of{.table_arn = arn, .name = "orders", .kms_key_arn = {}};
  const auto policy = state_policy(of);
  ASSERT_EQ(policy["Statement"].size(), 1);
  EXPECT_EQ(policy["Statement"][0]["Resource"], arn);
  EXPECT_EQ(policy["Statement"][0]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"],
            ordered_json::array({"orders", "orders/*", "/states"}));
  EXPECT_THAT(actions_of(policy), testing::Not(Contains("dynamodb:DeleteItem")));
  const auto with_key = state_policy({.table_arn = arn, .name = "orders", .kms_key_arn = "key"});
  EXPECT_EQ(with_key["Statement"][1]["Resource"], "key");
  EXPECT_EQ(with_key["Statement"][1]["Condition"]["StringEquals"]["kms:ViaService"],
            "dynamodb.eu-west-1.amazonaws.com");
}

TEST(policies, of_a_table_that_is_not_there_yet_name_it_in_the_account_of_who_asks) {
  EXPECT_EQ(arn_of_table("arn:aws-cn:sts::111111111111:assumed-role/r/s", "cn-north-1", "states"),
            "arn:aws-cn:dynamodb:cn-north-1:111111111111:table/states");
}

TEST(policies, each_purpose_has_a_name_of_its_own) {
  for (const auto each : all_purposes) {
    EXPECT_EQ(purpose_of(to_string(each)), each);
  }
  EXPECT_FALSE(purpose_of("Monitor"));
  EXPECT_FALSE(purpose_of(""));
}

// docs/iam.md

std::string the_page() {
  std::ifstream file(std::filesystem::path(DDM_DOCS) / "iam.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The statements of all JSON blocks of the page, by Sid.
std::multimap<std::string, ordered_json> statements_on_the_page() {
  const auto page = the_page();
  std::multimap<std::string, ordered_json> found;
  const std::string begin = "```json\n";
  for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const auto text =
        page.substr(at + begin.size(), page.find("```", at + begin.size()) - at - begin.size());
    const auto block = ordered_json::parse(text);
    const auto statements =
        block.contains("Statement") ? block["Statement"] : ordered_json::array({block});
    for (const auto& each : statements) {
      found.emplace(each.value("Sid", ""), each);
    }
  }
  return found;
}

std::string table_of(std::string_view account) {
  return fmt::format("arn:aws:dynamodb:eu-west-1:{}:table/my-table", account);
}

/// Of a statement with this Sid on the page each is one of these.
void expect_on_page(const std::string& sid, const std::vector<ordered_json>& right) {
  const auto found = statements_on_the_page();
  EXPECT_EQ(found.count(sid), right.size()) << sid;
  for (auto [at, end] = found.equal_range(sid); at != end; ++at) {
    EXPECT_THAT(right, Contains(at->second)) << sid;
  }
}

TEST(iam_page, its_policies_are_those_that_plan_prints) {
  const purposes usual{plan, monitor, baseline, compare};
  std::vector<ordered_json> reads;
  std::vector<ordered_json> keys;
  for (const auto* account : {"111111111111", "222222222222"}) {
    const auto key =
        fmt::format("arn:aws:kms:eu-west-1:{}:key/11111111-2222-3333-4444-555555555555", account);
    const auto policy = table_policy({.table_arn = table_of(account), .kms_key_arn = key}, usual);
    reads.push_back(policy["Statement"][0]);
    keys.push_back(policy["Statement"][1]);
    reads.push_back(table_policy({.table_arn = table_of(account), .kms_key_arn = {}},
                                 {repair})["Statement"][0]);
  }
  expect_on_page("ReadTable", reads);
  expect_on_page("DecryptTable", keys);
  const policy_subject source{.table_arn = table_of("111111111111"), .kms_key_arn = {}};
  expect_on_page("ReadStream", {(*stream_policy(source, usual))["Statement"][0]});
  const policy_subject target{.table_arn = table_of("222222222222"), .kms_key_arn = {}};
  expect_on_page("WriteTable", {(*write_policy(target, {repair}))["Statement"][0]});
  const auto states = state_policy(
      {.table_arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/migration-states",
       .name = "orders",
       .kms_key_arn =
           "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"});
  expect_on_page("KeepStates", {states["Statement"][0]});
  expect_on_page("UseTheKeyOfStates", {states["Statement"][1]});
}

TEST(iam_page, its_resource_policies_grant_the_same) {
  const purposes usual{plan, monitor, baseline, compare};
  const auto found = statements_on_the_page();
  ASSERT_EQ(found.count("MonitorReadsTable"), 1);
  EXPECT_EQ(found.find("MonitorReadsTable")->second["Action"],
            actions_on(resource::both_tables, usual));
  ASSERT_EQ(found.count("MonitorReadsStream"), 1);
  EXPECT_EQ(found.find("MonitorReadsStream")->second["Action"],
            actions_on(resource::stream, usual));
}

TEST(iam_page, tells_of_each_action_who_calls_it) {
  const auto page = the_page();
  const std::map<resource, std::string_view> where{{resource::both_tables, "both tables"},
                                                   {resource::target_table, "the target"},
                                                   {resource::stream, "the stream that is read"}};
  for (const auto& each : needed_actions()) {
    const auto users = users_among(each, all);
    const auto line =
        fmt::format("| `dynamodb:{}` | {} | {} | {} |\n", each.operation, where.at(each.on),
                    users == users_among("DescribeTable", all) ? "all" : users, each.why);
    EXPECT_TRUE(page.contains(line)) << line;
  }
}

}  // namespace
}  // namespace ddm::plan
