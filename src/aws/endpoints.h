// The public endpoints of the services that this program calls, in every partition.
//
// The rules are those of AWS's endpoint rule sets: the partition gives the domain, a switch for
// FIPS changes the first label, a switch for dual stack (IPv4 and IPv6) the domain. Endpoints that
// carry an account id are not used: they serve the same tables.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
#pragma once

#include <string>
#include <string_view>

namespace ddm::aws {

/// Small letters, digits and hyphens, as a label of a host name: what is none would lead elsewhere.
[[nodiscard]] bool is_region(std::string_view text);

/// The names under which a service is known.
struct service_names {
  std::string_view variable;          ///< its environment variable for an endpoint
  std::string_view block;             ///< its block in a [services] section
  std::string_view label;             ///< of the host
  std::string_view dual_stack_label;  ///< the same for dual stack
  std::string_view fips_label;        ///< with FIPS
  std::string_view dual_fips_label;   ///< with both
  /// S3: its labels say all, in the usual domain, and to the government as well.
  bool labels_say_all = false;
};

inline constexpr service_names dynamodb_names{"AWS_ENDPOINT_URL_DYNAMODB",
                                              "dynamodb",
                                              "dynamodb",
                                              "dynamodb",
                                              "dynamodb-fips",
                                              "dynamodb-fips"};
inline constexpr service_names streams_names{"AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
                                             "dynamodb_streams",
                                             "streams.dynamodb",
                                             "streams-dynamodb",
                                             "streams.dynamodb-fips",
                                             "streams-dynamodb-fips"};
inline constexpr service_names sts_names{
    "AWS_ENDPOINT_URL_STS", "sts", "sts", "sts", "sts-fips", "sts-fips"};
inline constexpr service_names s3_names{
    "AWS_ENDPOINT_URL_S3", "s3", "s3", "s3.dualstack", "s3-fips", "s3-fips.dualstack", true};
inline constexpr service_names sso_names{"AWS_ENDPOINT_URL_SSO", "sso",
                                         "portal.sso",           "portal.sso",
                                         "portal.sso-fips",      "portal.sso-fips"};
inline constexpr service_names sso_oidc_names{
    "AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc", "oidc", "oidc", "oidc-fips", "oidc-fips"};

struct endpoint_variant {
  bool fips = false;
  bool dual_stack = false;
};

/// "https://dynamodb.eu-west-1.amazonaws.com".
[[nodiscard]] std::string public_endpoint(const service_names& service, std::string_view region,
                                          endpoint_variant variant);

}  // namespace ddm::aws
