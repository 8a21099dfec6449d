// Refusals: whatever a service or a proxy answers, it becomes an error of one of our classes, which
// is short and speaks. The first two bytes are the status.
#include "aws/service_client.h"
#include "base/displayable.h"
#include "fuzz_target.h"

#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  if (input.size() < 2) {
    return;
  }
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  aws::api_response response;
  response.status = (byte(0) << 8 | byte(1)) % 1000;
  input.remove_prefix(2);
  response.body = padded_buffer(input);
  const auto failure = aws::classify_error("GetItem", response);
  require(!failure.message.empty() || !failure.code.empty(), "an error speaks");
  require(failure.describe().size() <= input.size() * 3 + 1000, "an error does not grow");
  const auto shown = displayable(failure.describe());
  require(displayable(shown) == shown, "an error can be shown");
}

}  // namespace ddm::fuzz
