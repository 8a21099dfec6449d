#include "exports/export_bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace ddm::exports {
namespace {

constexpr std::size_t range_bytes_max = std::size_t{8} << 20;
/// What every export is put below.
constexpr std::string_view folder_name = "AWSDynamoDB/";
constexpr std::size_t told_max = 5;

/// The folder of all exports that lie where this one is looked for.
std::string folder_of_exports(std::string_view prefix) {
  auto below = fmt::format("{}{}", prefix, prefix.empty() ? "" : "/");
  const auto at = below.rfind(folder_name);
  const bool is_whole = at != std::string::npos && (at == 0 || below[at - 1] == '/');
  return is_whole ? below.substr(0, at + folder_name.size()) : below.append(folder_name);
}

}  // namespace

awaitable<result<std::string>> export_bucket::read(std::string name, std::uint64_t from,
                                                   std::size_t bytes_max) {
  const auto key = fmt::format("{}{}{}", place_.prefix, place_.prefix.empty() ? "" : "/", name);
  std::string bytes;
  while (bytes.size() < bytes_max) {
    const auto at = from + bytes.size();
    const auto known = at == 0 ? begun_.end() : begun_.find(name);
    if (known != begun_.end() && at >= known->second.bytes) {
      begun_.erase(known);
      break;
    }
    auto part =
        co_await client_->get_object(key, at, std::min(range_bytes_max, bytes_max - bytes.size()),
                                     known == begun_.end() ? std::string() : known->second.etag);
    if (!part) {
      co_return fail(std::move(part.error()));
    }
    if (part->bytes.empty() && known != begun_.end()) {
      co_return fail(error_class::retry,
                     fmt::format("{}/{} has ended at {} bytes, and was said to have {}", describe(),
                                 name, at, known->second.bytes));
    }
    if (part->bytes.empty()) {
      break;
    }
    begun_[name] = {.etag = std::move(part->etag), .bytes = part->whole_bytes};
    bytes.empty() ? bytes = std::move(part->bytes) : bytes += part->bytes;
  }
  co_return bytes;
}

awaitable<std::string> export_bucket::remedy() {
  const auto folder = folder_of_exports(place_.prefix);
  const auto found = co_await client_->list_objects_v2(folder);
  co_return found ? remedy_for(place_, folder, found->prefixes)
                  : "name it as s3://BUCKET/PREFIX/AWSDynamoDB/ID; what lies there could not be "
                    "listed: " +
                        found.error().describe();
}

std::string remedy_for(const s3::s3_address& place, const std::string& folder,
                       const std::vector<std::string>& found) {
  if (std::ranges::find(found, place.prefix + "/") != found.end()) {
    return "the export is not finished, or has failed: `aws dynamodb describe-export` tells which";
  }
  const auto at = s3::s3_address{.bucket = place.bucket, .prefix = folder}.describe();
  if (found.empty()) {
    return fmt::format("there is no export below {}: are bucket and prefix right?", at);
  }
  // Names begin with the moment of their making, so that the newest is the last.
  std::string names;
  for (const auto& each : found | std::views::reverse | std::views::take(told_max)) {
    auto name = each.substr(std::min(folder.size(), each.size()));
    name.resize(name.size() - (name.ends_with('/') ? 1 : 0));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  return fmt::format("below {} there {}: {}{}", at, found.size() == 1 ? "is" : "are", names,
                     found.size() > told_max ? " and older ones" : "");
}

}  // namespace ddm::exports
