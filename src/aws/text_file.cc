#include "aws/text_file.h"

#include "base/draft_file.h"
#include "base/private_file.h"
#include "base/units.h"
#include "base/write_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <unistd.h>

namespace ddm::aws {

using std::chrono::steady_clock;

namespace {

std::unexpected<error> unreadable(const std::string& path, int reason) {
  if (reason == ENOENT || reason == ENOTDIR) {
    return fail(error_class::not_found, fmt::format("the file {} does not exist", path));
  }
  return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
              fmt::format("the file {} cannot be read: {}", path, std::strerror(reason)));
}

class open_file {
 public:
  /// A pipe is not waited for here.
  explicit open_file(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// 0: nobody wrote until then. Negative: errno says why, such as a signal that ends the run. A
  /// pipe without a writer has no end: it waits for one.
  [[nodiscard]] int await_bytes(steady_clock::time_point until) const {
    const auto left =
        std::chrono::ceil<milliseconds>(std::max(until - steady_clock::now(), {})).count();
    pollfd wanted{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(left));
  }
  [[nodiscard]] ssize_t read(std::span<char> into) const {
    return ::read(descriptor_, into.data(), into.size());
  }

 private:
  int descriptor_;
};

}  // namespace

result<std::string> read_text_file(const std::string& path, const text_file_limits& limits) {
  const open_file in(path);
  if (!in.is_open()) {
    return unreadable(path, errno);
  }
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const int ready = in.await_bytes(steady_clock::now() + limits.patience);
    if (ready == 0) {
      return fatal(
          fmt::format("the file {} cannot be read: nothing came within {}, and it has not "
                      "ended; is it a pipe that nobody writes to?",
                      path, spoken_duration(limits.patience)));
    }
    const auto got = ready < 0 ? -1 : in.read(part);
    if (got == 0) {
      return text;
    }
    if (got < 0 && errno != EAGAIN) {
      return unreadable(path, errno);
    }
    text.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (text.size() > limits.bytes_max) {
      return wrong_usage(fmt::format("the file {} is larger than {}: is it the right one?", path,
                                     format_size(limits.bytes_max)));
    }
  }
}

result<void> replace_private_file(const std::string& path, std::string_view text) {
  const auto draft = make_draft(path);
  // On the disk before it takes the place of the old one: a token that was rotated cannot be had
  // again.
  const bool written =
      draft.descriptor >= 0 && write_all(draft.descriptor, text) && ::fsync(draft.descriptor) == 0;
  const int why = errno;
  if (draft.descriptor >= 0) {
    ::close(draft.descriptor);
  }
  if (!written || std::rename(draft.path.c_str(), path.c_str()) != 0) {
    const int reason = written ? errno : why;
    ::unlink(draft.path.c_str());
    return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
                fmt::format("the file {} cannot be written: {}", path, std::strerror(reason)));
  }
  static_cast<void>(sync_folder_of(path));
  return {};
}

}  // namespace ddm::aws
