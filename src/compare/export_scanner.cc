#include "compare/export_scanner.h"

#include "base/displayable.h"
#include "base/log.h"
#include "runtime/outage_pause.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::compare {
namespace {

constexpr milliseconds pause_first{1000};

}  // namespace

awaitable<result<padded_buffer>> export_scanner::next_of_file() {
  for (int failures = 0;; ++failures) {
    auto page = co_await file_->next();
    if (page || !mends_by_waiting(page.error().kind)) {
      if (failures > 0) {
        log::event(log::level::info, "export_resumed");
      }
      co_return page;
    }
    if (failures == 0) {
      log::event(log::level::warning, "export_paused",
                 page.error().describe() + "; the comparison waits for it");
    }
    co_await clock_.sleep_for(outage_pause(pause_first, failures + 1));
  }
}

awaitable<result<scanned_page>> export_scanner::next() {
  if (!file_ || file_->ended()) {
    file_.emplace(*export_.store, pool_, export_.files.at(next_file_));
    next_file_ += step_;
  }
  auto body = co_await next_of_file();
  if (!body) {
    co_return fail(std::move(body.error()));
  }
  scanned_page page{.body = *std::move(body)};
  auto items = co_await pool_.run([&] { return decoder_.decode_items(page.body); });
  if (!items) {
    // Whatever is wrong with it, asking again reads the same. The service did not send it.
    co_return fatal(fmt::format(
        "an item of the export {} cannot be read, in the file {}: what "
        "wrote it did not write as DynamoDB does ({})",
        export_.store->describe(), displayable(file_->name()), items.error().describe()));
  }
  page.items = *std::move(items);
  co_return page;
}

}  // namespace ddm::compare
