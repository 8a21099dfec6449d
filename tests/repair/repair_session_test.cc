// Repairs between two in-process accounts under virtual time.
#include "repair/repair_session.h"

#include "aws/service_client.h"
#include "repair/read_journal.h"
#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <unistd.h>

namespace ddm::repair {
namespace {

using support::fault;
using moment = repair_session::moment;
using testing::ElementsAre;

constexpr const char* table = "orders";
/// From a stop on, for whatever is no write.
constexpr milliseconds last_answers_time{5200};

const dynamodb::key_schema schema{.partition = {"pk", dynamodb::key_type::string}, .sort = {}};

std::string key_of(const std::string& name) { return R"({"pk":{"S":")" + name + R"("}})"; }
std::string item_of(const std::string& name, int value) {
  return R"({"pk":{"S":")" + name + R"("},"v":{"N":")" + std::to_string(value) + R"("}})";
}

/// A way on which a call may hang before anything is sent, as one whose credentials are renewed.
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
    co_return co_await below_->send(std::move(request));
  }

  std::string_view hangs_at;

 private:
  clock& time_;
  std::unique_ptr<aws::transport> below_;
};

/// One table of one account and the way to it.
struct account {
  account(support::simulated_clock& time, const std::string& side)
      : fake(time),
        connection(time, fake.connect("AKID" + side)),
        calls(connection, time, {.name = side}),
        client(calls),
        budget(time, std::numeric_limits<double>::infinity()),
        side{.name = side,
             .client = client,
             .table = dynamodb::table_name(table),
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
  verify::table_side side;
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
    repair_session session(settings_, {.executor = time_.executor(),
                                       .time = time_,
                                       .source = source_.side,
                                       .target = target_.side,
                                       .write_budget = writes,
                                       .journal = &*journal});
    session_ = &session;
    return time_.run(act(session));
  }
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
  account source_{time_, "source"};
  account target_{time_, "target"};
  repair_settings settings_;
  double writes_per_second_ = std::numeric_limits<double>::infinity();
  repair_session* session_ = nullptr;
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
  bool refuse_sides_ = false;
  bool stop_at_sides_ = false;
};

TEST_F(repairing, makes_the_tables_equal) {
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  source_.put("different", 2);
  target_.put("different", 1);
  target_.put("unexpected", 3);
  source_.put("healed", 4);
  target_.put("healed", 4);
  const auto done = run({"missing", "different", "unexpected", "healed", "gone"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->puts, 1);
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->removals, 1);
  EXPECT_EQ(done->equal, 2);
  EXPECT_EQ(done->unequal_afterwards, 0);
  EXPECT_EQ(target_.get("missing"), item_of("missing", 1));
  EXPECT_EQ(target_.get("different"), item_of("different", 2));
  EXPECT_FALSE(target_.get("unexpected"));
  EXPECT_EQ(equal_.size(), 5);
}

TEST_F(repairing, without_apply_writes_nothing) {
  settings_.apply = false;
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  target_.put("unexpected", 3);
  const auto planned = run({"missing", "unexpected"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->puts + planned->removals, 2);
  EXPECT_FALSE(target_.get("missing"));
  EXPECT_TRUE(target_.get("unexpected"));
  EXPECT_TRUE(read_journal(path_)->empty());
}

TEST_F(repairing, never_overwrites_what_was_written_in_between) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write([this] { target_.put("a", 7); });
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->refused, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 7));
  EXPECT_EQ(done->unequal_afterwards, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::refused);
}

TEST_F(repairing, leaves_what_the_application_has_written_since_the_mismatch_was_found) {
  settings_.by.allow_deletes = true;
  found_with_ = {{"missing", std::nullopt},
                 {"different", item_of("different", 1)},
                 {"undeleted", item_of("undeleted", 1)}};
  source_.put("missing", 2);
  source_.put("different", 2);
  for (const auto* name : {"missing", "different", "undeleted"}) {
    target_.put(name, 7);
  }
  const auto done = run({"missing", "different", "undeleted"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->left, 3);
  EXPECT_TRUE(read_journal(path_)->empty());
  for (const auto* name : {"missing", "different", "undeleted"}) {
    EXPECT_EQ(target_.get(name), item_of(name, 7));
  }
}

TEST_F(repairing, never_puts_over_an_item_that_has_just_arrived) {
  source_.put("a", 2);
  before_the_write([this] { target_.put("a", 2); });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_EQ(done->unequal_afterwards, 0);
}

TEST_F(repairing, never_deletes_what_has_changed_in_between) {
  settings_.by.allow_deletes = true;
  target_.put("a", 1);
  before_the_write([this] { target_.put("a", 9); });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->refused, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 9));
}

TEST_F(repairing, keeps_an_attribute_that_appeared_in_between) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write(
      [this] { target_.fake.put(table, R"({"pk":{"S":"a"},"v":{"N":"1"},"theirs":{"S":"x"}})"); });
  ASSERT_TRUE(run({"a"}));
  EXPECT_NE(target_.get("a")->find("theirs"), std::string::npos);
}

TEST_F(repairing, takes_its_own_write_for_done_when_the_answer_was_lost) {
  source_.put("a", 2);
  target_.put("a", 1);
  target_.fake.plan_faults(support::fault_on("UpdateItem", {.type = fault::kind::lost_answer}, 1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->refused, 0);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::written);
}

TEST_F(repairing, waits_for_a_replicator_before_it_calls_an_item_unequal) {
  source_.put("a", 2);
  target_.put("a", 1);
  before_the_write([this] {
    source_.put("a", 3);
    target_.put("a", 3);
  });
  const auto done = run({"a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->unequal_afterwards, 0);
  EXPECT_THAT(equal_, ElementsAre(key_of("a")));
}

TEST_F(repairing, is_undone_by_its_journal) {
  settings_.by.allow_deletes = true;
  source_.put("missing", 1);
  source_.put("different", 2);
  target_.fake.put(table, R"({"pk":{"S":"different"},"old":{"SS":["x","y"]},"v":{"N":"1"}})");
  target_.put("unexpected", 3);
  ASSERT_TRUE(run({"missing", "different", "unexpected"}));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_FALSE(target_.get("missing"));
  EXPECT_EQ(target_.get("different"),
            R"({"old":{"SS":["x","y"]},"pk":{"S":"different"},"v":{"N":"1"}})");
  EXPECT_EQ(target_.get("unexpected"), item_of("unexpected", 3));
  const auto again = undo();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->puts + again->changes + again->removals, 0) << "each entry once";
}

TEST_F(repairing, undo_tells_before_each_write_what_will_be_wrong_and_after_it_what_is) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  ASSERT_TRUE(undo());
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 1), item_of("a", 1), item_of("a", 2)}));
}

TEST_F(repairing, undo_tells_what_somebody_else_made_of_it_meanwhile) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  before_the_write([this] { target_.put("a", 7); });
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->refused, 1);
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 7), item_of("a", 7), item_of("a", 2)}));
}

TEST_F(repairing, undo_writes_nothing_that_could_not_be_told) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  refuse_sides_ = true;
  EXPECT_FALSE(undo());
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
}

TEST_F(repairing, undo_without_apply_tells_no_sides) {
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  settings_.apply = false;
  ASSERT_TRUE(undo());
  EXPECT_THAT(sides_, testing::IsEmpty());
  EXPECT_EQ(steps_.back().planned.why, "entry 1 of the journal would be taken back");
}

TEST_F(repairing, undo_leaves_what_was_changed_since) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  target_.put("a", 5);
  const auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 5));
}

TEST_F(repairing, undo_refuses_another_table) {
  source_.put("a", 2);
  ASSERT_TRUE(run({"a"}));
  settings_.target_identity = "arn:other";
  const auto undone = undo();
  ASSERT_FALSE(undone);
  EXPECT_NE(undone.error().message.find("arn:other"), std::string::npos);
  EXPECT_TRUE(target_.get("a"));
}

TEST_F(repairing, undo_looks_for_writes_to_another_table_before_it_writes) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  settings_.target_identity = "arn:other";
  source_.put("b", 2);
  target_.put("b", 1);
  ASSERT_TRUE(run({"b"}));
  const auto undone = undo();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind, error_class::wrong_usage);
  EXPECT_NE(undone.error().message.find("arn:target"), std::string::npos);
  EXPECT_EQ(target_.get("b"), item_of("b", 2)) << "the newest entry is this table's";
}

TEST_F(repairing, undo_tells_of_a_line_that_cannot_be_read_and_takes_back_the_rest) {
  for (const auto* name : {"a", "b", "c"}) {
    source_.put(name, 2);
    target_.put(name, 1);
  }
  settings_.lanes = 1;
  ASSERT_TRUE(run({"a", "b", "c"}));
  std::string text = content();
  text[text.find("before", text.find(R"("id":2)"))] = '\xff';
  write(text);
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->changes, 2);
  EXPECT_EQ(undone->left, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 1));
  EXPECT_EQ(target_.get("b"), item_of("b", 2));
  EXPECT_THAT(steps_[3].planned.why, testing::StartsWith("line 3 of the journal cannot be read"));
}

TEST_F(repairing, undo_leaves_what_is_damaged_within_its_items) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  std::string text = content();
  text.replace(text.find(R"({"N":"1"})"), 9, R"({"N":"?"})");
  write(text);
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->left, 1);
  EXPECT_THAT(steps_.back().planned.why, testing::HasSubstr("entry 1"));
}

TEST_F(repairing, keeps_to_its_write_budget) {
  writes_per_second_ = 10;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("k" + std::to_string(i));
    source_.put(names.back(), i);
  }
  const auto begin = time_.now();
  ASSERT_TRUE(run(names));
  EXPECT_GE(time_.now() - begin, std::chrono::seconds(9));
  EXPECT_LE(time_.now() - begin, std::chrono::seconds(13));
}

TEST_F(repairing, ends_at_the_first_missing_permission_and_says_which) {
  source_.put("a", 2);
  source_.put("b", 2);
  target_.fake.plan_faults(support::fault_on("PutItem", {.type = fault::kind::access_denied}));
  const auto done = run({"a", "b"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("PutItem"), std::string::npos);
}

TEST_F(repairing, uses_no_item_of_another_key) {
  source_.put("a", 2);
  target_.put("a", 1);
  for (auto* side : {&source_, &target_}) {
    side->fake.plan_faults(support::fault_on("GetItem", {.type = fault::kind::other_keys}));
    const auto done = run({"a"});
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().describe().find("another key"), std::string::npos);
    EXPECT_EQ(target_.get("a"), item_of("a", 1));
    side->fake.plan_faults({});
  }
}

TEST_F(repairing, stops_between_two_items) {
  settings_.lanes = 1;
  for (const auto* name : {"a", "b", "c"}) {
    source_.put(name, 1);
  }
  before_the_write([this] { session_->request_stop(); });
  const auto done = run({"a", "b", "c"});
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->stopped);
  EXPECT_EQ(steps_.size(), 1);
  EXPECT_TRUE(target_.get("a"));
  EXPECT_FALSE(target_.get("b"));
}

TEST_F(repairing, stops_within_seconds_however_small_the_budget) {
  writes_per_second_ = 0.01;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("k" + std::to_string(i));
    source_.put(names.back(), i);
  }
  const auto asked = stop_after(std::chrono::seconds(30));
  const auto done = run(names);
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(1));
  EXPECT_TRUE(done->stopped);
  EXPECT_EQ(done->puts, 1);
  EXPECT_EQ(done->unequal_afterwards, 0) << "what was written is looked at again";
  EXPECT_EQ(done->failed + done->refused, 0);
  EXPECT_EQ(read_journal(path_)->size(), 1) << "the others were not begun";
}

TEST_F(repairing, stops_with_the_answers_in_flight_whatever_hangs) {
  for (auto* hanging : {&source_, &target_}) {
    source_.fake.plan_faults({});
    target_.fake.plan_faults({});
    source_.put("a", 1);
    hanging->fake.plan_faults(support::fault_on("", {.type = fault::kind::timeout}));
    const auto asked = stop_after(std::chrono::seconds(1));
    const auto done = run({"a", "b", "c"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_LE(time_.now() - asked, last_answers_time);
    EXPECT_TRUE(done->stopped);
    EXPECT_FALSE(target_.get("a"));
  }
}

TEST_F(repairing, begins_no_write_after_a_stop_however_late_the_answers_are) {
  source_.put("a", 2);
  target_.put("a", 1);
  answer_late(source_, std::chrono::seconds(8));
  answer_late(target_, std::chrono::seconds(8));
  for (const auto wait : {std::chrono::seconds(1), std::chrono::seconds(6), std::chrono::seconds(9),
                          std::chrono::seconds(14)}) {
    const auto asked = stop_after(wait);
    const auto done = run({"a", "b"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_TRUE(done->stopped);
    EXPECT_LE(time_.now() - asked, last_answers_time) << wait;
    EXPECT_TRUE(read_journal(path_)->empty()) << wait;
  }
  EXPECT_EQ(writes(), 0);
}

TEST_F(repairing, reads_the_source_no_more_after_a_stop) {
  answer_late(target_, std::chrono::seconds(4));
  stop_after(std::chrono::seconds(1));
  ASSERT_TRUE(run({"a"}));
  EXPECT_EQ(source_.fake.statistics().requests, 0);
}

TEST_F(repairing, a_write_that_was_sent_before_a_stop_is_answered_but_not_looked_at_too_late) {
  source_.put("a", 2);
  target_.put("a", 1);
  answer_late(target_, std::chrono::seconds(8), "UpdateItem");
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(8));
  EXPECT_EQ(done->changes, 1);
  EXPECT_EQ(done->unequal_afterwards, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::written);
  EXPECT_EQ(target_.fake.statistics().calls_of("GetItem"), 1);
}

TEST_F(repairing, ends_soon_after_a_stop_while_credentials_are_awaited) {
  source_.put("a", 2);
  for (const std::string_view operation : {"GetItem", "PutItem"}) {
    target_.connection.hangs_at = operation;
    const auto asked = stop_after(std::chrono::seconds(1));
    const auto done = run({"a"});
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_LE(time_.now() - asked, last_answers_time) << operation;
    EXPECT_TRUE(done->stopped);
  }
  EXPECT_EQ(writes(), 0);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::unsent);
}

TEST_F(repairing, says_of_a_write_that_was_never_sent_that_it_was_not) {
  source_.put("a", 2);
  target_.connection.hangs_at = "PutItem";
  const auto done = run({"a"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("gave nothing"), std::string::npos);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::unsent);
}

TEST_F(repairing, a_write_without_an_answer_may_have_been_made) {
  source_.put("a", 2);
  target_.fake.plan_faults(support::fault_on("PutItem", {.type = fault::kind::timeout}));
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto done = run({"a"});
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_LE(time_.now() - asked, std::chrono::seconds(10));
  EXPECT_EQ(done->failed, 1);
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::failed);
  ASSERT_TRUE(target_.get("a"));
}

TEST_F(repairing, an_undoing_whose_write_is_never_sent_leaves_no_finding) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  target_.connection.hangs_at = "UpdateItem";
  const auto asked = stop_after(std::chrono::seconds(1));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_LE(time_.now() - asked, last_answers_time);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  ASSERT_EQ(sides_.size(), 2);
  EXPECT_EQ(sides_[1].said, item_of("a", 2));
}

TEST_F(repairing, an_undoing_begins_no_write_after_a_stop_however_late_the_answers_are) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  const auto before = writes();
  answer_late(source_, std::chrono::seconds(8));
  answer_late(target_, std::chrono::seconds(8));
  for (const auto wait : {std::chrono::seconds(1), std::chrono::seconds(6), std::chrono::seconds(9),
                          std::chrono::seconds(17), std::chrono::seconds(22)}) {
    const auto asked = stop_after(wait);
    const auto undone = undo();
    ASSERT_TRUE(undone) << undone.error().describe();
    EXPECT_TRUE(undone->stopped);
    EXPECT_LE(time_.now() - asked, last_answers_time) << wait;
    EXPECT_THAT(sides_, testing::IsEmpty());
  }
  EXPECT_EQ(writes(), before);
}

TEST_F(repairing, an_undoing_that_is_stopped_before_its_write_tells_what_the_sides_still_hold) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  stop_at_sides_ = true;
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(undone->changes, 0);
  EXPECT_EQ(target_.get("a"), item_of("a", 2));
  EXPECT_THAT(
      sides_,
      ElementsAre(
          told_sides{moment::before_write, item_of("a", 1), item_of("a", 2), item_of("a", 2)},
          told_sides{moment::after_write, item_of("a", 2), item_of("a", 2), item_of("a", 2)}));
}

TEST_F(repairing, an_undoing_that_is_stopped_counts_what_it_had_no_time_to_look_at) {
  source_.put("a", 2);
  target_.put("a", 1);
  ASSERT_TRUE(run({"a"}));
  before_the_write([this] {
    session_->request_stop();
    answer_late(source_, std::chrono::seconds(9));
  });
  const auto asked = time_.now();
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_LE(time_.now() - asked, last_answers_time);
  EXPECT_EQ(undone->changes, 1);
  EXPECT_EQ(target_.get("a"), item_of("a", 1));
  EXPECT_EQ(read_journal(path_)->at(0).ended, outcome::undone);
  EXPECT_EQ(sides_.size(), 1) << "it is open as it was told before the write";
}

TEST_F(repairing, an_undoing_that_is_stopped_opens_no_finding_that_it_does_not_make_true) {
  source_.put("a", 1);
  source_.put("b", 2);
  ASSERT_TRUE(run({"a", "b"}));
  writes_per_second_ = 0.01;
  stop_after(std::chrono::seconds(30));
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_TRUE(undone->stopped);
  EXPECT_FALSE(target_.get("b"));
  EXPECT_TRUE(target_.get("a"));
  for (const auto& told : sides_) {
    EXPECT_THAT(told.source, testing::HasSubstr(R"("b")"));
  }
}

}  // namespace
}  // namespace ddm::repair
