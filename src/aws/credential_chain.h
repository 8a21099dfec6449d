// Which credentials are used: the profile that was named, else the environment's, else the profile
// of AWS_PROFILE, else the default one.
#pragma once

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/profile_files.h"
#include "base/error.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::aws {

/// `profile` was named by a flag. Fails when it is plain from the start that there will be no
/// credentials; the error says where was looked and what to do.
[[nodiscard]] result<std::shared_ptr<credentials_provider>> make_credentials_provider(
    const std::optional<std::string>& profile, const environment& variables,
    const profile_files& files);

}  // namespace ddm::aws
