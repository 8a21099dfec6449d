// Everything `plan` has learned, as plain values, and how it is told.
#pragma once

#include "base/side.h"
#include "dynamodb/settings_parity.h"
#include "plan/estimate.h"
#include "plan/grant.h"
#include "plan/needed_actions.h"
#include "plan/policies.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::plan {

struct side_facts {
  ddm::side side;
  std::string access;  ///< "profile old, eu-west-1, https://…"
  /// "arn:aws:sts::111111111111:assumed-role/…"; nothing: not known
  std::optional<std::string> identity;
  std::string identity_trouble;
  std::optional<dynamodb::described_table> table;
  std::string table_trouble;
  double units_per_second = 0;  ///< the read budget
};

struct plan_report {
  side_facts source;
  side_facts target;
  std::optional<state_subject> state;  ///< where progress is to be kept in a table
  std::string state_trouble;           ///< why that is not known
  std::string stream_arn;              ///< empty: the stream is off
  std::string stream_trouble;
  stream_facts stream;
  std::vector<permission> permissions;  ///< of all sides
  std::vector<dynamodb::parity_row> settings;
  std::uint64_t sample_rate = 100;
  purposes wanted;  ///< what the permissions and policies are for

  [[nodiscard]] std::optional<compare_estimate> comparing() const;
  [[nodiscard]] std::optional<monitor_estimate> monitoring() const;
  [[nodiscard]] std::optional<forecast> three_weeks() const;
  /// In words, what stands in the way; empty: nothing.
  [[nodiscard]] std::vector<std::string> obstacles() const;
  /// In words, what could not be learned.
  [[nodiscard]] std::vector<std::string> unknowns() const;
  /// 0: nothing in the way; 1: something is; 3: nothing that is known, but something is not known.
  [[nodiscard]] int exit_code() const;
};

[[nodiscard]] std::string render_text(const plan_report& report);
/// One object, "schema": 1 (docs/output.md). `migration`: its name in a fleet.
[[nodiscard]] std::string render_json(const plan_report& report, std::string_view migration = {});
/// "2.24 USD".
[[nodiscard]] std::string dollars(double amount);
/// "2.24 to 3.33 USD".
[[nodiscard]] std::string describe(const forecast& costs);

}  // namespace ddm::plan
