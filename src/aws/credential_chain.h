// Which credentials are used, in the order of the AWS CLI.
//
// A profile that a flag names comes before the environment's keys, one that AWS_PROFILE names after
// them. Within a profile: role_arn, web identity, SSO, keys of the credentials file,
// credential_process, keys of the config file. What has none of these falls to the container's
// agent and then to the instance's metadata service.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-authentication.html
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials_source.h"
#include "aws/profile_files.h"
#include "base/error.h"

#include <memory>

namespace ddm::aws {

/// Without I/O. Fails when it is plain from the settings that there will be no credentials; the
/// error says where was looked and what to do.
[[nodiscard]] result<std::shared_ptr<credentials_provider>> make_credentials_provider(
    const credential_context& context, const profile_files& files);

}  // namespace ddm::aws
