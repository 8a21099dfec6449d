// Open findings over HTTP, by pages.
//
// Problem: reading and telling them takes the thread of the checks and the one of the commits, and
// there may be a million of half a megabyte each. Idea: one request at a time, and a page has
// bounds in rows, in bytes read and in bytes told, whatever is asked for: where few rows fit, it
// may be short or empty and there is a next one all the same.
#pragma once

#include "cli/shown_runs.h"
#include "runtime/asio.h"
#include "serve/http_message.h"

namespace ddm::cli {

class web_findings {
 public:
  /// Newest first, those of a `kind` and with a changed attribute `path`; at most `limit` (100,
  /// 1,000 at most) behind `after`, which an earlier page gave as `next`. 503 while another one is
  /// being made.
  [[nodiscard]] awaitable<serve::response> answer(shown_run& run, const serve::request& asked);

 private:
  bool busy_ = false;
};

}  // namespace ddm::cli
