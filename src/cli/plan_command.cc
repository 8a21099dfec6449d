#include "cli/plan_command.h"

#include "base/displayable.h"
#include "base/private_file.h"
#include "base/write_all.h"
#include "cli/config_file.h"
#include "cli/event_loop.h"
#include "cli/faults.h"
#include "cli/plan_look.h"
#include "cli/shared_connections.h"
#include "cli/standard_output.h"
#include "dynamodb/dynamodb_client.h"
#include "plan/fleet_plan.h"
#include "report/exit_code.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fnmatch.h>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

using report::exit_code;
using plan_member = fleet_of<plan_options>::member;

/// Each asks a dozen questions, one after the other.
constexpr std::size_t looks_at_once = 4;
/// An account has 10,000 tables at most, of which a page holds 100.
constexpr int pages_of_names_max = 1000;

/// What is asked and how all of it ends, whatever is planned.
class plan_run {
 public:
  plan_run(const plan_options& common, const aws::environment& variables, asio::io_context& io)
      : common_(common), connections_(io.get_executor(), clock_, variables) {}

 protected:
  struct looked {
    plan::plan_report report;
    std::vector<error> failures;
  };
  [[nodiscard]] awaitable<looked> look_at(const plan_options& options) {
    plan_look look(options, connections_);
    auto report = co_await look.look();
    co_return looked{.report = std::move(report), .failures = look.failures()};
  }
  /// Prints one of the two; the exit code of `found`, if that could be told.
  [[nodiscard]] exit_code tell(const std::string& text, const std::string& json, exit_code found) {
    const bool told = print_report(common_.output == output_format::json ? json : text);
    return told ? found : report::worse_of(found, exit_code::incomplete);
  }

  const plan_options& common_;
  system_clock clock_;
  shared_connections connections_;
};

exit_code code_of(const plan::plan_report& report, const std::vector<error>& failures) {
  return failures.empty() ? static_cast<exit_code>(report.exit_code()) : report::code_of(failures);
}

/// Of --accept; `of_none`: those that no migration has.
void warn_of(const std::vector<std::string>& of_none, std::string_view tables) {
  for (const auto& name : of_none) {
    std::fputs(
        fmt::format("warning: --accept {} names no setting of {}\n", displayable(name), tables)
            .c_str(),
        stderr);
  }
}

/// One migration, in full.
class plan_of_one : plan_run {
 public:
  using plan_run::plan_run;

  awaitable<int> run() {
    const auto [report, failures] = co_await look_at(common_);
    if (report.source.table && report.target.table) {
      warn_of(dynamodb::unknown_names(report.settings, common_.accept), "these tables");
    }
    co_return static_cast<int>(
        tell(plan::render_text(report), plan::render_json(report), code_of(report, failures)));
  }
};

/// Several, a row each.
class plan_of_several : protected plan_run {
 public:
  plan_of_several(const plan_options& common, std::vector<plan_member> members,
                  const aws::environment& variables, asio::io_context& io)
      : plan_run(common, variables, io), members_(std::move(members)) {}

  awaitable<int> run() { co_return static_cast<int>(co_await tell_of_all()); }

 protected:
  [[nodiscard]] awaitable<exit_code> tell_of_all();

  std::vector<plan_member> members_;
  std::vector<plan::planned_migration> planned_;  ///< after tell_of_all()

 private:
  [[nodiscard]] awaitable<void> look_at_some();
  [[nodiscard]] std::string where_to_read_on() const;
  void warn_of_slips() const;

  std::size_t next_ = 0;
  exit_code worst_ = exit_code::equal;
};

awaitable<void> plan_of_several::look_at_some() {
  while (next_ < members_.size()) {
    const auto i = next_++;
    auto [report, failures] = co_await look_at(members_[i].options);
    worst_ = report::worse_of(worst_, code_of(report, failures));
    planned_[i].report = std::move(report);
  }
}

/// A slip, if it names nothing anywhere.
void plan_of_several::warn_of_slips() const {
  std::set<std::string> of_none;
  for (const auto& each : members_) {
    of_none.insert(each.options.accept.begin(), each.options.accept.end());
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& accepted = members_[i].options.accept;
    const auto unknown = dynamodb::unknown_names(planned_[i].report.settings, accepted);
    for (const auto& name : accepted) {
      if (std::ranges::find(unknown, name) == unknown.end()) {
        of_none.erase(name);
      }
    }
  }
  warn_of({of_none.begin(), of_none.end()}, "any of these tables");
}

std::string plan_of_several::where_to_read_on() const {
  return common_.config_file ? "the same command with --migration NAME"
                             : "plan --target-table NAME";
}

awaitable<exit_code> plan_of_several::tell_of_all() {
  for (const auto& each : members_) {
    planned_.push_back(
        {.name = each.name, .target_table = each.options.target_table, .report = {}});
  }
  task_group looks(co_await asio::this_coro::executor);
  for (std::size_t i = 0; i < std::min(looks_at_once, members_.size()); ++i) {
    looks.spawn(look_at_some());
  }
  co_await looks.join();
  warn_of_slips();
  co_return tell(plan::render_text(planned_, where_to_read_on()), plan::render_json(planned_),
                 worst_);
}

/// What the file of a fleet says of all its migrations.
std::vector<plan::fleet_setting> common_settings(const plan_options& o) {
  std::vector<plan::fleet_setting> settings;
  const auto add = [&](std::string name, const std::optional<std::string>& value) {
    if (value) {
      settings.push_back({.name = std::move(name), .values = {*value}});
    }
  };
  const auto add_side = [&](const std::string& name, const connection_options& side) {
    add(name + "-profile", side.profile);
    add(name + "-region", side.region == o.region ? std::nullopt : side.region);
    add(name + "-endpoint-url", side.endpoint_url);
  };
  add("region", o.region);
  add_side("source", o.source);
  add_side("target", o.target);
  add("stream-profile", o.stream.profile);
  add("stream-endpoint-url", o.stream.endpoint_url);
  add("sample-rate", fmt::format("{}", o.sample_rate));
  if (o.max_rcu) {
    add("max-rcu", std::isinf(*o.max_rcu) ? "unlimited" : fmt::format("{}", *o.max_rcu));
  }
  if (!o.accept.empty()) {
    settings.push_back({.name = "accept", .values = o.accept, .is_list = true});
  }
  if (o.state_file) {
    add("state", o.state_file);
    add_side("state", o.state);
  } else {
    add("state", "./{name}.monitor.db");
  }
  return settings;
}

/// All tables of the source that fit the patterns of --tables.
class plan_of_tables : plan_of_several {
 public:
  plan_of_tables(const plan_options& options, const aws::environment& variables,
                 asio::io_context& io)
      : plan_of_several(options, {}, variables, io) {}

  awaitable<int> run();

 private:
  [[nodiscard]] awaitable<result<std::vector<std::string>>> list_names();
  [[nodiscard]] bool is_meant(const std::string& table) const;
  [[nodiscard]] plan_member member_of(const std::string& table,
                                      const std::vector<std::string>& tables) const;
  [[nodiscard]] std::vector<plan::fleet_setting> settings_of_fleet();
  [[nodiscard]] result<void> write_fleet();
};

bool plan_of_tables::is_meant(const std::string& table) const {
  return std::ranges::any_of(common_.tables, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), table.c_str(), 0) == 0;
  });
}

awaitable<result<std::vector<std::string>>> plan_of_tables::list_names() {
  auto link = connections_.open({"source", aws_service::tables, common_.source});
  if (!link) {
    co_return fail(std::move(link.error()));
  }
  dynamodb::dynamodb_client client((*link)->calls());
  std::vector<std::string> names;
  std::optional<std::string> after;
  for (int page = 0; page < pages_of_names_max; ++page) {
    auto listed = co_await client.list_tables(after);
    if (!listed) {
      co_return fail(std::move(listed.error()).within("the source's tables"));
    }
    std::ranges::copy_if(listed->names, std::back_inserter(names),
                         [this](const std::string& name) { return is_meant(name); });
    if (!listed->last) {
      co_return names;
    }
    if (listed->last == after) {
      break;
    }
    after = std::move(listed->last);
  }
  co_return fatal("the source's tables: the list of them has no end");
}

plan_member plan_of_tables::member_of(const std::string& table,
                                      const std::vector<std::string>& tables) const {
  plan_member member{.name = table, .options = common_};
  if (!is_fit_for_a_name(table)) {
    auto number = members_.size() + 1;
    do {
      member.name = fmt::format("table-{}", number++);
    } while (std::ranges::find(tables, member.name) != tables.end() ||
             std::ranges::find(members_, member.name, &plan_member::name) != members_.end());
  }
  member.options.target_table = member.options.source_table = table;
  if (member.options.state_file) {
    member.options.state_file = with_name(*member.options.state_file, member.name);
  }
  return member;
}

/// Where nobody named a region, the one that is meant here: it may be another environment's there.
std::vector<plan::fleet_setting> plan_of_tables::settings_of_fleet() {
  auto meant = common_;
  for (auto* side : {&meant.source, &meant.target}) {
    const auto link = connections_.open(
        {side == &meant.source ? "source" : "target", aws_service::tables, *side});
    if (!side->region && link) {
      side->region = (*link)->description().region;
    }
  }
  return common_settings(meant);
}

/// Never in the place of another one: it may have been edited.
result<void> plan_of_tables::write_fleet() {
  const auto& path = *common_.fleet_file;
  const int file = open_private(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file < 0) {
    const int reason = errno;
    auto words = fmt::format(
        "--write-fleet {}: {}", path,
        reason == EEXIST ? "it is there already: name another file" : why_not_opened(reason));
    return is_wrong_place(reason) || reason == EEXIST ? wrong_usage(std::move(words))
                                                      : fatal(std::move(words));
  }
  const bool written = write_all(file, plan::fleet_file(settings_of_fleet(), planned_));
  int reason = errno;
  const bool closed = ::close(file) == 0;
  reason = written ? errno : reason;
  if (!written || !closed) {
    ::unlink(path.c_str());  // half a fleet would pass for a whole one
    return fatal(fmt::format("--write-fleet {}: {}", path, why_not_opened(reason)));
  }
  return {};
}

awaitable<int> plan_of_tables::run() {
  const auto& file = common_.fleet_file;
  std::error_code unknown;
  if (file && std::filesystem::exists(std::filesystem::symlink_status(*file, unknown))) {
    co_return refuse(
        wrong_usage(fmt::format("--write-fleet {}: it is there already: name another file", *file))
            .error());
  }
  const auto names = co_await list_names();
  if (!names) {
    co_return refuse(names.error());
  }
  if (names->empty()) {
    co_return refuse(wrong_usage(fmt::format("--tables {}: no table of the source has such a name",
                                             fmt::join(common_.tables, ", ")))
                         .error());
  }
  for (const auto& name : *names) {
    members_.push_back(member_of(name, *names));
  }
  const auto code = co_await tell_of_all();
  if (file && (code == exit_code::failed || code == exit_code::usage)) {
    complain(fmt::format("--write-fleet {}: not written, as not all could be looked at", *file));
  } else if (file) {
    if (const auto written = write_fleet(); !written) {
      co_return static_cast<int>(
          report::worse_of(code, static_cast<exit_code>(refuse(written.error()))));
    }
  }
  co_return static_cast<int>(code);
}

}  // namespace

int run_plan(const plan_options& options, const aws::environment& variables) {
  if (!options.tables.empty()) {
    return run_process(options, [&](asio::io_context& io) {
      return std::make_unique<plan_of_tables>(options, variables, io);
    });
  }
  return run_process(options, [&](asio::io_context& io) {
    return std::make_unique<plan_of_one>(options, variables, io);
  });
}

int run_plan(const fleet_of<plan_options>& fleet, const aws::environment& variables) {
  return run_process(fleet.common, [&](asio::io_context& io) {
    return std::make_unique<plan_of_several>(fleet.common, fleet.members, variables, io);
  });
}

}  // namespace ddm::cli
