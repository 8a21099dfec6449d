#include "aws/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ddm::aws {
namespace {

struct partition {
  std::string_view region_prefix;
  std::string_view domain;
  std::string_view dual_stack_domain;
};

constexpr std::string_view government = "us-gov-";

/// The first that fits; a region that is none of these is taken for one of AWS's main partition, as
/// AWS's own tools do with regions newer than they are.
constexpr std::array<partition, 8> partitions{{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {government, "amazonaws.com", "api.aws"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"", "amazonaws.com", "api.aws"},
}};

/// Isolated partitions have one name for streams.
bool has_streams_alias(std::string_view region) {
  return region.find("-iso") == std::string_view::npos && !region.starts_with("eusc-");
}

std::string_view label_of(const service_names& service, std::string_view region,
                          endpoint_variant variant) {
  if (variant.dual_stack && (service.labels_say_all || has_streams_alias(region))) {
    return variant.fips ? service.dual_fips_label : service.dual_stack_label;
  }
  // What serves the government is FIPS without being asked.
  const bool named_so = variant.fips && (variant.dual_stack || service.labels_say_all ||
                                         !region.starts_with(government));
  return named_so ? service.fips_label : service.label;
}

}  // namespace

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string public_endpoint(const service_names& service, std::string_view region,
                            endpoint_variant variant) {
  const auto& home = *std::ranges::find_if(
      partitions, [&](const partition& each) { return region.starts_with(each.region_prefix); });
  return fmt::format(
      "https://{}.{}.{}", label_of(service, region, variant), region,
      variant.dual_stack && !service.labels_say_all ? home.dual_stack_domain : home.domain);
}

}  // namespace ddm::aws
