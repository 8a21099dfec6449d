// The flags of `datagen` and `datadel`, in the order of their help.
#include "cli/options_flag.h"

#include <limits>

namespace ddm::cli {
namespace {

flag_group table_and_access(connection_options& connection, std::string& table) {
  return {
      "Table and access",
      {{"table", "NAME", text_into(table), "table to write to, name or ARN", "", "", true},
       {"profile", "NAME", text_into(connection.profile), "AWS profile", "the credential chain"},
       {"region", "REGION", text_into(connection.region), "its region",
        "AWS_REGION, profile, ap-northeast-1"},
       {"endpoint-url", "URL", url_into(connection.endpoint_url),
        "DynamoDB Local, a compatible store or a VPC endpoint",
        "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, profile"}}};
}

flag batch_flag(bool& batch) {
  return {"batch", "", switch_into(batch),
          "BatchWriteItem, 25 at a time; what is left unprocessed is tried again"};
}

flag wait_flag(milliseconds& wait) {
  return {"wait", "MS", pause_into(wait), "pause after each write, in milliseconds"};
}

}  // namespace

flag_table flags_of(datagen_options& o) {
  return {table_and_access(o.connection, o.table),
          {"Items",
           {{"count", "N", count_into(o.count, 1, std::numeric_limits<std::uint32_t>::max()),
             "how many items"},
            {"partition-key", "NAME", text_into(o.partition_key),
             "must agree with the table when given", "from the table"},
            {"sort-key", "NAME", text_into(o.sort_key), "must agree with the table when given",
             "from the table"},
            {"output", "FILE", text_into(o.output_file),
             "new file for the keys that were written, as CSV, for datadel", "none"}}},
          {"Pace", {batch_flag(o.batch), wait_flag(o.wait)}},
          debugging(o.allow_core_dumps)};
}

flag_table flags_of(datadel_options& o) {
  return {table_and_access(o.connection, o.table),
          {"Items",
           {{"input", "FILE", text_into(o.input_file), "keys to delete, as datagen wrote them", "",
             "", true},
            {"dry-run", "", switch_into(o.dry_run), "show the keys and delete nothing"},
            {"verbose", "", switch_into(o.verbose), "a line for each key"}}},
          {"Pace", {batch_flag(o.batch), wait_flag(o.wait)}},
          debugging(o.allow_core_dumps)};
}

}  // namespace ddm::cli
