// Where the services are and how they are called: region, endpoints, certificate authorities,
// proxy, attempts, and who said so.
//
// Region: flag, AWS_REGION, AWS_DEFAULT_REGION, the profile, ap-northeast-1. Endpoint: flag,
// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's services block, the profile's
// endpoint_url, the region's public endpoint. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS leaves only the
// first and the last of these. The flag is for tables and streams, never for credentials.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
#pragma once

#include "aws/endpoints.h"
#include "aws/environment.h"
#include "aws/profile_files.h"
#include "base/error.h"
#include "net/proxy.h"
#include "net/url.h"

#include <optional>
#include <string>

namespace ddm::aws {

/// What was given on the command line for one side.
struct client_flags {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint;  ///< serves tables and streams
};

struct endpoint_setting {
  net::url url;
  std::string origin;  ///< "the command line", "AWS_ENDPOINT_URL", "profile x", "region eu-west-1"
  std::optional<net::proxy> via;  ///< HTTPS_PROXY, unless NO_PROXY exempts the endpoint
};

struct client_settings {
  std::string region;
  std::string region_origin;
  endpoint_setting tables;   ///< DynamoDB
  endpoint_setting streams;  ///< DynamoDB Streams
  std::string ca_file;       ///< AWS_CA_BUNDLE or the profile's ca_bundle; may be empty
  int attempts_max = 4;      ///< a call, the first one included
};

/// HTTPS_PROXY, unless the endpoint is no https one or NO_PROXY exempts it.
[[nodiscard]] result<std::optional<net::proxy>> proxy_to(const net::url& endpoint,
                                                         const environment& variables);

/// Errors name the setting that is wrong and where it stands.
[[nodiscard]] result<client_settings> resolve_client_settings(const client_flags& flags,
                                                              const environment& variables,
                                                              const profile_files& files);

/// For services that are not called in the client's own region: single sign-on has one of its own,
/// and so has a bucket. `given` is a flag's.
[[nodiscard]] result<endpoint_setting> resolve_endpoint(
    const service_names& service, std::string_view region,
    const std::optional<std::string>& profile, const environment& variables,
    const profile_files& files, const std::optional<std::string>& given = std::nullopt);

}  // namespace ddm::aws
