#include "remote/file_source.h"

#include "base/read_at.h"
#include "state/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::remote {
namespace {

std::unexpected<error> unreadable(const std::string& path, int reason) {
  return fatal(fmt::format("cannot read {}: {}", path,
                           reason == 0 ? "it is shorter than it was" : std::strerror(reason)));
}

class open_file {
 public:
  explicit open_file(const std::string& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  /// Block `number` of a file of `whole` bytes.
  [[nodiscard]] result<std::string> block(std::size_t number, std::uint64_t whole) const {
    const auto from = std::uint64_t{number} * block_bytes_max;
    std::string bytes(std::min<std::uint64_t>(block_bytes_max, whole - from), '\0');
    const auto read = read_at(descriptor_, bytes, from);
    if (read != bytes.size()) {
      return unreadable(path_, read ? 0 : errno);
    }
    return bytes;
  }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace

file_source::file_source(file_source_settings settings, worker_pool& pool)
    : settings_(std::move(settings)), pool_(pool) {}

file_source::~file_source() { state::remove_picture(settings_.picture_path); }

awaitable<result<std::vector<copied_file>>> file_source::take() {
  return pool_.run([this] { return take_now(); });
}

awaitable<result<std::vector<sealed_block>>> file_source::sealed(
    std::size_t file_number, std::vector<std::size_t> block_numbers) {
  return pool_.run([this, file_number, numbers = std::move(block_numbers)] {
    return seal_now(file_number, numbers);
  });
}

result<std::vector<copied_file>> file_source::take_now() {
  if (auto taken = state::take_picture(settings_.state_path, settings_.picture_path); !taken) {
    return fail(std::move(taken.error()));
  }
  std::error_code unknown;
  paths_ = {{.name = std::string(database_name),
             .path = settings_.picture_path,
             .bytes = std::filesystem::file_size(settings_.picture_path, unknown)}};
  if (unknown) {
    return unreadable(settings_.picture_path, unknown.value());
  }
  auto beside = settings_.beside(settings_.picture_path);
  if (!beside) {
    return fail(std::move(beside.error()));
  }
  std::ranges::move(*beside, std::back_inserter(paths_));
  files_.clear();
  for (const auto& each : paths_) {
    copied_file file{.name = each.name, .bytes = each.bytes, .blocks = {}};
    const open_file in(each.path);
    for (std::size_t i = 0; std::uint64_t{i} * block_bytes_max < each.bytes; ++i) {
      const auto bytes = in.block(i, each.bytes);
      if (!bytes) {
        return fail(bytes.error());
      }
      file.blocks.push_back(name_of(*bytes));
    }
    files_.push_back(std::move(file));
  }
  return files_;
}

result<std::vector<sealed_block>> file_source::seal_now(
    std::size_t file_number, const std::vector<std::size_t>& block_numbers) const {
  const auto& path = paths_[file_number].path;
  const auto& file = files_[file_number];
  const open_file in(path);
  std::vector<sealed_block> blocks;
  for (const auto number : block_numbers) {
    const auto bytes = in.block(number, file.bytes);
    if (!bytes) {
      return fail(bytes.error());
    }
    if (name_of(*bytes) != file.blocks[number]) {
      return fail(error_class::retry, fmt::format("{} was written anew while it was copied", path));
    }
    blocks.push_back({.name = file.blocks[number], .bytes = seal(*bytes)});
  }
  return blocks;
}

}  // namespace ddm::remote
