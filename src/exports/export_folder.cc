#include "exports/export_folder.h"

#include "base/private_file.h"
#include "base/read_at.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ddm::exports {
namespace {

std::unexpected<error> unreadable(const std::string& path, int reason) {
  const auto kind = reason == ENOENT         ? error_class::not_found
                    : is_wrong_place(reason) ? error_class::wrong_usage
                                             : error_class::fatal;
  return fail(kind,
              fmt::format("{} of the export cannot be read: {}", path, why_not_opened(reason)));
}

struct open_file {
  explicit open_file(const std::string& path)
      : descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
  int descriptor;
};

result<std::string> read_part(const std::string& path, std::uint64_t from, std::size_t bytes_max) {
  const open_file file(path);
  struct stat found{};
  if (file.descriptor < 0 || ::fstat(file.descriptor, &found) != 0) {
    return unreadable(path, errno);
  }
  if (!S_ISREG(found.st_mode)) {
    return wrong_usage(fmt::format("{} of the export is no regular file", path));
  }
  const auto whole = static_cast<std::uint64_t>(found.st_size);
  std::string bytes(std::min<std::uint64_t>(bytes_max, whole - std::min(from, whole)), '\0');
  const auto got = read_at(file.descriptor, bytes, from);
  if (!got) {
    return unreadable(path, errno);
  }
  bytes.resize(*got);
  return bytes;
}

}  // namespace

awaitable<result<std::string>> export_folder::read(std::string name, std::uint64_t from,
                                                   std::size_t bytes_max) {
  const auto path = path_ + "/" + name;
  co_return co_await pool_.run([&] { return read_part(path, from, bytes_max); });
}

awaitable<std::string> export_folder::remedy() {
  co_return "name a folder that is a copy of s3://BUCKET/PREFIX/AWSDynamoDB/ID, as `aws s3 sync` "
            "makes it, or that place itself";
}

}  // namespace ddm::exports
