// The three calls of STS that this program makes.
//
// One attempt each: whoever asks for credentials repeats (refreshing_credentials), and so does the
// one who asks who we are. Errors name the action, the role and the region.
// https://docs.aws.amazon.com/STS/latest/APIReference/
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials.h"
#include "aws/sts_answer.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddm::aws {

struct role_request {
  std::string role_arn;
  std::string session_name;
  std::string external_id;              ///< of AssumeRole; may be empty
  std::optional<int> duration_seconds;  ///< nothing: what STS deems usual, an hour
};

class sts_client {
 public:
  /// At the region's own endpoint, or where AWS_ENDPOINT_URL_STS and its like point.
  [[nodiscard]] static result<sts_client> create(const credential_context& context,
                                                 const profile_files& files);

  [[nodiscard]] awaitable<result<credentials>> assume_role(role_request role,
                                                           shared_credentials by) const;
  [[nodiscard]] awaitable<result<credentials>> assume_role_with_web_identity(role_request role,
                                                                             secret token) const;
  [[nodiscard]] awaitable<result<caller_identity>> get_caller_identity(shared_credentials by) const;

 private:
  using parameters = std::vector<std::pair<std::string_view, std::string>>;

  sts_client(credential_context context, endpoint_setting endpoint)
      : context_(std::move(context)), endpoint_(std::move(endpoint)) {}
  static parameters parameters_of(const role_request& role);
  /// `by` null: unsigned. The answer's XML.
  [[nodiscard]] awaitable<result<std::string>> call(std::string_view operation, parameters given,
                                                    shared_credentials by) const;

  credential_context context_;
  endpoint_setting endpoint_;
};

}  // namespace ddm::aws
