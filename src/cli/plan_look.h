// All that can be known of one migration before its items are read.
//
// Unlike the other commands it refuses nothing that it meets: a table that is absent or a profile
// that does not work is part of what it tells.
#pragma once

#include "cli/options.h"
#include "cli/shared_connections.h"
#include "plan/plan_report.h"

#include <memory>
#include <string>
#include <vector>

namespace ddm::cli {

class plan_look {
 public:
  /// All outlive it.
  plan_look(const plan_options& options, shared_connections& connections)
      : options_(options), connections_(connections) {}

  /// Once.
  [[nodiscard]] awaitable<plan::plan_report> look();
  /// What kept it from looking, after that.
  [[nodiscard]] const std::vector<error>& failures() const { return failures_; }

 private:
  [[nodiscard]] std::unique_ptr<connection> open(const connection_request& request,
                                                 std::string& trouble);
  [[nodiscard]] awaitable<plan::side_facts> look_at(side which, connection_options options,
                                                    std::string table);
  [[nodiscard]] awaitable<void> identify(connection& link, plan::side_facts& facts);
  [[nodiscard]] awaitable<void> look_at_stream();
  [[nodiscard]] awaitable<void> look_at_state();
  [[nodiscard]] std::string how_to_enable_the_stream() const;
  void note(const error& failure);

  const plan_options& options_;
  shared_connections& connections_;
  plan::plan_report report_;
  std::vector<error> failures_;
};

}  // namespace ddm::cli
