// A disk that is full, for the files of this process.
#pragma once

#include <csignal>
#include <cstddef>
#include <sys/resource.h>

namespace ddm::support {

/// While it lives no file grows beyond so many bytes.
class disk_of_bytes {
 public:
  explicit disk_of_bytes(std::size_t bytes) : before_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  disk_of_bytes(const disk_of_bytes&) = delete;
  disk_of_bytes& operator=(const disk_of_bytes&) = delete;
  ~disk_of_bytes() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }

 private:
  rlimit before_{};
  void (*before_signal_)(int);
};

}  // namespace ddm::support
