#include "plan/fleet_plan.h"

#include "base/display_width.h"
#include "base/displayable.h"
#include "base/foreign_json.h"
#include "base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ddm::plan {
namespace {

using row = std::vector<std::string>;

constexpr std::string_view not_known = "?";

std::string units(double number) {
  return grouped(static_cast<std::uint64_t>(std::llround(number)));
}

std::string counted(std::size_t number, std::string_view words) {
  return fmt::format("{} {}", number, words);
}

std::string stream_told(const plan_report& report) {
  if (report.stream_arn.empty()) {
    return report.source.table ? "off" : std::string(not_known);
  }
  return report.stream.failure ? std::string(not_known)
                               : fmt::format("{} shard{}", report.stream.shards_open,
                                             report.stream.shards_open == 1 ? "" : "s");
}

std::size_t count_of(const plan_report& report, dynamodb::parity state) {
  return static_cast<std::size_t>(
      std::ranges::count(report.settings, state, &dynamodb::parity_row::state));
}

std::string settings_told(const plan_report& report) {
  if (!report.source.table || !report.target.table) {
    return std::string(not_known);
  }
  if (const auto different = count_of(report, dynamodb::parity::different); different > 0) {
    return counted(different, different == 1 ? "differs" : "differ");
  }
  const auto unknown = count_of(report, dynamodb::parity::unknown);
  return unknown > 0 ? counted(unknown, "unknown") : "alike";
}

std::string duration_told(const compare_estimate& cost) {
  return cost.duration.count() == 0 ? "no bound" : spoken_duration(cost.duration);
}

std::string result_told(const plan_report& report) {
  if (const auto obstacles = report.obstacles().size(); obstacles > 0) {
    return counted(obstacles, "in the way");
  }
  const auto unknowns = report.unknowns().size();
  return unknowns > 0 ? counted(unknowns, "unknown") : "ready";
}

row row_of(const planned_migration& of) {
  const auto& report = of.report;
  row cells{displayable(of.name), std::string(not_known), std::string(not_known),
            stream_told(report), settings_told(report)};
  if (report.source.table) {
    cells[1] = grouped(report.source.table->table.item_count);
    cells[2] = format_size(report.source.table->table.size_bytes);
  }
  if (const auto cost = report.comparing()) {
    cells.push_back(units(cost->source_units + cost->target_units));
    cells.push_back(dollars(cost->usd));
    cells.push_back(duration_told(*cost));
  } else {
    cells.insert(cells.end(), 3, std::string(not_known));
  }
  const auto costs = report.three_weeks();
  cells.push_back(costs ? describe(*costs) : std::string(not_known));
  cells.push_back(result_told(report));
  return cells;
}

std::string aligned(const std::vector<row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(cells[i]));
    }
  }
  std::string text;
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto pad = i + 1 == cells.size() ? 0 : widths[i] - display_width(cells[i]);
      text += "  " + cells[i] + std::string(pad, ' ');
    }
    text += '\n';
  }
  return text;
}

/// Sums of what is known.
std::string in_all(std::span<const planned_migration> all) {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
  compare_estimate compare;
  std::size_t compared = 0;
  forecast weeks;
  std::size_t forecasts = 0;
  for (const auto& each : all) {
    const auto& report = each.report;
    if (report.source.table) {
      items += report.source.table->table.item_count;
      bytes += report.source.table->table.size_bytes;
    }
    if (const auto one = report.comparing()) {
      ++compared;
      compare.source_units += one->source_units;
      compare.target_units += one->target_units;
      compare.usd += one->usd;
    }
    if (const auto its = report.three_weeks()) {
      ++forecasts;
      weeks.usd_least += its->usd_least;
      weeks.usd_most += its->usd_most;
    }
  }
  // A sum of some of them must not pass for that of all.
  const auto of = [&](std::size_t known) {
    return known == all.size() ? std::string()
                               : fmt::format(" (of the {} of which it is known)", known);
  };
  return fmt::format(
      "  in all: {} items, {}; a comparison of each {} read units and {}{}; three "
      "weeks {}{}\n",
      grouped(items), format_size(bytes), units(compare.source_units + compare.target_units),
      dollars(compare.usd), of(compared), describe(weeks), of(forecasts));
}

/// Of each text, in the order in which they come, whose it is.
class told_of_several {
 public:
  void add(const std::string& text, const std::string& name) {
    const auto [at, is_new] = places_.try_emplace(text, told_.size());
    if (is_new) {
      told_.push_back({text, name, 0});
    } else {
      ++told_[at->second].others;
    }
  }
  void append_to(std::string& page, std::string_view heading) const {
    for (const auto& each : told_) {
      page += displayable(fmt::format(
                  "  {:<11} {}{}: {}", heading, each.first,
                  each.others == 0 ? std::string() : fmt::format(" and {} more", each.others),
                  each.text)) +
              "\n";
    }
  }

 private:
  struct entry {
    std::string text;
    std::string first;
    std::size_t others;
  };
  std::vector<entry> told_;
  std::map<std::string, std::size_t> places_;
};

/// Of one line, as a comment.
std::string comment(std::string_view text) { return "# " + displayable(text) + "\n"; }

/// TOML's basic strings have JSON's escapes, but for the pairs of a character beyond U+FFFF.
std::string toml_text(const std::string& text) {
  constexpr std::size_t escape = 6;  // \uXXXX
  const auto quoted = displayable(json_text(text));
  const auto unit_at = [&](std::size_t at) -> unsigned long {
    const auto unit = std::string_view(quoted).substr(std::min(at, quoted.size()), escape);
    return unit.size() == escape && unit.starts_with("\\u")
               ? std::stoul(std::string(unit.substr(2)), nullptr, 16)
               : 0;
  };
  std::string made;
  for (std::size_t i = 0; i < quoted.size();) {
    const auto high = unit_at(i);
    const auto low = high >= 0xD800 && high < 0xDC00 ? unit_at(i + escape) : 0;
    if (low >= 0xDC00 && low < 0xE000) {
      made += fmt::format("\\U{:08X}", 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      i += 2 * escape;
    } else {
      const std::size_t taken = quoted[i] == '\\' ? 2 : 1;  // an escaped backslash begins nothing
      made += quoted.substr(i, taken);
      i += taken;
    }
  }
  return made;
}

std::string toml_value(const fleet_setting& setting) {
  std::vector<std::string> texts;
  texts.reserve(setting.values.size());
  for (const auto& each : setting.values) {
    texts.push_back(toml_text(each));
  }
  const auto joined = fmt::format("{}", fmt::join(texts, ", "));
  return setting.is_list ? "[" + joined + "]" : joined;
}

std::string size_comment(const plan_report& report) {
  if (!report.source.table) {
    return comment("the source table could not be described");
  }
  const auto cost = report.comparing();
  return comment(fmt::format("{} items, {}{}", grouped(report.source.table->table.item_count),
                             format_size(report.source.table->table.size_bytes),
                             cost ? ", compared for " + dollars(cost->usd) : std::string()));
}

}  // namespace

std::string render_text(std::span<const planned_migration> all, std::string_view where_to_read_on) {
  std::vector<row> rows{{"migration", "items", "size", "stream", "settings", "read units", "cost",
                         "time", "three weeks", "result"}};
  told_of_several obstacles;
  told_of_several unknowns;
  for (const auto& each : all) {
    rows.push_back(row_of(each));
    for (const auto& text : each.report.obstacles()) {
      obstacles.add(text, each.name);
    }
    for (const auto& text : each.report.unknowns()) {
      unknowns.add(text, each.name);
    }
  }
  auto page = fmt::format(
      "{} migration{} (sizes up to 6 h old; read units, cost and time of one comparison, and three "
      "weeks of a monitor and one comparison, at us-east-1 prices)\n",
      all.size(), all.size() == 1 ? "" : "s");
  page += aligned(rows) + in_all(all);
  page += "\nResult\n";
  obstacles.append_to(page, "in the way");
  unknowns.append_to(page, "unknown");
  const auto ready = std::ranges::count_if(
      all, [](const planned_migration& each) { return each.report.obstacles().empty(); });
  page += fmt::format("  {:<11} {} of {} have nothing in the way that could be learned\n", "",
                      ready, all.size());
  page +=
      fmt::format("  {:<11} permissions, settings and policies of one: {}\n", "", where_to_read_on);
  return page;
}

std::string render_json(std::span<const planned_migration> all) {
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& each : all) {
    lines.push_back(render_json(each.report, each.name));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string fleet_file(std::span<const fleet_setting> common,
                       std::span<const planned_migration> all) {
  auto text = comment(
                  "A fleet for `monitor --config`, made by `plan --write-fleet`: edit it as you "
                  "like.") +
              "\n[defaults]\n";
  for (const auto& setting : common) {
    text += fmt::format("{} = {}\n", setting.name, toml_value(setting));
  }
  for (const auto& each : all) {
    text += "\n" + size_comment(each.report);
    for (const auto& obstacle : each.report.obstacles()) {
      text += comment("in the way: " + obstacle);
    }
    text += "[[migration]]\n";
    if (each.name != each.target_table) {
      text += fmt::format("name = {}\n", toml_text(each.name));
    }
    text += fmt::format("target-table = {}\n", toml_text(each.target_table));
  }
  return text;
}

}  // namespace ddm::plan
