#include "cli/progress_bar.h"

#include "base/units.h"
#include "cli/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace ddm::cli {
namespace {

constexpr milliseconds redraw_after{100};
constexpr std::size_t bar_cells = 30;
constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

std::string render_progress(std::uint64_t done, std::uint64_t total, std::string_view what,
                            milliseconds elapsed, std::size_t columns) {
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = std::min(bar_cells, static_cast<std::size_t>(share * bar_cells));
  auto text = fmt::format("[{:#>{}}{:.>{}}] {} of {} {}", "", filled, "", bar_cells - filled,
                          grouped(done), grouped(total), what);
  const double seconds = static_cast<double>(elapsed.count()) / 1000;
  if (done > 0 && done < total && seconds >= 1) {
    const double pace = static_cast<double>(done) / seconds;
    const std::chrono::duration<double> left(static_cast<double>(total - done) / pace);
    text += fmt::format(", {:.0f}/s, {} left", pace,
                        spoken_duration(std::chrono::ceil<std::chrono::seconds>(left)));
  }
  return text.substr(0, columns);
}

progress_bar::progress_bar(std::uint64_t total, std::string what, wall_time start)
    : total_(total),
      what_(std::move(what)),
      start_(start),
      drawn_at_(start - redraw_after),
      on_terminal_(
          terminal_manner_of(aws::environment::of_process(), ::isatty(STDERR_FILENO) == 1, false)
              .live) {}

progress_bar::~progress_bar() {
  if (on_terminal_) {
    fmt::print(stderr, "{}", clear_line);
  }
}

void progress_bar::show(std::uint64_t done, wall_time now) {
  if (!on_terminal_ || now - drawn_at_ < redraw_after) {
    return;
  }
  drawn_at_ = now;
  // One column stays free: a terminal may wrap after the last one.
  const auto columns = panel_size_in(terminal_size()).columns;
  const auto line = render_progress(done, total_, what_, now - start_, columns);
  fmt::print(stderr, "{}{}", clear_line, line);
  std::fflush(stderr);
}

}  // namespace ddm::cli
