#include "aws/client_settings.h"

#include "net/http_headers.h"
#include "runtime/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ddm::aws {
namespace {

/// A setting and who made it.
struct found {
  std::string value;
  std::string origin;
};

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

  /// `given` is a flag's.
  [[nodiscard]] result<endpoint_setting> endpoint(const service_names& service,
                                                  std::string_view region,
                                                  const std::optional<std::string>& given) const {
    auto variant = wanted_variant();
    if (!variant) {
      return fail(std::move(variant).error());
    }
    auto from = given ? found{*given, "the command line"} : configured_endpoint(service);
    if (!from && !is_region(region)) {
      return wrong_usage(
          fmt::format("\"{}\" is no region, such as eu-west-1: the endpoint of the service cannot "
                      "be made of it",
                      region));
    }
    if (!from) {
      from = found{public_endpoint(service, region, *variant), fmt::format("region {}", region)};
    } else if (variant->fips || variant->dual_stack) {
      return wrong_usage(
          fmt::format("the endpoint {} (from {}) cannot be changed by {}; take one of the two away",
                      net::without_secrets(from->value), from->origin,
                      variant->fips ? "use_fips_endpoint (AWS_USE_FIPS_ENDPOINT)"
                                    : "use_dualstack_endpoint (AWS_USE_DUALSTACK_ENDPOINT)"));
    }
    auto url = net::parse_url(from->value);
    if (!url) {
      return fail(std::move(url).error().within(from->origin));
    }
    auto via = proxy_to(*url, variables_);
    if (!via) {
      return fail(std::move(via).error());
    }
    return endpoint_setting{.url = std::move(*url), .origin = from->origin, .via = std::move(*via)};
  }

  /// The modes differ in back-off only, and there is one: AWS's standard.
  [[nodiscard]] result<int> attempts_max() const {
    const auto mode = setting("AWS_RETRY_MODE", "retry_mode");
    if (mode && mode->value != "legacy" && mode->value != "standard" && mode->value != "adaptive") {
      return wrong_usage(
          fmt::format("\"{}\" (from {}) is no retry mode; there are standard, adaptive and "
                      "legacy",
                      mode->value, mode->origin));
    }
    const auto from = setting("AWS_MAX_ATTEMPTS", "max_attempts");
    if (!from) {
      return retry_limits{}.attempts_max;
    }
    int value = 0;
    const auto* const end = from->value.data() + from->value.size();
    const auto [stop, ec] = std::from_chars(from->value.data(), end, value);
    if (ec != std::errc{} || stop != end || value < 1) {
      return wrong_usage(
          fmt::format("\"{}\" (from {}) is no number of attempts; 1 or more is right", from->value,
                      from->origin));
    }
    return value;
  }

  [[nodiscard]] std::string ca_file() const {
    return variables_.find("AWS_CA_BUNDLE")
        .or_else([&] { return profile_.find("ca_bundle"); })
        .value_or("");
  }

 private:
  [[nodiscard]] std::optional<found> configured_endpoint(const service_names& service) const {
    if (ignores_configured_endpoints()) {
      return std::nullopt;
    }
    for (const auto name : {service.variable, std::string_view("AWS_ENDPOINT_URL")}) {
      if (auto value = variables_.find(name)) {
        return found{std::move(*value), std::string(name)};
      }
    }
    if (auto value = services_endpoint(service)) {
      return found{std::move(*value), profile_origin_};
    }
    if (auto value = profile_.find("endpoint_url")) {
      return found{std::move(*value), profile_origin_};
    }
    return std::nullopt;
  }

  /// The variable, else the profile's setting.
  [[nodiscard]] std::optional<found> setting(std::string_view variable,
                                             std::string_view name) const {
    if (auto value = variables_.find(variable)) {
      return found{std::move(*value), std::string(variable)};
    }
    if (auto value = profile_.find(name)) {
      return found{std::move(*value), fmt::format("{} in {}", name, profile_origin_)};
    }
    return std::nullopt;
  }

  [[nodiscard]] result<bool> switched_on(std::string_view variable, std::string_view name) const {
    const auto from = setting(variable, name);
    if (!from || net::equal_ignoring_case(from->value, "false")) {
      return false;
    }
    if (net::equal_ignoring_case(from->value, "true")) {
      return true;
    }
    return wrong_usage(
        fmt::format("\"{}\" (from {}) is neither true nor false", from->value, from->origin));
  }

  [[nodiscard]] result<endpoint_variant> wanted_variant() const {
    const auto fips = switched_on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    const auto dual = switched_on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    if (!fips || !dual) {
      return fail(!fips ? fips.error() : dual.error());
    }
    return endpoint_variant{.fips = *fips, .dual_stack = *dual};
  }

  [[nodiscard]] bool ignores_configured_endpoints() const {
    return variables_.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ||
           profile_.find("ignore_configured_endpoint_urls") == "true";
  }

  [[nodiscard]] std::optional<std::string> services_endpoint(const service_names& service) const {
    const auto name = profile_.find("services");
    const auto* const section = name ? files_.services(*name) : nullptr;
    return section == nullptr ? std::nullopt : section->find_member(service.block, "endpoint_url");
  }

  const client_flags& flags_;
  const environment& variables_;
  const profile_files& files_;
  std::string profile_origin_;
  const profile_section& profile_;
};

result<void> require_region_name(const found& region) {
  if (is_region(region.value)) {
    return {};
  }
  return wrong_usage(fmt::format("\"{}\" (from {}) is not a region; write it as ap-northeast-1",
                                 region.value, region.origin));
}

/// The profile that is meant, an empty one where none is named and none is called default.
result<const profile_section*> chosen_profile(const std::optional<std::string>& named,
                                              const profile_files& files) {
  static const profile_section no_profile;
  const auto* profile = files.profile(named.value_or("default"));
  if (profile == nullptr && named) {
    return fail(files.require_profile(*named).error());
  }
  return profile == nullptr ? &no_profile : profile;
}

}  // namespace

result<std::optional<net::proxy>> proxy_to(const net::url& endpoint, const environment& variables) {
  // In lower or in upper case, as with every other tool that heeds them.
  const auto either = [&](std::string_view lower, std::string_view upper) {
    return variables.find(lower).or_else([&] { return variables.find(upper); });
  };
  const auto text = either("https_proxy", "HTTPS_PROXY");
  const auto exempt = either("no_proxy", "NO_PROXY").value_or("");
  if (!text || !endpoint.tls || net::is_exempt(endpoint, exempt)) {
    return std::nullopt;
  }
  auto parsed = net::parse_proxy(*text);
  if (!parsed) {
    return fail(std::move(parsed).error().within("HTTPS_PROXY"));
  }
  return std::move(*parsed);
}

result<client_settings> resolve_client_settings(const client_flags& flags,
                                                const environment& variables,
                                                const profile_files& files) {
  const auto named = named_profile(flags.profile, variables);
  const auto profile = chosen_profile(named, files);
  if (!profile) {
    return fail(profile.error());
  }
  const resolver from(flags, variables, files, named.value_or("default"), **profile);
  auto region = from.region();
  if (auto valid = require_region_name(region); !valid) {
    return fail(std::move(valid).error());
  }
  auto tables = from.endpoint(dynamodb_names, region.value, flags.endpoint);
  auto streams = from.endpoint(streams_names, region.value, flags.endpoint);
  auto attempts = from.attempts_max();
  for (const auto* const fault :
       {tables ? nullptr : &tables.error(), streams ? nullptr : &streams.error(),
        attempts ? nullptr : &attempts.error()}) {
    if (fault != nullptr) {
      return fail(*fault);
    }
  }
  return client_settings{.region = std::move(region.value),
                         .region_origin = std::move(region.origin),
                         .tables = std::move(*tables),
                         .streams = std::move(*streams),
                         .ca_file = from.ca_file(),
                         .attempts_max = *attempts};
}

result<endpoint_setting> resolve_endpoint(const service_names& service, std::string_view region,
                                          const std::optional<std::string>& profile,
                                          const environment& variables, const profile_files& files,
                                          const std::optional<std::string>& given) {
  const auto named = named_profile(profile, variables);
  const auto section = chosen_profile(named, files);
  if (!section) {
    return fail(section.error());
  }
  const client_flags no_flags;
  const resolver from(no_flags, variables, files, named.value_or("default"), **section);
  return from.endpoint(service, region, given);
}

}  // namespace ddm::aws
