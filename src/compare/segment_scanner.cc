#include "compare/segment_scanner.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace ddm::compare {
namespace {

constexpr double block_bytes = 4096;

}  // namespace

awaitable<result<scanned_page>> segment_scanner::next() {
  for (int failures = 0;; ++failures) {
    const auto items_max =
        limit_.of(parts_.costs.items_per_page(parts_.reader.table().budget.rate()));
    auto page = co_await ask(items_max);
    if (page) {
      limit_.on_page();
      parts_.reader.on_success();
      parts_.costs.note(page->units, page->items.returned, page->body.size());
      start_key_ = page->items.last_evaluated_key;
      ended_ = !start_key_;
      co_return page;
    }
    if (aws::is_too_large(page.error()) && limit_.on_too_large(items_max)) {
      continue;
    }
    if (!mends_by_waiting(page.error().kind)) {
      co_return fail(
          std::move(page.error())
              .within(fmt::format("scanning the {} table", to_string(parts_.reader.table().side))));
    }
    parts_.reader.on_failure(page.error(), parts_.time.now());
    co_await parts_.time.sleep_for(parts_.reader.pause_after(failures + 1));
  }
}

awaitable<result<scanned_page>> segment_scanner::ask(std::optional<std::uint32_t> items_max) {
  auto& table = parts_.reader.table();
  const double estimate = parts_.costs.page_units();
  if (!co_await table.admit(estimate, rate_limiter::urgency::background)) {
    co_return fail(error_class::cancelled, "not asked: the run ends");
  }
  auto body = co_await table.client.scan({.table = table.name,
                                          .segment = segment_,
                                          .total_segments = segments_,
                                          .exclusive_start_key = start_key_,
                                          .limit = items_max});
  if (!body) {
    table.give_back(estimate);
    co_return fail(std::move(body.error()));
  }
  scanned_page page{.body = std::move(*body)};
  auto items = co_await parts_.pool.run([&] { return parts_.decoder.decode_items(page.body); });
  if (!items) {
    table.give_back(estimate);
    co_return fail(std::move(items.error()));
  }
  page.items = std::move(*items);
  // Where the service does not say what a page consumed, its text stands for its bytes.
  page.units = page.items.consumed_units > 0
                   ? page.items.consumed_units
                   : std::ceil(static_cast<double>(page.body.size()) / block_bytes) / 2;
  table.settle(estimate, page.units);
  co_return page;
}

}  // namespace ddm::compare
