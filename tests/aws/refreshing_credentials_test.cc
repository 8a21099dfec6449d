#include "aws/refreshing_credentials.h"

#include "base/log.h"
#include "runtime/task_group.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::aws {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Gives keys K1, K2, … that live for `life`, after `takes`; or an error.
struct source_state {
  support::simulated_clock& time;
  std::optional<milliseconds> life = 1h;
  milliseconds takes{0};
  std::optional<error> refusal = std::nullopt;
  int fetches = 0;
};

class scripted_source final : public credentials_source {
 public:
  explicit scripted_source(source_state& state) : state_(state) {}
  awaitable<result<credentials>> fetch() override {
    const auto number = ++state_.fetches;
    co_await state_.time.sleep_for(state_.takes);
    if (state_.refusal) {
      co_return fail(*state_.refusal);
    }
    credentials made{.access_key_id = "K" + std::to_string(number)};
    if (state_.life) {
      made.expires = state_.time.now() + *state_.life;
    }
    co_return made;
  }
  [[nodiscard]] std::string describe() const override { return "script"; }

 private:
  source_state& state_;
};

struct refreshing_credentials_test : testing::Test {
  refreshing_credentials_test() {
    log::divert([this](std::string_view line) { lines.emplace_back(line); });
  }
  ~refreshing_credentials_test() override { log::divert(nullptr); }

  /// The key id, or the error.
  std::string get() {
    const auto made = time.run(provider.get());
    return made ? (*made)->access_key_id : made.error().message;
  }
  shared_credentials present() { return *time.run(provider.get()); }

  support::simulated_clock time;
  source_state source{time};
  refreshing_credentials provider{time, std::make_unique<scripted_source>(source)};
  std::vector<std::string> lines;
};

TEST_F(refreshing_credentials_test, fetches_once_and_again_a_quarter_of_an_hour_before_the_end) {
  EXPECT_EQ(get(), "K1");
  time.run_for(44min);
  EXPECT_EQ(get(), "K1");
  time.run_for(2min);
  EXPECT_EQ(get(), "K2");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(refreshing_credentials_test, short_lives_are_renewed_at_their_last_quarter) {
  source.life = 60s;
  EXPECT_EQ(get(), "K1");
  time.run_for(44s);
  EXPECT_EQ(get(), "K1");
  time.run_for(2s);
  EXPECT_EQ(get(), "K2");
}

TEST_F(refreshing_credentials_test, credentials_without_an_end_stay) {
  source.life.reset();
  get();
  time.run_for(std::chrono::days{30});
  EXPECT_EQ(get(), "K1");
}

awaitable<void> get_into(credentials_provider& from, std::vector<std::string>& into) {
  const auto made = co_await from.get();
  into.push_back(made ? (*made)->access_key_id : made.error().message);
}

TEST_F(refreshing_credentials_test, a_hundred_callers_make_one_fetch) {
  source.takes = 2s;
  task_group callers(time.executor());
  std::vector<std::string> got;
  for (int number = 0; number < 100; ++number) {
    callers.spawn(get_into(provider, got));
  }
  time.run(callers.join());
  EXPECT_EQ(got, std::vector<std::string>(100, "K1"));
  EXPECT_EQ(source.fetches, 1);
}

TEST_F(refreshing_credentials_test, while_one_renews_early_others_go_on_with_what_is_valid) {
  get();
  time.run_for(50min);
  source.takes = 3s;
  task_group callers(time.executor());
  std::vector<std::string> got;
  callers.spawn(get_into(provider, got));
  callers.spawn(get_into(provider, got));
  time.settle();
  EXPECT_EQ(got, std::vector<std::string>{"K1"});
  time.run(callers.join());
  EXPECT_EQ(got.back(), "K2");
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(refreshing_credentials_test, a_caller_that_is_cancelled_leaves_the_fetch_to_the_next) {
  source.takes = 5s;
  std::vector<std::string> first_got;
  std::vector<std::string> got;
  task_group first(time.executor());
  task_group others(time.executor());
  first.spawn(get_into(provider, first_got));
  others.spawn(get_into(provider, got));
  time.run_for(1s);
  first.cancel();
  time.run(others.join());
  EXPECT_EQ(got, std::vector<std::string>{"K2"});
  EXPECT_TRUE(first_got.empty());
}

TEST_F(refreshing_credentials_test, a_failed_renewal_is_logged_and_harmless_while_keys_are_valid) {
  get();
  time.run_for(50min);
  source.refusal = error{.kind = error_class::fatal, .message = "no such role"};
  EXPECT_EQ(get(), "K1");
  EXPECT_THAT(lines.back(), HasSubstr("credentials_not_renewed"));
  EXPECT_THAT(lines.back(), HasSubstr("no such role"));
  const auto before = source.fetches;
  EXPECT_EQ(get(), "K1");
  EXPECT_EQ(source.fetches, before) << "tried again at once";

  source.refusal.reset();
  time.run_for(31s);
  EXPECT_THAT(get(), HasSubstr("K"));
  EXPECT_GT(source.fetches, before);
}

TEST_F(refreshing_credentials_test, at_the_end_callers_learn_why_and_recover_when_the_source_does) {
  get();
  source.refusal = error{.kind = error_class::fatal, .message = "no such role"};
  time.run_for(61min);
  const auto failed = time.run(provider.get());
  ASSERT_FALSE(failed);
  // A run of days waits for someone to mend it.
  EXPECT_EQ(failed.error().kind, error_class::refresh_credentials);
  EXPECT_EQ(failed.error().message, "no such role");
  const auto before = source.fetches;
  EXPECT_EQ(get(), "no such role");
  EXPECT_EQ(source.fetches, before) << "a source that fails is not asked for each call";
  source.refusal.reset();
  time.run_for(6s);
  EXPECT_THAT(get(), HasSubstr("K"));
}

TEST_F(refreshing_credentials_test, what_fails_from_the_start_keeps_its_class) {
  source.refusal = error{.kind = error_class::fatal, .message = "wrong"};
  EXPECT_EQ(time.run(provider.get()).error().kind, error_class::fatal);
  EXPECT_EQ(source.fetches, 1);
}

TEST_F(refreshing_credentials_test, a_source_that_does_not_answer_is_asked_three_times) {
  source.refusal = error{.kind = error_class::retry, .message = "no answer"};
  EXPECT_EQ(get(), "no answer");
  EXPECT_EQ(source.fetches, 3);
}

TEST_F(refreshing_credentials_test, what_was_refused_is_fetched_anew_but_only_once) {
  const auto old = present();
  provider.renew(old);
  EXPECT_EQ(get(), "K2");
  provider.renew(old);
  EXPECT_EQ(get(), "K2");
  provider.renew(nullptr);
  EXPECT_EQ(source.fetches, 2);
}

TEST_F(refreshing_credentials_test, credentials_that_have_already_ended_are_none) {
  source.life = milliseconds{-1000};
  EXPECT_THAT(get(), HasSubstr("script gave credentials that ended at"));
}

}  // namespace
}  // namespace ddm::aws
