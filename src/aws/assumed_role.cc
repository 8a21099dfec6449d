#include "aws/assumed_role.h"

#include "aws/text_file.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::aws {
namespace {

class assumed_role final : public credentials_source {
 public:
  assumed_role(sts_client sts, role_request role, std::shared_ptr<credentials_provider> by,
               std::string origin)
      : sts_(std::move(sts)),
        role_(std::move(role)),
        by_(std::move(by)),
        origin_(std::move(origin)) {}

  awaitable<result<credentials>> fetch() override {
    const auto by = co_await by_->get();
    if (!by) {
      co_return fail(error(by.error()).within(describe()));
    }
    by_keys_that_last_ = !(*by)->expires && (*by)->session_token.empty();
    auto made = co_await sts_.assume_role(role_, *by);
    if (made) {
      co_return made;
    }
    auto failure = std::move(made).error();
    if (failure.kind == error_class::refresh_credentials) {
      by_->renew(*by);
    }
    if (failure.kind == error_class::access_denied) {
      failure.message += fmt::format(
          "; the role's trust policy and the policy of {} must both allow sts:AssumeRole",
          by_->describe());
    }
    co_return fail(std::move(failure).within(describe()));
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{}, role {} by {}", origin_, role_.role_arn, by_->describe());
  }
  [[nodiscard]] std::string renewal() const override {
    if (by_keys_that_last_) {
      return credentials_source::renewal();
    }
    return by_->renews_itself() ? by_->renewal()
                                : "renewed unattended until the keys that assume it end";
  }

 private:
  sts_client sts_;
  role_request role_;
  std::shared_ptr<credentials_provider> by_;
  std::string origin_;
  bool by_keys_that_last_ = false;
};

class web_identity final : public credentials_source {
 public:
  web_identity(sts_client sts, role_request role, std::string token_file, std::string origin)
      : sts_(std::move(sts)),
        role_(std::move(role)),
        token_file_(std::move(token_file)),
        origin_(std::move(origin)) {}

  awaitable<result<credentials>> fetch() override {
    auto token = read_text_file(token_file_);
    if (!token) {
      co_return fail(std::move(token).error().within(describe()));
    }
    auto made = co_await sts_.assume_role_with_web_identity(role_, secret(std::move(*token)));
    if (!made) {
      co_return fail(std::move(made).error().within(describe()));
    }
    co_return made;
  }

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{}, role {} by the token in {}", origin_, role_.role_arn, token_file_);
  }

 private:
  sts_client sts_;
  role_request role_;
  std::string token_file_;
  std::string origin_;
};

}  // namespace

std::unique_ptr<credentials_source> make_assumed_role(sts_client sts, role_request role,
                                                      std::shared_ptr<credentials_provider> by,
                                                      std::string origin) {
  return std::make_unique<assumed_role>(std::move(sts), std::move(role), std::move(by),
                                        std::move(origin));
}

std::unique_ptr<credentials_source> make_web_identity(sts_client sts, role_request role,
                                                      std::string token_file, std::string origin) {
  return std::make_unique<web_identity>(std::move(sts), std::move(role), std::move(token_file),
                                        std::move(origin));
}

}  // namespace ddm::aws
