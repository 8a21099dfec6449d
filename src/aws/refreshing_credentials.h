// Keeps what a source gave and renews it in time.
//
// Problem: credentials end while a hundred calls are in flight; a source may take seconds, fail for
// an hour, or be a program that must not be started a hundred times a second.
// Idea: the present ones serve until a quarter of their life (at most 15 minutes) is left. Then one
// caller fetches, one at a time, while the others go on with the present ones as long as those are
// valid. A failed renewal is logged and tried again soon; only when nothing valid is left do
// callers see the error, the same one for some seconds.
// Reason: an outage of the source shorter than the early window costs nothing.
#pragma once

#include "aws/credentials_source.h"
#include "net/slot_queue.h"
#include "runtime/clock.h"
#include "runtime/retry.h"

#include <memory>
#include <random>
#include <string>

namespace ddm::aws {

class refreshing_credentials final : public credentials_provider {
 public:
  /// `time` outlives the provider.
  refreshing_credentials(clock& time, std::unique_ptr<credentials_source> source);

  [[nodiscard]] awaitable<result<shared_credentials>> get() override;
  void renew(const shared_credentials& refused) override;
  [[nodiscard]] std::string describe() const override { return source_->describe(); }
  [[nodiscard]] std::string renewal() const override { return source_->renewal(); }
  [[nodiscard]] bool renews_itself() const override { return source_->renews_itself(); }
  [[nodiscard]] shared_credentials present() const override { return present_; }

 private:
  [[nodiscard]] bool usable() const;
  /// What can be answered without asking the source; nothing when it must be asked.
  [[nodiscard]] std::optional<result<shared_credentials>> known() const;
  [[nodiscard]] awaitable<result<credentials>> fetch_with_retries();
  void accept(credentials fetched);
  void reject(error failure);

  clock& clock_;
  std::unique_ptr<credentials_source> source_;
  net::slot_queue turn_;  ///< of one: who fetches
  bool fetching_ = false;
  shared_credentials present_;
  std::optional<error> failure_;  ///< of the last fetch
  wall_time next_fetch_{};
  bool worked_once_ = false;
  std::minstd_rand random_;
};

}  // namespace ddm::aws
