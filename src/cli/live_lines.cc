#include "cli/live_lines.h"

#include "base/log_name.h"

#include <iterator>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds live_interval{1000};

}  // namespace

awaitable<void> live_lines::refresh() {
  while (printer_.is_live()) {
    co_await clock_.sleep_for(live_interval);
    if (shown_.empty()) {
      continue;
    }
    turn_ = (turn_ + 1) % shown_.size();
    const auto& [migration, text] = *std::next(shown_.begin(), static_cast<std::ptrdiff_t>(turn_));
    printer_.show_live(migration.empty() ? text() : migration + ": " + text());
  }
}

live_line::live_line(live_lines& among, std::function<std::string()> text)
    : among_(among),
      place_(among.shown_.insert(among.shown_.end(),
                                 {.migration = log::present_name(), .text = std::move(text)})) {}

live_line::~live_line() { among_.shown_.erase(place_); }

}  // namespace ddm::cli
