// What the HTTP server answers: how the runs of this process stand. Read-only; the paths, with the
// shape of each answer: docs/openapi.json.
#pragma once

#include "cli/shown_runs.h"
#include "cli/web_findings.h"
#include "runtime/clock.h"
#include "serve/server_limits.h"

#include <string>

namespace ddm::cli {

class web_api {
 public:
  /// Both outlive it.
  web_api(const shown_runs& runs, clock& time) : runs_(runs), clock_(time) {}

  [[nodiscard]] awaitable<serve::answer> answer(const serve::request& asked);

 private:
  [[nodiscard]] serve::answer of_process(const std::string& name) const;
  [[nodiscard]] awaitable<serve::answer> of_run(shown_run& run, const std::string& what,
                                                const serve::request& asked);
  [[nodiscard]] serve::response healthz() const;
  [[nodiscard]] serve::response history(const shown_run& run, const serve::request& asked) const;

  const shown_runs& runs_;
  clock& clock_;
  web_findings findings_;
};

}  // namespace ddm::cli
