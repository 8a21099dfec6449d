// Who somebody is: ids that no host gives twice, and words for people.
#pragma once

#include <string>
#include <string_view>

namespace ddm::remote {

/// 32 hexadecimal digits of the system's randomness.
[[nodiscard]] std::string random_id();

/// "monitor on host a, process 4711".
[[nodiscard]] std::string told_of_this_process(std::string_view doing);

}  // namespace ddm::remote
