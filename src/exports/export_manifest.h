// The two manifests of a table's export to S3: what was exported, as of when, and in which files.
//
// manifest-summary.json is one object, manifest-files.json one object a line. Their format:
// "DynamoDB table export output format" of AWS's developer guide (version 2020-06-30; 2023-08-01
// adds the kind of export).
//
// Pure. Errors are wrong_usage: only another export, or another place, mends them.
#pragma once

#include "base/error.h"
#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::exports {

struct export_summary {
  std::string export_arn;
  std::string table_arn;
  std::string table_id;  ///< new whenever a table is made; empty: it does not say
  wall_time as_of;       ///< the moment of the table that it holds
  std::uint64_t items = 0;
  std::string files_key;  ///< of the other manifest, in its bucket
};
/// Refuses what is no full export in DynamoDB JSON, with the remedy.
[[nodiscard]] result<export_summary> read_export_summary(std::string_view text);

struct export_file {
  std::string name;  ///< relative to where the manifests lie
  std::uint64_t items = 0;
  std::string md5;  ///< 16 bytes
};
/// All of them, whose items are as many as the summary says.
[[nodiscard]] result<std::vector<export_file>> read_export_files(std::string_view text,
                                                                 const export_summary& of);

}  // namespace ddm::exports
