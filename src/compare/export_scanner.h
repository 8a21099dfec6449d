// A part of an export's files, one after the other, as a segment of its table.
//
// Reason: files are of no order that a table's segments have, so nearly all is left over and joined
// at the end; but a finished pair is finished, and a restart reads no file of it again.
#pragma once

#include "compare/page_source.h"
#include "exports/export_file_reader.h"
#include "exports/table_export.h"
#include "runtime/clock.h"
#include "runtime/worker_pool.h"

#include <cstdint>
#include <optional>

namespace ddm::compare {

class export_scanner final : public page_source {
 public:
  /// Of `segments` parts this one. All outlive it.
  export_scanner(const exports::table_export& of, clock& time, worker_pool& pool,
                 const dynamodb::page_decoder& decoder, std::uint32_t segment,
                 std::uint32_t segments)
      : export_(of),
        clock_(time),
        pool_(pool),
        decoder_(decoder),
        next_file_(segment),
        step_(segments) {}

  [[nodiscard]] bool ended() const override {
    return next_file_ >= export_.files.size() && (!file_ || file_->ended());
  }
  /// As a scan does, it waits out what keeps the files from being read, for as long as it takes.
  [[nodiscard]] awaitable<result<scanned_page>> next() override;

 private:
  [[nodiscard]] awaitable<result<padded_buffer>> next_of_file();

  const exports::table_export& export_;
  clock& clock_;
  worker_pool& pool_;
  const dynamodb::page_decoder& decoder_;
  std::size_t next_file_;
  std::size_t step_;
  std::optional<exports::export_file_reader> file_;
};

}  // namespace ddm::compare
