// Keys and digests for tests of joins.
#pragma once

#include "compare/leftover.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace ddm::compare {

inline digest128 key_of(std::uint64_t number) {
  return {.high = number * 0x9E3779B97F4A7C15, .low = number * 0xBF58476D1CE4E5B9 + 1};
}
inline std::string json_of(std::uint64_t number) {
  return fmt::format(R"({{"pk":{{"N":"{}"}}}})", number);
}
inline dynamodb::item_digest value_of(std::uint64_t value) {
  const digest128 digest{.high = value, .low = value + 7};
  return {.compared = digest, .everything = digest};
}

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "compare-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ddm::compare
