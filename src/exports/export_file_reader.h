// The items of one file of an export, a page at a time.
//
// Problem: a file holds gigabytes, and is worth nothing if it is not whole. Idea: it is read and
// unpacked in parts; lines become pages as Scan answers them, for the decoder that there is; at its
// end its items are as many, and its checksum is the one, that the manifest says. Reason: a part
// of a file proves nothing, so whoever reads it must not count any of it before its end.
#pragma once

#include "base/error.h"
#include "base/padded_buffer.h"
#include "exports/export_manifest.h"
#include "exports/export_store.h"
#include "exports/gunzip_stream.h"
#include "runtime/worker_pool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::exports {

/// Of the bytes that were added: MD5, with which S3 and the manifests tell objects apart.
class md5_sum {
 public:
  md5_sum();
  md5_sum(md5_sum&&) noexcept = default;
  md5_sum& operator=(md5_sum&&) noexcept = default;
  ~md5_sum();
  void add(std::string_view bytes);
  /// Once, at the end; 16 bytes.
  [[nodiscard]] std::string take();

 private:
  struct free_context {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, free_context> context_;
};

class export_file_reader {
 public:
  /// Both outlive it.
  export_file_reader(export_store& store, worker_pool& pool, export_file file);

  [[nodiscard]] bool ended() const { return ended_; }
  /// As the manifest has it.
  [[nodiscard]] const std::string& name() const { return file_.name; }
  /// The next items, as the answer of a Scan; not to be called once ended(). Errors: it cannot be
  /// read, or is not what the manifest says.
  [[nodiscard]] awaitable<result<padded_buffer>> next();

 private:
  [[nodiscard]] result<padded_buffer> page_of_parts();
  [[nodiscard]] result<void> unpack();
  [[nodiscard]] result<void> check_whole();
  [[nodiscard]] error damaged(std::string_view why) const;

  export_store& store_;
  worker_pool& pool_;
  export_file file_;
  gunzip_stream unpacked_;
  md5_sum of_file_;
  md5_sum of_text_;
  std::string packed_;  ///< read, and not unpacked
  std::size_t packed_at_ = 0;
  std::string text_;  ///< unpacked, and not in a page
  std::uint64_t read_bytes_ = 0;
  std::uint64_t items_ = 0;
  bool all_read_ = false;
  bool ended_ = false;
};

}  // namespace ddm::exports
