#include "runtime/child_process.h"

#include "runtime/task_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace ddm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

result<child_output> run(std::vector<std::string> words, milliseconds limit = 20s) {
  asio::io_context context(1);
  std::optional<result<child_output>> ended;
  std::exception_ptr failure;
  asio::co_spawn(context, run_child(std::move(words), limit, 1000),
                 [&](std::exception_ptr e, result<child_output> value) {
                   failure = e;
                   ended = std::move(value);
                 });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
  return std::move(*ended);
}

TEST(child_process, gives_both_outputs_and_the_exit_code) {
  const auto ended = run({"sh", "-c", "echo out; echo err >&2; cat; exit 3"});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output, "out\n");
  EXPECT_EQ(ended->errors, "err\n");
  EXPECT_EQ(ended->exit_code, 3);
}

TEST(child_process, output_beyond_the_bound_is_cut) {
  EXPECT_EQ(run({"sh", "-c", "head -c 100000 /dev/zero"})->output.size(), 1000U);
}

TEST(child_process, tells_a_signal_by_its_number) {
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"})->exit_code, 128 + 9);
}

TEST(child_process, a_child_that_hangs_is_killed_with_what_it_started) {
  const auto start = std::chrono::steady_clock::now();
  const auto ended = run({"sh", "-c", "sleep 30 & sleep 30"}, 100ms);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, "Timeout");
  EXPECT_EQ(ended.error().kind, error_class::retry);
  EXPECT_THAT(ended.error().message, HasSubstr("sh had not ended after 100 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(child_process, what_cannot_be_started_is_fatal) {
  const auto ended = run({"/no/such/program"});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, error_class::fatal);
}

}  // namespace
}  // namespace ddm
