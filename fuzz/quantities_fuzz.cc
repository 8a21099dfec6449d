// A duration, size or time that is accepted is written back as text that means the same.
#include "base/time.h"
#include "base/units.h"
#include "fuzz_target.h"

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  if (const auto duration = parse_duration(input)) {
    require(*duration >= std::chrono::milliseconds{0}, "no duration is negative");
    require(parse_duration(format_duration(*duration)) == *duration, "a duration comes back");
    require(!spoken_duration(*duration).empty(), "a duration can be spoken");
  } else {
    require(!duration.error().empty(), "a refusal says why");
  }
  if (const auto size = parse_size(input)) {
    require(!format_size(*size).empty() && !grouped(*size).empty(), "a size can be shown");
  } else {
    require(!size.error().empty(), "a refusal says why");
  }
  if (const auto time = parse_rfc3339(input)) {
    require(parse_rfc3339(format_rfc3339(*time)) == *time, "a time comes back");
  }
}

}  // namespace ddm::fuzz
