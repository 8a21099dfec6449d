// What `compare` and `repair` do in states of their own, taken into that of the monitor of the
// name.
//
// Problem: on one file a monitor hears of other commands at once; on another host they work on
// states of their own, in the same table.
// Idea: their heads are looked at each few seconds. Once nobody holds one, its copy is fetched into
// a file beside the monitor's, and what is new in it is committed into the monitor's state
// (monitor/handover), where the session hears of it as of a command on the same file. So is one
// that was left to another holder, lest what an ended command found waits for the end of the next
// one; and a small one each minute, while its command goes on.
// Reason: a comparison is heard of within a minute of its end, a monitor that was away hears of all
// that ended meanwhile, and a large copy is not fetched each time that somebody makes one.
//
// While a repair holds its state, or what it left has not been taken in, what it has written is not
// known here: that is a trouble, and no GO is said (other_heads.h). A copy of gigabytes is fetched
// beside the looks, not between them.
#pragma once

#include "aws/service_client.h"
#include "cli/fetched_part.h"
#include "cli/other_heads.h"
#include "runtime/signal.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "verify/findings_file.h"

#include <string>

namespace ddm::cli {

class other_parts {
 public:
  struct of {
    remote::state_address address;
    std::string folder;  ///< of this process's own
    dynamodb::key_schema schema;
  };
  /// The monitor's; they outlive it.
  struct own {
    state::state_store& store;
    verify::findings_file& findings;
  };
  other_parts(aws::service_client& calls, clock& time, worker_pool& pool, of whose, own into);

  /// Looks while the run goes on. What fails is told, and tried again.
  [[nodiscard]] awaitable<result<void>> run_beside(awaitable<result<void>> run,
                                                   asio::any_io_executor executor);
  /// Why what is known here may not be all; empty: it is.
  [[nodiscard]] std::string trouble() const { return heads_.trouble(time_.now()); }

 private:
  struct part {
    part(aws::service_client& calls, clock& time, fetched_part::of whose, other_head& known)
        : copy(calls, time, std::move(whose)), head(known) {}

    fetched_part copy;
    other_head& head;
  };
  [[nodiscard]] awaitable<void> watch();
  [[nodiscard]] awaitable<void> take_what_is_due();
  [[nodiscard]] awaitable<result<void>> look();
  [[nodiscard]] awaitable<result<void>> look_at(part& at);
  [[nodiscard]] awaitable<result<void>> take();
  [[nodiscard]] awaitable<result<void>> take_in(part& at);
  void tell(const part& of, const monitor::taken_in& taken) const;

  clock& time_;
  worker_pool& pool_;
  of whose_;
  own into_;
  other_heads heads_;
  part compare_;
  part repair_;
  signal looked_;
};

}  // namespace ddm::cli
