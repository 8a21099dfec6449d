#include "report/metrics_page.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string_view>

namespace ddm::report {
namespace {

class page_parser {
 public:
  explicit page_parser(const std::string& text) {
    if (!text.empty() && !text.ends_with('\n')) {
      fault("the last line has no end");
    }
    std::istringstream in(text);
    while (std::getline(in, line_)) {
      at_ = 0;
      if (taken("# HELP ")) {
        parse_help();
      } else if (taken("# TYPE ")) {
        parse_type();
      } else {
        parse_sample();
      }
    }
  }
  [[nodiscard]] metrics_page result() && { return std::move(page_); }

 private:
  void fault(const std::string& what) { page_.faults.push_back(what + ": " + line_); }

  bool taken(std::string_view wanted) {
    if (!std::string_view(line_).substr(at_).starts_with(wanted)) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }

  std::string word(std::string_view allowed) {
    const auto end = std::min(line_.find_first_not_of(allowed, at_), line_.size());
    auto found = line_.substr(at_, end - at_);
    at_ = end;
    if (found.empty()) {
      fault("a name is missing");
    }
    return found;
  }

  void parse_help() {
    const auto name = word(name_characters);
    if (!names_.insert(name).second) {
      fault("a family begins twice");
    }
    if (!taken(" ") || at_ == line_.size() || line_.find('\\') != std::string::npos) {
      fault("no help");
    }
    page_.families.push_back({.name = name});
  }

  void parse_type() {
    const auto name = word(name_characters);
    if (page_.families.empty() || page_.families.back().name != name || !taken(" ")) {
      fault("a type without its help");
      return;
    }
    auto& type = page_.families.back().type;
    type = line_.substr(at_);
    if (!std::set<std::string>{"counter", "gauge", "histogram"}.contains(type)) {
      fault("no type");
    }
    if ((type == "counter") != name.ends_with("_total")) {
      fault("counters, and they alone, end in _total");
    }
  }

  std::string quoted() {
    std::string value;
    while (at_ < line_.size() && line_[at_] != '"') {
      if (line_[at_] == '\\') {
        ++at_;
        if (at_ == line_.size() ||
            std::string_view("\\\"n").find(line_[at_]) == std::string::npos) {
          fault("an escape that nobody knows");
          return value;
        }
        value += line_[at_] == 'n' ? '\n' : line_[at_];
      } else {
        value += line_[at_];
      }
      ++at_;
    }
    if (!taken("\"")) {
      fault("a quote does not end");
    }
    return value;
  }

  void parse_sample() {
    const auto name = word(name_characters);
    label_map labels;
    if (taken("{")) {
      do {
        const auto label = word(label_characters);
        if (!taken("=\"") || !labels.emplace(label, quoted()).second) {
          fault("a label without a value, or twice");
          return;
        }
      } while (taken(","));
      if (!taken("}")) {
        fault("labels do not end");
      }
    }
    if (!taken(" ")) {
      fault("no value");
      return;
    }
    if (!belongs(name, labels)) {
      fault("a sample of another family");
      return;
    }
    add(name, std::move(labels), line_.substr(at_));
  }

  bool belongs(const std::string& name, const label_map& labels) {
    if (page_.families.empty() || page_.families.back().type.empty()) {
      return false;
    }
    const auto& of = page_.families.back();
    if (of.type != "histogram") {
      return name == of.name;
    }
    return name == of.name + "_sum" || name == of.name + "_count" ||
           (name == of.name + "_bucket" && labels.contains("le"));
  }

  void add(const std::string& name, label_map labels, const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool spelled = text == "NaN" || text == "+Inf" || text.find_first_of("nN") == text.npos;
    if (text.empty() || *end != '\0' || !spelled) {
      fault("no number");
    }
    if (page_.families.back().type != "gauge" && !(value >= 0)) {
      fault("a counter below 0, or unknown");
    }
    page_.families.back().series.emplace_back(name, labels);
    if (!page_.values.emplace(std::pair(name, std::move(labels)), value).second) {
      fault("a series is there twice");
    }
  }

  static constexpr std::string_view label_characters = "abcdefghijklmnopqrstuvwxyz_";
  static constexpr std::string_view name_characters = label_characters;
  std::string line_;
  std::size_t at_ = 0;
  std::set<std::string> names_;
  metrics_page page_;
};

}  // namespace

std::optional<double> metrics_page::value(const std::string& name, label_map labels) const {
  labels.try_emplace("migration", "orders");
  labels.try_emplace("command", "monitor");
  const auto found = values.find({name, labels});
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::set<std::string> metrics_page::values_of(const std::string& name,
                                              const std::string& label) const {
  std::set<std::string> all;
  for (const auto& [series, value] : values) {
    if (series.first == name && series.second.contains(label)) {
      all.insert(series.second.at(label));
    }
  }
  return all;
}

std::size_t metrics_page::count(const std::string& name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [&](const auto& each) { return each.first.first == name; }));
}

metrics_page parse_metrics_page(const std::string& text) { return page_parser(text).result(); }

}  // namespace ddm::report
