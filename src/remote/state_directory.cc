#include "remote/state_directory.h"

#include "dynamodb/answer.h"
#include "dynamodb/dynamodb_client.h"
#include "remote/dynamodb_state_table.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::remote {
namespace {

constexpr milliseconds active_within{120'000};
constexpr milliseconds look_again{1'000};

}  // namespace

awaitable<result<void>> create_state_table(aws::service_client& calls, clock& time,
                                           std::string table, std::optional<std::string> kms_key) {
  dynamodb::dynamodb_client client(calls);
  auto made = co_await client.create_table({.table = dynamodb::table_name(table),
                                            .partition_attribute = std::string(partition_attribute),
                                            .sort_attribute = std::string(sort_attribute),
                                            .kms_key = std::move(kms_key)});
  if (!made && made.error().code == "ResourceInUseException") {
    co_return wrong_usage(fmt::format("the table {} exists already", table));
  }
  if (!made) {
    co_return made;
  }
  for (const auto until = time.now() + active_within; time.now() < until;) {
    const auto described = co_await client.describe_table(dynamodb::table_name(table));
    if (described && described->status == dynamodb::table_status::active) {
      co_return result<void>{};
    }
    if (!described && !mends_by_waiting(described.error().kind) &&
        described.error().kind != error_class::not_found) {
      co_return fail(described.error());
    }
    co_await time.sleep_for(look_again);
  }
  co_return fail(error_class::retry,
                 fmt::format("the table {} was made, and is not active yet", table));
}

awaitable<result<std::vector<listed_state>>> list_states(aws::service_client& calls,
                                                         std::string table) {
  dynamodb::dynamodb_client client(calls);
  std::vector<listed_state> found;
  std::optional<std::string> start;
  do {
    const auto answer =
        co_await client.query_keys({.table = dynamodb::table_name(table),
                                    .partition_attribute = std::string(partition_attribute),
                                    .partition = std::string(list_partition),
                                    .sort_attribute = std::string(sort_attribute),
                                    .sort_below = {},
                                    .exclusive_start_key = std::move(start),
                                    .limit = {},
                                    .consistent_read = true});
    if (!answer) {
      co_return fail(answer.error());
    }
    for (const auto& key : answer->keys) {
      const auto entry = text_of(key, sort_attribute).value_or("");
      const auto slash = entry.find('/');
      if (slash == std::string::npos) {
        co_return dynamodb::strange_answer("Query", "an item that is no state's name");
      }
      found.push_back({.name = entry.substr(0, slash), .command = entry.substr(slash + 1)});
    }
    start = answer->last_evaluated_key;
  } while (start);
  co_return found;
}

}  // namespace ddm::remote
