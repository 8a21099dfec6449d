#include "compare/export_scanner.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::compare {

awaitable<result<scanned_page>> export_scanner::next() {
  if (!file_ || file_->ended()) {
    file_.emplace(*export_.store, pool_, export_.files.at(next_file_));
    next_file_ += step_;
  }
  auto body = co_await file_->next();
  if (!body) {
    co_return fail(std::move(body.error()));
  }
  scanned_page page{.body = *std::move(body)};
  auto items = co_await pool_.run([&] { return decoder_.decode_items(page.body); });
  if (!items) {
    // Whatever is wrong with it, asking again reads the same.
    co_return fatal(fmt::format("an item of the export {} cannot be read: {}",
                                export_.store->describe(), items.error().describe()));
  }
  page.items = *std::move(items);
  co_return page;
}

}  // namespace ddm::compare
