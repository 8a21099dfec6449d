// What is to be said of a migration, as plain values, before anybody knows how it will look.
//
// Problem: a report for a terminal, a ticket and a change board must say the same, and three
// renderers that pick their figures each for themselves drift apart. Idea: one function makes the
// sentences and tables once (summarize.h); a renderer knows sections, facts, tables and plots, and
// nothing of migrations. Every text here may hold foreign words: renderers escape all of them.
#pragma once

#include "base/time.h"
#include "report/status.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ddm::summary {

/// How a reader should take a value.
enum class tone {
  plain,
  good,
  warning,
  bad
};

struct fact {
  std::string name;
  std::string value;
  tone how = tone::plain;
};

struct table {
  std::string title;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::size_t rows_left_out = 0;  ///< after `rows`
  std::string where_to_find;      ///< the command or file that has all of them; empty: nothing
  bool has_commands = false;      ///< `where_to_find` is a command
};

/// A value over time; nothing: not known then.
struct curve {
  std::string name;
  std::vector<std::optional<double>> values;  ///< as many as plot::at
};

struct plot {
  std::string title;
  std::string in_words;  ///< what it shows, for who cannot see it
  std::string unit;      ///< of the values: "ms", "keys"
  std::vector<wall_time> at;
  std::vector<bool> watched;  ///< from the point before on, as many as `at`
  std::vector<curve> curves;
};

/// Since when the verdict was so.
struct verdict_change {
  wall_time at;
  std::optional<report::verdict_kind> verdict;  ///< nothing: nobody watched from then on
};

/// A band: which verdict stood when.
struct verdict_band {
  std::vector<wall_time> at;
  std::vector<report::verdict_kind> verdicts;  ///< as many
  std::vector<bool> watched;                   ///< from the point before on, as many
};

struct section {
  std::string title;
  std::string lead;  ///< a sentence; may be empty
  std::vector<fact> facts;
  std::vector<std::string> points;
  std::vector<table> tables;
  std::optional<verdict_band> band;
  std::vector<plot> plots;
  bool brief = true;  ///< also where there is little room: on a terminal
};

/// Of one migration.
struct summary {
  std::string migration;
  std::string tables;  ///< from where to where
  report::verdict_kind verdict = report::verdict_kind::wait;
  /// One line beside the verdict: since when, or what it was.
  std::string standing;
  std::vector<std::string> reasons;
  std::string as_of;
  std::vector<fact> figures;  ///< the few that a reader looks for first
  std::vector<section> sections;
  std::string made;  ///< when, by which version
};

/// A line of a table of migrations.
struct overview_row {
  std::string migration;
  std::string state_file;
  report::verdict_kind verdict = report::verdict_kind::wait;
  std::vector<std::string> reasons;
  std::string open_keys;
  std::string gaps;
  std::string as_of;
};

struct overview {
  report::verdict_kind worst = report::verdict_kind::wait;
  std::vector<overview_row> rows;
  std::string made;
};

}  // namespace ddm::summary
