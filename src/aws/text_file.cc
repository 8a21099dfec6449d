#include "aws/text_file.h"

#include "base/write_all.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace ddm::aws {

result<std::string> read_text_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"),
                                                           &std::fclose);
  if (!in && (errno == ENOENT || errno == ENOTDIR)) {
    return fail(error_class::not_found, fmt::format("the file {} does not exist", path));
  }
  std::string text;
  std::array<char, 4096> part{};
  while (in && !std::feof(in.get()) && !std::ferror(in.get())) {
    text.append(part.data(), std::fread(part.data(), 1, part.size(), in.get()));
  }
  if (!in || std::ferror(in.get())) {
    // Another path, or other permissions, mend it.
    const bool is_wrong_path = errno == EISDIR || errno == EACCES || errno == EPERM;
    return fail(is_wrong_path ? error_class::wrong_usage : error_class::fatal,
                fmt::format("the file {} cannot be read: {}", path, std::strerror(errno)));
  }
  return text;
}

result<void> replace_private_file(const std::string& path, std::string_view text) {
  // mkstemp makes it 0600.
  auto temporary = path + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  // On the disk before it takes the place of the old one: a token that was rotated cannot be had
  // again.
  const bool written = descriptor >= 0 && write_all(descriptor, text) && ::fsync(descriptor) == 0;
  const int why = errno;
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  if (!written || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = written ? errno : why;
    ::unlink(temporary.c_str());
    return fatal(fmt::format("the file {} cannot be written: {}", path, std::strerror(reason)));
  }
  static_cast<void>(sync_folder_of(path));
  return {};
}

}  // namespace ddm::aws
