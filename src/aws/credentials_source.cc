#include "aws/credentials_source.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::aws {

static_credentials::static_credentials(credentials always, std::string origin)
    : always_(std::make_shared<const credentials>(std::move(always))), origin_(std::move(origin)) {}

awaitable<result<shared_credentials>> static_credentials::get() { co_return always_; }

std::string describe_lifetime(const credentials& present, const credentials_provider& of) {
  if (present.expires) {
    return fmt::format("ends {}, {}", format_rfc3339(*present.expires), of.renewal());
  }
  return present.session_token.empty()
             ? "no known end"
             : "temporary: ends at a time not known here, then " + of.renewal();
}

}  // namespace ddm::aws
