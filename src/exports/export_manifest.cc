#include "exports/export_manifest.h"

#include "base/foreign_json.h"
#include "base/units.h"
#include "dynamodb/base64.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ddm::exports {
namespace {

constexpr std::size_t md5_bytes = 16;

std::unexpected<error> no_manifest(std::string_view which, std::string_view why) {
  return wrong_usage(fmt::format("{} of the export cannot be used: {}", which, why));
}

bool is_arn(std::string_view text) {
  return text.starts_with("arn:") &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

/// Below the folder of the manifests, and nowhere else.
bool stays_below(std::string_view name) {
  return !name.empty() && name.front() != '/' && !name.contains("..") && !name.contains('\\') &&
         name.find('\0') == std::string_view::npos;
}

/// "AWSDynamoDB/01693685827463-2d8752fd/" of ".../manifest-files.json".
std::string_view folder_of(std::string_view key) { return key.substr(0, key.rfind('/') + 1); }

result<export_file> read_file(std::string_view line, const export_summary& of) {
  constexpr std::string_view which = "manifest-files.json";
  const auto object = parse_json(line);
  auto key = text_member(object, "dataFileS3Key");
  const auto& items = member(object, "itemCount");
  const auto md5 = dynamodb::base64_decode(text_member(object, "md5Checksum"));
  const auto folder = folder_of(of.files_key);
  if (!items.is_number_unsigned() || !key.starts_with(folder) ||
      !stays_below(std::string_view(key).substr(folder.size()))) {
    return no_manifest(which, "a line names no file of this export and its number of items");
  }
  if (!md5 || md5->size() != md5_bytes) {
    return no_manifest(which, "a line has no checksum of its file");
  }
  return export_file{
      .name = key.substr(folder.size()), .items = items.get<std::uint64_t>(), .md5 = *md5};
}

}  // namespace

result<export_summary> read_export_summary(std::string_view text) {
  constexpr std::string_view which = "manifest-summary.json";
  const auto object = parse_json(text);
  if (!object.is_object()) {
    return no_manifest(which, "it is no JSON object");
  }
  if (const auto format = text_member(object, "outputFormat"); format != "DYNAMODB_JSON") {
    return no_manifest(which, fmt::format("its format is \"{}\": export the table in DynamoDB JSON "
                                          "(--export-format DYNAMODB_JSON)",
                                          format));
  }
  if (const auto kind = text_member(object, "exportType"); !kind.empty() && kind != "FULL_EXPORT") {
    return no_manifest(which,
                       fmt::format("it is of an export \"{}\", which holds changes and not the "
                                   "table: take a full one (--export-type FULL_EXPORT)",
                                   kind));
  }
  const auto as_of = parse_rfc3339(text_member(object, "exportTime"));
  const auto& items = member(object, "itemCount");
  export_summary summary{.export_arn = text_member(object, "exportArn"),
                         .table_arn = text_member(object, "tableArn"),
                         .table_id = text_member(object, "tableId"),
                         .as_of = as_of.value_or(wall_time{}),
                         .items = 0,
                         .files_key = text_member(object, "manifestFilesS3Key")};
  if (!as_of || to_ms(*as_of) <= 0 || !items.is_number_unsigned() || !is_arn(summary.export_arn) ||
      !is_arn(summary.table_arn) || summary.files_key.empty()) {
    return no_manifest(which,
                       "exportArn, tableArn, exportTime, itemCount and manifestFilesS3Key are "
                       "not all in it");
  }
  summary.items = items.get<std::uint64_t>();
  return summary;
}

result<std::vector<export_file>> read_export_files(std::string_view text,
                                                   const export_summary& of) {
  constexpr std::string_view which = "manifest-files.json";
  std::vector<export_file> files;
  std::set<std::string> names;
  std::uint64_t items = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) {
      continue;
    }
    auto file = read_file(line, of);
    if (!file) {
      return fail(std::move(file.error()));
    }
    if (!names.insert(file->name).second) {
      return no_manifest(which, "it names a file twice");
    }
    items += file->items;
    files.push_back(*std::move(file));
  }
  if (items != of.items) {
    return no_manifest(which,
                       fmt::format("its files hold {} items, and manifest-summary.json says {}",
                                   grouped(items), grouped(of.items)));
  }
  return files;
}

}  // namespace ddm::exports
