#include "compare/segment_scanner.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddm::compare {
namespace {

constexpr milliseconds pause_min{1'000};
constexpr milliseconds pause_max{30'000};
constexpr double block_bytes = 4096;
/// A page of 1 MB, read with eventual consistency.
constexpr double full_page_units = 128;
/// A page takes no more than this part of a second's budget, so that what is live need not wait
/// long behind it.
constexpr double page_share = 0.25;
/// For the first page of a table with a small budget.
constexpr std::uint32_t items_at_first = 25;

}  // namespace

awaitable<result<scanned_page>> segment_scanner::next() {
  for (int failures = 0;; ++failures) {
    const auto items_max = limit_.of(items_per_page());
    auto page = co_await ask(items_max);
    if (page) {
      limit_.on_page();
      note_success(*page);
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
              .within(fmt::format("scanning the {} table", to_string(parts_.table.side))));
    }
    note_failure(page.error());
    const milliseconds doubled = pause_min * (1LL << std::min(failures, 5));
    co_await parts_.time.sleep_for(std::min(doubled, pause_max));
  }
}

awaitable<result<scanned_page>> segment_scanner::ask(std::optional<std::uint32_t> items_max) {
  auto& table = parts_.table;
  const double estimate = parts_.health.page_units;
  if (!co_await table.budget.acquire(estimate, rate_limiter::urgency::background)) {
    co_return fail(error_class::cancelled, "not asked: the run ends");
  }
  auto body = co_await table.client.scan({.table = table.table,
                                          .segment = segment_,
                                          .total_segments = segments_,
                                          .exclusive_start_key = start_key_,
                                          .limit = items_max});
  if (!body) {
    table.budget.correct(estimate, 0);
    co_return fail(std::move(body.error()));
  }
  scanned_page page{.body = std::move(*body)};
  auto items = co_await parts_.pool.run([&] { return parts_.decoder.decode_items(page.body); });
  if (!items) {
    table.budget.correct(estimate, 0);
    co_return fail(std::move(items.error()));
  }
  page.items = std::move(*items);
  // Where the service does not say what a page consumed, its text stands for its bytes.
  page.units = page.items.consumed_units > 0
                   ? page.items.consumed_units
                   : std::ceil(static_cast<double>(page.body.size()) / block_bytes) / 2;
  table.budget.correct(estimate, page.units);
  table.consumed_units += page.units;
  co_return page;
}

std::optional<std::uint32_t> segment_scanner::items_per_page() const {
  const double page_units = parts_.table.budget.rate() * page_share;
  if (page_units >= full_page_units) {
    return std::nullopt;
  }
  const double item_units = parts_.health.item_units;
  return item_units > 0 ? static_cast<std::uint32_t>(std::clamp(page_units / item_units, 1.0, 1e6))
                        : items_at_first;
}

void segment_scanner::note_failure(const error& failure) {
  auto& health = parts_.health;
  if (health.failures++ == 0) {
    log::event(log::level::warning, "scan_paused",
               failure.describe() + "; the comparison goes on by itself",
               {{"side", to_string(parts_.table.side)}});
  }
  health.failure = fmt::format("the {} table cannot be scanned: {}", to_string(parts_.table.side),
                               failure.describe());
}

void segment_scanner::note_success(const scanned_page& page) {
  auto& health = parts_.health;
  if (health.failures > 0) {
    log::event(log::level::info, "scan_resumed", {}, {{"side", to_string(parts_.table.side)}});
  }
  health.page_units += (page.units - health.page_units) / 8;
  if (page.items.returned > 0) {
    const double item_units = page.units / static_cast<double>(page.items.returned);
    health.item_units += (item_units - health.item_units) / (health.item_units == 0 ? 1 : 8);
  }
  health.failures = 0;
  health.failure.clear();
}

}  // namespace ddm::compare
