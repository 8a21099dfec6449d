// An ARN that is accepted can be put together again from its parts.
#include "dynamodb/names.h"
#include "fuzz_target.h"

#include <fmt/format.h>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  const auto arn = dynamodb::table_arn::parse(input);
  if (!arn) {
    return;
  }
  const auto stream = arn->stream_label.empty() ? "" : "/stream/" + arn->stream_label;
  require(input == fmt::format("arn:{}:dynamodb:{}:{}:table/{}{}", arn->partition, arn->region,
                               arn->account, arn->table, stream),
          "the parts make the ARN");
}

}  // namespace ddm::fuzz
