#include "aws/sso_token.h"

#include "aws/credential_json.h"
#include "aws/sso_answer.h"
#include "aws/text_file.h"
#include "base/foreign_json.h"
#include "base/log.h"
#include "base/private_file.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace ddm::aws {
namespace {

/// As the AWS CLI does.
constexpr milliseconds renew_before = std::chrono::minutes{15};
constexpr milliseconds patience{5000};
constexpr milliseconds lock_pause{200};  // another process tells nobody that it has let go
constexpr int lock_attempts_max = 50;

/// Held by whoever renews the token; the kernel frees it with the process.
class lock_file {
 public:
  explicit lock_file(const std::string& path) : descriptor_(open_private(path, O_RDWR | O_CREAT)) {}
  lock_file(const lock_file&) = delete;
  lock_file& operator=(const lock_file&) = delete;
  ~lock_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  [[nodiscard]] bool opened() const { return descriptor_ >= 0; }
  [[nodiscard]] bool try_lock() const { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

 private:
  int descriptor_;
};

std::optional<wall_time> time_member(const nlohmann::json& object, std::string_view name) {
  auto text = string_member(object, name).value_or("");
  // Older releases of the AWS CLI wrote "2020-06-03T12:34:56UTC".
  if (text.ends_with("UTC")) {
    text.replace(text.size() - 3, 3, "Z");
  }
  return parse_rfc3339(text);
}

bool can_be_renewed(const sso_token& token, wall_time now) {
  return !token.refresh_token.empty() && !token.client_id.empty() && !token.client_secret.empty() &&
         token.registration_expires && now < *token.registration_expires;
}

std::unexpected<error> logged_out(const sso_login& login, std::string_view why) {
  return fail(error_class::refresh_credentials, fmt::format("{}; {}", why, login_advice(login)));
}

result<sso_token> read_cache(const std::string& path, const sso_login& login) {
  auto text = read_text_file(path);
  if (!text) {
    return logged_out(
        login, fmt::format("there is no login for {} ({})", login.start_url, text.error().message));
  }
  auto token = read_sso_token(*text);
  wipe(*text);
  if (!token) {
    return logged_out(login, fmt::format("{} holds no login", path));
  }
  return std::move(*token);
}

std::string cache_text(const sso_login& login, const sso_token& token) {
  nlohmann::json object{{"startUrl", login.start_url},
                        {"region", login.region},
                        {"accessToken", token.access_token.reveal()},
                        {"expiresAt", format_rfc3339(*token.expires)},
                        {"clientId", token.client_id},
                        {"clientSecret", token.client_secret.reveal()},
                        {"registrationExpiresAt", format_rfc3339(*token.registration_expires)}};
  if (!token.refresh_token.empty()) {
    object["refreshToken"] = token.refresh_token.reveal();
  }
  return json_text(object);
}

awaitable<result<sso_token>> create_token(const credential_context& context,
                                          const endpoint_setting& oidc, sso_token old) {
  const nlohmann::json asked{{"clientId", old.client_id},
                             {"clientSecret", old.client_secret.reveal()},
                             {"grantType", "refresh_token"},
                             {"refreshToken", old.refresh_token.reveal()}};
  net::http_request request{
      .method = "POST", .target = target_under(oidc, "/token"), .timeout = patience};
  request.headers.add("content-type", "application/json");
  request.body = json_text(asked);
  auto answer = co_await exchange_once(context, oidc, std::move(request));
  if (!answer) {
    co_return fail(std::move(answer).error());
  }
  if (answer->status != 200) {
    const auto object = parse_object(answer->body.view());
    const auto code = object ? string_member(*object, "error").value_or("") : "";
    co_return fail(
        {.kind = class_of_http_status(answer->status),
         .code = code,
         .message = fmt::format("{} answered HTTP status {}", oidc.url.authority(), answer->status),
         .request_id = std::string(answer->headers.find("x-amzn-requestid").value_or("")),
         .http_status = answer->status});
  }
  auto made = read_created_token(answer->body.view());
  if (!made) {
    co_return fail({.kind = error_class::retry,
                    .code = "BadAnswer",
                    .message = fmt::format("{} gave no token", oidc.url.authority())});
  }
  old.access_token = std::move(made->access_token);
  old.expires = std::chrono::floor<std::chrono::seconds>(context.time.now()) + made->lifetime;
  old.refresh_token = std::move(made->refresh_token);
  co_return old;
}

/// Under the lock: someone else may have renewed it meanwhile.
awaitable<result<sso_token>> renew(const credential_context& context, const sso_login& login,
                                   const endpoint_setting& oidc, std::string path) {
  const lock_file lock(path + ".lock");
  if (!lock.opened()) {
    co_return logged_out(login,
                         fmt::format("the login cannot be renewed: {} is not writable", path));
  }
  for (int attempt = 1; !lock.try_lock(); ++attempt) {
    if (attempt == lock_attempts_max) {
      co_return fail(error_class::retry,
                     fmt::format("another process has held {}.lock for ten seconds", path));
    }
    co_await context.time.sleep_for(lock_pause);
  }
  auto present = read_cache(path, login);
  const auto now = context.time.now();
  if (!present || (present->expires && now < *present->expires - renew_before)) {
    co_return present;
  }
  if (!can_be_renewed(*present, now)) {
    co_return logged_out(login, fmt::format("the login in {} can no longer be renewed", path));
  }
  auto made = co_await create_token(context, oidc, std::move(*present));
  if (!made) {
    auto failure = std::move(made).error().within("the login could not be renewed");
    if (!is_retryable(failure.kind)) {
      failure.message += fmt::format("; {}", login_advice(login));
    }
    co_return fail(std::move(failure));
  }
  const secret text(cache_text(login, *made));
  if (auto kept = replace_private_file(path, text.reveal()); !kept) {
    log::event(log::level::warning, "sso_token_not_kept", kept.error().message);
  }
  co_return made;
}

}  // namespace

std::optional<sso_token> read_sso_token(std::string_view json) {
  const auto object = parse_object(json);
  const auto text = object ? string_member(*object, "accessToken") : std::nullopt;
  if (!text) {
    return std::nullopt;
  }
  return sso_token{.access_token = secret(*text),
                   .expires = time_member(*object, "expiresAt"),
                   .refresh_token = secret(string_member(*object, "refreshToken").value_or("")),
                   .client_id = string_member(*object, "clientId").value_or(""),
                   .client_secret = secret(string_member(*object, "clientSecret").value_or("")),
                   .registration_expires = time_member(*object, "registrationExpiresAt")};
}

std::string sso_cache_file(const sso_login& login, const environment& variables) {
  const auto& name = login.session.empty() ? login.start_url : login.session;
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  ::SHA1(reinterpret_cast<const unsigned char*>(name.data()), name.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  std::string hex;
  for (const unsigned char byte : digest) {
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  }
  return fmt::format("{}/.aws/sso/cache/{}.json", variables.find("HOME").value_or(""), hex);
}

std::string login_advice(const sso_login& login) {
  return login.profile == "default"
             ? std::string("log in again: aws sso login")
             : fmt::format("log in again: aws sso login --profile {}", login.profile);
}

awaitable<result<secret>> usable_sso_token(const credential_context& context,
                                           const sso_login& login, const endpoint_setting& oidc) {
  const auto path = sso_cache_file(login, context.variables);
  auto present = read_cache(path, login);
  if (!present) {
    co_return fail(std::move(present).error());
  }
  const auto now = context.time.now();
  const auto left = present->expires ? *present->expires - now : milliseconds{0};
  if (left > renew_before || (left > milliseconds{0} && login.session.empty())) {
    co_return std::move(present->access_token);
  }
  if (login.session.empty()) {
    co_return logged_out(login, fmt::format("the login for {} has ended", login.start_url));
  }
  if (left > milliseconds{0} && !can_be_renewed(*present, now)) {
    co_return std::move(present->access_token);
  }
  auto made = co_await renew(context, login, oidc, path);
  if (made) {
    co_return std::move(made->access_token);
  }
  if (left > milliseconds{0}) {
    log::event(log::level::warning, "sso_token_not_renewed", made.error().describe());
    co_return std::move(present->access_token);
  }
  co_return fail(std::move(made).error());
}

}  // namespace ddm::aws
