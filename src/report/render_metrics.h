// A status as Prometheus reads it.
//
// Problem: teams watch what runs with tools that they have, and those ask for numbers with names
// that never change, of any number of migrations at once.
// Idea: a table of families, each with its name, its type and a function that tells its samples of
// one status; the text is that table, family by family, run by run. Reason: a family stands in one
// place, so samples of one name stay together, as the format demands, however many runs there are.
//
// What is not known is never a number: NaN where it will be known (how far the stream was read), so
// that the series is there and says so; no sample where there is nothing of the kind (no freeze, no
// comparison yet, credentials without an end).
#pragma once

#include "report/status.h"

#include <span>
#include <string>

namespace ddm::report {

/// Text exposition format 0.0.4 (`text/plain; version=0.0.4; charset=utf-8`): each family with HELP
/// and TYPE, in a fixed order. All samples but `ddm_build_info` have the labels `migration` and
/// `command`; of runs that have both in common only the first is told. Seconds, bytes, USD.
/// The families: docs/metrics.md.
[[nodiscard]] std::string render_metrics(std::span<const status> runs);

}  // namespace ddm::report
