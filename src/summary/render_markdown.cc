#include "base/units.h"
#include "summary/markup.h"
#include "summary/render.h"

#include <algorithm>

namespace ddm::summary {
namespace {

constexpr std::size_t rows_max = 50;

markdown sign_of(report::verdict_kind verdict) {
  switch (verdict) {
    case report::verdict_kind::go:
      return markdown("✅ ");
    case report::verdict_kind::go_sampled:
      return markdown("🟡 ");
    case report::verdict_kind::wait:
      return markdown("⏳ ");
    case report::verdict_kind::no_go:
      return markdown("⛔ ");
  }
  return {};
}

markdown sign_of(tone how) {
  switch (how) {
    case tone::bad:
      return markdown("⛔ ");
    case tone::warning:
      return markdown("⚠️ ");
    case tone::plain:
    case tone::good:
      break;
  }
  return {};
}

void put_row(markdown& to, const std::vector<std::string>& cells) {
  to.put("|");
  for (const auto& cell : cells) {
    to.put(" ").say(cell).put(" |");
  }
  to.put("\n");
}

void put_table(markdown& to, const table& of) {
  to.put("\n");
  if (!of.title.empty()) {
    to.put("**").say(of.title).put("**\n\n");
  }
  put_row(to, of.head);
  to.put("|");
  for (std::size_t i = 0; i < of.head.size(); ++i) {
    to.put(" --- |");
  }
  to.put("\n");
  const auto shown = std::min(rows_max, of.rows.size());
  for (std::size_t i = 0; i < shown; ++i) {
    put_row(to, of.rows[i]);
  }
  if (const auto rest = of.rows.size() - shown + of.rows_left_out; rest > 0) {
    to.put("\n… and ").say(grouped(rest)).put(" more");
    if (!of.where_to_find.empty()) {
      to.put(": ").say(of.where_to_find);
    }
    to.put("\n");
  }
}

void put_facts(markdown& to, const std::vector<fact>& facts) {
  if (facts.empty()) {
    return;
  }
  to.put("\n| | |\n| --- | --- |\n");
  for (const auto& each : facts) {
    to.put("| ").say(each.name).put(" | ").put(sign_of(each.how)).say(each.value).put(" |\n");
  }
}

void put_section(markdown& to, const section& of) {
  to.put("\n## ").say(of.title).put("\n");
  if (!of.lead.empty()) {
    to.put("\n").say(of.lead).put("\n");
  }
  put_facts(to, of.facts);
  if (!of.points.empty()) {
    to.put("\n");
  }
  for (const auto& point : of.points) {
    to.put("- ").say(point).put("\n");
  }
  for (const auto& each : of.tables) {
    put_table(to, each);
  }
  for (const auto& each : of.plots) {
    to.put("\n").say(each.title).put(": ").say(each.in_words).put("\n");
  }
}

void put_verdict(markdown& to, report::verdict_kind verdict, std::string_view standing) {
  to.put("\n**").put(sign_of(verdict)).say(report::to_string(verdict)).put("**");
  if (!standing.empty()) {
    to.put(": ").say(standing);
  }
  to.put("\n");
}

}  // namespace

std::string render_markdown(const summary& of) {
  markdown text;
  text.put("# Migration ").say(of.migration).put("\n\n").say(of.tables).put("\n");
  put_verdict(text, of.verdict, of.standing);
  if (!of.reasons.empty()) {
    text.put("\n");
  }
  for (const auto& reason : of.reasons) {
    text.put("- ").say(reason).put("\n");
  }
  text.put("\n").say(of.as_of).put("\n");
  put_facts(text, of.figures);
  for (const auto& each : of.sections) {
    put_section(text, each);
  }
  text.put("\n").say(of.made);
  return text.take();
}

std::string render_markdown(const overview& of) {
  markdown text;
  text.put("# ").say(std::to_string(of.rows.size())).put(" migrations\n");
  put_verdict(text, of.worst, "the worst of them");
  text.put("\n| migration | verdict | reasons | open keys | gaps | as of | state |\n")
      .put("| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& row : of.rows) {
    text.put("| ").say(row.migration).put(" | ").put(sign_of(row.verdict));
    text.say(report::to_string(row.verdict)).put(" | ");
    for (std::size_t i = 0; i < row.reasons.size(); ++i) {
      text.put(i == 0 ? literal("") : literal("<br>")).say(row.reasons[i]);
    }
    for (const auto* cell : {&row.open_keys, &row.gaps, &row.as_of, &row.state_file}) {
      text.put(" | ").say(*cell);
    }
    text.put(" |\n");
  }
  text.put("\n").say(of.made);
  return text.take();
}

}  // namespace ddm::summary
