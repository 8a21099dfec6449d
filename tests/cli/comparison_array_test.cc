// Which worker a process is, by its flags and by the variables of schedulers.
#include "cli/comparison_array.h"

#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

using compare::worker_share;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using words = std::vector<std::string>;
using variables = std::map<std::string, std::string, std::less<>>;

std::expected<command_line, usage_faults> parse(words flags, const std::string& config = {}) {
  words line{"compare"};
  line.insert(line.end(), flags.begin(), flags.end());
  return parse_command_line(line, aws::environment(),
                            [&](const std::string&) -> result<std::string> { return config; });
}

words with_table(const words& flags) {
  words line{"--target-table", "t"};
  line.insert(line.end(), flags.begin(), flags.end());
  return line;
}

std::vector<std::string> faults(const words& flags) {
  const auto parsed = parse(with_table(flags));
  return parsed ? std::vector<std::string>() : parsed.error().faults;
}

result<worker_share> share(const words& flags, const variables& set = {}) {
  const auto parsed = parse(with_table(flags));
  if (!parsed) {
    throw std::runtime_error(parsed.error().text());
  }
  return share_of(std::get<compare_options>(*parsed), aws::environment(set));
}

const words of_eight{"--workers", "8", "--state", "s.db"};

TEST(comparison_array, takes_the_index_of_three_schedulers) {
  const std::vector<std::pair<variables, std::int64_t>> told{
      {{{"AWS_BATCH_JOB_ARRAY_INDEX", "0"}}, 0},
      {{{"AWS_BATCH_JOB_ARRAY_INDEX", "7"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "8"}}, 7},
      {{{"JOB_COMPLETION_INDEX", "3"}}, 3},
      {{{"SLURM_ARRAY_TASK_ID", "3"}}, 3},
      {{{"SLURM_ARRAY_TASK_ID", "11"},
        {"SLURM_ARRAY_TASK_MIN", "10"},
        {"SLURM_ARRAY_TASK_COUNT", "8"}},
       1}};
  for (const auto& [set, worker] : told) {
    const auto found = share(of_eight, set);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, (worker_share{.worker = worker, .workers = 8}));
  }
}

TEST(comparison_array, goes_by_the_flag_whatever_a_scheduler_says) {
  auto flags = of_eight;
  flags.insert(flags.end(), {"--worker", "5"});
  EXPECT_EQ(share(flags, {{"JOB_COMPLETION_INDEX", "3"}})->worker, 5);
}

TEST(comparison_array, refuses_an_index_that_is_none_of_its_workers) {
  const std::vector<std::pair<variables, std::string>> wrong{
      {{{"AWS_BATCH_JOB_ARRAY_INDEX", "8"}}, "of 8 workers the last one is 7"},
      {{{"AWS_BATCH_JOB_ARRAY_INDEX", "1"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "9"}}, "has 9 tasks"},
      {{{"SLURM_ARRAY_TASK_ID", "1"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}, "has 4 tasks"},
      {{{"SLURM_ARRAY_TASK_ID", "1"}, {"SLURM_ARRAY_TASK_MIN", "2"}}, "SLURM_ARRAY_TASK_ID is 1"},
      {{{"JOB_COMPLETION_INDEX", "-1"}}, "is no number of a task"},
      {{{"JOB_COMPLETION_INDEX", "0x1"}}, "is no number of a task"},
      {{{"JOB_COMPLETION_INDEX", "99999999999999999999"}}, "is no number of a task"},
      {{}, "which of the workers this is, nobody says"}};
  for (const auto& [set, fault] : wrong) {
    const auto found = share(of_eight, set);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, error_class::wrong_usage);
    EXPECT_THAT(found.error().message, HasSubstr(fault));
  }
}

TEST(comparison_array, needs_no_index_before_and_after_the_workers) {
  for (const auto* step : {"--prepare", "--merge"}) {
    auto flags = of_eight;
    flags.emplace_back(step);
    EXPECT_EQ(share(flags)->workers, 8);
  }
}

TEST(comparison_array, refuses_flags_that_say_nothing_together) {
  const std::vector<std::pair<words, std::string>> wrong{
      {{"--prepare"}, "--prepare says nothing without --workers"},
      {{"--worker", "1"}, "--worker says nothing without --workers"},
      {{"--merge"}, "--merge says nothing without --workers"},
      {{"--workers", "2"}, "--workers needs --state"},
      {{"--workers", "2", "--state", "s", "--prepare", "--merge"}, "steps of their own"},
      {{"--workers", "2", "--state", "s", "--worker", "0", "--merge"}, "steps of their own"},
      {{"--workers", "2", "--state", "s", "--worker", "2"}, "of 2 workers the last one is 1"},
      {{"--workers", "2", "--state", "s", "--partial"}, "--partial says nothing without --merge"},
      {{"--workers", "2", "--state", "s", "--step", "scan"}, "--step needs --exchange"},
      {{"--workers", "2", "--state", "s", "--exchange", "d"}, "--exchange needs --step"},
      {{"--workers", "501", "--state", "s", "--exchange", "d", "--step", "scan"}, "500 workers"},
      {{"--workers", "2", "--state", "s", "--fresh"}, "begin anew with --prepare --fresh"},
      {{"--workers", "9", "--state", "s", "--segments", "8"}, "are fewer than --workers 9"}};
  for (const auto& [given, fault] : wrong) {
    EXPECT_THAT(faults(given), ElementsAre(HasSubstr(fault)));
  }
  EXPECT_THAT(faults({"--workers", "2", "--state", "s", "--exchange", "d", "--prepare"}),
              IsEmpty());
  EXPECT_THAT(faults({"--workers", "2", "--state", "s", "--fresh", "--prepare"}), IsEmpty());
}

TEST(comparison_array, is_of_one_migration) {
  const auto* fleet =
      "[[migration]]\nname = \"a\"\ntarget-table = \"a\"\nworkers = 2\n"
      "[[migration]]\nname = \"b\"\ntarget-table = \"b\"\n";
  const auto all = parse({"--config", "f.toml", "--prepare"}, fleet);
  ASSERT_FALSE(all);
  EXPECT_THAT(parse({"--config", "f.toml"}, fleet).error().faults,
              ElementsAre(HasSubstr("--workers is for one comparison")));
  EXPECT_TRUE(parse({"--config", "f.toml", "--migration", "a", "--prepare"}, fleet));
}

}  // namespace
}  // namespace ddm::cli
