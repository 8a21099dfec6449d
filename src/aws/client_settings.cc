#include "aws/client_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::aws {
namespace {

/// A setting and who made it.
struct found {
  std::string value;
  std::string origin;
};

/// The names under which one of the two APIs is configured.
struct api_names {
  std::string_view variable;
  std::string_view block;
  std::string_view host_prefix;
};
constexpr api_names tables_api{"AWS_ENDPOINT_URL_DYNAMODB", "dynamodb", "dynamodb"};
constexpr api_names streams_api{"AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "dynamodb_streams",
                                "streams.dynamodb"};

class resolver {
 public:
  resolver(const client_flags& flags, const environment& variables, const profile_files& files,
           std::string profile_name, const profile_section& profile)
      : flags_(flags),
        variables_(variables),
        files_(files),
        profile_origin_(fmt::format("profile {}", profile_name)),
        profile_(profile) {}

  [[nodiscard]] found region() const {
    if (flags_.region) {
      return {*flags_.region, "the command line"};
    }
    for (const auto* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (auto value = variables_.find(name)) {
        return {std::move(*value), name};
      }
    }
    if (auto value = profile_.find("region")) {
      return {std::move(*value), profile_origin_};
    }
    return {"ap-northeast-1", "default"};
  }

  [[nodiscard]] result<endpoint_setting> endpoint(const api_names& api,
                                                  std::string_view region) const {
    const auto from = endpoint_text(api, region);
    auto url = net::parse_url(from.value);
    if (!url) {
      return fail(std::move(url).error().within(from.origin));
    }
    auto via = proxy_to(*url);
    if (!via) {
      return fail(std::move(via).error());
    }
    return endpoint_setting{.url = std::move(*url), .origin = from.origin, .via = std::move(*via)};
  }

  [[nodiscard]] std::string ca_file() const {
    return variables_.find("AWS_CA_BUNDLE")
        .or_else([&] { return profile_.find("ca_bundle"); })
        .value_or("");
  }

 private:
  /// In lower or in upper case, as with every other tool that heeds them.
  [[nodiscard]] std::optional<std::string> proxy_variable(std::string_view lower,
                                                          std::string_view upper) const {
    return variables_.find(lower).or_else([&] { return variables_.find(upper); });
  }

  [[nodiscard]] result<std::optional<net::proxy>> proxy_to(const net::url& endpoint) const {
    const auto text = proxy_variable("https_proxy", "HTTPS_PROXY");
    const auto exempt = proxy_variable("no_proxy", "NO_PROXY").value_or("");
    if (!text || !endpoint.tls || net::is_exempt(endpoint, exempt)) {
      return std::nullopt;
    }
    auto parsed = net::parse_proxy(*text);
    if (!parsed) {
      return fail(std::move(parsed).error().within("HTTPS_PROXY"));
    }
    return std::move(*parsed);
  }

  [[nodiscard]] found endpoint_text(const api_names& api, std::string_view region) const {
    if (flags_.endpoint) {
      return {*flags_.endpoint, "the command line"};
    }
    if (!ignores_configured_endpoints()) {
      for (const auto name : {api.variable, std::string_view("AWS_ENDPOINT_URL")}) {
        if (auto value = variables_.find(name)) {
          return {std::move(*value), std::string(name)};
        }
      }
      if (auto value = services_endpoint(api)) {
        return {std::move(*value), profile_origin_};
      }
      if (auto value = profile_.find("endpoint_url")) {
        return {std::move(*value), profile_origin_};
      }
    }
    return {fmt::format("https://{}.{}.{}", api.host_prefix, region, domain_of_region(region)),
            fmt::format("region {}", region)};
  }

  [[nodiscard]] bool ignores_configured_endpoints() const {
    return variables_.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ||
           profile_.find("ignore_configured_endpoint_urls") == "true";
  }

  [[nodiscard]] std::optional<std::string> services_endpoint(const api_names& api) const {
    const auto name = profile_.find("services");
    const auto* const section = name ? files_.services(*name) : nullptr;
    return section == nullptr ? std::nullopt : section->find_member(api.block, "endpoint_url");
  }

  const client_flags& flags_;
  const environment& variables_;
  const profile_files& files_;
  std::string profile_origin_;
  const profile_section& profile_;
};

result<void> require_region_name(const found& region) {
  const bool plain = std::ranges::all_of(region.value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (plain && !region.value.empty()) {
    return {};
  }
  return fatal(fmt::format("\"{}\" (from {}) is not a region; write it as ap-northeast-1",
                           region.value, region.origin));
}

}  // namespace

std::string_view domain_of_region(std::string_view region) {
  // aws-us-gov has the domain of aws.
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

result<client_settings> resolve_client_settings(const client_flags& flags,
                                                const environment& variables,
                                                const profile_files& files) {
  static const profile_section no_profile;
  const auto named = named_profile(flags.profile, variables);
  const auto* profile = files.profile(named.value_or("default"));
  if (profile == nullptr && named) {
    return fail(files.require_profile(*named).error());
  }
  profile = profile == nullptr ? &no_profile : profile;

  const resolver from(flags, variables, files, named.value_or("default"), *profile);
  auto region = from.region();
  if (auto valid = require_region_name(region); !valid) {
    return fail(std::move(valid).error());
  }
  auto tables = from.endpoint(tables_api, region.value);
  if (!tables) {
    return fail(std::move(tables).error());
  }
  auto streams = from.endpoint(streams_api, region.value);
  if (!streams) {
    return fail(std::move(streams).error());
  }
  return client_settings{.region = std::move(region.value),
                         .region_origin = std::move(region.origin),
                         .tables = std::move(*tables),
                         .streams = std::move(*streams),
                         .ca_file = from.ca_file()};
}

}  // namespace ddm::aws
