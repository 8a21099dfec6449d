#include "cli/live_panels.h"

#include "base/log_name.h"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iterator>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds beat{1000};
constexpr std::size_t beats_a_turn = 5;

}  // namespace

void live_panels::show() {
  if (entries_.empty()) {
    return;
  }
  const auto turn = beats_ / beats_a_turn % entries_.size();
  const auto& shown = *std::next(entries_.begin(), static_cast<std::ptrdiff_t>(turn));
  printer_.show([&](report::panel_size size) {
    return report::render_panel(shown.status(), shown.recent, size,
                                {.unicode = printer_.has_unicode(), .migration = shown.migration});
  });
}

awaitable<void> live_panels::refresh() {
  while (printer_.is_live()) {
    co_await clock_.sleep_for(beat);
    ++beats_;
    for (auto& each : entries_) {
      each.recent.note(each.status());
    }
    show();
  }
}

awaitable<void> live_panels::follow_terminal() {
  if (!printer_.is_live()) {
    co_return;
  }
  asio::signal_set signals(co_await asio::this_coro::executor, SIGWINCH);
  for (;;) {
    co_await signals.async_wait(asio::use_awaitable);
    show();
  }
}

live_panel::live_panel(live_panels& among, std::function<const report::status&()> status)
    : among_(among),
      place_(among.entries_.insert(
          among.entries_.end(),
          {.migration = log::present_name(), .status = std::move(status), .recent = {}})) {}

live_panel::~live_panel() {
  among_.entries_.erase(place_);
  if (among_.entries_.empty()) {
    among_.printer_.take_away();
  }
}

}  // namespace ddm::cli
