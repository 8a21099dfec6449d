// Who we are to AWS, as a plain value. Where it comes from: aws/credentials_source.
#pragma once

#include "base/secret.h"
#include "base/time.h"

#include <memory>
#include <optional>
#include <string>

namespace ddm::aws {

struct credentials {
  std::string access_key_id;
  secret secret_access_key;
  secret session_token;              ///< empty for long-lived keys
  std::optional<wall_time> expires;  ///< nothing: not known to end
  std::string account_id;            ///< empty where the source does not tell
};

using shared_credentials = std::shared_ptr<const credentials>;

}  // namespace ddm::aws
