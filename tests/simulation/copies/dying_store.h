// A state whose process dies at one of its commits: that one and all later ones fail.
#pragma once

#include "state/state_store.h"

#include <cstddef>
#include <utility>

namespace ddm::simulation::copies {

class dying_store final : public state::state_store {
 public:
  dying_store(state::state_store& of, std::size_t commits) : of_(of), commits_left_(commits) {}

  [[nodiscard]] awaitable<result<void>> commit(state::commit_batch batch) override {
    if (commits_left_ == 0) {
      co_return fail(error_class::fatal, "killed");
    }
    --commits_left_;
    co_return co_await of_.commit(std::move(batch));
  }
  [[nodiscard]] awaitable<result<state::snapshot>> load(std::size_t open_max) override {
    return of_.load(open_max);
  }
  [[nodiscard]] awaitable<result<std::vector<state::deferred_row>>> oldest_deferred(
      std::size_t rows_max) override {
    return of_.oldest_deferred(rows_max);
  }
  [[nodiscard]] awaitable<result<std::int64_t>> count_deferred() override {
    return of_.count_deferred();
  }
  [[nodiscard]] awaitable<result<std::vector<state::candidate_row>>> candidates(
      std::string command, std::int64_t after, std::size_t rows_max) override {
    return of_.candidates(std::move(command), after, rows_max);
  }
  [[nodiscard]] awaitable<result<std::optional<state::mismatch_row>>> find_mismatch(
      std::string key_hash) override {
    return of_.find_mismatch(std::move(key_hash));
  }
  [[nodiscard]] awaitable<result<std::vector<state::mismatch_row>>> open_mismatches(
      std::optional<state::mismatch_row> last, std::size_t rows_max) override {
    return of_.open_mismatches(std::move(last), rows_max);
  }
  [[nodiscard]] awaitable<result<std::vector<state::mismatch_row>>> mismatches_by_key(
      std::string after, std::size_t rows_max) override {
    return of_.mismatches_by_key(std::move(after), rows_max);
  }
  [[nodiscard]] awaitable<result<bool>> renew_findings(line_of_row line_of) override {
    return of_.renew_findings(std::move(line_of));
  }
  [[nodiscard]] awaitable<result<std::vector<std::string>>> finding_lines(
      std::int64_t after, std::size_t lines_max) override {
    return of_.finding_lines(after, lines_max);
  }
  [[nodiscard]] awaitable<result<state::shard_page>> newest_shards(std::string stream_arn,
                                                                   std::size_t rows_max) override {
    return of_.newest_shards(std::move(stream_arn), rows_max);
  }
  [[nodiscard]] awaitable<result<state::news>> news_of(std::vector<std::string> prefixes) override {
    return of_.news_of(std::move(prefixes));
  }

 private:
  state::state_store& of_;
  std::size_t commits_left_;
};

}  // namespace ddm::simulation::copies
