#include "cli/item_flags.h"

#include "cli/shared_flags.h"

namespace ddm::cli {

std::vector<flag> access_flags(connection_options& connection) {
  return {{.name = "profile",
           .value = "NAME",
           .target = text_into(connection.profile),
           .help = "AWS profile",
           .fallback = "the credential chain",
           .possible = "an AWS profile"},
          {.name = "region",
           .value = "REGION",
           .target = text_into(connection.region),
           .help = "its region",
           .fallback = "AWS_REGION, profile, ap-northeast-1",
           .possible = "an AWS region"},
          {"endpoint-url", "URL", url_into(connection.endpoint_url),
           "DynamoDB Local, a compatible store or a VPC endpoint",
           "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, profile"}};
}

flag_group table_and_access(connection_options& connection, std::string& table) {
  flag_group group{"Table and access",
                   {{.name = "table",
                     .value = "NAME",
                     .target = text_into(table),
                     .help = "table to write to, name or ARN",
                     .required = true,
                     .possible = "name or ARN"}}};
  append(group, access_flags(connection));
  return group;
}

flag batch_flag(bool& batch) {
  return {"batch", "", switch_into(batch),
          "BatchWriteItem, 25 at a time; what is left unprocessed is tried again"};
}

flag wait_flag(milliseconds& wait) {
  return {"wait", "MS", pause_into(wait), "pause after each write, in milliseconds"};
}

}  // namespace ddm::cli
