#include "verify/findings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddm::verify {
namespace {

constexpr std::size_t lines_per_read = 1000;

std::unexpected<error> system_failure(const std::string& path, std::string_view action) {
  return fatal(
      fmt::format("cannot {} the findings file {}: {}; free the disk or name another file "
                  "with --findings",
                  action, path, std::strerror(errno)));
}

struct survey {
  std::int64_t lines = 0;  ///< complete ones
  std::int64_t bytes = 0;  ///< of the complete ones
  std::string last;        ///< the last complete line
  std::string torn;        ///< what follows it
};

/// Reads the file once from the start; it may be large, so only one line is held.
result<survey> read_through(const std::string& path, int file) {
  survey seen;
  std::string line;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto got = ::read(file, buffer.data(), buffer.size());
    if (got < 0) {
      return system_failure(path, "read");
    }
    if (got == 0) {
      seen.torn = std::move(line);
      return seen;
    }
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      if (c != '\n') {
        line += c;
        continue;
      }
      ++seen.lines;
      seen.bytes += static_cast<std::int64_t>(line.size()) + 1;
      seen.last = std::exchange(line, {});
    }
  }
}

/// The last complete line and the torn one behind it must be the state's: a line is only ever
/// written once it has been committed.
awaitable<result<bool>> belongs_to(const survey& seen, state::state_store& store,
                                   std::int64_t committed_lines) {
  if (seen.lines > committed_lines) {
    co_return false;
  }
  const auto first = std::max<std::int64_t>(0, seen.lines - 1);
  auto lines = co_await store.finding_lines(first, 2);
  if (!lines) {
    co_return fail(std::move(lines.error()));
  }
  const auto is_line = [&](std::int64_t number, auto&& same) {
    const auto at = static_cast<std::size_t>(number - first);
    return at < lines->size() && same((*lines)[at]);
  };
  const bool last_is_own =
      seen.lines == 0 || is_line(seen.lines - 1, [&](auto& line) { return line == seen.last; });
  const bool torn_is_own = seen.torn.empty() || is_line(seen.lines, [&](auto& line) {
                             return line.starts_with(seen.torn);
                           });
  co_return last_is_own&& torn_is_own;
}

}  // namespace

findings_file::findings_file(findings_file&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

findings_file& findings_file::operator=(findings_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

findings_file::~findings_file() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

awaitable<result<findings_file>> findings_file::open(std::string path, state::state_store& store,
                                                     std::int64_t committed_lines) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    co_return system_failure(path, "open");
  }
  findings_file file(path, descriptor);
  auto seen = read_through(path, descriptor);
  if (!seen) {
    co_return fail(std::move(seen.error()));
  }
  auto own = co_await belongs_to(*seen, store, committed_lines);
  if (!own) {
    co_return fail(std::move(own.error()));
  }
  if (!*own) {
    co_return fatal(
        fmt::format("the findings file {} does not belong to this state (it holds other lines); "
                    "move it away or "
                    "name another file with --findings",
                    path));
  }
  if (::ftruncate(descriptor, seen->bytes) != 0) {
    co_return system_failure(path, "mend");
  }
  for (auto at = seen->lines; at < committed_lines;) {
    auto missing = co_await store.finding_lines(at, lines_per_read);
    if (!missing) {
      co_return fail(std::move(missing.error()));
    }
    if (missing->empty()) {
      break;
    }
    if (auto appended = file.append(*missing); !appended) {
      co_return fail(std::move(appended.error()));
    }
    at += static_cast<std::int64_t>(missing->size());
  }
  co_return file;
}

result<void> findings_file::append(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += line;
    text += '\n';
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      return system_failure(path_, "write to");
    }
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, written)));
  }
  return {};
}

}  // namespace ddm::verify
