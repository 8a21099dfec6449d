// The file of a fleet, right and wrong, and how long a migration pauses that has failed.
#include "cli/fleet_command.h"
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using words = std::vector<std::string>;
using variables = std::map<std::string, std::string, std::less<>>;

std::expected<command_line, usage_faults> parse(const std::string& file,
                                                const words& arguments = {"monitor", "--config",
                                                                          "f.toml"},
                                                const variables& set = {}) {
  return parse_command_line(arguments, aws::environment(set),
                            [&](const std::string&) -> result<std::string> { return file; });
}

words with_fleet(const words& more, const std::string& command = "monitor") {
  words arguments{command, "--config", "f.toml"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

fleet_of<monitor_options> fleet(const std::string& file, const words& more = {},
                                const variables& set = {}) {
  const auto line = parse(file, with_fleet(more), set);
  if (!line) {
    ADD_FAILURE() << line.error().text();
    return {};
  }
  const auto* made = std::get_if<fleet_of<monitor_options>>(&*line);
  EXPECT_NE(made, nullptr);
  return made == nullptr ? fleet_of<monitor_options>{} : *made;
}

words faults(const std::string& file, const words& more = {},
             const std::string& command = "monitor") {
  const auto line = parse(file, with_fleet(more, command));
  return line ? words{} : line.error().faults;
}

const std::string two = R"(
[defaults]
source-profile = "old"
max-lag = "2m"
state = "/data/{name}.db"

[[migration]]
target-table = "orders"

[[migration]]
name = "basket"
target-table = "arn:aws:dynamodb:eu-west-1:123456789012:table/carts"
source-table = "old-carts"
max-lag = "5m"
)";

TEST(fleet_file, a_migration_stands_on_the_defaults) {
  const auto made = fleet(two);
  ASSERT_THAT(made.members, SizeIs(2));
  EXPECT_EQ(made.members[0].name, "orders");
  EXPECT_EQ(made.members[0].options.source_table, "orders");
  EXPECT_EQ(made.members[0].options.max_lag, 2min);
  EXPECT_EQ(made.members[0].options.state_file, "/data/orders.db");
  EXPECT_EQ(made.members[1].name, "basket");
  EXPECT_EQ(made.members[1].options.source_table, "old-carts");
  EXPECT_EQ(made.members[1].options.max_lag, 5min);
  EXPECT_EQ(made.members[1].options.state_file, "/data/basket.db");
  for (const auto& each : made.members) {
    EXPECT_EQ(each.options.source.profile, "old");
  }
}

TEST(fleet_file, a_flag_holds_for_all_and_before_the_file) {
  for (const auto& each : fleet(two, {"--max-lag", "9m", "--fresh"}).members) {
    EXPECT_EQ(each.options.max_lag, 9min);
    EXPECT_TRUE(each.options.fresh);
  }
  for (const auto& each : fleet(two, {}, {{"DDB_BATCH_SIZE", "7"}}).members) {
    EXPECT_EQ(each.options.records_per_call, 7U);
  }
  EXPECT_EQ(fleet(two, {"--state", "dynamodb://states/{name}"}).members[1].options.state_file,
            "dynamodb://states/basket");
}

TEST(fleet_file, a_name_is_that_of_the_table_and_the_state_is_named_by_it) {
  const auto made = fleet(R"([[migration]]
target-table = "arn:aws:dynamodb:eu-west-1:123456789012:table/carts"
)");
  ASSERT_THAT(made.members, SizeIs(1));
  EXPECT_EQ(made.members[0].name, "carts");
  EXPECT_EQ(made.members[0].options.state_file, "./carts.monitor.db");
}

TEST(fleet_file, what_is_for_the_process_is_in_the_defaults) {
  const auto made = fleet("[defaults]\nlisten = \"127.0.0.1:8080\"\nquiet = true\n" +
                          std::string("[[migration]]\ntarget-table = \"a\"\n"));
  EXPECT_EQ(made.common.listen, "127.0.0.1:8080");
  EXPECT_TRUE(made.common.quiet);
  EXPECT_THAT(faults("[[migration]]\ntarget-table = \"a\"\nlisten = \"127.0.0.1:8080\"\n"),
              ElementsAre("f.toml line 3: listen belongs into [defaults]: it is one for the whole "
                          "process"));
}

TEST(fleet_file, what_is_of_one_migration_is_not_said_for_all) {
  EXPECT_THAT(faults("[defaults]\ntarget-table = \"a\"\n[[migration]]\ntarget-table = \"b\"\n"),
              ElementsAre(HasSubstr("line 2: target-table belongs into each [[migration]]")));
  EXPECT_THAT(faults(two, {"--target-table", "x"}),
              ElementsAre(HasSubstr("--target-table is not the same for all migrations")));
}

TEST(fleet_file, names_are_told_apart_and_fit_for_files) {
  EXPECT_THAT(faults("[[migration]]\ntarget-table = \"a\"\n[[migration]]\ntarget-table = \"a\"\n"),
              ElementsAre(HasSubstr("f.toml line 1 has the name \"a\" already")));
  for (const auto* wrong : {"../a", "a b", "", ".a", "-a", "a/b"}) {
    EXPECT_THAT(
        faults("[[migration]]\nname = \"" + std::string(wrong) + "\"\ntarget-table = \"a\"\n"),
        ElementsAre(HasSubstr("is not fit for files")))
        << wrong;
  }
}

TEST(fleet_file, two_migrations_never_share_a_file) {
  EXPECT_THAT(faults("[defaults]\nstate = \"one.db\"\n[[migration]]\ntarget-table = \"a\"\n" +
                     std::string("[[migration]]\ntarget-table = \"b\"\n")),
              ElementsAre(AllOf(HasSubstr("migration b: one.db"), HasSubstr("of a already"),
                                HasSubstr("\"{name}\""))));
}

TEST(fleet_file, findings_are_told_apart_however_states_are_named) {
  const auto made = fleet(
      "[defaults]\nstate = \"/data/{name}\"\n[[migration]]\n"
      "target-table = \"app.a\"\n[[migration]]\ntarget-table = \"app.b\"\n");
  ASSERT_THAT(made.members, SizeIs(2));
  EXPECT_EQ(made.members[0].options.findings_file, "/data/app.a.findings.jsonl");
  EXPECT_EQ(made.members[1].options.findings_file, "/data/app.b.findings.jsonl");
  EXPECT_THAT(faults("[[migration]]\ntarget-table = \"a\"\nstate = \"x.db\"\n[[migration]]\n"
                     "target-table = \"b\"\nstate = \"./y/../x.db\"\n"),
              ElementsAre(HasSubstr("of a already")));
}

TEST(fleet_file, a_fault_is_told_once_with_whom_it_is_of) {
  EXPECT_THAT(
      faults("[defaults]\nmax-lag = \"2m\"\nstall-after = \"1m\"\n" +
             std::string("[[migration]]\ntarget-table = \"a\"\n[[migration]]\n") +
             "target-table = \"b\"\n[[migration]]\ntarget-table = \"c\"\nmax-lag = \"x\"\n"),
      ElementsAre(HasSubstr("migration a and 1 more: --stall-after 1m"),
                  AllOf(HasSubstr("migration c:"), HasSubstr("line 10: max-lag \"x\""))));
}

TEST(fleet_file, what_it_cannot_be_is_told) {
  EXPECT_THAT(faults("[defaults]\n"), ElementsAre("f.toml has [defaults] and no [[migration]]"));
  EXPECT_THAT(faults("[migration]\ntarget-table = \"a\"\n"),
              ElementsAre(HasSubstr("needs two brackets")));
  EXPECT_THAT(faults("max-lag = \"1m\"\n[[migration]]\ntarget-table = \"a\"\n"),
              ElementsAre(HasSubstr("line 1: max-lag belongs into [defaults] or a [[migration]]")));
  EXPECT_THAT(faults("migration = [1]\n"), ElementsAre(HasSubstr("write each migration as")));
  EXPECT_THAT(faults("[[migration]]\nsource-table = \"a\"\n"),
              Contains("f.toml line 1: a [[migration]] needs a target-table"));
  EXPECT_THAT(faults("[[migration]]\nname = \"a\"\n"),
              ElementsAre(HasSubstr("migration a: --target-table is missing")));
  EXPECT_THAT(faults("[[migration]]\ntarget-table = \"a\"\nmax-lagg = \"1m\"\n"),
              ElementsAre(HasSubstr("did you mean max-lag?")));
  EXPECT_THAT(faults("[[migration]]\ntarget-table = \"a\"\nfresh = true\n"),
              ElementsAre(HasSubstr("belongs on the command line only")));
}

TEST(fleet_file, some_of_it_can_be_chosen) {
  const auto made = fleet(two, {"--migration", "basket"});
  ASSERT_THAT(made.members, SizeIs(1));
  EXPECT_EQ(made.members[0].name, "basket");
  EXPECT_THAT(faults(two, {"--migration", "baskt"}),
              ElementsAre("--migration \"baskt\" is not in the file: did you mean basket?"));
  EXPECT_THAT(parse("max-lag = \"1m\"",
                    {"monitor", "--config", "f.toml", "--migration", "a", "--target-table", "a"})
                  .error()
                  .faults,
              ElementsAre(HasSubstr("says nothing unless --config names a fleet")));
}

TEST(fleet_file, one_file_is_for_several_commands) {
  // repair works for one migration; what monitor alone has a flag for is left to it.
  const auto file = "[defaults]\nsample-rate = \"10\"\nbaseline = true\n" + two.substr(12);
  const auto repair = parse(file, with_fleet({"--migration", "orders"}, "repair"));
  ASSERT_TRUE(repair) << repair.error().text();
  const auto* options = std::get_if<repair_options>(&*repair);
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->target_table, "orders");
  EXPECT_EQ(options->state_file, "/data/orders.db");
  EXPECT_THAT(faults(file, {}, "repair"),
              ElementsAre(HasSubstr("lists 2 migrations, and repair works for one")));
}

TEST(fleet_file, is_compared_and_planned_as_a_whole) {
  const auto compared = parse(two, with_fleet({}, "compare"));
  ASSERT_TRUE(compared) << compared.error().text();
  const auto* fleet = std::get_if<fleet_of<compare_options>>(&*compared);
  ASSERT_NE(fleet, nullptr);
  ASSERT_THAT(fleet->members, SizeIs(2));
  EXPECT_EQ(fleet->members[1].options.state_file, "/data/basket.db");
  // What one alone tells is more than a row.
  const auto one = parse(two, with_fleet({"--migration", "orders"}, "compare"));
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_NE(std::get_if<compare_options>(&*one), nullptr);
  const auto planned = parse(two, with_fleet({}, "plan"));
  ASSERT_TRUE(planned) << planned.error().text();
  const auto* plans = std::get_if<fleet_of<plan_options>>(&*planned);
  ASSERT_NE(plans, nullptr);
  // It makes no file; a state in a table has a policy.
  EXPECT_EQ(plans->members[0].options.state_file, std::nullopt);
  const auto in_table = parse(two, with_fleet({"--state", "dynamodb://states/{name}"}, "plan"));
  ASSERT_TRUE(in_table) << in_table.error().text();
  EXPECT_EQ(std::get<fleet_of<plan_options>>(*in_table).members[1].options.state_file,
            "dynamodb://states/basket");
}

TEST(fleet_file, is_not_beside_the_tables_that_plan_looks_for) {
  EXPECT_THAT(faults(two, {"--tables", "prod-*"}, "plan"),
              ElementsAre(HasSubstr("--tables is for several tables of the source")));
  const auto wrong = [](const words& arguments) { return parse("", arguments).error().faults; };
  EXPECT_THAT(wrong({"plan", "--tables", "p*", "--target-table", "a"}),
              ElementsAre(HasSubstr("it goes without --target-table")));
  EXPECT_THAT(wrong({"plan"}), ElementsAre(HasSubstr("--target-table is missing")));
  EXPECT_THAT(wrong({"plan", "--target-table", "a", "--write-fleet", "f"}),
              ElementsAre(HasSubstr("--write-fleet writes the tables of --tables")));
  EXPECT_THAT(wrong({"plan", "--tables", "p*", "--state", "dynamodb://states/x"}),
              ElementsAre(HasSubstr("write it with {name}")));
  EXPECT_TRUE(parse("", {"plan", "--tables", "p*", "--state", "dynamodb://states/{name}"}));
}

TEST(fleet_file, report_takes_the_states_out_of_it) {
  const auto made = parse(two, with_fleet({"--output", "json"}, "report"));
  ASSERT_TRUE(made) << made.error().text();
  const auto* options = std::get_if<report_options>(&*made);
  ASSERT_NE(options, nullptr);
  EXPECT_THAT(options->state_files, ElementsAre("/data/orders.db", "/data/basket.db"));
  EXPECT_EQ(options->output, report_format::json);
  EXPECT_THAT(faults("max-lag = \"1m\"\n", {}, "report"),
              Contains(HasSubstr("report reads the file of a fleet")));
}

TEST(restart_pauses, they_grow_and_begin_anew_after_a_good_run) {
  restart_pauses pauses;
  EXPECT_EQ(pauses.next(1s), 10s);
  EXPECT_EQ(pauses.next(1s), 30s);
  EXPECT_EQ(pauses.next(1s), 1min);
  EXPECT_EQ(pauses.next(1s), 2min);
  EXPECT_EQ(pauses.next(1s), 5min);
  EXPECT_EQ(pauses.next(1s), 5min);
  EXPECT_EQ(pauses.failures(), 6);
  EXPECT_EQ(pauses.next(10min), 10s);
  EXPECT_EQ(pauses.failures(), 1);
}

}  // namespace
}  // namespace ddm::cli
