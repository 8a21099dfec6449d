// Repairs between two in-process accounts under virtual time.
#pragma once

#include "aws/service_client.h"
#include "dynamodb/answer_bounds.h"
#include "repair/read_journal.h"
#include "repair/repair_session.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <unistd.h>

namespace ddm::repair {

using support::fault;
using moment = repair_session::moment;
using testing::ElementsAre;

inline constexpr const char* table = "orders";
/// From a stop on, for whatever is no write.
inline constexpr milliseconds last_answers_time{5200};

inline const dynamodb::key_schema schema{.partition = {"pk", dynamodb::key_type::string},
                                         .sort = {}};

inline std::string key_of(const std::string& name) { return R"({"pk":{"S":")" + name + R"("}})"; }
inline std::string item_of(const std::string& name, int value) {
  return R"({"pk":{"S":")" + name + R"("},"v":{"N":")" + std::to_string(value) + R"("}})";
}

/// A way on which a call may hang before anything is sent, as one whose credentials are renewed,
/// and on which an item may swell beyond what a service holds.
class hanging_connection final : public aws::transport {
 public:
  hanging_connection(clock& time, std::unique_ptr<aws::transport> below)
      : time_(time), below_(std::move(below)) {}

  awaitable<result<aws::api_response>> send(aws::api_request request) override {
    if (request.operation() == hangs_at) {
      hangs_at = "";
      co_await time_.sleep_for(std::chrono::seconds(60));
      co_return fail(error_class::access_denied, "the credential_process gave nothing");
    }
    auto answer = co_await below_->send(std::move(request));
    if (answer && !swells.empty()) {
      swell(*answer);
    }
    co_return answer;
  }

  std::string_view hangs_at;
  std::string_view swells;  ///< becomes as many bytes as a line of the journal has at most

 private:
  void swell(aws::api_response& answer) const {
    std::string text(answer.body.view());
    const auto at = text.find(swells);
    if (at == std::string::npos) {
      return;
    }
    text.replace(at, swells.size(), std::string(dynamodb::line_bytes_max, 'x'));
    answer.body.resize(text.size());
    std::ranges::copy(text, answer.body.data());
    answer.crc32.reset();
  }

  clock& time_;
  std::unique_ptr<aws::transport> below_;
};

/// One table of one account and the way to it.
struct account {
  account(support::simulated_clock& time, ddm::side which)
      : fake(time),
        connection(time, fake.connect("AKID" + std::string(to_string(which)))),
        calls(connection, time, {.name = std::string(to_string(which))}),
        client(calls),
        budget(time, std::numeric_limits<double>::infinity()),
        side{.side = which,
             .client = client,
             .name = dynamodb::table_name(table),
             .budget = budget,
             .ttl_attribute = {}} {
    fake.create_table(table, schema);
  }
  void put(const std::string& name, int value) { fake.put(table, item_of(name, value)); }
  [[nodiscard]] std::optional<std::string> get(const std::string& name) {
    return fake.get(table, key_of(name));
  }

  support::fake_dynamodb fake;
  hanging_connection connection;
  aws::service_client calls;
  dynamodb::dynamodb_client client;
  rate_limiter budget;
  dynamodb::metered_table side;
};

class repairing : public testing::Test {
 protected:
  repairing()
      : path_(std::filesystem::temp_directory_path() /
              ("repair_session_test." + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
    settings_.by.schema = schema;
    settings_.apply = true;
    settings_.target_identity = "arn:target";
  }
  ~repairing() override { std::filesystem::remove(path_); }

  result<repair_summary> run(const std::vector<std::string>& names) {
    return run_with([&](repair_session& session) {
      std::vector<open_finding> findings;
      findings.reserve(names.size());
      for (const auto& name : names) {
        findings.push_back({.key = {.json = key_of(name), .hash = {}}, .seen = seen_of(name)});
      }
      return session.run(
          std::move(findings), [this](const step_report& step) { steps_.push_back(step); },
          [this](const dynamodb::item_key& key) { equal_.push_back(key.json); });
    });
  }
  /// "a" is 2 in the source, was 1 in the target, and has been repaired.
  void repair_a_change() {
    source_.put("a", 2);
    target_.put("a", 1);
    ASSERT_TRUE(run({"a"}));
  }
  /// What a finding of now would have seen, unless a test says otherwise.
  seen_in_target seen_of(const std::string& name) {
    const auto found = found_with_.find(name);
    const auto held = found == found_with_.end() ? target_.get(name) : found->second;
    seen_in_target seen;
    if (held) {
      seen.digest = dynamodb::digest_item(*held, settings_.by.secret, {})->compared;
    }
    return seen;
  }
  result<repair_summary> undo() {
    return run_with([&](repair_session& session) {
      return session.undo([this](const step_report& step) { steps_.push_back(step); },
                          [this](std::string key_json, both_sides held, moment when) {
                            return note_sides(std::move(key_json), std::move(held), when);
                          });
    });
  }
  awaitable<result<void>> note_sides(std::string key_json, both_sides held, moment when) {
    if (refuse_sides_) {
      co_return fatal("the state cannot be written");
    }
    if (stop_at_sides_) {
      session_->request_stop();
    }
    const auto in_target = target_.fake.get(table, key_json);
    sides_.push_back({.when = when,
                      .said = held.target ? dynamodb::to_json(*held.target) : "none",
                      .held = in_target.value_or("none"),
                      .source = held.unreadable ? "unreadable"
                                : held.source   ? dynamodb::to_json(*held.source)
                                                : "none"});
    co_return result<void>{};
  }
  template <class Action>
  result<repair_summary> run_with(Action act) {
    auto journal = repair_journal::open(path_);
    EXPECT_TRUE(journal);
    rate_limiter writes(time_, writes_per_second_);
    repair_session session(settings_,
                           {.executor = time_.executor(),
                            .time = time_,
                            .source = source_.side,
                            .target = target_.side,
                            .write_budget = writes,
                            .journal = &*journal,
                            .may_write = may_write_ ? [this] { return ask(); }
                                                    : std::function<awaitable<result<void>>()>()});
    session_ = &session;
    auto ended = time_.run(act(session));
    so_far_ = session.summary();
    return ended;
  }
  awaitable<result<void>> ask() { co_return may_write_(); }
  /// The moment at which it does so.
  wall_time stop_after(milliseconds wait) {
    const auto at = time_.now() + wait;
    asio::co_spawn(
        time_.executor(),
        [](clock& time, wall_time moment, repair_session*& session) -> awaitable<void> {
          co_await time.sleep_until(moment);
          session->request_stop();
        }(time_, at, session_),
        [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    return at;
  }
  void answer_late(account& side, milliseconds late, std::string operation = "") {
    side.fake.plan_faults(support::fault_on(std::move(operation), {.delay = late}));
  }
  [[nodiscard]] std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(std::string_view text) const { std::ofstream(path_) << text; }
  [[nodiscard]] std::uint64_t writes() const {
    const auto& made = target_.fake.statistics();
    return made.calls_of("PutItem") + made.calls_of("UpdateItem") + made.calls_of("DeleteItem");
  }
  /// Somebody else's write between our reads and our write.
  void before_the_write(std::function<void()> happens) {
    target_.fake.plan_faults(
        [done = false, happens = std::move(happens)](const support::fault_context& of) mutable {
          if (!done && (of.operation == "PutItem" || of.operation == "UpdateItem" ||
                        of.operation == "DeleteItem")) {
            done = true;
            happens();
          }
          return fault{};
        });
  }

  std::filesystem::path path_;
  support::simulated_clock time_;
  account source_{time_, side::source};
  account target_{time_, side::target};
  repair_settings settings_;
  double writes_per_second_ = std::numeric_limits<double>::infinity();
  repair_session* session_ = nullptr;
  repair_summary so_far_;
  std::vector<step_report> steps_;
  std::map<std::string, std::optional<std::string>> found_with_;
  std::vector<std::string> equal_;
  /// What undoing said of a key, and what the target held at that moment.
  struct told_sides {
    moment when = moment::before_write;
    std::string said;
    std::string held;
    std::string source;
    bool operator==(const told_sides&) const = default;
  };
  std::vector<told_sides> sides_;
  std::function<result<void>()> may_write_;  ///< none: not asked
  bool refuse_sides_ = false;
  bool stop_at_sides_ = false;
};

}  // namespace ddm::repair
