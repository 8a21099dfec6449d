#include "remote/random_id.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <unistd.h>

namespace ddm::remote {

std::string random_id() {
  constexpr int words = 4;
  std::random_device random;
  std::string id;
  for (int i = 0; i < words; ++i) {
    id += fmt::format("{:08x}", random());
  }
  return id;
}

std::string told_of_this_process(std::string_view doing) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    host.front() = '\0';
  }
  return fmt::format("{} on host {}, process {}", doing, host.data(), ::getpid());
}

}  // namespace ddm::remote
