#include "compare/exchange.h"

#include "base/private_file.h"
#include "base/write_all.h"
#include "compare/leftover_dealer.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::compare {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffers_bytes_max = 16UZ << 20;  // of all of them
constexpr std::size_t buffer_bytes_max = 64UZ << 10;
constexpr std::size_t id_digits = 16;
constexpr auto* name_file = "/of";

std::unexpected<error> not_written(const std::string& path, int reason) {
  return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
              fmt::format("cannot write {}, by which workers pass on what their pairs leave over: "
                          "{}; --exchange names the folder",
                          path, std::strerror(reason)));
}

/// One file for each receiver, under names that nobody looks for until all is written.
class drafts {
 public:
  explicit drafts(std::int64_t workers) {
    files_.reserve(static_cast<std::size_t>(workers));
    paths_.reserve(static_cast<std::size_t>(workers));
  }
  drafts(const drafts&) = delete;
  drafts& operator=(const drafts&) = delete;
  ~drafts() {
    for (const auto& path : paths_) {
      ::unlink(path.c_str());  // nothing is there, once it has its name
    }
  }

  [[nodiscard]] result<void> add(const std::string& path, std::uint64_t mark) {
    auto file = leftover_file::open_draft(path, mark);
    if (!file) {
      return fail(std::move(file.error()));
    }
    paths_.push_back(file->path());
    files_.push_back(std::move(*file));
    return {};
  }
  [[nodiscard]] std::span<leftover_file> files() { return files_; }

 private:
  std::vector<leftover_file> files_;
  std::vector<std::string> paths_;
};

/// The comparison that a folder is of; empty: that is not told.
std::string name_in(const fs::path& folder) {
  std::error_code unknown;
  if (!fs::is_regular_file(folder.string() + name_file, unknown)) {
    return {};
  }
  std::ifstream file(folder.string() + name_file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The folder of an array, and its name, once nothing else lies in it.
void remove_if_empty(const fs::path& folder) {
  std::error_code unknown;
  if (std::ranges::distance(fs::directory_iterator(folder, unknown)) <= 1) {
    fs::remove(folder.string() + name_file, unknown);
    fs::remove(folder, unknown);  // not where that was no name
  }
}

/// Its name at last: what cannot be removed now is known by it.
void remove_array(const fs::path& folder) {
  std::error_code unknown;
  const auto name = fs::path(folder.string() + name_file);
  for (const auto& entry : fs::directory_iterator(folder, unknown)) {
    if (entry.path() != name) {
      fs::remove(entry.path(), unknown);
    }
  }
  remove_if_empty(folder);
}

std::string sender(std::int64_t worker) { return fmt::format("{:04}-", worker); }
std::string receiver(std::int64_t worker) { return fmt::format("-to-{:04}.leftovers", worker); }

}  // namespace

std::string exchange::name_by(std::span<const unsigned char> secret) {
  return fmt::format("{:016x}", XXH3_64bits(secret.data(), secret.size()));
}

std::string exchange::folder() const { return fmt::format("{}/{:016x}", folder_, mark_); }

std::string exchange::path_to(std::int64_t worker) const {
  return fmt::format("{}/{}{:016x}{}", folder(), sender(share_.worker), part_id_, receiver(worker));
}

std::string exchange::log_path(std::int64_t log) const {
  return fmt::format("{}/{}{:016x}-{:016x}.log", folder(), sender(share_.worker), part_id_, log);
}

result<void> exchange::prepare(const std::string& name) const {
  if (::mkdir(folder().c_str(), 0700) != 0 && errno != EEXIST) {
    return not_written(folder(), errno);
  }
  if (name_in(folder()) == name) {
    return {};
  }
  const auto path = folder() + name_file;
  const int file = open_private(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
  const bool written = file >= 0 && write_all(file, name);
  const int reason = errno;
  if (file >= 0) {
    ::close(file);
  }
  return written ? result<void>() : not_written(path, reason);
}

result<void> exchange::begin(const std::string& name) const {
  if (auto made = prepare(name); !made) {
    return made;
  }
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator(folder_, unknown)) {
    const bool is_own = entry.path().filename() == fs::path(folder()).filename();
    // What a link leads to is somebody's, or the own one.
    if (!is_own && !entry.is_symlink(unknown) && name_in(entry.path()) == name) {
      remove_array(entry.path());
    }
  }
  return {};
}

std::vector<std::string> exchange::named(const std::string& begin, const std::string& end) const {
  std::vector<std::string> found;
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator(folder(), unknown)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(begin) && name.ends_with(end)) {
      found.push_back(name);
    }
  }
  return found;
}

void exchange::forget_earlier_parts() const {
  const auto own = fmt::format("{}{:016x}", sender(share_.worker), part_id_);
  for (const auto& name : named(sender(share_.worker), "")) {
    if (!name.starts_with(own)) {
      ::unlink(fmt::format("{}/{}", folder(), name).c_str());
    }
  }
}

/// Of a process of this worker that was killed while it dealt out.
void exchange::forget_drafts() const {
  for (const auto& name : named(sender(share_.worker), "")) {
    if (name.contains(".leftovers.draft-")) {
      ::unlink(fmt::format("{}/{}", folder(), name).c_str());
    }
  }
}

result<std::uint64_t> exchange::deal_out(const std::vector<const leftover_file*>& logs,
                                         const last_join::filter& counts,
                                         const std::atomic<bool>& stopping) const {
  std::error_code unknown;
  if (!fs::exists(folder(), unknown)) {
    return fatal(fmt::format(
        "{} is gone: the comparison was begun anew meanwhile, or somebody has removed it",
        folder()));
  }
  forget_drafts();
  const auto workers = static_cast<std::size_t>(share_.workers);
  const auto buffer_bytes = std::min(buffer_bytes_max, buffers_bytes_max / workers);
  drafts out(share_.workers);
  for (std::int64_t to = 0; to < share_.workers; ++to) {
    if (auto added = out.add(path_to(to), mark_); !added) {
      return fail(std::move(added.error()));
    }
  }
  leftover_dealer dealer(out.files(), buffer_bytes);
  for (const auto* log : logs) {
    auto read = log->read(
        [&](leftover&& entry, leftover_origin from) {
          if (counts(from)) {
            // By other bits than the receiver deals out its parts with.
            dealer.add(static_cast<std::size_t>((entry.key.low >> 32U) % workers), entry, from);
          }
        },
        &stopping);
    if (!read) {
      return fail(std::move(read.error()));
    }
  }
  auto written = dealer.finish();
  forget_earlier_parts();
  std::uint64_t bytes = 0;
  std::int64_t to = 0;
  for (auto& file : out.files()) {
    if (written) {
      written = file.finish_as(path_to(to++));
    }
    bytes += file.bytes();
  }
  return written ? result<std::uint64_t>(bytes) : fail(std::move(written.error()));
}

result<std::uint64_t> exchange::deal_out_all(const comparison_progress& of,
                                             const leftover_file& present,
                                             const last_join::filter& counts,
                                             const std::atomic<bool>& stopping) const {
  auto logs = logs_of(of);
  logs.pop_back();  // the present one is open
  std::vector<leftover_file> earlier;
  std::vector<const leftover_file*> all{&present};
  earlier.reserve(logs.size());
  all.reserve(logs.size() + 1);
  for (const auto& log : logs) {
    auto file = leftover_file::open_part(log_path(log.id), log.bytes, mark_);
    if (!file) {
      return fail(std::move(file.error()));
    }
    earlier.push_back(std::move(*file));
    all.push_back(&earlier.back());
  }
  return deal_out(all, counts, stopping);
}

result<exchange::received_files> exchange::received() const {
  received_files all;
  std::string missing;
  all.files.reserve(static_cast<std::size_t>(share_.workers));
  for (std::int64_t from = 0; from < share_.workers; ++from) {
    const auto names = named(sender(from), receiver(share_.worker));
    if (names.size() != 1) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", from);
      continue;
    }
    auto file = leftover_file::open_finished(fmt::format("{}/{}", folder(), names.front()), mark_);
    if (!file) {
      return fail(std::move(file.error()));
    }
    all.files.push_back(std::move(*file));
    const auto part = names.front().substr(sender(from).size(), id_digits);
    all.parts += fmt::format("{}{}", all.parts.empty() ? "" : ",", part);
  }
  if (!missing.empty()) {
    return fail(error_class::retry,
                fmt::format("of these workers the first step (--step scan) is not complete: {}. If "
                            "it is, {} is not the folder that they had for --exchange, or has lost "
                            "files: begin anew with --prepare --fresh",
                            missing, folder_));
  }
  return all;
}

void exchange::forget_received() const {
  for (const auto& name : named("", receiver(share_.worker))) {
    ::unlink(fmt::format("{}/{}", folder(), name).c_str());
  }
  forget_drafts();
  remove_if_empty(folder());  // by the last one of them
}

void exchange::forget_logs() const {
  for (const auto& name : named(sender(share_.worker), ".log")) {
    ::unlink(fmt::format("{}/{}", folder(), name).c_str());
  }
}

std::vector<counted_log> logs_of(const comparison_progress& progress) {
  std::vector<counted_log> logs;
  std::istringstream earlier(progress.earlier_logs);
  char between = 0;
  for (counted_log each; earlier >> each.id >> between >> each.bytes; earlier >> between) {
    logs.push_back(each);
  }
  logs.push_back(
      {.id = progress.log_id, .bytes = static_cast<std::uint64_t>(progress.leftover_bytes)});
  return logs;
}

void retire_log(comparison_progress& progress) {
  if (progress.leftover_bytes > 0) {
    progress.earlier_logs += fmt::format("{}{}:{}", progress.earlier_logs.empty() ? "" : ",",
                                         progress.log_id, progress.leftover_bytes);
  }
  progress.leftover_bytes = 0;
}

}  // namespace ddm::compare
