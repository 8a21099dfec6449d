// Keys that stand somewhere in plain text: the environment or a profile.
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials_source.h"
#include "aws/profile_files.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::aws {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION. Nothing
/// when there are no keys at all; an error when there is half of them.
[[nodiscard]] result<std::optional<credentials>> keys_of_environment(const environment& variables);

/// The profile's keys. After a refusal the files are read again: someone may have put new ones
/// there.
[[nodiscard]] result<std::unique_ptr<credentials_source>> make_profile_keys(
    const std::string& profile_name, const environment& variables, const profile_files& files);

}  // namespace ddm::aws
