// The command line as a value: what is to be done, complete and valid, before anything is done.
//
// Problem: a monitor that starts with half of its settings misread wastes days, and a user who is
// told one fault at a time gives up.
// Idea: flags, environment and configuration file become one struct in a pure function; it returns
// either that struct or every fault there is.
// Reason: what is possible then is a table for each command (monitor_flags.cc), from which parsing,
// defaults, help and reference all follow, and which tests can try without a process.
#pragma once

#include "aws/environment.h"
#include "base/error.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/side.h"
#include "base/time.h"
#include "plan/needed_actions.h"

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ddm::cli {

/// How to reach one service; what is absent comes from the environment, the profile, the defaults.
struct connection_options {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  bool operator==(const connection_options&) const = default;
};

/// An export of the source to S3.
struct export_options {
  std::optional<std::string> place;  ///< a folder, or a place in S3; nothing: there is none
  connection_options access;         ///< of its bucket; the source's, where it has none
  bool operator==(const export_options&) const = default;
};

enum class start_position {
  latest,
  trim_horizon,
};

enum class output_format {
  text,
  json,
};

enum class report_format {
  text,
  json,
  markdown,
  html,
};

/// What monitor and compare have in common: two tables, how they are judged, where it is kept.
struct migration_options {
  connection_options source;
  connection_options target;
  std::string target_table;           ///< name or ARN
  std::string source_table;           ///< name or ARN; by default the target's name
  std::optional<std::string> region;  ///< already in source and target, where they have none
  std::optional<std::string> partition_key;
  std::optional<std::string> sort_key;

  milliseconds max_lag = std::chrono::seconds(60);
  std::vector<std::string> ignore_attributes{"aws:rep:*"};

  std::optional<double> max_rcu;        ///< read units a second and side; infinity: unlimited
  std::optional<double> max_rcu_total;  ///< of all tables of the process; nothing: no bound
  std::uint64_t memory_bytes = 512ULL << 20;
  std::optional<std::uint64_t> segments;  ///< of a comparison; nothing: by the tables' sizes

  std::optional<std::string> state_file;  ///< or a state in a table (remote/state_address.h)
  connection_options state;               ///< how that table is reached
  milliseconds state_interval = std::chrono::seconds(30);  ///< between two copies to it
  bool fresh = false;
  std::optional<std::string> findings_file;
  std::size_t findings_max = 1'000'000;  ///< open mismatches that are kept one by one
  std::optional<std::string> config_file;
  std::vector<std::string> only;  ///< migrations of a fleet; empty: all

  milliseconds stats_interval = std::chrono::seconds(30);
  output_format output = output_format::text;
  bool quiet = false;  ///< warnings, and how it ended
  log::format log_format = log::format::text;
  log::level log_level = log::level::info;
  std::string emf;                    ///< namespace of CloudWatch's metrics; empty: none are made
  std::optional<std::string> listen;  ///< address and port of the HTTP server; nothing: none
  std::optional<std::string> listen_token_file;
  std::vector<std::string> listen_allow_hosts;
  std::string on_alert;  ///< a program and its arguments; empty: none
  secret alert_webhook;  ///< empty: none
  bool show_values = false;
  bool hash_keys = false;
  bool allow_core_dumps = false;

  bool operator==(const migration_options&) const = default;
};

/// Several migrations of one file (config_file.h).
template <class Options>
struct fleet_of {
  struct member {
    std::string name;
    Options options;
    bool operator==(const member&) const = default;
  };
  Options common;  ///< what holds for the process; its tables are nobody's
  std::vector<member> members;
  bool operator==(const fleet_of&) const = default;
};

struct monitor_options : migration_options {
  /// The profile when absent: the source's; the rest: that of the side whose stream it is.
  connection_options stream;
  std::optional<std::string> stream_arn;
  bool await_target = false;

  std::uint64_t sample_rate = 100;  ///< one key in N
  start_position iterator_type = start_position::latest;
  std::optional<side> verify_on;  ///< absent: the side opposite to the stream
  milliseconds stall_after = std::chrono::minutes(30);
  std::size_t deferred_max = 10'000'000;  ///< keys that may wait on disk for a check
  bool consistent_read = false;
  milliseconds replication_wait = std::chrono::seconds(5);
  milliseconds retry_wait = std::chrono::seconds(2);

  std::size_t records_per_call = 1000;
  std::size_t batch_checks = 100;  ///< due checks that make a batch go at once
  std::size_t batches_in_flight = 10;
  milliseconds batch_wait = std::chrono::seconds(30);

  std::optional<milliseconds> duration;
  bool until_caught_up = false;
  bool baseline = false;
  milliseconds baseline_after = std::chrono::minutes(10);
  std::uint64_t baseline_sample_rate = 1;  ///< one key in N
  export_options baseline_export;          ///< in place of a scan of the source, while it can be
  std::optional<wall_time> freeze_at;
  milliseconds settle = std::chrono::minutes(5);
  bool require_go = false;
  bool accept_sampled = false;
  std::optional<double> max_usd;          ///< what the run may cost, resumes included
  std::optional<double> price_read_unit;  ///< USD for a million; nothing: as in us-east-1
  std::vector<std::string> accept;        ///< settings of the tables that may differ
  bool verbose = false;

  bool operator==(const monitor_options&) const = default;
};

/// Of a worker of a comparison (compare/table_comparer.h).
enum class array_step {
  scan,
  join,
};

struct compare_options : migration_options {
  std::uint64_t sample_rate = 1;  ///< one key in N
  export_options source_export;   ///< in place of a scan of the source
  // Of one comparison by several workers (comparison_array.h):
  std::optional<std::uint64_t> workers;
  std::optional<std::uint64_t> worker;  ///< nothing: the scheduler's variables tell
  bool prepare = false;
  bool merge = false;
  bool partial = false;
  std::optional<std::string> exchange;  ///< the folder by which they pass on leftovers
  std::optional<array_step> step;       ///< nothing: there is but one
  bool operator==(const compare_options&) const = default;
};

struct plan_options : migration_options {
  connection_options stream;
  std::optional<std::string> stream_arn;
  std::uint64_t sample_rate = 100;  ///< of the monitor whose cost is estimated
  std::vector<std::string> accept;  ///< settings that may differ
  std::vector<std::string> tables;  ///< patterns of the source's tables; empty: target_table is one
  std::optional<std::string> fleet_file;  ///< written of those
  plan::purposes wanted{plan::purpose::plan, plan::purpose::monitor, plan::purpose::baseline,
                        plan::purpose::compare};
  bool operator==(const plan_options&) const = default;
};

struct repair_options : migration_options {
  bool apply = false;
  bool allow_deletes = false;
  std::optional<double> max_wcu;  ///< write units a second; infinity: unlimited
  std::optional<std::string> journal_file;
  std::optional<std::string> undo;  ///< the journal of an earlier run, to be taken back
  bool operator==(const repair_options&) const = default;
};

struct report_options {
  std::vector<std::string> state_files;    ///< one at least
  std::optional<std::string> config_file;  ///< of a fleet: its migrations' states
  std::vector<std::string> only;           ///< migrations of it; empty: all
  report_format output = report_format::text;
  std::optional<std::string> output_file;  ///< nothing: standard output
  bool alive = false;                      ///< only whether somebody is at work
  bool allow_core_dumps = false;
  bool operator==(const report_options&) const = default;
};

/// Test items, written to a table.
struct datagen_options {
  connection_options connection;
  std::string table;
  std::optional<std::string> partition_key;  ///< must agree with the table
  std::optional<std::string> sort_key;
  std::uint64_t count = 10;
  bool batch = false;
  milliseconds wait{0};
  std::optional<std::string> output_file;
  bool allow_core_dumps = false;
  bool operator==(const datagen_options&) const = default;
};

/// Test items, deleted again.
struct datadel_options {
  connection_options connection;
  std::string table;
  std::string input_file;
  bool batch = false;
  milliseconds wait{0};
  bool dry_run = false;
  bool verbose = false;
  bool allow_core_dumps = false;
  bool operator==(const datadel_options&) const = default;
};

/// States in a table.
struct state_options {
  std::vector<std::string> words;  ///< what is to be done, and to which places
  connection_options connection;
  std::optional<std::string> kms_key;  ///< of a table that is made
  std::string of = "monitor";          ///< whose state is copied to a file
  bool allow_core_dumps = false;
  bool operator==(const state_options&) const = default;
};

/// --help and --version.
struct text_to_print {
  std::string text;
  int exit_code = 0;
};

using command_line =
    std::variant<text_to_print, monitor_options, compare_options, plan_options, repair_options,
                 report_options, state_options, datagen_options, datadel_options,
                 fleet_of<monitor_options>, fleet_of<compare_options>, fleet_of<plan_options>>;

inline constexpr int exit_code_of_wrong_usage = 2;

struct usage_faults {
  std::vector<std::string> faults;  ///< text() puts each on one line
  std::string command;              ///< empty: none was recognised
  /// All of them, and where help is.
  [[nodiscard]] std::string text() const;
};

/// Reads the file that --config names.
using file_reader = std::function<result<std::string>(const std::string& path)>;
[[nodiscard]] result<std::string> read_text_file(const std::string& path);

/// `arguments` are those after the program's name. Precedence: flag, environment, file, default.
[[nodiscard]] std::expected<command_line, usage_faults> parse_command_line(
    std::span<const std::string> arguments, const aws::environment& variables,
    const file_reader& read_file);

}  // namespace ddm::cli
