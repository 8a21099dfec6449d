#include "aws/credentials.h"

#include <utility>

namespace ddm::aws {

static_credentials::static_credentials(credentials always, std::string origin)
    : always_(std::make_shared<const credentials>(std::move(always))), origin_(std::move(origin)) {}

awaitable<result<shared_credentials>> static_credentials::get() { co_return always_; }

}  // namespace ddm::aws
