// A plan that has learned everything and found nothing in the way.
#pragma once

#include "plan/plan_report.h"

#include <fmt/format.h>

#include <string>

namespace ddm::plan {

inline side_facts facts_of(side which, const std::string& account) {
  dynamodb::table_description table;
  table.name = "orders";
  table.arn = "arn:aws:dynamodb:eu-west-1:" + account + ":table/orders";
  table.status_text = "ACTIVE";
  table.schema = {.partition = {"pk", dynamodb::key_type::string}, .sort = {}};
  table.item_count = 1000;
  table.size_bytes = 409'600;
  return {.side = which,
          .access = fmt::format("profile {}", to_string(which)),
          .identity = "arn:aws:iam::" + account + ":user/ops",
          .identity_trouble = {},
          .table = dynamodb::described_table{.table = table, .settings = {}, .kms_key_arn = {}},
          .table_trouble = {},
          .units_per_second = 10};
}

inline plan_report fine() {
  plan_report report{.source = facts_of(side::source, "111111111111"),
                     .target = facts_of(side::target, "222222222222"),
                     .stream_arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/stream/x",
                     .stream_trouble = {},
                     .stream = {.permissions = {},
                                .view_type = "NEW_AND_OLD_IMAGES",
                                .shards_open = 2,
                                .enabled = true},
                     .permissions = {{.side = side::source,
                                      .action = "dynamodb:Scan",
                                      .needed_by = "compare",
                                      .state = grant::granted,
                                      .message = {}}},
                     .settings = {{.name = "ttl", .source = "off", .target = "off"}},
                     .wanted = {purpose::plan, purpose::monitor, purpose::compare}};
  return report;
}

}  // namespace ddm::plan
