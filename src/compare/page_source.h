// Where a side's items come from: a scan of its table, or an export.
#pragma once

#include "base/padded_buffer.h"
#include "dynamodb/page_decoder.h"
#include "runtime/asio.h"

namespace ddm::compare {

/// The items point into the body.
struct scanned_page {
  padded_buffer body;
  dynamodb::items_page items;
  double units = 0;  ///< consumed
};

class page_source {
 public:
  page_source() = default;
  page_source(const page_source&) = delete;
  page_source& operator=(const page_source&) = delete;
  virtual ~page_source() = default;

  [[nodiscard]] virtual bool ended() const = 0;
  /// The next page; not to be called once ended().
  [[nodiscard]] virtual awaitable<result<scanned_page>> next() = 0;
};

}  // namespace ddm::compare
