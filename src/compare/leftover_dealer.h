// Leftovers dealt out into several files, each through a buffer of its own.
#pragma once

#include "compare/leftover_file.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ddm::compare {

class leftover_dealer {
 public:
  /// The files outlive it, and stay where they are.
  leftover_dealer(std::span<leftover_file> files, std::size_t buffer_bytes)
      : files_(files), buffer_bytes_(buffer_bytes), buffers_(files.size()) {}

  void add(std::size_t to, const leftover& entry, leftover_origin from) {
    append_leftover(entry, from, buffers_[to]);
    if (buffers_[to].size() >= buffer_bytes_) {
      write_out(to);
    }
  }
  /// Writes what is left in the buffers. The first write that failed, if one has.
  [[nodiscard]] result<void> finish() {
    for (std::size_t to = 0; to < files_.size(); ++to) {
      write_out(to);
    }
    return written_;
  }

 private:
  void write_out(std::size_t to) {
    if (written_) {
      written_ = files_[to].append(buffers_[to]);
    }
    buffers_[to].clear();
  }

  std::span<leftover_file> files_;
  std::size_t buffer_bytes_;
  std::vector<std::string> buffers_;
  result<void> written_;
};

}  // namespace ddm::compare
