// What a reader of Prometheus' text format 0.0.4 makes of a page, and what is wrong with it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ddm::report {

using label_map = std::map<std::string, std::string>;

struct metrics_family {
  std::string name;
  std::string type;
  std::vector<std::pair<std::string, label_map>> series;  ///< name and labels, in their order
};

struct metrics_page {
  std::vector<metrics_family> families;
  std::map<std::pair<std::string, label_map>, double> values;
  std::vector<std::string> faults;

  /// Of migration "orders" and command "monitor", unless `labels` say otherwise.
  [[nodiscard]] std::optional<double> value(const std::string& name, label_map labels) const;
  /// Of one label, over all series of `name`.
  [[nodiscard]] std::set<std::string> values_of(const std::string& name,
                                                const std::string& label) const;
  [[nodiscard]] std::size_t count(const std::string& name) const;
};

/// As strict as the format's description: one line after the other, HELP, TYPE, and then the
/// samples of that family alone.
[[nodiscard]] metrics_page parse_metrics_page(const std::string& text);

}  // namespace ddm::report
