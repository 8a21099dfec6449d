// The login of `aws sso login`, in the file where the AWS CLI keeps it, renewed as the CLI does.
//
// Problem: the token lives for an hour or eight, three profiles may share one, and so does the CLI;
// a refresh token is good for one use, so two who renew at once would log each other out.
// Idea: the file is the truth and is read each time. Who renews holds a lock file beside it, reads
// again, and puts the new token where the CLI will find it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
#pragma once

#include "aws/credential_context.h"
#include "base/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace ddm::aws {

/// ~/.aws/sso/cache/<SHA-1 of the session's name, or of the start URL in the older form>.json.
struct sso_login {
  std::string profile;  ///< for whom to log in again; "default" is not named in commands
  std::string session;  ///< empty in the older form, whose tokens cannot be renewed
  std::string start_url;
  std::string region;
};

/// What the file says; times that cannot be read count as absent.
struct sso_token {
  secret access_token;
  std::optional<wall_time> expires;
  secret refresh_token;
  std::string client_id;
  secret client_secret;
  std::optional<wall_time> registration_expires;
};

/// Nothing when it is no token.
[[nodiscard]] std::optional<sso_token> read_sso_token(std::string_view json);

[[nodiscard]] std::string sso_cache_file(const sso_login& login, const environment& variables);

/// "log in again: aws sso login --profile x".
[[nodiscard]] std::string login_advice(const sso_login& login);

/// A token that is good now, renewed if it was near its end. `oidc` is where it is renewed. Errors
/// are `retry` and `refresh_credentials`; the latter carry login_advice.
[[nodiscard]] awaitable<result<secret>> usable_sso_token(const credential_context& context,
                                                         const sso_login& login,
                                                         const endpoint_setting& oidc);

}  // namespace ddm::aws
