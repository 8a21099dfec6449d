#include "compare/leftover_file.h"

#include "base/draft_file.h"
#include "base/private_file.h"
#include "base/read_at.h"
#include "base/write_all.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::compare {
namespace {

/// Before each block. The file is read by the machine that wrote it: its byte order is its own.
struct block_header {
  std::uint64_t checksum = 0;
  std::uint64_t bytes = 0;
};

/// Before each key text.
struct record_header {
  digest128 key;
  digest128 compared;
  std::uint64_t everything = 0;
  leftover_origin from;
  std::uint16_t key_json_bytes = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 5> reserved{};
};
static_assert(sizeof(record_header) == 56, "no byte of it may be left to chance");

constexpr std::uint8_t in_source_flag = 1;
constexpr std::uint8_t in_target_flag = 2;
constexpr std::uint8_t disputed_flag = 4;

std::unexpected<error> system_failure(const std::string& path, std::string_view action) {
  return fatal(
      fmt::format("cannot {} {}, which holds what a comparison has not settled: {}; make "
                  "room there, or put the state elsewhere with --state",
                  action, path, why_not_opened(errno)));
}

std::unexpected<error> damaged(const std::string& path) {
  return fatal(fmt::format(
      "{} is damaged or not of this state: begin the comparison anew with --fresh", path));
}

std::uint64_t checksum_of(std::string_view block, std::uint64_t mark) {
  return XXH3_64bits_withSeed(block.data(), block.size(), mark);
}

/// False at an error or the end of the file before `bytes` were read.
bool read_all(int file, char* into, std::uint64_t bytes, std::uint64_t at) {
  return read_at(file, {into, bytes}, at) == bytes;
}

bool read_block(std::string_view block, const leftover_file::reader& on_leftover) {
  while (!block.empty()) {
    record_header head;
    if (block.size() < sizeof head) {
      return false;
    }
    std::memcpy(&head, block.data(), sizeof head);
    block.remove_prefix(sizeof head);
    if (block.size() < head.key_json_bytes) {
      return false;
    }
    on_leftover({.key = head.key,
                 .compared = head.compared,
                 .everything = head.everything,
                 .in_source = (head.flags & in_source_flag) != 0,
                 .in_target = (head.flags & in_target_flag) != 0,
                 .disputed = (head.flags & disputed_flag) != 0,
                 .key_json = std::string(block.substr(0, head.key_json_bytes))},
                head.from);
    block.remove_prefix(head.key_json_bytes);
  }
  return true;
}

}  // namespace

void append_leftover(const leftover& entry, leftover_origin from, std::string& block) {
  const record_header head{
      .key = entry.key,
      .compared = entry.compared,
      .everything = entry.everything,
      .from = from,
      .key_json_bytes = static_cast<std::uint16_t>(entry.key_json.size()),
      .flags = static_cast<std::uint8_t>((entry.in_source ? in_source_flag : 0) |
                                         (entry.in_target ? in_target_flag : 0) |
                                         (entry.disputed ? disputed_flag : 0))};
  block.append(reinterpret_cast<const char*>(&head), sizeof head);
  block.append(entry.key_json);
}

result<leftover_file> leftover_file::open(std::string path, std::uint64_t committed_bytes,
                                          std::uint64_t mark) {
  const int descriptor = open_private(path, O_RDWR | O_CREAT | O_APPEND);
  if (descriptor < 0) {
    return system_failure(path, "open");
  }
  leftover_file file(std::move(path), descriptor, committed_bytes, mark);
  struct stat facts{};
  if (::fstat(descriptor, &facts) != 0) {
    return system_failure(file.path_, "open");
  }
  if (static_cast<std::uint64_t>(facts.st_size) < committed_bytes) {
    return damaged(file.path_);
  }
  if (::ftruncate(descriptor, static_cast<off_t>(committed_bytes)) != 0) {
    return system_failure(file.path_, "cut");
  }
  return file;
}

bool leftover_file::holds(const std::string& path, std::uint64_t committed_bytes,
                          std::uint64_t mark) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) {
    return committed_bytes == 0;
  }
  const leftover_file file(path, descriptor, committed_bytes, mark);
  std::string first;
  for (std::uint64_t at = 0; at < committed_bytes;) {
    block_header head;
    const auto left = committed_bytes - at;
    if (left < sizeof head ||
        !read_all(descriptor, reinterpret_cast<char*>(&head), sizeof head, at) ||
        head.bytes > left - sizeof head) {
      return false;
    }
    at += sizeof head;
    if (first.empty()) {
      first.resize(head.bytes);
      if (!read_all(descriptor, first.data(), head.bytes, at) ||
          checksum_of(first, mark) != head.checksum) {
        return false;
      }
    }
    at += head.bytes;
  }
  struct stat facts{};
  return ::fstat(descriptor, &facts) == 0 &&
         static_cast<std::uint64_t>(facts.st_size) >= committed_bytes;
}

void remove_strays(const std::string& path, bool comparison_goes_on) {
  if (!comparison_goes_on) {
    std::error_code ignored;  // what cannot be removed costs room, and nothing else
    std::filesystem::remove(path, ignored);
  }
  remove_drafts(path);
}

result<leftover_file> leftover_file::open_nameless(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  if (const int file = ::open(folder.empty() ? "." : folder.c_str(),
                              O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
      file >= 0) {
    return leftover_file(path, file, 0, 0);
  }
  // A filesystem without files that have no name; a kill at the next line leaves an empty one.
  const auto draft = make_draft(path);
  if (draft.descriptor < 0) {
    return system_failure(draft.path, "create");
  }
  ::unlink(draft.path.c_str());
  return leftover_file(draft.path, draft.descriptor, 0, 0);
}

result<leftover_file> leftover_file::open_draft(const std::string& path, std::uint64_t mark) {
  auto draft = make_draft(path);
  if (draft.descriptor < 0) {
    return system_failure(draft.path, "create");
  }
  return leftover_file(std::move(draft.path), draft.descriptor, 0, mark);
}

result<leftover_file> leftover_file::open_part(std::string path, std::uint64_t bytes,
                                               std::uint64_t mark) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) {
    return system_failure(path, "open");
  }
  return leftover_file(std::move(path), descriptor, bytes, mark);
}

result<leftover_file> leftover_file::open_finished(std::string path, std::uint64_t mark) {
  auto opened = open_part(std::move(path), 0, mark);
  if (!opened) {
    return opened;
  }
  auto& file = *opened;
  struct stat facts{};
  if (::fstat(file.file_, &facts) != 0) {
    return system_failure(file.path_, "open");
  }
  const auto bytes = static_cast<std::uint64_t>(facts.st_size);
  block_header last;
  if (bytes < sizeof last ||
      !read_all(file.file_, reinterpret_cast<char*>(&last), sizeof last, bytes - sizeof last) ||
      last.bytes != 0 || last.checksum != checksum_of({}, mark)) {
    return fatal(fmt::format(
        "{} is not whole, or is of another comparison: begin anew with --prepare --fresh",
        file.path_));
  }
  file.bytes_ = bytes - sizeof last;
  return opened;
}

result<void> leftover_file::finish_as(const std::string& path) {
  const block_header last{.checksum = checksum_of({}, mark_), .bytes = 0};
  if (!write_all(file_, {reinterpret_cast<const char*>(&last), sizeof last})) {
    return system_failure(path_, "write to");
  }
  if (auto synced = sync(); !synced) {
    return synced;
  }
  if (::rename(path_.c_str(), path.c_str()) != 0) {
    return system_failure(path, "create");
  }
  path_ = path;
  return sync_folder_of(path) ? result<void>() : system_failure(path, "create");
}

leftover_file::leftover_file(leftover_file&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(std::exchange(other.bytes_, 0)),
      mark_(other.mark_) {}

leftover_file& leftover_file::operator=(leftover_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(bytes_, other.bytes_);
  std::swap(mark_, other.mark_);
  return *this;
}

leftover_file::~leftover_file() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

result<void> leftover_file::append(std::string_view block) {
  if (block.empty()) {
    return {};
  }
  const block_header head{.checksum = checksum_of(block, mark_), .bytes = block.size()};
  const std::string_view head_bytes(reinterpret_cast<const char*>(&head), sizeof head);
  if (!write_all(file_, head_bytes) || !write_all(file_, block)) {
    return system_failure(path_, "write to");
  }
  bytes_ += sizeof head + block.size();
  return {};
}

result<void> leftover_file::sync() {
  if (::fdatasync(file_) != 0) {
    return system_failure(path_, "write to");
  }
  return {};
}

result<void> leftover_file::read(const reader& on_leftover,
                                 const std::atomic<bool>* stopping) const {
  std::string block;
  for (std::uint64_t at = 0; at < bytes_;) {
    if (stopping != nullptr && *stopping) {
      return fail(error_class::cancelled, "reading " + path_ + " was stopped");
    }
    block_header head;
    if (bytes_ - at < sizeof head ||
        !read_all(file_, reinterpret_cast<char*>(&head), sizeof head, at)) {
      return damaged(path_);
    }
    at += sizeof head;
    if (head.bytes > bytes_ - at) {
      return damaged(path_);
    }
    block.resize(head.bytes);
    if (!read_all(file_, block.data(), head.bytes, at) ||
        checksum_of(block, mark_) != head.checksum || !read_block(block, on_leftover)) {
      return damaged(path_);
    }
    at += head.bytes;
  }
  return {};
}

}  // namespace ddm::compare
