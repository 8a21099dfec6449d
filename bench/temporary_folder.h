// A folder for the files of one run, gone with it.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace ddm::bench {

class temporary_folder {
 public:
  /// `name`: "growth-bench".
  explicit temporary_folder(std::string_view name, const std::filesystem::path& within =
                                                       std::filesystem::temp_directory_path())
      : path_((within / name).string() + "-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::runtime_error("no folder can be made in " + within.string());
    }
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ddm::bench
