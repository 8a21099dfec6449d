#include "repair/repair_journal.h"

#include "base/displayable.h"
#include "base/private_file.h"
#include "base/read_at.h"
#include "base/units.h"
#include "base/write_all.h"
#include "dynamodb/answer_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace ddm::repair {
namespace {

constexpr std::string_view link_stands_there = "as it is a symbolic link, and none is followed";

using dynamodb::line_bytes_max;

/// Of what is told beside an outcome.
constexpr std::size_t message_bytes_max = std::size_t{16} << 10;
constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
constexpr std::size_t unreadable_told_max = 1000;

std::uint64_t hash_of(const std::string& text) { return std::hash<std::string>{}(text); }

std::unexpected<error> system_failure(std::string_view what, const std::string& path) {
  return fatal(
      fmt::format("cannot {} the journal {}: {}; nothing more is written to the table without "
                  "it: make room or name another file with --journal",
                  what, path, why_not_opened(errno)));
}

/// Only another place mends some of it: nothing has been written yet.
std::unexpected<error> not_opened(std::string_view what, const std::string& path) {
  const int reason = errno;
  return is_wrong_place(reason)
             ? wrong_usage(fmt::format("cannot {} the journal {}: {}; name another file with "
                                       "--journal",
                                       what, path, why_not_opened(reason)))
             : system_failure(what, path);
}

std::unexpected<error> none_of_ours(const std::string& path, std::string_view where) {
  return wrong_usage(
      fmt::format("the journal {} is not one of ours, or is damaged, {}; it is left as it is: name "
                  "another file",
                  path, where));
}

std::unexpected<error> unreadable_entry(const std::string& path, std::int64_t id) {
  return fatal(fmt::format("entry {} of the journal {} cannot be read", id, path));
}

struct raw_line {
  std::string_view text;  ///< empty when it is longer than any of ours
  std::int64_t begin = 0;
  std::int64_t end = 0;  ///< behind its line break
  bool is_whole = true;  ///< it has one
};

/// Until `on_line` says no. False: the file cannot be read.
bool each_line(int file, const std::function<bool(const raw_line&)>& on_line) {
  std::string chunk(chunk_bytes, '\0');
  std::string text;
  bool too_long = false;
  raw_line line;
  for (;;) {
    const auto got = ::pread(file, chunk.data(), chunk.size(), line.end);
    if (got < 0 && errno != EINTR) {
      return false;
    }
    if (got == 0) {
      line.text = text;
      line.is_whole = false;
      if (line.end > line.begin) {
        on_line(line);
      }
      return true;
    }
    std::string_view rest(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const auto part = rest.substr(0, end);
      too_long = too_long || text.size() + part.size() > line_bytes_max;
      if (too_long) {
        text.clear();
      } else {
        text += part;
      }
      const bool ends = end != std::string_view::npos;
      const auto taken = part.size() + (ends ? 1 : 0);
      rest.remove_prefix(taken);
      line.end += static_cast<std::int64_t>(taken);
      if (!ends) {
        break;
      }
      line.text = text;
      if (!on_line(line)) {
        return true;
      }
      text.clear();
      too_long = false;
      line.begin = line.end;
    }
  }
}

}  // namespace

result<void> repair_journal::check_is_file(const std::string& path) {
  std::error_code failed;
  if (const auto status = std::filesystem::status(path, failed);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return none_of_ours(path, "as it is no file");  // and would be waited for, or swallow all
  }
  return {};
}

result<void> repair_journal::check_place(const std::string& path) {
  if (auto is_file = check_is_file(path); !is_file) {
    return is_file;
  }
  const std::filesystem::path file(path);
  const auto folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code unknown;
  if (std::filesystem::is_symlink(file, unknown)) {
    return none_of_ours(path, link_stands_there);
  }
  const bool is_there = ::access(file.c_str(), F_OK) == 0;
  if (!is_there && errno != ENOENT) {
    return not_opened("open", path);
  }
  if (::access(is_there ? file.c_str() : folder.c_str(), W_OK) != 0) {
    return not_opened("open", path);
  }
  return {};
}

result<repair_journal> repair_journal::open_to_read(const std::string& path) {
  if (auto is_file = check_is_file(path); !is_file) {
    return fail(std::move(is_file.error()));
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return not_opened("read", path);
  }
  repair_journal journal(path, file);
  if (auto seen = journal.look_through(); !seen) {
    return fail(std::move(seen.error()));
  }
  return journal;
}

result<repair_journal> repair_journal::open(const std::string& path) {
  if (auto is_file = check_is_file(path); !is_file) {
    return fail(std::move(is_file.error()));
  }
  const int file = open_private(path, O_RDWR | O_CREAT | O_APPEND);
  if (file < 0 && errno == ELOOP) {
    return none_of_ours(path, link_stands_there);
  }
  if (file < 0) {
    return not_opened("open", path);
  }
  repair_journal journal(path, file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK
               ? fatal(fmt::format("the journal {} is in use by another process: end that one "
                                   "first, or name another journal",
                                   path))
               : system_failure("lock", path);
  }
  if (auto seen = journal.look_through(); !seen) {
    return fail(std::move(seen.error()));
  }
  if (::ftruncate(file, journal.whole_bytes_) != 0) {
    return system_failure("mend", path);
  }
  if (journal.whole_bytes_ == 0 && !sync_folder_of(path)) {
    return system_failure("keep", path);
  }
  return journal;
}

repair_journal::repair_journal(repair_journal&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      places_(std::move(other.places_)),
      unreadable_(std::move(other.unreadable_)),
      last_id_(other.last_id_),
      whole_bytes_(other.whole_bytes_),
      ends_within_line_(other.ends_within_line_),
      broken_(other.broken_) {}

repair_journal& repair_journal::operator=(repair_journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(places_, other.places_);
  std::swap(unreadable_, other.unreadable_);
  std::swap(last_id_, other.last_id_);
  std::swap(whole_bytes_, other.whole_bytes_);
  std::swap(ends_within_line_, other.ends_within_line_);
  std::swap(broken_, other.broken_);
  return *this;
}

repair_journal::~repair_journal() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

result<void> repair_journal::look_through() {
  journal_reader reader;
  std::int64_t number = 0;
  bool is_ours = true;
  const bool read = each_line(file_, [&](const raw_line& line) {
    ++number;
    const bool is_torn = !line.is_whole && !line.text.empty() && begins_like_ours(line.text);
    const bool taken = line.is_whole && take_line(line.text, line.begin, reader);
    is_ours = number > 1 || taken || is_torn || begins_like_an_entry(line.text);
    if (is_torn || !is_ours) {  // a torn one's write was never sent
      return is_ours;
    }
    if (!taken) {
      ++unreadable_.count;
      if (unreadable_.first.size() < unreadable_told_max) {
        unreadable_.first.push_back(number);
      }
    }
    ends_within_line_ = !line.is_whole;
    whole_bytes_ = line.end;
    return true;
  });
  if (!read) {
    return system_failure("read", path_);
  }
  return is_ours ? result<void>{} : none_of_ours(path_, "in line 1");
}

/// False for a line that is none of ours, or out of place.
bool repair_journal::take_line(std::string_view text, std::int64_t at_byte,
                               journal_reader& reader) {
  const auto line = reader.line(text);
  if (!line) {
    return false;
  }
  // The first lines of some entries may be among those that cannot be read.
  const auto newest = last_id_ + unreadable_.count;
  if (line->event == outcome::open) {
    if (line->id <= last_id_ || line->id > newest + 1) {
      return false;
    }
    last_id_ = line->id;
    places_.push_back({.id = line->id,
                       .at_byte = at_byte,
                       .table_hash = hash_of(line->table),
                       .key_hash = hash_of(line->key_json),
                       .bytes = text.size()});
    return true;
  }
  const auto place = std::ranges::lower_bound(places_, line->id, {}, &journal_place::id);
  if (place != places_.end() && place->id == line->id) {
    place->ended = line->event;
    return true;
  }
  if (line->id > newest || unreadable_.count == 0) {
    return false;
  }
  last_id_ = std::max(last_id_, line->id);
  return true;
}

result<journal_entry> repair_journal::entry_at(const journal_place& place) const {
  std::string text(place.bytes, '\0');
  const auto got = read_at(file_, text, static_cast<std::uint64_t>(place.at_byte));
  if (!got) {
    return system_failure("read", path_);
  }
  if (*got < text.size()) {
    return unreadable_entry(path_, place.id);
  }
  auto entry = journal_reader().entry(text);
  if (!entry || entry->id != place.id) {
    return unreadable_entry(path_, place.id);
  }
  entry->ended = place.ended;
  return std::move(*entry);
}

result<void> repair_journal::check_table(const std::string& identity) const {
  const auto other = std::ranges::find_if(places_, [hash = hash_of(identity)](const auto& each) {
    return may_stand(each.ended) && each.table_hash != hash;
  });
  if (other == places_.end()) {
    return {};
  }
  const auto entry = entry_at(*other);
  return wrong_usage(fmt::format(
      "entry {} of the journal {} was written to {}, and the target is {}: give the target that it "
      "belongs to, or another journal",
      other->id, path_, entry ? entry->table : "another table", identity));
}

result<void> repair_journal::intend(journal_entry& entry, wall_time now) {
  entry.id = last_id_ + 1;
  auto line = displayable(begin_line(entry, now));
  if (line.size() > line_bytes_max || !journal_reader().entry(line)) {
    return fail({.kind = error_class::fatal,
                 .code = unfit,
                 .message = fmt::format("the journal {} cannot hold it (a line has {} at most), so "
                                        "that it could not be undone: left as it is",
                                        path_, format_size(line_bytes_max))});
  }
  auto appended = append(std::move(line));
  last_id_ += appended ? 1 : 0;
  return appended;
}

result<void> repair_journal::settle(std::int64_t id, outcome ended, std::string_view message,
                                    wall_time now) {
  return append(displayable(end_line(id, ended, message.substr(0, message_bytes_max), now)));
}

result<void> repair_journal::append(std::string line) {
  if (broken_) {
    return fatal(fmt::format("the journal {} cannot be written to any more", path_));
  }
  line = fmt::format("{}{}\n", ends_within_line_ ? "\n" : "", line);
  const bool written = write_all(file_, line);
  if (written && ::fdatasync(file_) == 0) {
    whole_bytes_ += static_cast<std::int64_t>(line.size());
    ends_within_line_ = false;
    return {};
  }
  const auto failure = system_failure("write to", path_);
  // What is half there would be glued to the next line. After a failed sync nobody knows what is.
  broken_ = ::ftruncate(file_, whole_bytes_) != 0 || written;
  return failure;
}

}  // namespace ddm::repair
