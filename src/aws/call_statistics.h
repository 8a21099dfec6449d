// What a client has asked of a service, and what became of it. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace ddm::aws {

struct call_statistics {
  std::uint64_t calls = 0;      ///< attempts sent
  std::uint64_t retries = 0;    ///< attempts after a first one
  std::uint64_t throttled = 0;  ///< answers of class throttled
};
using operation_statistics = std::map<std::string, call_statistics, std::less<>>;

}  // namespace ddm::aws
