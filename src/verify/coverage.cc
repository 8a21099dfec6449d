#include "verify/coverage.h"

#include "dynamodb/item_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace ddm::verify {
namespace {

/// Stands behind a backslash for the end of a line.
constexpr char line_end = 'l';

void sort_and_unite(std::vector<std::string>& patterns) {
  std::ranges::sort(patterns);
  const auto [first, last] = std::ranges::unique(patterns);
  patterns.erase(first, last);
}

}  // namespace

coverage coverage::of(std::uint64_t sample_rate, std::string_view joined_patterns) {
  return {.sample_rate = std::max<std::uint64_t>(1, sample_rate),
          .ignored = split_patterns(joined_patterns)};
}

bool coverage::covers(const coverage& other) const {
  return sample_rate <= other.sample_rate && leaves_out_all_of(other.ignored, ignored);
}

coverage weaker_of(const coverage& a, const coverage& b) {
  coverage both{.sample_rate = std::max(a.sample_rate, b.sample_rate), .ignored = a.ignored};
  both.ignored.insert(both.ignored.end(), b.ignored.begin(), b.ignored.end());
  sort_and_unite(both.ignored);
  return both;
}

coverage stronger_of(const coverage& a, const coverage& b) {
  coverage both{.sample_rate = std::min(a.sample_rate, b.sample_rate), .ignored = {}};
  const auto add = [&both](const coverage& one, const coverage& other) {
    std::ranges::copy_if(one.ignored, std::back_inserter(both.ignored),
                         [&other](const std::string& pattern) {
                           return leaves_out_all_of(other.ignored, {pattern});
                         });
  };
  add(a, b);
  add(b, a);
  sort_and_unite(both.ignored);
  return both;
}

std::string join_patterns(std::vector<std::string> patterns) {
  std::ranges::sort(patterns);
  std::string joined;
  for (const auto& pattern : patterns) {
    joined += joined.empty() ? "" : ",";
    for (const char c : pattern) {
      if (c == ',' || c == '\\' || c == '\n') {
        joined += '\\';
      }
      joined += c == '\n' ? line_end : c;
    }
  }
  return joined;
}

std::vector<std::string> split_patterns(std::string_view joined) {
  std::vector<std::string> patterns;
  std::string pattern;
  for (std::size_t i = 0; i < joined.size(); ++i) {
    if (joined[i] == ',') {
      patterns.push_back(std::exchange(pattern, {}));
    } else if (joined[i] == '\\' && i + 1 < joined.size()) {
      pattern += joined[++i] == line_end ? '\n' : joined[i];
    } else {
      pattern += joined[i];
    }
  }
  patterns.push_back(std::move(pattern));
  std::erase(patterns, "");
  sort_and_unite(patterns);
  return patterns;
}

bool leaves_out_all_of(const std::vector<std::string>& outer,
                       const std::vector<std::string>& inner) {
  return dynamodb::ignore_list(outer).covers(dynamodb::ignore_list(inner));
}

void coverage_log::begin(const coverage& present) {
  if (!entries_.empty() && entries_.back().in_force == present) {
    return;
  }
  entries_.push_back({epoch() + 1, present});
  if (entries_.size() > entries_max) {
    entries_[1].in_force = weaker_of(entries_[0].in_force, entries_[1].in_force);
    entries_.erase(entries_.begin());
  }
}

coverage coverage_log::weakest_since(std::int64_t epoch) const {
  coverage weakest;
  for (const auto& each : entries_) {
    if (each.epoch >= epoch) {
      weakest = weaker_of(weakest, each.in_force);
    }
  }
  return weakest;
}

std::string coverage_log::encode() const {
  std::string text;
  for (const auto& each : entries_) {
    text += fmt::format("{} {} {}\n", each.epoch, each.in_force.sample_rate,
                        join_patterns(each.in_force.ignored));
  }
  return text;
}

coverage_log coverage_log::decode(std::string_view text) {
  coverage_log log;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::int64_t epoch = 0;
    std::uint64_t rate = 0;
    const auto* end = line.data() + line.size();
    const auto [after_epoch, no_epoch] = std::from_chars(line.c_str(), end, epoch);
    if (no_epoch != std::errc{} || after_epoch == end || epoch <= log.epoch()) {
      return {};
    }
    const auto [after_rate, no_rate] = std::from_chars(after_epoch + 1, end, rate);
    if (no_rate != std::errc{} || after_rate == end) {
      return {};
    }
    log.entries_.push_back({epoch, coverage::of(rate, std::string_view(after_rate + 1, end))});
  }
  return log;
}

}  // namespace ddm::verify
