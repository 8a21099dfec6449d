// The role of an EC2 instance, by version 2 of its metadata service (IMDSv2).
//
// Where there is no such service, on a laptop or in a container, the first connection fails or
// hangs: its time-out is a second and there is no second attempt, until it has answered once.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials_source.h"

#include <memory>

namespace ddm::aws {

/// AWS_EC2_METADATA_DISABLED.
[[nodiscard]] bool instance_metadata_disabled(const environment& variables);

/// Address: AWS_EC2_METADATA_SERVICE_ENDPOINT, else by AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE
/// (IPv4, IPv6); both also as settings of the profile. AWS_METADATA_SERVICE_TIMEOUT in seconds.
[[nodiscard]] result<std::unique_ptr<credentials_source>> make_instance_metadata(
    const credential_context& context, const profile_files& files);

}  // namespace ddm::aws
