// What sources of credentials need of the world, and one HTTP exchange as they make it.
//
// Sources are asked every quarter of an hour at most, so each exchange has a client of its own: no
// connection stands idle, and a changed address or certificate is seen.
#pragma once

#include "aws/client_settings.h"
#include "aws/environment.h"
#include "aws/profile_files.h"
#include "net/http_message.h"
#include "runtime/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::aws {

struct credential_context {
  asio::any_io_executor executor;
  clock& time;  ///< outlives every source
  environment variables;
  /// Named by a flag; AWS_PROFILE and the default one are looked up where this is empty.
  std::optional<std::string> profile;
  std::string region;   ///< of STS
  std::string ca_file;  ///< AWS_CA_BUNDLE
};

/// Names the program to every service.
[[nodiscard]] std::string_view user_agent();

/// Percent-encodes all but unreserved characters, as queries and forms want it.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// "/token" under an endpoint that may have a path of its own.
[[nodiscard]] std::string target_under(const endpoint_setting& endpoint, std::string_view path);

/// `request.target` is the path and query; the user agent is added. Errors as http_client::send.
[[nodiscard]] awaitable<result<net::http_response>> exchange_once(const credential_context& context,
                                                                  const endpoint_setting& endpoint,
                                                                  net::http_request request);

/// 429 and 5xx, which another attempt may cure.
[[nodiscard]] error_class class_of_http_status(int status);

}  // namespace ddm::aws
