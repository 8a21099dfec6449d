#include "summary/not_verified.h"

#include "base/units.h"
#include "report/text_parts.h"
#include "report/verdict.h"
#include "summary/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace ddm::summary {
namespace {

using report::status;
using sentences = std::vector<std::string>;

std::string count(std::int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", report::number(number), number == 1 ? one : many);
}

/// It speaks for every key by itself, whatever the monitor checked of changes.
bool at_rest_suffices(const status& now) {
  return now.stands_on && now.stands_on->at_rest_suffices;
}

std::uint64_t sample_of_changes(const status& now) {
  return now.stands_on ? std::max(now.asked.sample_rate, now.stands_on->changes.sample_rate)
                       : now.asked.sample_rate;
}

void add_changes(sentences& list, const status& now) {
  if (!now.follows_stream) {
    list.emplace_back(
        "Changes made since the comparison began: no stream was read. The command monitor does "
        "that.");
    return;
  }
  if (const auto rate = sample_of_changes(now); rate > 1 && !at_rest_suffices(now)) {
    list.push_back(
        fmt::format("Changes of keys outside the sample: {} is followed, and nothing is known of "
                    "the changes of the others.",
                    report::sample_text(rate)));
  }
  if (now.stream_of == side::target) {
    list.emplace_back(
        "Changes that never arrived: only the target's stream is read, and they leave no trace in "
        "it.");
  } else {
    list.emplace_back(
        "Writes that others make to the target after a key was checked: only a comparison of the "
        "items finds them.");
  }
  if (const auto open = now.pending + now.checks.deferred; open > 0) {
    list.push_back(fmt::format("{} no outcome yet.", count(open, "change that was read has",
                                                           "changes that were read have")));
  }
  if (now.checks.left_to_baseline > 0 && !now.baseline_complete) {
    list.push_back(fmt::format("{} left to a comparison of the tables, which is not complete.",
                               count(now.checks.left_to_baseline, "change is", "changes are")));
  }
  if (!now.unread_for) {
    list.emplace_back("Up to when the stream has been read: it is not known.");
  }
}

/// What the comparison itself has left out.
void add_comparison(sentences& list, const status& now) {
  const auto& progress = now.compared->progress;
  if (!progress.finished()) {
    list.push_back(fmt::format("Items at rest: their comparison is not finished, {:.0f} % is read.",
                               std::floor(now.compared->share_read() * 100)));
  } else if (now.follows_stream && !(now.baseline_complete && now.stands_on)) {
    list.emplace_back(
        "Changes between the comparison of the items at rest and the first reading of the stream: "
        "the comparison began before it.");
  }
  if (progress.share().is_one_of_several()) {
    list.push_back(
        fmt::format("Items at rest of other workers: this is the part of worker {} of {}. compare "
                    "--merge makes one result of all.",
                    progress.worker, progress.workers));
  }
  if (progress.sample_rate > 1) {
    list.push_back(
        fmt::format("Items at rest outside the comparison's sample: {} was compared.",
                    report::sample_text(static_cast<std::uint64_t>(progress.sample_rate))));
  }
  if (const auto restless = progress.candidates_restless; restless > 0) {
    list.push_back(fmt::format("{} changed all the time and could not be judged by the comparison.",
                               count(restless, "key", "keys")));
  }
}

void add_items_at_rest(sentences& list, const status& now) {
  if (now.compared && now.compared->progress.begun()) {
    add_comparison(list, now);
  } else {
    list.emplace_back(
        "Items that did not change while the stream was read, and changes from before that: no "
        "comparison of the items has been made.");
  }
}

void add_attributes(sentences& list, const status& now) {
  std::set<std::string> ignored(now.asked.ignored.begin(), now.asked.ignored.end());
  const auto add = [&](const verify::coverage& covered) {
    ignored.insert(covered.ignored.begin(), covered.ignored.end());
  };
  if (now.stands_on) {
    add(now.stands_on->changes);
    add(now.stands_on->at_rest);
  }
  if (now.compared && now.compared->progress.begun()) {
    add(now.compared->progress.covered());
  }
  if (!ignored.empty()) {
    list.push_back(fmt::format("Attributes that are left out of comparisons: {}.",
                               verify::join_patterns({ignored.begin(), ignored.end()})));
  }
}

void add_findings(sentences& list, const status& now) {
  using enum verify::mismatch_kind;
  if (const auto gaps = report::uncured_gaps(now.gaps); gaps > 0) {
    list.push_back(fmt::format("What {} hid: only a comparison that begins now makes up for it.",
                               count(gaps, "coverage gap", "coverage gaps")));
  }
  if (const auto unlisted = now.unlisted.all(); unlisted > 0) {
    list.push_back(
        fmt::format("The keys of {} beyond --findings-max: only counted, and not in any list.",
                    count(unlisted, "finding", "findings")));
  }
  if (const auto items = now.mismatches.of(unreadable); items > 0) {
    list.push_back(fmt::format("{} cannot be read on one side, so that nobody can compare.",
                               count(items, "item", "items")));
  }
  if (const auto items = now.mismatches.of(expired) + now.unlisted.of(expired); items > 0) {
    list.push_back(
        fmt::format("{} past its TTL and on one side only: it counts as expired, not as a "
                    "mismatch, and that the service deletes it is taken for granted.",
                    count(items, "item is", "items are each")));
  }
  const auto restless = now.late.unjudgeable + now.restless_candidates;
  if (restless > 0) {
    list.push_back(
        fmt::format("{} all the time and cannot be judged until at rest.",
                    count(static_cast<std::int64_t>(restless), "key changes", "keys change")));
  }
}

void add_table_settings(sentences& list, const status& now) {
  const auto& settings = now.table_settings;
  if (!settings || !settings->looked_at) {
    list.emplace_back(
        "The settings of the tables beside their items: indexes, TTL, capacity, backups, "
        "encryption. The command plan compares them, and a running monitor each hour.");
  }
  std::string unknown;
  if (settings) {
    for (const auto& row : settings->rows) {
      if (row.state == dynamodb::parity::unknown) {
        unknown += (unknown.empty() ? "" : ", ") + row.name;
      }
    }
  }
  if (!unknown.empty()) {
    list.push_back(fmt::format("Settings that one side did not tell: {}.", unknown));
  }
  list.emplace_back(
      "Settings of the tables that nobody here reads: capacity of indexes, limits of on-demand "
      "tables, which key encrypts, auto scaling, resource policies, tags, alarms, Kinesis "
      "streams.");
}

}  // namespace

std::vector<std::string> not_verified(const status& now, bool watched) {
  sentences list;
  if (!watched && now.follows_stream) {
    list.push_back(fmt::format("Everything since {}: nobody watches any more.", moment(now.at)));
  }
  add_changes(list, now);
  add_items_at_rest(list, now);
  add_findings(list, now);
  add_attributes(list, now);
  add_table_settings(list, now);
  list.emplace_back(
      "That the application works with the target: its permissions, endpoints and clients, and any "
      "other table that it needs.");
  return list;
}

}  // namespace ddm::summary
