#include "cli/export_flags.h"

#include "s3/s3_address.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::cli {
namespace {

constexpr std::string_view place_in_s3 = "s3://BUCKET/PREFIX/AWSDynamoDB/ID";

}  // namespace

std::vector<flag> export_flags(const export_flag_names& names, export_options& o, flag place) {
  place.name = names.place;
  place.value = "PLACE";
  place.target = text_into(o.place);
  place.of_migration = true;
  place.possible = "a place in S3, a folder";
  return {std::move(place),
          {.name = names.profile,
           .value = "NAME",
           .target = text_into(o.access.profile),
           .help = "AWS profile that reads the bucket of the export",
           .fallback = "the source's",
           .of_migration = true,
           .possible = "an AWS profile"},
          {.name = names.region,
           .value = "REGION",
           .target = text_into(o.access.region),
           .help = "region of that bucket",
           .fallback = "the source's",
           .of_migration = true,
           .more = "Where it is another one, S3 tells which, and that is taken",
           .possible = "an AWS region"},
          {.name = names.endpoint_url,
           .value = "URL",
           .target = url_into(o.access.endpoint_url),
           .help = "a compatible store or a VPC endpoint, for that bucket",
           .fallback = "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, profile",
           .of_migration = true}};
}

void check_export(const export_flag_names& names, const export_options& options,
                  std::vector<std::string>& contradictions) {
  const auto& [place, access] = options;
  if (place && s3::is_s3_address(*place)) {
    if (const auto parsed = s3::parse_s3_address(*place); !parsed) {
      contradictions.push_back(fmt::format("--{}: {}", names.place, parsed.error().message));
    }
  } else if (place && place->contains("://")) {
    contradictions.push_back(
        fmt::format("--{} takes a folder, or a place in S3: {}", names.place, place_in_s3));
  } else if (access.profile || access.region || access.endpoint_url) {
    contradictions.push_back(
        fmt::format("--{}, --{} and --{} say nothing unless --{} names a place in S3: {}",
                    names.profile, names.region, names.endpoint_url, names.place, place_in_s3));
  }
}

}  // namespace ddm::cli
