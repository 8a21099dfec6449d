// The checks of a session and what asks the tables for them.
#pragma once

#include "dynamodb/page_decoder.h"
#include "dynamodb/table_reader.h"
#include "monitor/session_part.h"
#include "runtime/clock.h"
#include "runtime/worker_pool.h"
#include "verify/finding_book.h"
#include "verify/pending_checks.h"
#include "verify/record_verifier.h"

#include <functional>

namespace ddm::monitor {

class checking final : public session_part {
 public:
  /// Everything outlives it.
  struct parts {
    asio::any_io_executor executor;
    clock& time;
    worker_pool& pool;
    const dynamodb::page_decoder& decoder;
    dynamodb::metered_table& source;
    dynamodb::metered_table& target;
    verify::finding_book& findings;
  };
  checking(const verify::check_settings& checks, const verify::verifier_options& verifier,
           parts with, verify::verifier_events events);

  [[nodiscard]] verify::pending_checks& checks() { return checks_; }
  [[nodiscard]] const verify::pending_checks& checks() const { return checks_; }
  /// By how much our clock has stood still without a check having been told; for tell().
  void ask_for_pause(std::function<milliseconds()> pause) { pause_ = std::move(pause); }
  /// Checks or findings were changed from outside: something may have become due.
  void wake() { verifier_.wake(); }
  /// What was read last is among them: no judgement waits for more.
  void hasten(wall_time now);

  void start(task_group& tasks) override { tasks.spawn(verifier_.run()); }
  [[nodiscard]] awaitable<void> join() override { return verifier_.finish_in_flight(); }
  void collect(state::commit_batch& batch) override;
  void on_refilled() override { wake(); }
  void tell(report::status& now) const override;

 private:
  parts parts_;
  verify::check_settings settings_;
  verify::pending_checks checks_;
  verify::record_verifier verifier_;
  std::function<milliseconds()> pause_;
};

}  // namespace ddm::monitor
