#include "summary/render_plot.h"

#include "base/units.h"
#include "summary/html_style.h"
#include "summary/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ddm::summary {
namespace {

// In units of the view box, which the page scales.
constexpr double width = 760;
constexpr double height = 150;
constexpr double left = 64;
constexpr double right = width - 8;
constexpr double top = 8;
constexpr double bottom = height - 22;
constexpr double band_height = 18;
constexpr double band_total = 40;

/// A place of a drawing: numbers of ours, safe as they are, and said all the same.
std::string at_text(double value) { return fmt::format("{:.1f}", value); }

double across(const std::vector<wall_time>& at, wall_time when) {
  const auto span = std::max<std::int64_t>(1, (at.back() - at.front()).count());
  return left + (right - left) * static_cast<double>((when - at.front()).count()) /
                    static_cast<double>(span);
}

/// The next of 1, 2, 5, 10, 20 … above.
double round_above(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(std::max(value, 1.0))));
  for (const double step : {1.0, 2.0, 5.0, 10.0}) {
    if (step * power >= value) {
      return std::max(2.0, step * power);
    }
  }
  return 10 * power;
}

double highest(const plot& of) {
  double found = 0;
  for (const auto& line : of.curves) {
    for (const auto& value : line.values) {
      found = std::max(found, value.value_or(0));
    }
  }
  return round_above(found);
}

std::string scale_text(double value, std::string_view unit) {
  return unit == "ms" ? spoken_duration(milliseconds{static_cast<std::int64_t>(value)})
                      : grouped(static_cast<std::uint64_t>(value));
}

void put_label(html& to, double x, double y, literal anchor, std::string_view text) {
  to.put("<text x=\"").say(at_text(x)).put("\" y=\"").say(at_text(y)).put("\" text-anchor=\"");
  to.put(anchor).put("\">").say(text).put("</text>");
}

void put_times(html& to, const std::vector<wall_time>& at, double y) {
  const auto middle = at.front() + (at.back() - at.front()) / 2;
  put_label(to, left, y, "start", moment(at.front()));
  put_label(to, (left + right) / 2, y, "middle", moment(middle));
  put_label(to, right, y, "end", moment(at.back()));
}

void put_grid(html& to, double most, std::string_view unit) {
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = bottom - (bottom - top) * share;
    to.put("<path class=\"grid\" d=\"M").say(at_text(left)).put(" ").say(at_text(y)).put("H");
    to.say(at_text(right)).put("\"/>");
    put_label(to, left - 6, y + 4, "end", scale_text(most * share, unit));
  }
}

/// Broken where nothing is known, and where nobody watched.
std::string path_of(const plot& of, const curve& line, double most) {
  std::string path;
  bool drawn = false;
  for (std::size_t i = 0; i < of.at.size(); ++i) {
    if (!line.values[i]) {
      drawn = false;
      continue;
    }
    const bool goes_on = drawn && of.watched[i];
    path += fmt::format("{}{:.1f} {:.1f}", goes_on ? 'L' : 'M', across(of.at, of.at[i]),
                        bottom - (bottom - top) * std::min(1.0, *line.values[i] / most));
    // A point alone is seen, too.
    path += goes_on ? "" : "h0.1";
    drawn = true;
  }
  return path;
}

void put_piece(html& to, const verdict_band& of, std::size_t first, std::size_t last) {
  const double x = across(of.at, of.at[first]);
  const double end = std::max(x + 1, across(of.at, of.at[last]));
  to.put("<rect class=\"").put(verdict_class(of.verdicts[first])).put("\" x=\"").say(at_text(x));
  to.put("\" y=\"2\" width=\"").say(at_text(end - x)).put("\" height=\"").say(at_text(band_height));
  to.put("\"><title>").say(report::to_string(of.verdicts[first])).put(" from ");
  to.say(moment(of.at[first])).put("</title></rect>");
}

}  // namespace

html draw(const plot& of) {
  const double most = highest(of);
  html made;
  made.put("<svg viewBox=\"0 0 760 150\" role=\"img\" aria-label=\"").say(of.title).put(": ");
  made.say(of.in_words).put("\">");
  put_grid(made, most, of.unit);
  const bool alone = of.curves.size() == 1;
  for (std::size_t i = 0; i < of.curves.size(); ++i) {
    made.put("<path class=\"curve ")
        .put(alone    ? literal("alone")
             : i == 0 ? literal("first")
                      : literal("second"));
    made.put("\" d=\"").say(path_of(of, of.curves[i], most)).put("\"/>");
  }
  put_times(made, of.at, height - 6);
  return made.put("</svg>");
}

html draw(const verdict_band& of) {
  html made;
  made.put("<svg viewBox=\"0 0 760 40\" role=\"img\" aria-label=\"the verdict over time\">");
  std::size_t first = 0;
  for (std::size_t i = 1; i <= of.at.size(); ++i) {
    const bool over = i == of.at.size();
    if (over || of.verdicts[i] != of.verdicts[first] || !of.watched[i]) {
      // A verdict stood until the next point, unless nobody watched then.
      put_piece(made, of, first, over || !of.watched[i] ? i - 1 : i);
      first = i;
    }
  }
  put_times(made, of.at, band_total - 6);
  return made.put("</svg>");
}

}  // namespace ddm::summary
