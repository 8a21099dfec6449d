// The agent beside a container: ECS tasks, EKS pod identity, and what imitates them.
//
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is a path at the ECS agent, _FULL_URI a whole address. The
// token that goes with it comes from a file, read anew each time as it is rotated, or a variable.
// It is sent over http only to this machine and to the two agents' own addresses.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials_source.h"

#include <memory>

namespace ddm::aws {

[[nodiscard]] bool has_container_credentials(const environment& variables);

/// Fails when the address is none, or one that the token must not be sent to.
[[nodiscard]] result<std::unique_ptr<credentials_source>> make_container_credentials(
    const credential_context& context);

}  // namespace ddm::aws
