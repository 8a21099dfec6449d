// sso_session, or sso_start_url in the older form: credentials of a role in an account, by a login.
#pragma once

#include "aws/credential_context.h"
#include "aws/credentials_source.h"

#include <memory>
#include <string>

namespace ddm::aws {

/// The profile has sso_account_id or sso_role_name.
[[nodiscard]] bool has_sso(const profile_section& profile);

/// Errors name the settings that are missing.
[[nodiscard]] result<std::unique_ptr<credentials_source>> make_sso_credentials(
    const credential_context& context, const profile_files& files, const std::string& profile_name,
    const profile_section& profile);

}  // namespace ddm::aws
