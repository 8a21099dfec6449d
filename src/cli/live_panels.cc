#include "cli/live_panels.h"

#include "report/overview.h"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds beat{1000};

}  // namespace

void live_panels::show() {
  const report::panel_manner manner{.unicode = printer_.has_unicode()};
  if (!shown_.members.empty()) {
    printer_.show([&](report::panel_size size) {
      return report::render_overview_panel(shown_.rows(), clock_.now(), size, manner);
    });
  } else if (!entries_.empty()) {
    const auto& shown = entries_.front();
    printer_.show([&](report::panel_size size) {
      return report::render_panel(shown.status(), shown.recent, size, manner);
    });
  }
}

awaitable<void> live_panels::refresh() {
  while (printer_.is_live()) {
    co_await clock_.sleep_for(beat);
    if (shown_.members.empty()) {  // the overview has no past
      for (auto& each : entries_) {
        each.recent.note(each.status());
      }
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
      place_(among.entries_.insert(among.entries_.end(),
                                   {.status = std::move(status), .recent = {}})) {}

live_panel::~live_panel() {
  among_.entries_.erase(place_);
  if (among_.entries_.empty()) {
    among_.printer_.take_away();
  }
}

}  // namespace ddm::cli
