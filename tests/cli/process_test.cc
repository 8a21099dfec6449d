// Several migrations in one process: what they share, and that each of them keeps to itself.
#include "cli/process.h"

#include "base/log.h"
#include "cli/compare_command.h"
#include "cli/fleet_command.h"
#include "cli/monitor_command.h"
#include "support/fake_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace ddm::cli {
namespace {

using support::fake_dynamodb;
using support::fake_server;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// The log of a run, and who is told of each line at once. Standard output is kept as well.
class caught_output {
 public:
  explicit caught_output(std::function<void(const std::string&)> told = {})
      : told_(std::move(told)) {
    testing::internal::CaptureStdout();
    log::divert([this](std::string_view line) {
      log_.emplace_back(line);
      if (told_) {
        told_(log_.back());
      }
    });
  }
  caught_output(const caught_output&) = delete;
  caught_output& operator=(const caught_output&) = delete;
  ~caught_output() {
    log::divert(nullptr);
    if (!text_) {
      std::ignore = text();
    }
  }
  [[nodiscard]] const std::string& text() {
    if (!text_) {
      text_ = testing::internal::GetCapturedStdout();
    }
    return *text_;
  }
  [[nodiscard]] std::vector<std::string> lines_of(const std::string& event) const {
    std::vector<std::string> found;
    std::ranges::copy_if(log_, std::back_inserter(found), [&](const std::string& line) {
      return line.contains("event=" + event + " ");
    });
    return found;
  }

 private:
  std::function<void(const std::string&)> told_;
  std::vector<std::string> log_;
  std::optional<std::string> text_;
};

class process_test : public testing::Test {
 protected:
  process_test() {
    std::filesystem::create_directories(folder_);
    write("credentials", "[source]\ncredential_process = sh " + path("fetch") +
                             " source\n[target]\ncredential_process = sh " + path("fetch") +
                             " target\n");
    // Notes that it was asked.
    write("fetch", "echo $1 >> " + path("fetched") +
                       "\necho '{\"Version\": 1, \"AccessKeyId\": \"'$1'\", \"SecretAccessKey\": "
                       "\"secret\"}'\n");
  }
  ~process_test() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::vector<std::string> fetched() const {
    std::ifstream file(path("fetched"));
    return {std::istream_iterator<std::string>(file), {}};
  }

  /// The same items on both sides, and a stream of the source.
  void make_tables(const std::string& name) {
    for (const auto* account : {"source", "target"}) {
      server_.with_account(account, [&](fake_dynamodb& made) {
        made.create_table(
            name, {.partition = {.name = "pk", .type = dynamodb::key_type::string}, .sort = {}});
        made.put(name, R"({"pk":{"S":"a"},"v":{"N":"1"}})");
        made.put(name, R"({"pk":{"S":"b"},"v":{"N":"2"}})");
        return 0;
      });
    }
    server_.with_account("source", [&](fake_dynamodb& source) {
      return source.enable_stream(name, "NEW_AND_OLD_IMAGES");
    });
  }

  /// With a state of its own.
  template <class Options>
  [[nodiscard]] Options options(const std::string& command, const std::string& table,
                                std::vector<std::string> more = {}) const {
    std::vector<std::string> words{command,
                                   "--target-table",
                                   table,
                                   "--source-profile",
                                   "source",
                                   "--target-profile",
                                   "target",
                                   "--region",
                                   "eu-west-1",
                                   "--source-endpoint-url",
                                   server_.url(),
                                   "--target-endpoint-url",
                                   server_.url(),
                                   "--max-lag",
                                   "1s",
                                   "--state",
                                   path(table + ".db")};
    words.insert(words.end(), more.begin(), more.end());
    const auto parsed = parse_command_line(words, variables_, read_text_file);
    if (!parsed) {
      throw std::invalid_argument(parsed.error().text());
    }
    return std::get<Options>(*parsed);
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("ddm_process_test_" + std::to_string(::getpid()));
  aws::environment variables_{{{"AWS_SHARED_CREDENTIALS_FILE", path("credentials")},
                               {"AWS_CONFIG_FILE", path("no_config")}}};
  fake_server server_;
};

TEST_F(process_test, one_signal_ends_both_migrations) {
  make_tables("orders");
  make_tables("users");
  std::size_t shards = 0;
  caught_output caught([&](const std::string& line) {
    if (line.contains("event=shard_started ") && ++shards == 2) {
      std::raise(SIGTERM);
    }
  });
  const auto orders = options<monitor_options>("monitor", "orders");
  const auto users = options<monitor_options>("monitor", "users");
  const auto code = run_migrations(orders, variables_,
                                   {as_command("orders", orders), as_command("users", users)});
  EXPECT_EQ(code, 3) << "stopped before there was anything to check";

  EXPECT_THAT(caught.lines_of("shard_started"),
              AllOf(SizeIs(2), Contains(HasSubstr(" migration=orders ")),
                    Contains(HasSubstr(" migration=users "))));
  EXPECT_THAT(caught.lines_of("draining"), AllOf(SizeIs(1), Each(Not(HasSubstr("migration=")))));
  EXPECT_THAT(caught.text(), AllOf(HasSubstr(path("orders.db")), HasSubstr(path("users.db"))));
  EXPECT_TRUE(std::filesystem::exists(path("orders.db")));
  EXPECT_TRUE(std::filesystem::exists(path("users.db")));
  EXPECT_THAT(fetched(), testing::UnorderedElementsAre("source", "source", "target"))
      << "source, stream and target, each for both migrations";
}

TEST_F(process_test, the_only_migration_needs_no_name_in_the_log) {
  make_tables("orders");
  caught_output caught([&](const std::string& line) {
    if (line.contains("event=shard_started ")) {
      std::raise(SIGTERM);
    }
  });
  EXPECT_EQ(run_monitor(options<monitor_options>("monitor", "orders"), variables_), 3);
  EXPECT_THAT(caught.lines_of("shard_started"),
              AllOf(SizeIs(1), Each(Not(HasSubstr("migration=")))));
}

TEST_F(process_test, what_one_migration_is_refused_for_does_not_keep_the_other) {
  make_tables("orders");
  caught_output caught;
  const auto orders = options<compare_options>("compare", "orders");
  const auto absent = options<compare_options>("compare", "absent");
  testing::internal::CaptureStderr();
  const auto code = run_migrations(orders, variables_,
                                   {as_command("absent", absent), as_command("orders", orders)});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("absent"));
  EXPECT_EQ(code, 4) << "of one that failed and one that is equal";
  EXPECT_THAT(caught.text(), HasSubstr(path("orders.db")));
  EXPECT_TRUE(std::filesystem::exists(path("orders.db")));
  EXPECT_FALSE(std::filesystem::exists(path("absent.db"))) << "refused before a file was made";
}

TEST_F(process_test, a_fleet_goes_on_without_the_one_that_is_refused) {
  make_tables("orders");
  make_tables("users");
  write("fleet.toml",
        "[defaults]\nsource-profile = \"source\"\ntarget-profile = \"target\"\n"
        "region = \"eu-west-1\"\nsource-endpoint-url = \"" +
            server_.url() + "\"\ntarget-endpoint-url = \"" + server_.url() +
            "\"\nmax-lag = \"1s\"\nstate = \"" + path("{name}.db") +
            "\"\noutput = \"json\"\n[[migration]]\ntarget-table = \"orders\"\n"
            "[[migration]]\ntarget-table = \"absent\"\n"
            "[[migration]]\ntarget-table = \"users\"\n");
  const auto parsed =
      parse_command_line(std::vector<std::string>{"monitor", "--config", path("fleet.toml")},
                         variables_, read_text_file);
  ASSERT_TRUE(parsed) << parsed.error().text();
  std::size_t seen = 0;
  caught_output caught([&](const std::string& line) {
    const bool counts =
        line.contains("event=shard_started ") || line.contains("event=migration_paused ");
    if (counts && ++seen == 3) {
      std::raise(SIGTERM);
    }
  });
  EXPECT_EQ(run_fleet(std::get<fleet_of<monitor_options>>(*parsed), variables_), 4)
      << "of two that were stopped and one that failed";

  EXPECT_THAT(caught.lines_of("migration_paused"),
              AllOf(SizeIs(1), Each(AllOf(HasSubstr(" migration=absent "), HasSubstr("10 s")))));
  EXPECT_THAT(caught.lines_of("migration_ended"), SizeIs(3));
  EXPECT_TRUE(std::filesystem::exists(path("orders.db")));
  EXPECT_TRUE(std::filesystem::exists(path("users.db")));
  EXPECT_FALSE(std::filesystem::exists(path("absent.db"))) << "refused before a file was made";
  EXPECT_THAT(caught.text(),
              AllOf(HasSubstr(R"("migration":"orders")"), HasSubstr(R"("migration":"absent")"),
                    HasSubstr(R"("migration":"users")")));
  EXPECT_THAT(fetched(), SizeIs(3)) << "source, stream and target, each for all migrations";
}

TEST_F(process_test, a_fleet_of_which_nothing_can_begin_ends_at_once) {
  write("fleet.toml",
        "[defaults]\nsource-profile = \"nobody\"\nstate = \"" + path("{name}.db") +
            "\"\n[[migration]]\ntarget-table = \"a\"\n[[migration]]\ntarget-table = \"b\"\n");
  const auto parsed =
      parse_command_line(std::vector<std::string>{"monitor", "--config", path("fleet.toml")},
                         variables_, read_text_file);
  ASSERT_TRUE(parsed) << parsed.error().text();
  caught_output caught;
  EXPECT_EQ(run_fleet(std::get<fleet_of<monitor_options>>(*parsed), variables_), 2);
  EXPECT_THAT(caught.text(), HasSubstr("there is no AWS profile \"nobody\""));
}

// Of commands that do nothing else.

awaitable<int> end_with(int code) { co_return code; }

migration_command ending_with(int code) {
  return {.migration = "m", .run = [code](process&) { return end_with(code); }};
}

awaitable<int> until_asked(process& host, bool& drained) {
  signal stop;
  const drains_on_signal drains(host.end, [&stop] { stop.notify(); });
  if (stop.count() == 0) {
    co_await stop.wait(0);
  }
  drained = true;
  co_return 0;
}

awaitable<int> throw_at_once() {
  throw std::runtime_error("planned");
  co_return 0;
}

int run(std::vector<migration_command> commands) {
  const aws::environment variables;
  return run_migrations({}, variables, std::move(commands));
}

TEST(exit_code_of_several, is_the_first_of_2_4_1_3_0) {
  EXPECT_EQ(run({ending_with(0), ending_with(0)}), 0);
  EXPECT_EQ(run({ending_with(0), ending_with(3)}), 3);
  EXPECT_EQ(run({ending_with(3), ending_with(1), ending_with(0)}), 1);
  EXPECT_EQ(run({ending_with(1), ending_with(4)}), 4);
  EXPECT_EQ(run({ending_with(4), ending_with(2), ending_with(1)}), 2);
}

TEST(exception_of_one, drains_the_others_and_comes_through) {
  bool drained = false;
  std::vector<migration_command> commands;
  commands.push_back(
      {.migration = "waits", .run = [&](process& host) { return until_asked(host, drained); }});
  commands.push_back({.migration = "throws", .run = [](process&) { return throw_at_once(); }});
  EXPECT_THROW(std::ignore = run(std::move(commands)), std::runtime_error);
  EXPECT_TRUE(drained);
}

TEST(drains_on_signal, also_who_begins_after_it) {
  bool drained = false;
  EXPECT_EQ(run({{.migration = {},
                  .run =
                      [&](process& host) {
                        host.end.ask();
                        return until_asked(host, drained);
                      }}}),
            0);
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace ddm::cli
