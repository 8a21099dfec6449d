#include "verify/findings_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ddm::verify {
namespace {

constexpr std::size_t lines_per_read = 1000;

std::unexpected<error> system_failure(const std::string& path, std::string_view action) {
  return fatal(fmt::format("cannot {} the findings file {}: {}; free the disk or name another file "
                           "with --findings",
                           action, path, std::strerror(errno)));
}

struct survey {
  std::int64_t lines = 0;       ///< complete ones
  std::int64_t bytes = 0;       ///< of the complete ones
  std::string last;             ///< the last complete line
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
  const auto foreign = fatal(fmt::format(
      "the findings file {} does not belong to this state (it holds other lines); move it away or "
      "name another file with --findings",
      path));
  if (seen->lines > committed_lines) {
    co_return foreign;
  }
  if (seen->lines > 0) {
    auto last = co_await store.finding_lines(seen->lines - 1, 1);
    if (!last) {
      co_return fail(std::move(last.error()));
    }
    if (last->size() != 1 || last->front() != seen->last) {
      co_return foreign;
    }
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
