#include "state/state_file.h"

#include "base/private_file.h"
#include "base/same_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ddm::state {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 18> network_types{
    "nfs",         "nfs4",         "cifs",      "smb3",        "smbfs",          "afs",
    "ceph",        "glusterfs",    "lustre",    "fuse.sshfs",  "fuse.s3fs",      "fuse.rclone",
    "fuse.goofys", "fuse.gcsfuse", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs", "fuse.mount-s3",
};

/// Whoever asks whether a lock is held has it for a moment (in_use_since).
constexpr int looks_at_a_lock = 4;
constexpr std::chrono::milliseconds look_at_a_lock{25};
/// The system looks no further ahead at a time than a device's bound, which is about that.
constexpr off_t read_ahead_step = off_t{256} << 10;
constexpr off_t read_ahead_max = off_t{512} << 20;
constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};
constexpr std::size_t sqlite_header_bytes = 100;
constexpr std::size_t user_version_at = 60;
constexpr std::size_t application_id_at = 68;

/// Only editing mends a place where nothing may be done; what else fails may pass.
std::unexpected<error> cannot(std::string_view doing, const std::string& path, int reason,
                              std::string_view what_for) {
  constexpr std::array forbidden{EACCES, EPERM, EROFS};
  const bool is_forbidden = std::ranges::find(forbidden, reason) != forbidden.end();
  const auto remedy = is_forbidden ? fmt::format("run as a user who may {} there, or ", what_for)
                      : reason == ENOSPC || reason == EDQUOT ? std::string("make room, or ")
                                                             : std::string();
  return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
              fmt::format("cannot {} {}: {}; {}choose another place with --state", doing, path,
                          why_not_opened(reason), remedy));
}

std::unexpected<error> cannot_read(std::string_view doing, const std::string& path, int reason) {
  return cannot(doing, path, reason, "read");
}

std::unexpected<error> cannot_write(std::string_view doing, const std::string& path, int reason) {
  return cannot(doing, path, reason, "write");
}

std::uint32_t big_endian(std::string_view header, std::size_t at) {
  std::uint32_t value = 0;
  for (const auto byte : header.substr(at, 4)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

std::string lock_path_of(const std::string& path, std::string_view command) {
  return fmt::format("{}.{}.lock", path, command);
}

struct lock_holder {
  std::string process = "another process";  ///< "process 4711"
  std::string command;                      ///< empty: it has not written it
};

/// As the holder wrote it: "4711 monitor".
lock_holder holder_of(int descriptor) {
  std::array<char, 64> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  std::string_view line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  lock_holder found;
  const auto pid = line.substr(0, line.find_first_not_of("0123456789"));
  if (pid.empty()) {
    return found;
  }
  found.process = fmt::format("process {}", pid);
  line.remove_prefix(pid.size());
  if (line.starts_with(' ')) {
    line.remove_prefix(1);
    found.command = line.substr(0, line.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
  }
  return found;
}

std::unexpected<error> in_use(const std::string& path, std::string_view lock, int descriptor) {
  const auto holder = holder_of(descriptor);
  return fatal(
      fmt::format("the state {} is in use by {} ({}): end that one first, or give this one a state "
                  "of its own with --state",
                  path, holder.process, holder.command.empty() ? lock : holder.command));
}

std::string_view describe(fs::file_type type) {
  switch (type) {
    case fs::file_type::fifo:
      return "a named pipe";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::block:
    case fs::file_type::character:
      return "a device";
    default:
      return "no regular file";
  }
}

}  // namespace

std::optional<std::string> network_filesystem(std::string_view mountinfo, std::string_view device) {
  // 36 35 0:53 / /mnt rw,noatime shared:1 - nfs4 server:/export rw
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string mount;
    std::string parent;
    std::string device_of_mount;
    fields >> mount >> parent >> device_of_mount;
    const auto separator = line.find(" - ");
    if (device_of_mount != device || separator == std::string::npos) {
      continue;
    }
    auto type = line.substr(separator + 3, line.find(' ', separator + 3) - separator - 3);
    if (std::ranges::find(network_types, type) != network_types.end()) {
      return type;
    }
  }
  return std::nullopt;
}

result<std::string> resolve_place(const std::string& path) {
  std::error_code failed;
  const auto resolved = fs::weakly_canonical(fs::absolute(path, failed), failed);
  if (failed) {
    return cannot_read("find", path, failed.value());
  }
  const auto directory = resolved.parent_path();
  struct stat place{};
  if (::stat(directory.c_str(), &place) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return wrong_usage(
          fmt::format("there is no directory {} for the state {}: create it (mkdir -p {}), "
                      "or choose another place with --state",
                      directory.native(), resolved.native(), directory.native()));
    }
    return cannot_read("look into", directory.native(), errno);
  }
  if (fs::is_directory(resolved, failed)) {
    return wrong_usage(fmt::format("the state {} is a directory: name a file in it with --state {}",
                                   resolved.native(), (resolved / "monitor.db").native()));
  }
  if (const auto status = fs::status(resolved, failed);
      fs::exists(status) && !fs::is_regular_file(status)) {
    return wrong_usage(
        fmt::format("the state {} is {}, and a state is kept in a file: name one with "
                    "--state, such as --state ./monitor.db",
                    resolved.native(), describe(status.type())));
  }
  std::ifstream mounts("/proc/self/mountinfo");
  const std::string mountinfo(std::istreambuf_iterator<char>(mounts), {});
  const auto device = fmt::format("{}:{}", major(place.st_dev), minor(place.st_dev));
  if (const auto type = network_filesystem(mountinfo, device)) {
    return wrong_usage(fmt::format(
        "the state {} would lie on a network filesystem ({}), where its integrity cannot be "
        "guaranteed: put it on a local disk, such as --state /var/lib/{}",
        resolved.native(), *type, resolved.filename().native()));
  }
  return resolved.native();
}

result<bool> is_there(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) {
    return true;
  }
  if (errno != ENOENT && errno != ENOTDIR) {
    return cannot_read("look for", path, errno);
  }
  return false;
}

result<std::optional<std::uint32_t>> version_of(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) {
      return std::nullopt;
    }
    return cannot_read("open the state", path, errno);
  }
  std::array<char, sqlite_header_bytes> bytes{};
  const auto size = ::read(descriptor, bytes.data(), bytes.size());
  const int reason = errno;
  ::close(descriptor);
  if (size < 0) {
    return cannot_read("read the state", path, reason);
  }
  if (size == 0) {
    return std::nullopt;
  }
  const std::string_view header(bytes.data(), static_cast<std::size_t>(size));
  const bool is_sqlite = header.size() == bytes.size() && header.starts_with(sqlite_magic);
  if (!is_sqlite || big_endian(header, application_id_at) != application_id) {
    return wrong_usage(
        fmt::format("{} is {}, not a state of this program; it is left untouched: name "
                    "another file with --state",
                    path, is_sqlite ? "a database of another program" : "some other file"));
  }
  return big_endian(header, user_version_at);
}

result<void> check_writable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0 && errno != ENOENT) {
    return cannot_write("write to the state", path, errno);
  }
  return {};
}

void read_ahead(const std::string& path) {
  for (const auto* end : {"", "-wal"}) {
    const int file = ::open((path + end).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat found{};
    if (file >= 0 && ::fstat(file, &found) == 0) {
      for (off_t at = 0; at < std::min(found.st_size, read_ahead_max); at += read_ahead_step) {
        ::posix_fadvise(file, at, read_ahead_step, POSIX_FADV_WILLNEED);
      }
    }
    if (file >= 0) {
      ::close(file);
    }
  }
}

result<state_lock> state_lock::acquire(const std::string& path, const std::string& name,
                                       const std::string& command) {
  const auto lock_path = lock_path_of(path, name);
  for (int looks_left = looks_at_a_lock;; --looks_left) {
    const int descriptor = open_private(lock_path, O_RDWR | O_CREAT);
    if (descriptor < 0) {
      return cannot_write("create the lock", lock_path, errno);
    }
    state_lock lock(lock_path, descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      lock.lock_path_.clear();
      if (reason == EWOULDBLOCK && looks_left > 0) {
        std::this_thread::sleep_for(look_at_a_lock);
        continue;
      }
      if (reason == EWOULDBLOCK) {
        return in_use(path, name, descriptor);
      }
      return cannot_write("lock", lock_path, reason);
    }
    // Removed, or made anew, by a holder who left between our open and our lock.
    if (!is_still(lock_path, descriptor)) {
      lock.lock_path_.clear();
      continue;
    }
    const auto holder = fmt::format("{} {}\n", ::getpid(), command);
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, holder.data(), holder.size(), 0) !=
                                               static_cast<ssize_t>(holder.size())) {
      return cannot_write("write the lock", lock_path, errno);
    }
    return lock;
  }
}

state_lock::state_lock(state_lock&& other) noexcept
    : lock_path_(std::exchange(other.lock_path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

state_lock::~state_lock() {
  if (!lock_path_.empty()) {
    ::unlink(lock_path_.c_str());
  }
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

std::optional<wall_time> in_use_since(const std::string& path, const std::string& command) {
  const auto place = resolve_place(path);
  const int descriptor =
      place ? ::open(lock_path_of(*place, command).c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (descriptor < 0) {
    return std::nullopt;
  }
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const auto holder = held ? holder_of(descriptor) : lock_holder();
  struct stat facts{};
  const bool told = ::fstat(descriptor, &facts) == 0;  // written when it was taken
  ::close(descriptor);
  if (!held || !told || (!holder.command.empty() && holder.command != command)) {
    return std::nullopt;
  }
  return from_ms(std::int64_t{facts.st_mtim.tv_sec} * 1000 + facts.st_mtim.tv_nsec / 1'000'000);
}

result<void> check_unused_by_others(const std::string& path, const std::string& own_command) {
  const fs::path state(path);
  const auto prefix = state.filename().native() + ".";
  constexpr std::string_view suffix = ".lock";
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(state.parent_path(), failed)) {
    const auto name = entry.path().filename().native();
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      continue;
    }
    const auto command = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    if (command == own_command) {
      continue;
    }
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      continue;
    }
    auto answer = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0
                      ? result<void>()
                      : result<void>(in_use(path, command, descriptor));
    ::close(descriptor);
    if (!answer) {
      return answer;
    }
  }
  return {};
}

}  // namespace ddm::state
