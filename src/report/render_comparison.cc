// What was compared, what was found, what it cost, and what looking each key up would have cost.
#include "base/units.h"
#include "report/render.h"
#include "report/text_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddm::report {
namespace {

std::string eta(const compare::comparison_view& compared) {
  const auto left = compared.remaining();
  return left ? fmt::format(", about {} left",
                            spoken_duration(std::chrono::ceil<std::chrono::seconds>(*left)))
              : std::string();
}

double bytes_per_second(const compare::comparison_view& compared) {
  const auto items = compared.seen.source_items + compared.seen.target_items;
  const auto bytes_an_item =
      items > 0 ? static_cast<double>(compared.seen.bytes) / static_cast<double>(items) : 0;
  return bytes_an_item * compared.items_per_second();
}

std::string units(std::int64_t milliunits) {
  return decimal(static_cast<double>(milliunits) / 1000, 1);
}

std::string cost_of_look_ups(const compare::comparison_view& compared) {
  const auto& seen = compared.seen;
  auto text = fmt::format(
      "scans took {} source + {} target read units; looking each key up in the target instead: {}",
      units(seen.source_milliunits), units(seen.target_milliunits), units(seen.look_up_milliunits));
  if (compared.progress.sample_rate > 1) {
    text += " (of the sample alone; a scan costs the same with and without one)";
  }
  return text;
}

std::string unequal_line(const compare::comparison_progress& progress) {
  auto line =
      fmt::format("{} looked unequal: {} being judged, {} equal after all, {} confirmed",
                  progress.candidates == 1 ? "1 key" : number(progress.candidates) + " keys",
                  number(progress.candidates_open()), number(progress.candidates_equal),
                  number(progress.candidates_unequal));
  const auto add = [&](std::int64_t keys, std::string_view what) {
    if (keys > 0) {
      line += fmt::format(", {} {}", number(keys), what);
    }
  };
  add(progress.candidates_changed(), "changed meanwhile and are checked as changes");
  add(progress.candidates_restless, "never at rest");
  add(progress.candidates_twice, "named twice");
  return line;
}

}  // namespace

std::vector<std::string> comparison_lines(const compare::comparison_view& compared) {
  const auto& progress = compared.progress;
  const auto& seen = compared.seen;
  std::vector<std::string> lines;
  if (!progress.export_arn.empty()) {
    lines.push_back(fmt::format("with the export {}, {} {}", progress.export_arn,
                                progress.is_current() ? "and what changed since, as of" : "of",
                                format_rfc3339(progress.as_of())));
  }
  if (progress.share().is_one_of_several()) {
    lines.push_back(fmt::format("worker {} of {} (from 0 on): its part, and no other",
                                progress.worker, progress.workers));
  }
  lines.push_back(fmt::format(
      "{} keys ({}): {} equal; {} source and {} target items read in {} of {} segments",
      number(compared.keys()), sample_text(static_cast<std::uint64_t>(progress.sample_rate)),
      number(seen.equal), number(seen.source_items), number(seen.target_items),
      number(progress.segments_done), number(progress.pairs())));
  if (!progress.all_scanned()) {
    lines.push_back(fmt::format("{:.0f} % read, {} items/s, {} MB/s{}",
                                std::floor(compared.share_read() * 100),
                                decimal(compared.items_per_second(), 0),
                                decimal(bytes_per_second(compared) / 1e6, 1), eta(compared)));
  }
  lines.push_back(unequal_line(progress));
  if (seen.equal_by_ignoring > 0) {
    lines.push_back(fmt::format("{} are equal only thanks to --ignore-attribute",
                                number(seen.equal_by_ignoring)));
  }
  lines.push_back(cost_of_look_ups(compared));
  return lines;
}

std::string render_comparison(const status& now) {
  std::string text =
      fmt::format("{}  verdict: {}", format_rfc3339(now.at), to_string(now.verdict.kind));
  append_reasons(text, now);
  std::string_view name = "compared";
  for (const auto& line : comparison_lines(*now.compared)) {
    append_line(text, std::exchange(name, ""), line);
  }
  append_success(text, now);
  append_mismatches(text, now);
  append_line(text, "consumed",
              fmt::format("{} source + {} target read units: about {:.4f} USD",
                          decimal(now.source_units, 1), decimal(now.target_units, 1), now.usd));
  return text;
}

}  // namespace ddm::report
