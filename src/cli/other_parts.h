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
// known here: that is a trouble, and no GO is said.
#pragma once

#include "aws/service_client.h"
#include "cli/fetched_part.h"
#include "remote/lease.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"
#include "verify/findings_file.h"

#include <array>
#include <optional>
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
  [[nodiscard]] std::string trouble() const;

 private:
  struct part {
    part(aws::service_client& calls, clock& time, fetched_part::of whose)
        : copy(calls, time, std::move(whose)) {}

    fetched_part copy;
    remote::lease_watch lease{{}};
    std::optional<remote::copy_root> taken;  ///< the copy that was taken in last
    std::string taken_from;                  ///< who held it then
    wall_time taken_at;
    bool told_foreign = false;
    bool looked = false;
    [[nodiscard]] bool is_untaken() const;
    [[nodiscard]] bool is_due(wall_time now) const;
  };
  [[nodiscard]] awaitable<void> watch();
  [[nodiscard]] awaitable<result<void>> look_caught();
  [[nodiscard]] awaitable<result<void>> look();
  [[nodiscard]] awaitable<result<void>> look_at(part& at);
  [[nodiscard]] awaitable<result<void>> take_in(part& at);
  void tell(const part& of, const monitor::taken_in& taken) const;

  clock& time_;
  worker_pool& pool_;
  of whose_;
  own into_;
  part compare_;
  part repair_;
};

}  // namespace ddm::cli
