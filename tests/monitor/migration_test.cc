#include "monitor/migration.h"

#include "support/fake_dynamodb.h"
#include "support/simulated_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace ddm::monitor {
namespace {

using testing::Contains;
using testing::HasSubstr;

const dynamodb::key_schema by_pk{.partition = {"pk", dynamodb::key_type::string}, .sort = {}};
const dynamodb::key_schema by_id{.partition = {"id", dynamodb::key_type::number}, .sort = {}};

/// Two accounts, and a request whose members a test may change before it examines.
class migration_examination : public testing::Test {
 protected:
  migration_examination() {
    source_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
    target_.create_table("orders", by_pk);
  }

  std::expected<migration, migration_faults> examine() {
    return clock_.run(examine_migration(request_));
  }
  std::vector<std::string> faults() {
    auto examined = examine();
    return examined ? std::vector<std::string>() : examined.error().lines();
  }

  support::simulated_clock clock_;
  support::fake_dynamodb source_{clock_, {.account = "111111111111"}};
  support::fake_dynamodb target_{clock_, {.account = "222222222222"}};
  std::unique_ptr<aws::transport> source_link_ = source_.connect("AKIDSOURCE");
  std::unique_ptr<aws::transport> target_link_ = target_.connect("AKIDTARGET");
  aws::service_client source_calls_{*source_link_, clock_, {.name = "source"}};
  aws::service_client target_calls_{*target_link_, clock_, {.name = "target"}};
  dynamodb::dynamodb_client source_client_{source_calls_};
  dynamodb::dynamodb_client target_client_{target_calls_};
  dynamodb::streams_client source_streams_{source_calls_};
  dynamodb::streams_client target_streams_{target_calls_};
  migration_request request_{.source = {.side = side::source,
                                        .client = source_client_,
                                        .table = dynamodb::table_name("orders"),
                                        .profile = "s",
                                        .region = "eu-west-1",
                                        .endpoint = "https://a/",
                                        .access_key_id = "AKIDSOURCE"},
                             .target = {.side = side::target,
                                        .client = target_client_,
                                        .table = dynamodb::table_name("orders"),
                                        .profile = "t",
                                        .region = "eu-west-1",
                                        .endpoint = "https://b/",
                                        .access_key_id = "AKIDTARGET"},
                             .streams = &source_streams_,
                             .stream_endpoint = "https://a/",
                             .stream_access_key_id = "AKIDSOURCE"};
};

TEST_F(migration_examination, finds_the_sources_stream_and_looks_in_the_target) {
  const auto facts = examine();
  ASSERT_TRUE(facts) << facts.error().lines().front();
  EXPECT_EQ(facts->way, verify::direction::source_to_target);
  EXPECT_EQ(facts->view_type, "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(facts->schema, by_pk);
  EXPECT_NE(facts->source_identity, facts->target_identity);
}

TEST_F(migration_examination, reads_the_targets_stream_when_that_is_named) {
  target_.enable_stream("orders", "NEW_AND_OLD_IMAGES");
  migration_request reverse{.source = request_.source,
                            .target = request_.target,
                            .streams = &target_streams_,
                            .stream_endpoint = "https://b/",
                            .stream_access_key_id = "AKIDTARGET",
                            .stream_arn = target_.table("orders").stream_arn,
                            .verify_on = side::source};
  const auto facts = clock_.run(examine_migration(reverse));
  ASSERT_TRUE(facts) << facts.error().lines().front();
  EXPECT_EQ(facts->way, verify::direction::target_to_source);
}

TEST_F(migration_examination, a_table_is_never_checked_against_its_own_stream) {
  request_.verify_on = side::source;
  EXPECT_THAT(faults(), Contains(testing::AllOf(HasSubstr("proves nothing"),
                                                HasSubstr("--verify-on target"))));
}

TEST_F(migration_examination, a_table_is_never_compared_with_itself) {
  migration_request same{.source = request_.source,
                         .target = request_.source,
                         .streams = &source_streams_,
                         .stream_endpoint = "https://a/",
                         .stream_access_key_id = "AKIDSOURCE"};
  same.target.side = side::target;
  const auto facts = clock_.run(examine_migration(same));
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().lines(), Contains(HasSubstr("the same table")));
}

TEST_F(migration_examination, tells_what_the_command_contradicts_from_what_a_service_lacks) {
  const auto kinds = [this](auto change) {
    const auto kept = request_.source.table;
    change();
    const auto facts = examine();
    EXPECT_FALSE(facts);
    request_.source.table = kept;
    request_.partition_key.reset();
    request_.stream_arn.reset();
    source_.plan_faults({});
    std::vector<error_class> all;
    for (const auto& fault : facts ? std::vector<error>() : facts.error().list) {
      all.push_back(fault.kind);
    }
    return all;
  };
  using enum error_class;
  using testing::ElementsAre;
  EXPECT_THAT(kinds([this] { request_.partition_key = "customer"; }), ElementsAre(wrong_usage));
  EXPECT_THAT(kinds([this] { request_.stream_arn = "arn:aws:dynamodb:r:1:table/t"; }),
              ElementsAre(wrong_usage));
  EXPECT_THAT(kinds([this] { request_.source.table = dynamodb::table_name("nosuch"); }),
              ElementsAre(not_found));
  EXPECT_THAT(kinds([this] {
                source_.plan_faults(support::fault_on(
                    "DescribeTable", {.type = support::fault::kind::access_denied}));
              }),
              ElementsAre(access_denied));
  EXPECT_THAT(kinds([this] {
                source_.plan_faults(support::fault_on(
                    "DescribeTable",
                    {.type = support::fault::kind::throttle, .code = "ValidationException"}));
              }),
              ElementsAre(wrong_usage))
      << "no table can have that name";
  EXPECT_THAT(kinds([this] {
                source_.plan_faults(support::fault_on(
                    "DescribeStream",
                    {.type = support::fault::kind::throttle, .code = "KMSDisabledException"}));
              }),
              ElementsAre(unknown_answer));
  EXPECT_THAT(kinds([this] { source_.disable_stream("orders"); }), ElementsAre(not_found));
}

TEST_F(migration_examination, names_each_table_that_does_not_exist) {
  request_.source.table = dynamodb::table_name("nosuch");
  request_.target.table = dynamodb::table_name("neither");
  EXPECT_THAT(faults(),
              testing::UnorderedElementsAre(HasSubstr("source table nosuch does not exist"),
                                            HasSubstr("--await-target")));
}

TEST_F(migration_examination, a_fault_names_region_credentials_and_endpoint) {
  request_.source.table = dynamodb::table_name("nosuch");
  request_.target.profile.clear();
  target_.plan_faults(support::fault_on("", {.type = support::fault::kind::connection_reset}));
  EXPECT_THAT(faults(), testing::UnorderedElementsAre(
                            HasSubstr("not exist in region eu-west-1, profile s, https://a/: "),
                            HasSubstr("(region eu-west-1, default credentials, https://b/): ")));
}

TEST_F(migration_examination, awaits_a_target_that_is_not_there_yet) {
  target_.delete_table("orders");
  request_.await_target = true;
  const auto facts = examine();
  ASSERT_TRUE(facts) << facts.error().lines().front();
  EXPECT_FALSE(facts->target_is_ready());
}

TEST_F(migration_examination, shows_both_key_schemas_when_they_differ) {
  target_.delete_table("orders");
  target_.create_table("orders", by_id);
  EXPECT_THAT(faults(), Contains(testing::AllOf(HasSubstr("pk (S)"), HasSubstr("id (N)"))));
}

TEST_F(migration_examination, a_key_name_that_disagrees_is_told_with_the_right_one) {
  request_.partition_key = "user_id";
  request_.sort_key = "timestamp";
  EXPECT_THAT(faults(), testing::UnorderedElementsAre(
                            testing::AllOf(HasSubstr("user_id"), HasSubstr("is pk")),
                            testing::AllOf(HasSubstr("timestamp"), HasSubstr("no sort key"))));
}

TEST_F(migration_examination, a_stream_that_is_off_comes_with_the_command_that_turns_it_on) {
  source_.disable_stream("orders");
  EXPECT_THAT(faults(),
              Contains(testing::AllOf(HasSubstr("aws dynamodb update-table"),
                                      HasSubstr("--profile s"), HasSubstr("NEW_AND_OLD_IMAGES"))));
}

TEST_F(migration_examination, the_stream_of_another_table_is_refused) {
  source_.create_table("customers", by_pk, "NEW_IMAGE");
  request_.stream_arn = source_.table("customers").stream_arn;
  EXPECT_THAT(faults(), Contains(HasSubstr("customers, which is neither")));
}

TEST_F(migration_examination, text_that_is_no_stream_arn_is_refused) {
  request_.stream_arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders";
  EXPECT_THAT(faults(), Contains(HasSubstr("is not the ARN of a stream")));
}

TEST_F(migration_examination, an_unreachable_service_is_told_with_what_to_check) {
  target_.plan_faults(support::fault_on("", {.type = support::fault::kind::connection_reset}));
  EXPECT_THAT(faults(), Contains(testing::AllOf(HasSubstr("target table orders"),
                                                HasSubstr("--target-endpoint-url"))));
}

TEST(migration, file_names_hold_no_odd_characters) {
  support::simulated_clock clock;
  support::fake_dynamodb account(clock);
  const auto link = account.connect("AKID");
  aws::service_client calls(*link, clock, {.name = "x"});
  dynamodb::dynamodb_client client(calls);
  const table_access access{
      .side = side::target,
      .client = client,
      .table = dynamodb::table_name("arn:aws:dynamodb:eu-west-1:222222222222:table/my_orders.v2"),
      .profile = "",
      .region = "eu-west-1",
      .endpoint = "https://x/",
      .access_key_id = "AKID"};
  EXPECT_EQ(file_name_part(access, std::nullopt), "222222222222-eu-west-1-my_orders.v2");
  // Of DynamoDB Local every account has the same ARNs.
  dynamodb::table_description local;
  local.name = "orders";
  local.arn = "arn:aws:dynamodb:ddblocal:000000000000:table/orders";
  EXPECT_EQ(file_name_part(access, local), "AKID-eu-west-1-orders");
}

/// DynamoDB Local: ARNs are alike, there is no TableId, and each test says who reaches what.
class local_examination : public testing::Test {
 protected:
  struct reached {
    support::fake_dynamodb& server;
    std::string endpoint;
    std::string access_key;
  };
  /// One account of a Local; with -sharedDb the only one.
  static support::fake_options account() {
    return {.account = "000000000000", .region = "ddblocal", .table_ids = false};
  }
  static awaitable<result<std::vector<asio::ip::tcp::endpoint>>> look_up(std::string host,
                                                                         std::uint16_t port) {
    const std::map<std::string, std::string> known{{"localhost", "127.0.0.1"},
                                                   {"127.0.0.1", "127.0.0.1"},
                                                   {"ddb", "10.0.0.7"},
                                                   {"10.0.0.7", "10.0.0.7"},
                                                   {"::1", "::1"}};
    const auto found = known.find(host);
    if (found == known.end()) {
      co_return fail(error_class::retry, "no such name");
    }
    co_return std::vector{asio::ip::tcp::endpoint(asio::ip::make_address(found->second), port)};
  }
  std::expected<migration, migration_faults> examine(
      const reached& source, const reached& target, const std::optional<reached>& stream = {},
      const std::optional<std::string>& stream_arn = {}) {
    connection a(clock_, source);
    connection b(clock_, target);
    connection c(clock_, stream.value_or(source));
    const auto access = [](side which, connection& link, const reached& how) {
      return table_access{.side = which,
                          .client = link.tables,
                          .table = dynamodb::table_name("orders"),
                          .region = "eu-west-1",
                          .endpoint = how.endpoint,
                          .access_key_id = how.access_key};
    };
    const migration_request request{.source = access(side::source, a, source),
                                    .target = access(side::target, b, target),
                                    .streams = stream ? &c.streams : nullptr,
                                    .stream_endpoint = stream ? stream->endpoint : "",
                                    .stream_access_key_id = stream ? stream->access_key : "",
                                    .stream_arn = stream_arn,
                                    .lookup = look_up};
    return clock_.run(examine_migration(request));
  }
  bool refused_as_one(const reached& source, const reached& target) {
    const auto facts = examine(source, target);
    return !facts && facts.error().lines().size() == 1 &&
           facts.error().lines().front().contains("are the same table");
  }
  verify::direction way(const reached& source, const reached& target, const reached& stream,
                        const std::string& arn) {
    const auto facts = examine(source, target, stream, arn);
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().lines().front());
    return facts ? facts->way : verify::direction::source_to_target;
  }

  struct connection {
    connection(clock& time, const reached& how)
        : transport(how.server.connect(how.access_key)), calls(*transport, time, {.name = "x"}) {}
    std::unique_ptr<aws::transport> transport;
    aws::service_client calls;
    dynamodb::dynamodb_client tables{calls};
    dynamodb::streams_client streams{calls};
  };
  support::simulated_clock clock_;
  support::fake_dynamodb one_{clock_, account()};
  support::fake_dynamodb other_{clock_, account()};
};

TEST_F(local_examination, one_table_by_two_spellings_is_refused) {
  one_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  const reached source{one_, "http://localhost:8000/", "a"};
  for (const auto* spelled :
       {"http://127.0.0.1:8000/", "http://[::1]:8000/", "http://localhost:8000/x"}) {
    EXPECT_TRUE(refused_as_one(source, {one_, spelled, "a"})) << spelled;
  }
  EXPECT_TRUE(refused_as_one({one_, "http://ddb:1/", "a"}, {one_, "http://10.0.0.7:1/", "a"}));
}

TEST_F(local_examination, one_shared_table_by_two_profiles_is_refused_also_while_it_is_written_to) {
  one_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  const reached source{one_, "http://localhost:8000/", "a"};
  const reached target{one_, "http://localhost:8000/", "b"};
  EXPECT_TRUE(refused_as_one(source, target));
  int looks = 0;
  one_.plan_faults([&](const support::fault_context&) -> support::fault {
    one_.put("orders", R"({"pk":{"S":")" + std::to_string(++looks) + R"("}})");
    return {};
  });
  EXPECT_TRUE(refused_as_one(source, target));
}

TEST_F(local_examination, one_shared_table_is_refused_whenever_the_one_write_comes) {
  one_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  const reached source{one_, "http://localhost:8000/", "a"};
  const reached target{one_, "http://localhost:8000/", "b"};
  for (int written_at = 1; written_at <= 4; ++written_at) {
    int looks = 0;
    one_.plan_faults([&](const support::fault_context&) -> support::fault {
      if (++looks == written_at) {
        one_.put("orders", R"({"pk":{"S":")" + std::to_string(written_at) + R"("}})");
      }
      return {};
    });
    EXPECT_TRUE(refused_as_one(source, target)) << "at look " << written_at;
  }
}

TEST_F(local_examination, two_tables_are_never_taken_for_one) {
  one_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  clock_.run_for(milliseconds{1});
  other_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  const reached source{one_, "http://localhost:8000/", "a"};
  EXPECT_FALSE(refused_as_one(source, {other_, "http://localhost:8000/", "b"}))
      << "of two accounts, made in different milliseconds";
  support::fake_dynamodb copy(clock_, account());
  clock_.run_for(milliseconds{1});
  other_.delete_table("orders");
  other_.create_table("orders", by_pk);
  copy.create_table("orders", by_pk);
  EXPECT_FALSE(refused_as_one({other_, "http://localhost:8000/", "a"},
                              {copy, "http://localhost:8001/", "a"}))
      << "of two servers, made in one millisecond";
  EXPECT_FALSE(
      refused_as_one({other_, "http://nobody:8000/", "a"}, {copy, "http://noone:8000/", "a"}))
      << "names without an address are their text";
}

TEST_F(local_examination, the_streams_side_does_not_depend_on_how_its_endpoint_is_spelled) {
  using verify::direction;
  one_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  clock_.run_for(milliseconds{1});
  other_.create_table("orders", by_pk, "NEW_AND_OLD_IMAGES");
  const reached source{one_, "http://localhost:8000/", "a"};
  const reached target{other_, "http://localhost:8001/", "b"};
  const auto of_source = *one_.table("orders").stream_arn;
  const auto of_target = *other_.table("orders").stream_arn;
  const reached at_target{other_, "http://127.0.0.1:8001/", "b"};
  EXPECT_EQ(way(source, target, at_target, of_target), direction::target_to_source);
  // By another profile, which leads to the same tables with -sharedDb.
  const reached by_third{other_, "http://127.0.0.1:8001/", "c"};
  EXPECT_EQ(way(source, target, by_third, of_target), direction::target_to_source);
  EXPECT_EQ(way(source, target, {one_, "http://127.0.0.1:8000/", "c"}, of_source),
            direction::source_to_target);
  // An earlier stream is no table's latest one: the place tells.
  other_.disable_stream("orders");
  clock_.run_for(milliseconds{1});
  other_.enable_stream("orders", "NEW_AND_OLD_IMAGES");
  EXPECT_EQ(way(source, target, at_target, of_target), direction::target_to_source);
  EXPECT_EQ(way(source, target, by_third, of_target), direction::target_to_source);
}

TEST_F(migration_examination, one_table_id_is_one_table_wherever_it_is_reached) {
  const migration_request same{.source = request_.source,
                               .target = {.side = side::target,
                                          .client = source_client_,
                                          .table = dynamodb::table_name("orders"),
                                          .region = "eu-west-1",
                                          .endpoint = "https://node2/",
                                          .access_key_id = "AKIDOTHER"}};
  source_.table("orders").settings().arn = "";
  const auto facts = clock_.run(examine_migration(same));
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().lines(), testing::ElementsAre(testing::AllOf(
                                         HasSubstr("are the same table"), HasSubstr("TableId"))));
}

}  // namespace
}  // namespace ddm::monitor
