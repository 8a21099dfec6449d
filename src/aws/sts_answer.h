// The XML in which STS answers. Pure: bytes in, values or an error out.
#pragma once

#include "aws/credentials.h"
#include "base/error.h"

#include <string>
#include <string_view>

namespace ddm::aws {

struct caller_identity {
  std::string account;
  std::string arn;
  std::string user_id;
};

/// Of AssumeRole and AssumeRoleWithWebIdentity; the account is that of the role. Errors are
/// `retry`: an answer that is damaged or not from STS. No message quotes the answer.
[[nodiscard]] result<credentials> read_assumed_role(std::string_view xml,
                                                    std::string_view operation);
[[nodiscard]] result<caller_identity> read_caller_identity(std::string_view xml);

/// What an error answer asks the caller to do, with AWS's code, text and request id.
[[nodiscard]] error read_sts_error(std::string_view xml, int status);

}  // namespace ddm::aws
