// Every way to write a command line, right and wrong.
#include "cli/options.h"

#include "cli/options_flag.h"
#include "state/state_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace ddm::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using variables = std::map<std::string, std::string, std::less<>>;
using words = std::vector<std::string>;

std::expected<command_line, usage_faults> parse(const words& arguments, const variables& set = {},
                                                const std::string& config = {}) {
  return parse_command_line(arguments, aws::environment(set),
                            [&](const std::string& path) -> result<std::string> {
                              if (path != "m.toml") {
                                return fatal("the file " + path + " does not exist");
                              }
                              return config;
                            });
}

template <class Options>
Options parsed(const words& arguments, const variables& set = {}, const std::string& config = {}) {
  const auto line = parse(arguments, set, config);
  if (!line) {
    ADD_FAILURE() << line.error().text();
    return {};
  }
  const auto* options = std::get_if<Options>(&*line);
  EXPECT_NE(options, nullptr);
  return options == nullptr ? Options{} : *options;
}

/// With the one flag that must be there.
monitor_options monitor(words arguments, const variables& set = {},
                        const std::string& config = {}) {
  arguments.insert(arguments.end(), {"--target-table", "t"});
  return parsed<monitor_options>(arguments, set, config);
}

std::vector<std::string> faults(const words& arguments, const variables& set = {},
                                const std::string& config = {}) {
  const auto line = parse(arguments, set, config);
  return line ? std::vector<std::string>{} : line.error().faults;
}

std::vector<std::string> monitor_faults(words arguments, const variables& set = {},
                                        const std::string& config = {}) {
  arguments.insert(arguments.begin(), {"--target-table", "t"});
  return faults(arguments, set, config);
}

std::string printed(const words& arguments) {
  const auto line = parse(arguments);
  const auto* text = line ? std::get_if<text_to_print>(&*line) : nullptr;
  return text == nullptr ? "" : text->text;
}

TEST(options, the_documented_command_line_is_understood) {
  const auto options = parsed<monitor_options>(
      {"--source-profile", "s",         "--target-profile", "t",
       "--stream-profile", "p",         "--stream-arn",     "arn:aws:dynamodb:r:1:table/x/stream/2",
       "--target-table",   "my-table",  "--partition-key",  "user_id",
       "--sort-key",       "timestamp", "--region",         "ap-northeast-1",
       "--sample-rate",    "50",        "--verify-on",      "target",
       "--verbose"});
  EXPECT_EQ(options.source.profile, "s");
  EXPECT_EQ(options.target.profile, "t");
  EXPECT_EQ(options.stream.profile, "p");
  EXPECT_EQ(options.stream_arn, "arn:aws:dynamodb:r:1:table/x/stream/2");
  EXPECT_EQ(options.target_table, "my-table");
  EXPECT_EQ(options.source_table, "my-table");
  EXPECT_EQ(options.partition_key, "user_id");
  EXPECT_EQ(options.sort_key, "timestamp");
  EXPECT_EQ(options.source.region, "ap-northeast-1");
  EXPECT_EQ(options.target.region, "ap-northeast-1");
  EXPECT_EQ(options.sample_rate, 50U);
  EXPECT_EQ(options.verify_on, side::target);
  EXPECT_TRUE(options.verbose);
}

TEST(options, only_the_target_table_is_required_and_the_rest_has_defaults) {
  const auto options = monitor({});
  EXPECT_EQ(options.sample_rate, 100U);
  EXPECT_EQ(options.iterator_type, start_position::latest);
  EXPECT_EQ(options.max_lag, 60s);
  EXPECT_EQ(options.stall_after, 30min);
  EXPECT_THAT(options.ignore_attributes, ElementsAre("aws:rep:*"));
  EXPECT_EQ(options.replication_wait, 5s);
  EXPECT_EQ(options.retry_wait, 2s);
  EXPECT_EQ(options.batch_checks, 100U);
  EXPECT_EQ(options.batches_in_flight, 10U);
  EXPECT_EQ(options.batch_wait, 30s);
  EXPECT_EQ(options.records_per_call, 1000U);
  EXPECT_EQ(options.stats_interval, 30s);
  EXPECT_EQ(options.memory_bytes, 512U << 20);
  EXPECT_EQ(options.settle, 5min);
  EXPECT_FALSE(options.max_rcu);
  EXPECT_FALSE(options.verify_on);
  EXPECT_FALSE(options.source.region);
  EXPECT_THAT(faults({"monitor"}), ElementsAre(HasSubstr("--target-table is missing")));
}

TEST(options, the_command_word_changes_nothing) {
  EXPECT_EQ(parsed<monitor_options>({"monitor", "--target-table", "t"}), monitor({}));
}

TEST(options, a_value_stands_behind_the_flag_or_an_equals_sign_with_one_dash_or_two) {
  const auto expected = monitor({"--stream-arn", "a=b", "--max-lag", "5s"});
  EXPECT_EQ(monitor({"--stream-arn=a=b", "--max-lag=5s"}), expected);
  EXPECT_EQ(monitor({"-stream-arn", "a=b", "-max-lag=5s"}), expected);
  EXPECT_EQ(expected.stream_arn, "a=b");
}

TEST(options, a_switch_stands_alone_or_with_a_truth_value) {
  for (const words& on : {words{"--verbose"},
                          {"--verbose=true"},
                          {"--verbose", "true"},
                          {"-verbose"},
                          {"--verbose", "1"},
                          {"--verbose=TRUE"}}) {
    EXPECT_TRUE(monitor(on).verbose) << on.back();
  }
  for (const words& off :
       {words{"--verbose=false"}, {"--verbose", "false"}, {"-verbose", "0"}, {"--verbose=no"}}) {
    EXPECT_FALSE(monitor(off).verbose) << off.back();
  }
  EXPECT_THAT(monitor_faults({"--verbose=maybe"}),
              ElementsAre("--verbose \"maybe\" is neither true nor false"));
  EXPECT_THAT(monitor_faults({"--verbose", "maybe"}), ElementsAre("\"maybe\" belongs to no flag"));
}

TEST(options, all_values_of_a_list_count) {
  EXPECT_THAT(monitor({"--ignore-attribute", "a", "--ignore-attribute", "b.c"}).ignore_attributes,
              ElementsAre("a", "b.c"));
}

TEST(options, regions_of_one_side_win_over_the_common_one) {
  const auto options = monitor({"--region", "a", "--target-region", "b"});
  EXPECT_EQ(options.source.region, "a");
  EXPECT_EQ(options.target.region, "b");
}

TEST(options, the_source_is_named_like_the_target_also_when_that_is_an_arn) {
  const auto options = parsed<monitor_options>(
      {"--target-table", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"});
  EXPECT_EQ(options.source_table, "orders");
  EXPECT_EQ(monitor({"--source-table", "other"}).source_table, "other");
}

TEST(options, sample_rates_are_written_in_four_ways) {
  EXPECT_EQ(monitor({"--sample-rate", "all"}).sample_rate, 1U);
  EXPECT_EQ(monitor({"--sample-rate", "1"}).sample_rate, 1U);
  EXPECT_EQ(monitor({"--sample-rate", "1%"}).sample_rate, 100U);
  EXPECT_EQ(monitor({"--sample-rate", "1/100"}).sample_rate, 100U);
  for (const auto* wrong : {"0", "abc", "-5", "1.5", "1/0", "0%", "101%"}) {
    EXPECT_THAT(monitor_faults({"--sample-rate", wrong}),
                ElementsAre(AllOf(HasSubstr("--sample-rate"), HasSubstr(wrong),
                                  HasSubstr("such as 50, or all, 1%, 1/100"))));
  }
}

TEST(options, all_flags_of_a_long_run_are_understood) {
  const auto options = monitor({"--freeze-at",
                                "2026-01-31T22:00:00+09:00",
                                "--duration",
                                "1h30m",
                                "--until-caught-up",
                                "--settle",
                                "0s",
                                "--require-go",
                                "--accept-sampled",
                                "--await-target",
                                "--iterator-type",
                                "trim_horizon",
                                "--memory",
                                "1GiB",
                                "--max-rcu",
                                "unlimited",
                                "--state",
                                "s.db",
                                "--fresh",
                                "--findings",
                                "f.jsonl",
                                "--output",
                                "json",
                                "--log-format",
                                "json",
                                "--log-level",
                                "debug",
                                "--hash-keys",
                                "--consistent-read",
                                "--stall-after",
                                "2h",
                                "--source-endpoint-url",
                                "http://localhost:8000",
                                "--stream-endpoint-url",
                                "https://streams"});
  EXPECT_EQ(options.freeze_at, parse_rfc3339("2026-01-31T13:00:00Z"));
  EXPECT_EQ(options.duration, 90min);
  EXPECT_TRUE(options.until_caught_up && options.require_go && options.accept_sampled);
  EXPECT_TRUE(options.await_target && options.fresh && options.hash_keys);
  EXPECT_TRUE(options.consistent_read);
  EXPECT_EQ(options.settle, 0s);
  EXPECT_EQ(options.iterator_type, start_position::trim_horizon);
  EXPECT_EQ(options.memory_bytes, 1ULL << 30);
  EXPECT_EQ(options.max_rcu, std::numeric_limits<double>::infinity());
  EXPECT_EQ(options.state_file, "s.db");
  EXPECT_EQ(options.findings_file, "f.jsonl");
  EXPECT_EQ(options.output, output_format::json);
  EXPECT_EQ(options.log_format, log::format::json);
  EXPECT_EQ(options.log_level, log::level::debug);
  EXPECT_EQ(options.stall_after, 2h);
  EXPECT_EQ(options.source.endpoint_url, "http://localhost:8000");
  EXPECT_EQ(options.stream.endpoint_url, "https://streams");
}

TEST(options, the_variables_of_the_predecessor_count) {
  const auto options = monitor({}, {{"DDB_VALIDATION_BUFFER_SIZE", "7"},
                                    {"DDB_VALIDATION_CHANNEL_SIZE", "8"},
                                    {"DDB_VALIDATION_INTERVAL", "9s"},
                                    {"DDB_REPLICATION_WAIT_TIME", "1500ms"},
                                    {"DDB_RETRY_WAIT_TIME", "3s"},
                                    {"DDB_BATCH_SIZE", "100"},
                                    {"DDB_STATS_INTERVAL", "1m"}});
  EXPECT_EQ(options.batch_checks, 7U);
  EXPECT_EQ(options.batches_in_flight, 8U);
  EXPECT_EQ(options.batch_wait, 9s);
  EXPECT_EQ(options.replication_wait, 1500ms);
  EXPECT_EQ(options.retry_wait, 3s);
  EXPECT_EQ(options.records_per_call, 100U);
  EXPECT_EQ(options.stats_interval, 1min);
}

TEST(options, flag_wins_over_variable_over_file_over_default) {
  const std::string file =
      "batch-size = 10\nvalidation-interval = \"10s\"\nretry-wait-time = '10s'";
  const variables set{{"DDB_BATCH_SIZE", "20"}, {"DDB_VALIDATION_INTERVAL", "20s"}};
  const auto options = monitor({"--config", "m.toml", "--batch-size", "30"}, set, file);
  EXPECT_EQ(options.records_per_call, 30U);
  EXPECT_EQ(options.batch_wait, 20s);
  EXPECT_EQ(options.retry_wait, 10s);
  EXPECT_EQ(options.replication_wait, 5s);
}

TEST(options, a_misspelt_variable_sets_nothing_and_stops_nothing) {
  EXPECT_EQ(monitor({}, {{"DDB_VALIDATION_INTERVALL", "9s"}}).batch_wait, monitor({}).batch_wait);
}

TEST(options, a_bad_variable_is_named_with_its_value_and_what_would_be_right) {
  EXPECT_THAT(monitor_faults({}, {{"DDB_RETRY_WAIT_TIME", "2"}}),
              ElementsAre(AllOf(HasSubstr("DDB_RETRY_WAIT_TIME"), HasSubstr("\"2\""),
                                HasSubstr("it has no unit"), HasSubstr("2s"))));
  EXPECT_THAT(monitor_faults({}, {{"DDB_BATCH_SIZE", "5000"}}),
              ElementsAre("DDB_BATCH_SIZE \"5000\" is no number from 1 to 1000"));
  EXPECT_THAT(monitor_faults({"--batch-size", "5"}, {{"DDB_BATCH_SIZE", "5000"}}), IsEmpty());
}

TEST(options, all_faults_come_at_once) {
  const auto found = faults({"--sampel-rate", "50", "--max-lag", "60", "--output", "xml", "stray",
                             "--region", "--memory", "5"},
                            {{"DDB_STATS_INTERVAL", "often"}});
  EXPECT_THAT(found, testing::UnorderedElementsAre(
                         HasSubstr("--sampel-rate is unknown: did you mean --sample-rate?"),
                         HasSubstr("--max-lag \"60\" is not a duration"),
                         HasSubstr("--output \"xml\" is not known: write text or json"),
                         HasSubstr("\"stray\" belongs to no flag"),
                         HasSubstr("--region needs a value (REGION)"),
                         HasSubstr("--memory \"5\" is too small: at least 1MiB"),
                         HasSubstr("DDB_STATS_INTERVAL \"often\" is not a duration"),
                         HasSubstr("--target-table is missing")));
}

TEST(options_monitor, no_fault_shows_a_password_or_a_query) {
  const auto told =
      monitor_faults({"--source-endpoint-url", "http://user:s3cret@host", "--target-endpoint-url",
                      "s3cret@host", "--max-lag", "https://host/?token=s3cret"});
  EXPECT_EQ(told.size(), 3U);
  EXPECT_THAT(told, testing::Each(testing::Not(HasSubstr("s3cret"))));
}

TEST(options, values_that_cannot_be_right_are_refused) {
  EXPECT_THAT(monitor_faults({"--freeze-at", "22:00"}), ElementsAre(HasSubstr("is no time")));
  EXPECT_THAT(monitor_faults({"--max-rcu", "0"}), ElementsAre(HasSubstr("or unlimited")));
  EXPECT_THAT(monitor_faults({"--max-rcu", "nan"}), ElementsAre(HasSubstr("or unlimited")));
  EXPECT_THAT(monitor_faults({"--max-lag", "0s"}), ElementsAre(HasSubstr("too short")));
  EXPECT_THAT(monitor_faults({"--verify-on", "both"}),
              ElementsAre(HasSubstr("write source or target")));
  EXPECT_THAT(monitor_faults({"--source-endpoint-url", "localhost:8000"}),
              ElementsAre(HasSubstr("http://localhost:8000")));
  EXPECT_THAT(monitor_faults({"--stream-arn", "arn:aws:dynamodb:r:1:table/x"}),
              ElementsAre(HasSubstr("LatestStreamArn")));
  EXPECT_THAT(monitor_faults({"--state="}), ElementsAre(HasSubstr("is empty")));
  EXPECT_THAT(monitor_faults({"--show-values", "--hash-keys"}),
              ElementsAre(HasSubstr("contradict")));
}

TEST(options, quiet_leaves_out_all_below_a_warning_and_contradicts_what_needs_that) {
  EXPECT_EQ(monitor({"--quiet"}).log_level, log::level::warning);
  EXPECT_EQ(monitor({"--quiet", "--log-level", "debug"}).log_level, log::level::warning);
  EXPECT_EQ(monitor({"--quiet", "--log-level", "error"}).log_level, log::level::error);
  EXPECT_THAT(monitor_faults({"--quiet", "--verbose"}), ElementsAre(HasSubstr("contradict")));
  EXPECT_THAT(monitor_faults({"--quiet", "--emf", "Test", "--log-format", "json"}),
              ElementsAre(HasSubstr("contradict")));
}

TEST(options, a_long_max_lag_moves_the_default_of_stall_after_only) {
  EXPECT_EQ(monitor({"--max-lag", "1h"}).stall_after, 1h);
  EXPECT_THAT(monitor_faults({"--max-lag", "1h", "--stall-after", "10m"}),
              ElementsAre(HasSubstr("--stall-after 10m is shorter than --max-lag 1h")));
}

TEST(options, a_short_max_lag_shortens_the_defaults_that_it_would_be_waited_for) {
  const auto options = monitor({"--max-lag", "2s"});
  EXPECT_EQ(options.replication_wait, 2s);
  EXPECT_EQ(options.batch_wait, 2s);
  const auto given = monitor({"--max-lag", "2s", "--replication-wait-time", "7s"},
                             {{"DDB_VALIDATION_INTERVAL", "9s"}});
  EXPECT_EQ(given.replication_wait, 7s);
  EXPECT_EQ(given.batch_wait, 9s);
  EXPECT_EQ(monitor({}).replication_wait, 5s);
  EXPECT_EQ(monitor({}).batch_wait, 30s);
}

TEST(options, flags_of_later_releases_are_unknown) {
  for (const auto* later : {"--web", "--metrics"}) {
    EXPECT_THAT(monitor_faults({later}), ElementsAre(HasSubstr("is unknown"))) << later;
  }
}

TEST(options, compare_takes_what_it_shares_with_monitor_and_compares_every_key) {
  const auto options =
      parsed<compare_options>({"compare", "--target-table", "t", "--source-profile", "s",
                               "--segments", "9", "--max-lag", "5s", "--region", "r"});
  EXPECT_EQ(options.sample_rate, 1U);
  EXPECT_EQ(options.segments, 9U);
  EXPECT_EQ(options.max_lag, 5s);
  EXPECT_EQ(options.source_table, "t");
  EXPECT_EQ(options.source.region, "r");
  EXPECT_THAT(faults({"compare", "--target-table", "t", "--stream-arn", "x"}),
              ElementsAre(HasSubstr("--stream-arn is unknown")));
  EXPECT_THAT(faults({"compare", "--target-table", "t", "--segments", "0"}),
              ElementsAre(HasSubstr("is no number from 1 to 1000000")));
}

TEST(options, an_unknown_command_is_told_which_there_are) {
  EXPECT_THAT(faults({"observe", "--target-table", "t"}),
              ElementsAre("there is no command \"observe\", only monitor, compare, plan, "
                          "repair, report, state, datagen, datadel and completion"));
  EXPECT_THAT(faults({"datagne"}), ElementsAre(HasSubstr("did you mean datagen?")));
}

TEST(options, help_and_a_command_is_its_help) {
  EXPECT_EQ(printed({"help", "plan"}), printed({"plan", "--help"}));
  EXPECT_EQ(printed({"help"}), printed({"--help"}));
  EXPECT_THAT(faults({"help", "plna"}), ElementsAre(HasSubstr("did you mean plan?")));
}

TEST(options_config, has_the_flags_names) {
  const auto options = parsed<monitor_options>({"--config=m.toml"}, {}, R"(
    target-table = "orders"
    sample-rate = 50
    verbose = true
    ignore-attribute = ["a", "b"]
    freeze-at = 2026-01-31T22:00:00Z
    max-rcu = 12.5
    max-lag = "2m"
  )");
  EXPECT_EQ(options.target_table, "orders");
  EXPECT_EQ(options.sample_rate, 50U);
  EXPECT_TRUE(options.verbose);
  EXPECT_THAT(options.ignore_attributes, ElementsAre("a", "b"));
  EXPECT_EQ(options.freeze_at, parse_rfc3339("2026-01-31T22:00:00Z"));
  EXPECT_EQ(options.max_rcu, 12.5);
  EXPECT_EQ(options.max_lag, 2min);
}

TEST(options, refuse_an_ignored_path_that_cannot_be_honoured) {
  for (const auto* command : {"monitor", "compare", "repair"}) {
    const auto faults_of = [&](const std::string& pattern) {
      return faults({command, "--target-table", "t", "--ignore-attribute", pattern});
    };
    EXPECT_THAT(faults_of("orders[0].price"),
                ElementsAre(AllOf(HasSubstr("--ignore-attribute \"orders[0].price\""),
                                  HasSubstr("inside lists are always compared"))));
    EXPECT_THAT(faults_of("a.*.b"), ElementsAre(HasSubstr("only one at the end")));
    EXPECT_THAT(faults_of("a..b"), ElementsAre(HasSubstr("empty name")));
    EXPECT_THAT(faults_of(""), ElementsAre(HasSubstr("is empty")));
  }
  EXPECT_THAT(monitor_faults({"--config", "m.toml"}, {},
                             "target-table = \"t\"\nignore-attribute = [\"a\", \"l[1]\"]"),
              ElementsAre(AllOf(HasSubstr("m.toml line 2: ignore-attribute \"l[1]\""),
                                HasSubstr("inside lists are always compared"))));
}

TEST(options_config, faults_name_file_and_line) {
  EXPECT_THAT(
      monitor_faults({"--config", "m.toml"}, {},
                     "sample_rate = 5\n\nmemory = \"x\"\nstate = [\"a\"]\n[web]\nport = 1\n"),
      testing::UnorderedElementsAre(
          HasSubstr("m.toml line 1: sample_rate is unknown: did you mean sample-rate?"),
          HasSubstr("m.toml line 3: memory \"x\" is not a size"),
          HasSubstr("m.toml line 4: state must be a single value"),
          "m.toml line 5: web is a section: write the flags' names without any"));
  EXPECT_THAT(monitor_faults({"--config", "m.toml"}, {}, "a = = 1"),
              ElementsAre(HasSubstr("m.toml line 1 is not TOML")));
  EXPECT_THAT(monitor_faults({"--config", "other.toml"}),
              ElementsAre("--config: the file other.toml does not exist"));
}

TEST(options, a_flag_of_other_commands_is_refused_with_their_names) {
  EXPECT_THAT(monitor_faults({"--max-wcu", "4"}),
              ElementsAre("--max-wcu is unknown here: it is a flag of repair"));
  EXPECT_THAT(monitor_faults({"--stream_profile", "x", "--max_wcu", "5"}),
              ElementsAre("--stream_profile is unknown: did you mean --stream-profile?",
                          "--max_wcu is unknown here: --max-wcu is a flag of repair"));
}

TEST(options_config, a_key_of_other_commands_is_refused_with_their_names) {
  const auto told = [](const char* command, const std::string& line) {
    return faults({command, "--config", "m.toml"}, {}, "target-table = \"t\"\n" + line);
  };
  EXPECT_THAT(told("monitor", "max-wcu = 4"),
              ElementsAre("m.toml line 2: max-wcu is unknown here: it is a flag of repair"));
  EXPECT_THAT(told("compare", "stream-arn = \"x\""),
              ElementsAre(HasSubstr("is unknown here: it is a flag of monitor and plan")));
  EXPECT_THAT(told("compare", "verify_on = \"source\""),
              ElementsAre(HasSubstr("is unknown here: verify-on is a flag of monitor")));
  EXPECT_THAT(told("compare", "sample_rate = 50"),
              ElementsAre(HasSubstr("is unknown: did you mean sample-rate?")));
}

TEST(options_config, does_not_throw_the_state_away_at_each_start) {
  const std::string config = "target-table = \"t\"\nfresh = ";
  for (const auto* command : {"monitor", "compare"}) {
    const auto refused = faults({command, "--config", "m.toml"}, {}, config + "true");
    EXPECT_THAT(refused, ElementsAre(AllOf(HasSubstr("m.toml line 2: fresh"),
                                           HasSubstr("command line only"))));
    EXPECT_THAT(faults({command, "--config", "m.toml"}, {}, config + "\"yes\""), SizeIs(1));
  }
  EXPECT_FALSE(monitor({"--config", "m.toml"}, {}, config + "false").fresh);
  EXPECT_TRUE(monitor({"--config", "m.toml", "--fresh"}, {}, config + "false").fresh);
}

TEST(options_help, is_found_with_and_without_a_command) {
  EXPECT_THAT(printed({"--help"}), AllOf(HasSubstr("Commands:"), HasSubstr("datagen")));
  EXPECT_THAT(printed({}), HasSubstr("Commands:"));
  EXPECT_EQ(std::get<text_to_print>(*parse({})).exit_code, 2);
  EXPECT_EQ(std::get<text_to_print>(*parse({"--help"})).exit_code, 0);
  for (const auto* command : {"monitor", "state", "datagen", "datadel"}) {
    EXPECT_THAT(printed({command, "--help"}),
                AllOf(HasSubstr("Examples:"), HasSubstr("Exit codes:"), HasSubstr("Environment:")));
    EXPECT_EQ(printed({command, "-h", "--nonsense"}), printed({command, "--help"}));
  }
  EXPECT_EQ(printed({"--version"}), fmt::format("dynamodb-migration-monitor {}, state format {}\n",
                                                DDM_VERSION, state::format_version));
  EXPECT_THAT(printed({"datagen", "--version"}), HasSubstr(DDM_VERSION));
}

TEST(options_help, fits_a_hundred_columns) {
  for (const words& line : {words{"--help"},
                            {"monitor", "--help"},
                            {"state", "--help"},
                            {"datagen", "--help"},
                            {"datadel", "--help"}}) {
    std::istringstream lines(printed(line));
    for (std::string text; std::getline(lines, text);) {
      EXPECT_LE(text.size(), 100U) << text;
      EXPECT_FALSE(text.ends_with(' ')) << text;
    }
  }
}

TEST(options_help, names_every_flag_and_a_default_that_is_the_default) {
  monitor_options options;
  const auto help = printed({"monitor", "--help"});
  for (const auto& group : flags_of(options)) {
    for (const auto& row : group.flags) {
      EXPECT_THAT(help, HasSubstr("  --" + std::string(row.name)));
      if (!row.target.fallback.empty()) {
        EXPECT_FALSE(row.target.apply(row.target.fallback)) << row.name;
      }
    }
  }
  EXPECT_EQ(options, monitor_options{});
}

TEST(options_help, the_examples_work) {
  for (const auto* command : {"monitor", "state", "datagen", "datadel"}) {
    const auto help = printed({command, "--help"});
    const auto begin = help.find("Examples:");
    std::istringstream lines(help.substr(begin, help.find("Exit codes:") - begin));
    std::string example;
    for (std::string line; std::getline(lines, line);) {
      const bool goes_on = line.ends_with('\\');
      example += goes_on ? line.substr(0, line.size() - 1) : line + "\n";
    }
    std::istringstream joined(example);
    int tried = 0;
    for (std::string line; std::getline(joined, line);) {
      std::istringstream split(line);
      words arguments(std::istream_iterator<std::string>(split), {});
      if (!arguments.empty() && arguments[0] == "dynamodb-migration-monitor") {
        arguments.erase(arguments.begin());
        EXPECT_THAT(faults(arguments), IsEmpty()) << line;
        ++tried;
      }
    }
    EXPECT_GE(tried, 3);
  }
}

TEST(options_testdata, datagen_is_understood) {
  const auto options = parsed<datagen_options>(
      {"datagen",    "--profile",  "p",  "--region", "r",      "--endpoint-url",
       "http://h:1", "--table",    "t",  "--count",  "20",     "--partition-key",
       "pk",         "--sort-key", "sk", "--batch",  "--wait", "100",
       "--output",   "keys.csv"});
  EXPECT_EQ(options.connection,
            (connection_options{.profile = "p", .region = "r", .endpoint_url = "http://h:1"}));
  EXPECT_EQ(options.table, "t");
  EXPECT_EQ(options.count, 20U);
  EXPECT_EQ(options.partition_key, "pk");
  EXPECT_EQ(options.sort_key, "sk");
  EXPECT_TRUE(options.batch);
  EXPECT_EQ(options.wait, 100ms);
  EXPECT_EQ(options.output_file, "keys.csv");
  EXPECT_EQ(parsed<datagen_options>({"datagen", "-table", "t"}).count, 10U);
  EXPECT_THAT(faults({"datagen", "--count", "0"}), SizeIs(2));
}

TEST(options_report, is_understood) {
  const auto options = parsed<report_options>({"report", "--state", "s.db", "--output", "json"});
  EXPECT_THAT(options.state_files, ElementsAre("s.db"));
  EXPECT_EQ(options.output, report_format::json);
  const auto several = parsed<report_options>(
      {"report", "a.db", "--output", "html", "b.db", "--state", "c.db", "--output-file", "r.html"});
  EXPECT_THAT(several.state_files, ElementsAre("a.db", "b.db", "c.db"));
  EXPECT_EQ(several.output, report_format::html);
  EXPECT_EQ(several.output_file, "r.html");
  EXPECT_THAT(faults({"report", "a.db", "--output", "pdf"}), SizeIs(1));
  EXPECT_TRUE(parsed<report_options>({"report", "a.db", "--alive"}).alive);
  EXPECT_THAT(faults({"report", "a.db", "--alive", "--output", "json"}),
              ElementsAre(HasSubstr("--alive")));
  EXPECT_THAT(faults({"report", "a.db", "--alive", "--output-file", "x"}), SizeIs(1));
  EXPECT_THAT(faults({"report"}), ElementsAre(HasSubstr("--state")));
  EXPECT_THAT(faults({"report", "--state", "s.db", "--target-table", "t"}), SizeIs(1));
  EXPECT_THAT(printed({"report", "--help"}),
              AllOf(HasSubstr("Examples:"), HasSubstr("Exit codes:"), Not(HasSubstr("AWS_"))));
}

TEST(options_testdata, datadel_is_understood) {
  const auto options = parsed<datadel_options>(
      {"datadel", "--table", "t", "--input", "k.csv", "--dry-run", "--verbose", "--wait", "1s"});
  EXPECT_EQ(options.input_file, "k.csv");
  EXPECT_TRUE(options.dry_run && options.verbose);
  EXPECT_EQ(options.wait, 1s);
  EXPECT_THAT(faults({"datadel"}), SizeIs(2));
  EXPECT_THAT(faults({"datadel", "--table", "t", "--input", "k", "--wait", "soon"}),
              ElementsAre(HasSubstr("is no pause")));
}

TEST(command_line, shows_nothing_of_a_secret_that_is_malformed) {
  for (const std::string given : {"https//h/hush", " https://h/hush", "https://h:99999/hush",
                                  "https://h/hush\n\n", "ftp://h/hush"}) {
    const auto found = faults({"monitor", "--target-table", "t", "--alert-webhook", given});
    ASSERT_THAT(found, SizeIs(1)) << given;
    EXPECT_THAT(found[0], HasSubstr("--alert-webhook (a secret, not shown) is no address"));
  }
  EXPECT_THAT(faults({"monitor", "--target-table", "t", "--alert-webhook", "https://h/hush\n"}),
              IsEmpty());
}

TEST(command_line, shows_the_beginning_of_what_is_long) {
  const auto found =
      faults({"monitor", "--target-table", "t", "--max-lag", std::string(5000, '9')});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_LT(found[0].size(), 500U);
  EXPECT_THAT(found[0], HasSubstr("9…\""));
}

}  // namespace
}  // namespace ddm::cli
