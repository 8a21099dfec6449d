#include "aws/credential_context.h"

#include "net/http_client.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::aws {
namespace {

/// A token of an identity provider may have some kilobytes.
constexpr std::size_t answer_bytes_max = std::size_t{256} << 10;

}  // namespace

std::string_view user_agent() { return "dynamodb-migration-monitor/" DDM_VERSION; }

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += static_cast<char>(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", c);
    }
  }
  return out;
}

std::string target_under(const endpoint_setting& endpoint, std::string_view path) {
  std::string_view base = endpoint.url.path;
  base.remove_suffix(base.ends_with('/') ? 1 : 0);
  return fmt::format("{}{}", base, path);
}

awaitable<result<net::http_response>> exchange_once(const credential_context& context,
                                                    const endpoint_setting& endpoint,
                                                    net::http_request request) {
  const auto http = net::http_client::create(
      context.executor, endpoint.url,
      {.connections_max = 1, .ca_file = context.ca_file, .via = endpoint.via});
  if (!http) {
    co_return fail(http.error());
  }
  request.headers.add("user-agent", user_agent());
  request.answer_bytes_max = answer_bytes_max;
  co_return co_await (*http)->send(std::move(request));
}

error_class class_of_http_status(int status) {
  if (status == 429) {
    return error_class::throttled;
  }
  return status >= 500 || status == 408 ? error_class::retry : error_class::refresh_credentials;
}

}  // namespace ddm::aws
