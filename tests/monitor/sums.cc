#include "monitor/sums.h"

#include "report/render.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string_view>
#include <utility>

namespace ddm::monitor {
namespace {

/// The whole numbers of a text, "1,234" as one; what is in no sum of it is cut off by `until`.
std::vector<std::int64_t> numbers_of(std::string_view text) {
  std::vector<std::int64_t> numbers;
  bool within = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    const bool groups = text[i] == ',' && within && i + 1 < text.size() &&
                        std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0;
    if (digit && !std::exchange(within, true)) {
      numbers.push_back(0);
    }
    if (digit) {
      numbers.back() = numbers.back() * 10 + (text[i] - '0');
    } else if (!groups) {
      within = false;
    }
  }
  return numbers;
}

/// The line of a block that holds `words`; nothing where it is not shown.
std::string_view line_with(std::string_view text, std::string_view words) {
  const auto at = text.find(words);
  if (at == std::string_view::npos) {
    return {};
  }
  const auto begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

class sum_check {
 public:
  void equal(std::string_view what, std::int64_t a, std::int64_t b) {
    if (a != b) {
      broken_.push_back(fmt::format("{}: {} is not {}", what, a, b));
    }
  }
  void at_most(std::string_view what, std::int64_t low, std::int64_t high) {
    if (low > high) {
      broken_.push_back(fmt::format("{}: {} is more than {}", what, low, high));
    }
  }
  /// The first number is the sum of all others.
  void first_is_sum(std::string_view what, std::string_view line) {
    const auto all = numbers_of(line);
    if (!all.empty()) {
      equal(fmt::format("{} in the text \"{}\"", what, line), all.front(),
            std::accumulate(all.begin() + 1, all.end(), std::int64_t{0}));
    }
  }
  [[nodiscard]] std::vector<std::string> broken() && { return std::move(broken_); }

 private:
  std::vector<std::string> broken_;
};

void check_checks(const report::status& now, sum_check& sums) {
  const auto& events = now.events;
  const auto& checks = now.checks;
  sums.equal("unique", events.unique,
             events.insert + events.modify + events.remove + events.unknown);
  sums.at_most("unique of total", events.unique, events.total);
  sums.equal("sampled", checks.sampled,
             checks.verified + checks.superseded + now.pending + checks.deferred + checks.failed +
                 checks.healed);
  for (const auto count : {checks.verified, checks.superseded, now.pending, checks.deferred,
                           checks.failed, checks.healed, checks.sampled}) {
    sums.at_most("0 of each part of sampled", 0, count);
  }
  if (now.follows_stream) {
    sums.equal("failed changes of open mismatches", checks.failed,
               now.mismatches.failed_changes + checks.failed_unlisted);
    sums.at_most("confirmations that are only counted", checks.unlisted, checks.failed_unlisted);
    sums.at_most("keys checked", static_cast<std::int64_t>(now.keys_checked),
                 checks.verified + checks.failed + checks.healed);
    sums.at_most("keys changed", static_cast<std::int64_t>(now.keys_changed), events.unique);
  }
}

void check_mismatches(const report::status& now, sum_check& sums) {
  const auto& open = now.mismatches;
  const auto with_changes = open.all() - open.at_rest_alone;
  sums.at_most("open without changes", open.at_rest_alone, open.all());
  sums.at_most("keys with failed changes", with_changes, open.failed_changes);
  for (const auto count : open.open) {
    sums.at_most("0 of each kind", 0, count);
  }
  std::int64_t of_periods = 0;
  for (const auto& [period, share] : open.by_period) {
    of_periods += share.all;
  }
  // What repair has taken back stands for no change any more.
  sums.at_most("keys with failed changes, by period", with_changes, of_periods);
}

void check_comparison(const report::status& now, sum_check& sums) {
  if (!now.compared) {
    return;
  }
  const auto& progress = now.compared->progress;
  for (const auto part :
       {progress.candidates_open(), progress.candidates_equal, progress.candidates_unequal,
        progress.candidates_changed(), progress.candidates_restless, progress.candidates_twice}) {
    sums.at_most("0 of each part of the candidates", 0, part);
  }
  sums.equal("keys compared", now.compared->keys(),
             now.compared->seen.equal + progress.candidates_equal + progress.candidates_unequal +
                 progress.candidates_changed());
  if (!now.follows_stream) {
    sums.equal("candidates whose keys changed, without a stream", progress.candidates_changed(), 0);
    sums.equal("candidates and checks", progress.candidates, now.checks.sampled);
    sums.equal("unequal", progress.candidates_unequal, now.checks.failed + now.checks.healed);
    sums.at_most("failed of open", now.checks.failed,
                 now.mismatches.all() + now.checks.failed_unlisted);
  }
}

void check_success(const report::status& now, sum_check& sums) {
  if (const auto& of = now.success_of_changes) {
    sums.at_most("wrong of changes", static_cast<std::int64_t>(of->wrong),
                 static_cast<std::int64_t>(of->keys));
    sums.at_most("keys of changes", static_cast<std::int64_t>(of->keys),
                 now.checks.verified + now.checks.failed + now.checks.healed);
    sums.at_most("wrong of changes among the open", static_cast<std::int64_t>(of->wrong),
                 now.mismatches.mismatches() + static_cast<std::int64_t>(of->unlisted));
  }
  if (const auto& of = now.success_at_rest) {
    sums.at_most("wrong at rest", static_cast<std::int64_t>(of->wrong),
                 static_cast<std::int64_t>(of->keys));
    sums.at_most("keys at rest", static_cast<std::int64_t>(of->keys), now.compared->keys());
  }
}

void check_figures(const report::status& now, sum_check& sums) {
  check_checks(now, sums);
  check_mismatches(now, sums);
  check_comparison(now, sums);
  check_success(now, sums);
}

void check_text(const report::status& now, sum_check& sums) {
  const auto text = now.follows_stream ? render_text(now) : render_comparison(now);
  auto checks = line_with(text, " sampled = ");
  sums.first_is_sum("sampled", checks.substr(0, checks.find(';')));
  sums.first_is_sum("looked unequal", line_with(text, " looked unequal: "));
  if (const auto open = line_with(text, " open: "); !open.empty()) {
    const auto kinds = numbers_of(open.substr(0, open.find(" open: ")));
    const auto parts = numbers_of(open.substr(open.find(" open: ")));
    sums.equal("open mismatches in the text",
               std::accumulate(kinds.begin(), kinds.end(), std::int64_t{0}),
               parts.at(0) + parts.at(2));
    const auto unlisted = now.unlisted.all() > 0 ? parts.at(4) : 0;
    sums.equal("failed changes in the text", parts.at(1) + unlisted, now.checks.failed);
  }
}

void check_json(const report::status& now, sum_check& sums) {
  const auto document = nlohmann::json::parse(render_json(now));
  const auto at = [&](const char* pointer) {
    return document.value(nlohmann::json::json_pointer(pointer), std::int64_t{0});
  };
  std::int64_t kinds = 0;
  for (const auto& kind : document["mismatches"]) {
    kinds += kind.get<std::int64_t>();
  }
  sums.equal("open keys in JSON", at("/open_keys/all"), kinds);
  sums.equal("open keys in JSON", kinds,
             at("/open_keys/with_failed_changes") + at("/open_keys/at_rest_alone"));
  sums.equal("candidates in JSON", at("/compared/candidates"),
             at("/compared/candidates_open") + at("/compared/candidates_equal") +
                 at("/compared/candidates_unequal") + at("/compared/candidates_changed") +
                 at("/compared/candidates_twice") + at("/compared/restless"));
  sums.equal("items compared in JSON", at("/compared/items"),
             at("/compared/equal") + at("/compared/candidates_equal") +
                 at("/compared/candidates_unequal") + at("/compared/candidates_changed"));
}

}  // namespace

std::vector<std::string> broken_sums(const report::status& now) {
  sum_check sums;
  check_figures(now, sums);
  return std::move(sums).broken();
}

std::vector<std::string> broken_shown_sums(const report::status& now) {
  sum_check sums;
  check_figures(now, sums);
  check_text(now, sums);
  check_json(now, sums);
  return std::move(sums).broken();
}

std::vector<std::string> item_counts::fallen(const report::status& now) {
  std::vector<std::string> fallen;
  if (!now.compared) {
    if (before_ && before_->seen.source_items > 0) {
      fallen.emplace_back("the comparison is not shown any more");
    }
    return fallen;
  }
  const auto& seen = now.compared->seen;
  if (before_ && before_->progress.started_ms == now.compared->progress.started_ms) {
    const auto hold = [&](std::string_view what, std::int64_t before, std::int64_t after) {
      if (after < before) {
        fallen.push_back(fmt::format("{} fell from {} to {}", what, before, after));
      }
    };
    hold("source items", before_->seen.source_items, seen.source_items);
    hold("target items", before_->seen.target_items, seen.target_items);
    hold("equal keys", before_->seen.equal, seen.equal);
    hold("keys", before_->keys(), now.compared->keys());
    hold("candidates", before_->progress.candidates, now.compared->progress.candidates);
  }
  before_ = now.compared;
  return fallen;
}

}  // namespace ddm::monitor
