#include "compare/exchange.h"

#include "base/draft_file.h"
#include "base/private_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::compare {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffers_bytes_max = 16UZ << 20;  // of all of them
constexpr std::size_t buffer_bytes_max = 64UZ << 10;

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
  [[nodiscard]] leftover_file& at(std::size_t number) { return files_[number]; }

 private:
  std::vector<leftover_file> files_;
  std::vector<std::string> paths_;
};

}  // namespace

std::string exchange::path_of(std::int64_t from, std::int64_t to) const {
  return fmt::format("{}/comparison-{}/{:04}-to-{:04}.leftovers", folder_, mark_, from, to);
}

std::string exchange::log_path() const {
  return fmt::format("{}/comparison-{}/{:04}.log", folder_, mark_, share_.worker);
}

result<void> exchange::prepare() const {
  const auto own = fs::path(log_path()).parent_path();
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) {
    return not_written(own.string(), errno);
  }
  return {};
}

result<std::uint64_t> exchange::deal_out(const leftover_file& log, const last_join::filter& counts,
                                         const std::atomic<bool>& stopping) const {
  const auto workers = static_cast<std::size_t>(share_.workers);
  const auto buffer_bytes = std::min(buffer_bytes_max, buffers_bytes_max / workers);
  drafts out(share_.workers);
  for (std::int64_t to = 0; to < share_.workers; ++to) {
    if (auto added = out.add(path_of(share_.worker, to), mark_); !added) {
      return fail(std::move(added.error()));
    }
  }
  std::vector<std::string> buffers(workers);
  result<void> written;
  const auto write_out = [&](std::size_t to) {
    if (written) {
      written = out.at(to).append(buffers[to]);
    }
    buffers[to].clear();
  };
  auto read = log.read(
      [&](leftover&& entry, leftover_origin from) {
        if (!counts(from)) {
          return;
        }
        // By other bits than the receiver deals out its parts with.
        const auto to = static_cast<std::size_t>((entry.key.low >> 32U) % workers);
        append_leftover(entry, from, buffers[to]);
        if (buffers[to].size() >= buffer_bytes) {
          write_out(to);
        }
      },
      &stopping);
  if (!read) {
    return fail(std::move(read.error()));
  }
  std::uint64_t bytes = 0;
  for (std::size_t to = 0; to < workers; ++to) {
    write_out(to);
    auto& file = out.at(to);
    if (written) {
      written = file.finish_as(path_of(share_.worker, static_cast<std::int64_t>(to)));
    }
    bytes += file.bytes();
  }
  return written ? result<std::uint64_t>(bytes) : fail(std::move(written.error()));
}

result<std::vector<leftover_file>> exchange::received() const {
  std::vector<leftover_file> all;
  std::string missing;
  all.reserve(static_cast<std::size_t>(share_.workers));
  for (std::int64_t from = 0; from < share_.workers; ++from) {
    const auto path = path_of(from, share_.worker);
    std::error_code unknown;
    if (!fs::exists(path, unknown)) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", from);
      continue;
    }
    auto file = leftover_file::open_finished(path, mark_);
    if (!file) {
      return fail(std::move(file.error()));
    }
    all.push_back(std::move(*file));
  }
  if (!missing.empty()) {
    return fail(
        error_class::retry,
        fmt::format("the first step (--step scan) of these workers is not complete, or they "
                    "had another folder for --exchange than {}: {}",
                    folder_, missing));
  }
  return all;
}

void exchange::forget_received() const {
  for (std::int64_t from = 0; from < share_.workers; ++from) {
    const auto path = path_of(from, share_.worker);
    ::unlink(path.c_str());
    remove_drafts(path);
  }
  // The last one of them takes the folder away; it is not empty before.
  ::rmdir(fs::path(log_path()).parent_path().c_str());
}

}  // namespace ddm::compare
