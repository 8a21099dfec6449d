// The option tables of all commands as one JSON document, for tools/reference.py, which writes the
// reference and the man page from them.
#include "cli/options_flag.h"
#include "cli/usage.h"

#include <nlohmann/json.hpp>

#include <iostream>

namespace {

using ddm::cli::flag;
using json = nlohmann::ordered_json;

json described(const flag& row) {
  return {{"name", row.name},
          {"value", row.value},
          {"help", row.help},
          {"more", row.more},
          {"default", row.fallback.empty() ? row.target.fallback : std::string(row.fallback)},
          {"default_is_a_value", row.fallback.empty()},
          {"possible", row.possible.empty() ? row.target.possible : std::string(row.possible)},
          {"choices", row.target.choices},
          {"variable", row.variable},
          {"required", row.required},
          {"switch", row.target.is_switch},
          {"repeatable", row.target.repeatable}};
}

template <class Options>
json described() {
  Options options;
  json groups = json::array();
  for (const auto& group : flags_of(options)) {
    json rows = json::array();
    for (const auto& row : group.flags) {
      rows.push_back(described(row));
    }
    groups.push_back({{"title", group.title}, {"flags", std::move(rows)}});
  }
  return {{"command", describe(options).name}, {"groups", std::move(groups)}};
}

}  // namespace

int main() {
  using namespace ddm::cli;
  const json all{described<monitor_options>(), described<compare_options>(),
                 described<plan_options>(),    described<repair_options>(),
                 described<report_options>(),  described<state_options>(),
                 described<datagen_options>(), described<datadel_options>()};
  std::cout << all.dump(2) << '\n';
}
