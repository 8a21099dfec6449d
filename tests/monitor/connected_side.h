// One account and the way to it, as a process of a test has it.
#pragma once

#include "aws/service_client.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/table_reader.h"
#include "runtime/rate_limiter.h"
#include "support/fake_dynamodb.h"

#include <limits>
#include <memory>
#include <string>

namespace ddm::monitor {

struct connected_side {
  connected_side(support::fake_dynamodb& account, clock& time, side which, const char* table_name)
      : transport(account.connect("AKID" + std::string(to_string(which)))),
        calls(*transport, time, {.name = std::string(to_string(which))}),
        client(calls),
        budget(time, std::numeric_limits<double>::infinity()),
        table{.side = which,
              .client = client,
              .name = dynamodb::table_name(table_name),
              .budget = budget,
              .ttl_attribute = "ttl"} {}

  std::unique_ptr<aws::transport> transport;
  aws::service_client calls;
  dynamodb::dynamodb_client client;
  rate_limiter budget;
  dynamodb::metered_table table;
};

}  // namespace ddm::monitor
