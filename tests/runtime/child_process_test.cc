#include "runtime/child_process.h"

#include "runtime/task_group.h"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace ddm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

result<child_output> run(std::vector<std::string> words, milliseconds limit = 20s,
                         std::string input = {}) {
  asio::io_context context(1);
  std::optional<result<child_output>> ended;
  std::exception_ptr failure;
  asio::co_spawn(context, run_child(std::move(words), limit, 1000, std::move(input)),
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

TEST(child_process, reads_what_it_is_given) {
  EXPECT_EQ(run({"wc", "-c"}, 20s, std::string(100'000, 'x'))->output, "100000\n");
}

TEST(child_process, output_beyond_the_bound_is_cut) {
  EXPECT_EQ(run({"sh", "-c", "head -c 100000 /dev/zero"})->output.size(), 1000U);
}

/// The peak of our own memory: what the child printed was not kept anywhere.
TEST(child_process, output_without_end_takes_no_memory) {
  const auto ended = run({"sh", "-c", "head -c 300000000 /dev/zero"});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output.size(), 1000U);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  EXPECT_LT(used.ru_maxrss, 250'000);
}

TEST(child_process, inherits_neither_descriptors_nor_ignored_signals) {
  const int open_here = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(open_here, 0);
  ASSERT_NE(::signal(SIGPIPE, SIG_IGN), SIG_ERR);
  const auto ended = run({"sh", "-c", "ls /proc/$$/fd; kill -PIPE $$"});
  ::signal(SIGPIPE, SIG_DFL);
  ::close(open_here);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output, "0\n1\n2\n") << ended->errors;
  EXPECT_EQ(ended->exit_code, 128 + SIGPIPE);
}

TEST(child_process, what_it_started_ends_with_it) {
  const auto ended = run({"sh", "-c", "sleep 30 >/dev/null 2>&1 & echo $!"});
  ASSERT_TRUE(ended);
  const auto grandchild = std::stoi(ended->output);
  for (int tries = 0; tries < 200 && ::kill(grandchild, 0) == 0; ++tries) {
    std::ifstream status("/proc/" + std::to_string(grandchild) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    if (text.contains(") Z ")) {
      break;  // nobody reaps it in a container without an init
    }
    std::this_thread::sleep_for(10ms);
    ASSERT_LT(tries, 199) << "it is still alive";
  }
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

TEST(child_process, a_cancellation_ends_it_and_is_thrown_on) {
  asio::io_context context(1);
  task_group tasks(context.get_executor());
  bool ended = false;
  const auto watch = [](bool& done) -> awaitable<void> {
    static_cast<void>(co_await run_child({"sh", "-c", "echo x; sleep 30"}, 20s, 1000));
    done = true;
  };
  const auto own = [](task_group& group) -> awaitable<void> {
    asio::steady_timer pause(co_await asio::this_coro::executor, 100ms);
    co_await pause.async_wait(asio::use_awaitable);
    group.cancel();
    co_await group.join();
  };
  const auto start = std::chrono::steady_clock::now();
  tasks.spawn(watch(ended));
  asio::co_spawn(context, own(tasks), [](const std::exception_ptr&) {});
  context.run();
  EXPECT_FALSE(ended);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(child_process, that_there_is_no_such_program_is_wrong_usage) {
  const auto ended = run({"/no/such/program"});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, error_class::wrong_usage);
}

}  // namespace
}  // namespace ddm
