#include "verify/findings_file.h"

#include "base/draft_file.h"
#include "base/log.h"
#include "base/private_file.h"
#include "base/same_file.h"
#include "base/time.h"
#include "base/write_all.h"
#include "dynamodb/answer_bounds.h"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ddm::verify {
namespace {

constexpr std::size_t lines_per_read = 1000;
/// A file with fewer superfluous lines is left as it is: some 50 MB.
constexpr std::int64_t superfluous_max = 100'000;
constexpr int flags = O_RDWR | O_CREAT | O_APPEND;
/// finding_line makes none that is longer.
using dynamodb::line_bytes_max;

std::unexpected<error> system_failure(const std::string& path, std::string_view action) {
  const bool no_room = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return fail({.kind = error_class::fatal,
               .code = no_room ? std::string(state::no_room_code) : std::string(),
               .message = fmt::format("cannot {} the findings file {}: {}; free the disk or name "
                                      "another file with --findings",
                                      action, path, why_not_opened(errno))});
}

struct survey {
  std::int64_t lines = 0;  ///< complete ones
  std::int64_t bytes = 0;  ///< of the complete ones
  std::string last;        ///< the last complete line
  std::string torn;        ///< what follows it
  bool too_long = false;   ///< a line that is none of ours; not read on
};

/// Reads the file once from `start`; it may be large, so only one line is held.
result<survey> read_through(const std::string& path, int file, std::int64_t start) {
  survey seen;
  std::string line;
  std::array<char, 65536> buffer{};
  for (auto at = start;;) {
    const auto got = ::pread(file, buffer.data(), buffer.size(), at);
    if (got < 0) {
      return system_failure(path, "read");
    }
    at += got;
    if (got == 0) {
      seen.torn = std::move(line);
      return seen;
    }
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      if (c != '\n') {
        line += c;
        if (line.size() > line_bytes_max) {
          seen.too_long = true;
          return seen;
        }
        continue;
      }
      ++seen.lines;
      seen.bytes += static_cast<std::int64_t>(line.size()) + 1;
      seen.last = std::exchange(line, {});
    }
  }
}

constexpr milliseconds lock_patience{200};
constexpr milliseconds lock_pause{5};

/// Among the commands that append to one file; let go at the end of a process too. One that runs
/// holds it for milliseconds: who holds it longer is waited for no longer than that takes.
class file_lock {
 public:
  explicit file_lock(int file, milliseconds patience = lock_patience) : file_(file) {
    for (milliseconds waited{0};; waited += lock_pause) {
      held_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0;
      others_hold_it_ = !held_ && errno == EWOULDBLOCK;
      if (!others_hold_it_ || waited >= patience) {
        return;
      }
      std::this_thread::sleep_for(lock_pause);
    }
  }
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock() {
    if (held_) {
      ::flock(file_, LOCK_UN);
    }
  }
  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] bool others_hold_it() const { return others_hold_it_; }

 private:
  int file_;
  bool held_ = false;
  bool others_hold_it_ = false;
};

/// One that starts reads all of the file under the lock, which is waited for without holding up
/// anything else. Asked for again and again: another process tells nobody that it has let go.
awaitable<std::unique_ptr<file_lock>> wait_for_lock(int file, milliseconds patience) {
  asio::steady_timer wake(co_await asio::this_coro::executor);
  for (milliseconds waited{0};; waited += lock_pause) {
    auto lock = std::make_unique<file_lock>(file, milliseconds{0});
    if (!lock->others_hold_it() || waited >= patience) {
      co_return lock;
    }
    wake.expires_after(lock_pause);
    co_await wake.async_wait(asio::use_awaitable);
  }
}

/// The last complete line and the torn one behind it must be the state's: a line is only ever
/// written once it has been committed.
awaitable<result<bool>> belongs_to(const survey& seen, state::state_store& store) {
  if (seen.too_long) {
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
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      lines_(other.lines_),
      bytes_(other.bytes_),
      owes_lines_(other.owes_lines_),
      locked_(other.locked_) {}

findings_file& findings_file::operator=(findings_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(lines_, other.lines_);
  std::swap(bytes_, other.bytes_);
  std::swap(owes_lines_, other.owes_lines_);
  std::swap(locked_, other.locked_);
  return *this;
}

findings_file::~findings_file() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

bool worth_renewing(std::int64_t lines, std::int64_t open) {
  return lines - open >= std::max(superfluous_max, open);
}

result<void> check_findings_place(const std::string& path) {
  const auto refused = [&](std::string_view why) {
    return wrong_usage(fmt::format(
        "{} is no findings file: {}; it is left as it is: name another one with --findings", path,
        why));
  };
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) {
    return {};
  }
  if (S_ISLNK(there.st_mode)) {
    return refused("it is a symbolic link, and none is followed");
  }
  if (!S_ISREG(there.st_mode)) {
    return refused(S_ISDIR(there.st_mode) ? "it is a folder" : "it is no regular file");
  }
  constexpr std::string_view first_bytes = R"({"schema":1,"key":)";
  std::array<char, first_bytes.size()> begin{};
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), begin.size());
  const std::string_view found(begin.data(), static_cast<std::size_t>(file.gcount()));
  return first_bytes.starts_with(found) ? result<void>{} : refused("it holds something else");
}

awaitable<result<findings_file>> findings_file::open(std::string path, state::state_store& store,
                                                     std::optional<std::string> lines_before,
                                                     milliseconds lock_patience_max) {
  const int descriptor = open_private(path, flags);
  if (descriptor < 0) {
    co_return system_failure(path, "open");
  }
  findings_file file(path, descriptor);
  const auto mine = co_await wait_for_lock(descriptor, lock_patience_max);
  if (!mine->held()) {
    co_return fatal(
        fmt::format("another program holds the lock of the findings file {}: end it, "
                    "or name another file with --findings",
                    path));
  }
  // Another command may have put a new file in its place before our lock.
  if (!is_still(path, descriptor)) {
    co_return co_await open(std::move(path), store, std::move(lines_before), lock_patience_max);
  }
  remove_drafts(path);  // of a process that was killed: nobody else writes one under our lock
  auto seen = read_through(path, descriptor, 0);
  if (!seen) {
    co_return fail(std::move(seen.error()));
  }
  auto own = co_await belongs_to(*seen, store);
  if (!own) {
    co_return fail(std::move(own.error()));
  }
  if (!*own && lines_before == fmt::format("{}:{}", seen->lines, seen->last)) {
    if (auto written = co_await file.write_anew(store); !written) {
      co_return fail(std::move(written.error()));
    }
    co_return file;
  }
  if (!*own) {
    co_return wrong_usage(
        fmt::format("the findings file {} does not belong to this state (it holds other lines); "
                    "move it away or "
                    "name another file with --findings",
                    path));
  }
  if (::ftruncate(descriptor, seen->bytes) != 0) {
    co_return system_failure(path, "mend");
  }
  file.lines_ = seen->lines;
  file.bytes_ = seen->bytes;
  if (auto mended = co_await file.append_missing(store); !mended) {
    co_return fail(std::move(mended.error()));
  }
  co_return file;
}

awaitable<result<bool>> findings_file::renew(state::state_store& store,
                                             state::state_store::line_of_row line_of) {
  const file_lock mine(file_);
  if (!mine.held()) {
    co_return false;  // it is worth it at the next start as well
  }
  auto renewed = co_await store.renew_findings(std::move(line_of));
  if (renewed && *renewed) {
    if (auto written = co_await write_anew(store); !written) {
      co_return fail(std::move(written.error()));
    }
  }
  co_return renewed;
}

/// Beside its place, and put there once it is complete: a kill leaves the old file or the new one.
awaitable<result<void>> findings_file::write_anew(state::state_store& store) {
  const auto draft = make_draft(path_);
  if (draft.descriptor < 0) {
    co_return system_failure(path_, "write anew");
  }
  findings_file anew(draft.path, draft.descriptor);
  if (auto written = co_await anew.append_missing(store); !written) {
    ::unlink(draft.path.c_str());
    co_return written;
  }
  if (::fdatasync(draft.descriptor) != 0 || std::rename(draft.path.c_str(), path_.c_str()) != 0) {
    const auto failure = system_failure(path_, "write anew");
    ::unlink(draft.path.c_str());
    co_return failure;
  }
  anew.path_ = path_;
  *this = std::move(anew);
  co_return result<void>{};
}

void findings_file::note_locked(bool locked) {
  if (std::exchange(locked_, locked) != locked) {
    log::event(locked ? log::level::warning : log::level::info,
               locked ? "findings_file_locked" : "findings_file_free",
               locked ? "the state holds the findings; the file gets them once it is free" : "",
               {{"path", path_}});
  }
}

awaitable<result<void>> findings_file::follow(state::state_store& store) {
  // Who held it at the last commit is not waited for with each one.
  const file_lock mine(file_, locked_ ? milliseconds{0} : lock_patience);
  if (!mine.held()) {
    note_locked(true);
    owes_lines_ = true;  // the next commit makes up for it
    co_return result<void>{};
  }
  note_locked(false);
  if (auto seen = see_what_others_appended(); !seen) {
    co_return seen;
  }
  auto appended = co_await append_missing(store);
  owes_lines_ = !appended;
  waits_for_room_.clear();
  if (!appended && appended.error().code == state::no_room_code) {
    waits_for_room_ = std::move(appended.error().message);
    co_return result<void>{};
  }
  co_return appended;
}

result<void> findings_file::see_what_others_appended() {
  auto seen = read_through(path_, file_, bytes_);
  if (!seen) {
    return fail(std::move(seen.error()));
  }
  lines_ += seen->lines;
  bytes_ += seen->bytes;
  // Whoever wrote half a line was killed: its lock is gone.
  if (!seen->torn.empty() && ::ftruncate(file_, bytes_) != 0) {
    return system_failure(path_, "mend");
  }
  return {};
}

awaitable<result<void>> findings_file::append_missing(state::state_store& store) {
  for (;;) {
    auto missing = co_await store.finding_lines(lines_, lines_per_read);
    if (!missing) {
      co_return fail(std::move(missing.error()));
    }
    if (missing->empty()) {
      co_return result<void>{};
    }
    if (auto appended = append(*missing); !appended) {
      co_return appended;
    }
  }
}

result<void> findings_file::append(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += line;
    text += '\n';
  }
  if (!write_all(file_, text)) {
    return system_failure(path_, "write to");
  }
  lines_ += static_cast<std::int64_t>(lines.size());
  bytes_ += static_cast<std::int64_t>(text.size());
  return {};
}

}  // namespace ddm::verify
