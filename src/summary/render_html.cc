#include "base/units.h"
#include "summary/html_style.h"
#include "summary/markup.h"
#include "summary/render.h"
#include "summary/render_plot.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::summary {
namespace {

/// A table of more rows may be torn apart on paper.
constexpr std::size_t rows_on_one_page = 25;

literal class_of(tone how) {
  switch (how) {
    case tone::good:
      return "good";
    case tone::warning:
      return "warning";
    case tone::bad:
      return "bad";
    case tone::plain:
      break;
  }
  return "plain";
}

void begin_page(html& to, std::string_view title) {
  to.put(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
  to.say(title).put("</title>\n<style>").put(html_style).put("</style>\n</head>\n<body>\n<main>\n");
}

void end_page(html& to, std::string_view made) {
  to.put("<footer>").say(made).put("</footer>\n</main>\n</body>\n</html>");
}

void put_list(html& to, const std::vector<std::string>& points) {
  if (points.empty()) {
    return;
  }
  to.put("<ul>\n");
  for (const auto& point : points) {
    to.put("<li>").say(point).put("</li>\n");
  }
  to.put("</ul>\n");
}

void put_verdict(html& to, report::verdict_kind verdict, std::string_view standing,
                 const std::vector<std::string>& reasons, std::string_view as_of) {
  to.put("<div class=\"verdict ").put(verdict_class(verdict)).put("\">\n<p class=\"word\">");
  to.say(report::to_string(verdict)).put("</p>\n<p class=\"standing\">").say(standing);
  to.put("</p>\n");
  put_list(to, reasons);
  if (!as_of.empty()) {
    to.put("<p class=\"soft\">").say(as_of).put("</p>\n");
  }
  to.put("</div>\n");
}

void put_facts(html& to, literal kind, const std::vector<fact>& facts) {
  if (facts.empty()) {
    return;
  }
  to.put("<dl class=\"").put(kind).put("\">\n");
  for (const auto& each : facts) {
    to.put("<div><dt>").say(each.name).put("</dt><dd class=\"").put(class_of(each.how));
    to.put("\">").say(each.value).put("</dd></div>\n");
  }
  to.put("</dl>\n");
}

void put_rest(html& to, const table& of) {
  if (of.rows_left_out == 0) {
    return;
  }
  to.put("<p class=\"soft\">… and ").say(grouped(of.rows_left_out)).put(" more");
  if (of.has_commands && !of.where_to_find.empty()) {
    to.put(": <code>").say(of.where_to_find).put("</code>");
  } else if (!of.where_to_find.empty()) {
    to.put(": ").say(of.where_to_find);
  }
  to.put("</p>\n");
}

void put_table(html& to, const table& of) {
  if (!of.title.empty()) {
    to.put("<h3>").say(of.title).put("</h3>\n");
  }
  to.put("<div class=\"wide\"><table>\n<thead><tr>");
  for (const auto& name : of.head) {
    to.put("<th scope=\"col\">").say(name).put("</th>");
  }
  to.put("</tr></thead>\n<tbody>\n");
  for (const auto& row : of.rows) {
    to.put("<tr>");
    for (const auto& cell : row) {
      to.put("<td>").say(cell).put("</td>");
    }
    to.put("</tr>\n");
  }
  to.put("</tbody></table></div>\n");
  put_rest(to, of);
}

void put_band(html& to, const verdict_band& of) {
  to.put("<h3>The verdict</h3>\n").put(draw(of));
  to.put(
      "<p class=\"legend\"><i class=\"go\"></i>GO<i class=\"sampled\"></i>GO (sampled)"
      "<i class=\"wait\"></i>WAIT<i class=\"no-go\"></i>NO-GO; empty: nobody watched</p>\n");
}

void put_plot(html& to, const plot& of) {
  to.put("<h3>").say(of.title).put("</h3>\n").put(draw(of)).put("<p class=\"legend\">");
  if (of.curves.size() > 1) {
    to.put("<i class=\"first\"></i>").say(of.curves.front().name);
    to.put("<i class=\"second\"></i>").say(of.curves.back().name).put(". ");
  }
  to.say(of.in_words).put("</p>\n");
}

void put_section(html& to, const section& of) {
  const bool is_long = std::ranges::any_of(
      of.tables, [](const table& each) { return each.rows.size() > rows_on_one_page; });
  to.put("<section").put(is_long ? literal(" class=\"long\"") : literal("")).put("><h2>");
  to.say(of.title).put("</h2>\n");
  if (!of.lead.empty()) {
    to.put("<p class=\"soft\">").say(of.lead).put("</p>\n");
  }
  put_facts(to, "facts", of.facts);
  put_list(to, of.points);
  if (of.band) {
    put_band(to, *of.band);
  }
  for (const auto& each : of.plots) {
    put_plot(to, each);
  }
  for (const auto& each : of.tables) {
    put_table(to, each);
  }
  to.put("</section>\n");
}

void put_migration(html& to, const summary& of) {
  to.put("<article class=\"migration\">\n<p class=\"kicker\">DynamoDB migration report</p>\n<h1>");
  to.say(of.migration).put("</h1>\n<p class=\"soft\">").say(of.tables).put("</p>\n");
  put_verdict(to, of.verdict, of.standing, of.reasons, of.as_of);
  put_facts(to, "figures", of.figures);
  for (const auto& each : of.sections) {
    put_section(to, each);
  }
  to.put("</article>\n");
}

/// On paper alone: whoever decides signs what was read.
void put_signature(html& to) {
  to.put(
      "<section class=\"sign\"><h2>Decision</h2>\n<table><tbody><tr><td>☐ cut over &#160; "
      "☐ do not cut over yet</td><td>date</td><td>name and signature</td></tr></tbody></table>"
      "</section>\n");
}

}  // namespace

std::string render_html(const summary& of) {
  html page;
  begin_page(
      page, fmt::format("{}: {}, as of {}", of.migration, report::to_string(of.verdict), of.as_of));
  put_migration(page, of);
  put_signature(page);
  end_page(page, of.made);
  return page.take();
}

std::string render_html(const overview& of, std::span<const summary> each) {
  html page;
  const auto title = std::to_string(of.rows.size()) + " migrations";
  begin_page(page, title + ": " + std::string(report::to_string(of.worst)));
  page.put("<div class=\"migration\">\n<p class=\"kicker\">DynamoDB migration report</p>\n<h1>");
  page.say(title).put("</h1>\n");
  put_verdict(page, of.worst, "the worst of them", {}, "");
  page.put(
      "<section class=\"long\"><div class=\"wide\"><table>\n<thead><tr><th>migration</th>"
      "<th>verdict</th><th>reasons</th><th>open keys</th><th>gaps</th><th>as of</th>"
      "</tr></thead>\n<tbody>\n");
  for (const auto& row : of.rows) {
    page.put("<tr><td class=\"name\">").say(row.migration).put("<br><span class=\"soft\">");
    page.say(row.state_file).put("</span></td><td class=\"when\"><strong class=\"");
    page.put(verdict_class(row.verdict)).put("\">");
    page.say(report::to_string(row.verdict)).put("</strong></td><td>");
    for (std::size_t i = 0; i < row.reasons.size(); ++i) {
      page.put(i == 0 ? literal("") : literal("<br>")).say(row.reasons[i]);
    }
    for (const auto* cell : {&row.open_keys, &row.gaps}) {
      page.put("</td><td>").say(*cell);
    }
    page.put("</td><td class=\"when\">").say(row.as_of).put("</td></tr>\n");
  }
  page.put("</tbody></table></div></section>\n</div>\n");
  for (const auto& one : each) {
    put_migration(page, one);
  }
  put_signature(page);
  end_page(page, of.made);
  return page.take();
}

}  // namespace ddm::summary
