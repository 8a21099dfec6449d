// role_arn: credentials of a role, by other credentials (AssumeRole) or by a token in a file that
// someone else keeps fresh (AssumeRoleWithWebIdentity; Kubernetes writes such files).
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
#pragma once

#include "aws/credentials_source.h"
#include "aws/sts_client.h"

#include <memory>
#include <string>

namespace ddm::aws {

/// The RoleSessionName where none is configured: what CloudTrail shows.
inline constexpr std::string_view usual_session_name = "dynamodb-migration-monitor";

/// `origin` names the profile or the variables: "profile x".
[[nodiscard]] std::unique_ptr<credentials_source> make_assumed_role(
    sts_client sts, role_request role, std::shared_ptr<credentials_provider> by,
    std::string origin);

[[nodiscard]] std::unique_ptr<credentials_source> make_web_identity(sts_client sts,
                                                                    role_request role,
                                                                    std::string token_file,
                                                                    std::string origin);

}  // namespace ddm::aws
