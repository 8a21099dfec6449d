#include "report/stored_status.h"

#include "base/foreign_json.h"

#include <boost/pfr/tuple_size.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ddm::report {
namespace {

using nlohmann::json;

/// The year 9999: with times beyond it no calendar can be trusted.
constexpr std::int64_t last_ms = 253'402'300'799'999;

template <class Whole, class Part>
struct member {
  const char* name;
  Part Whole::* at;
};
template <class Whole, class Part>
member(const char*, Part Whole::*) -> member<Whole, Part>;

template <class Whole>
struct members;  // of each struct that is stored: `all`, a tuple of member

template <>
struct members<event_counters> {
  static constexpr std::tuple all{
      member{"total", &event_counters::total},    member{"unique", &event_counters::unique},
      member{"insert", &event_counters::insert},  member{"modify", &event_counters::modify},
      member{"remove", &event_counters::remove},  member{"ttl_remove", &event_counters::ttl_remove},
      member{"unknown", &event_counters::unknown}};
};

template <>
struct members<check_counters> {
  static constexpr std::tuple all{
      member{"sampled", &check_counters::sampled},
      member{"verified", &check_counters::verified},
      member{"superseded", &check_counters::superseded},
      member{"deferred", &check_counters::deferred},
      member{"failed", &check_counters::failed},
      member{"healed", &check_counters::healed},
      member{"equal_by_ignoring", &check_counters::equal_by_ignoring},
      member{"deletes", &check_counters::deletes},
      member{"left_to_baseline", &check_counters::left_to_baseline},
      member{"failed_unlisted", &check_counters::failed_unlisted},
      member{"failed_unlisted_deletes", &check_counters::failed_unlisted_deletes},
      member{"unlisted", &check_counters::unlisted}};
};

template <>
struct members<verify::open_share> {
  static constexpr std::tuple all{member{"all", &verify::open_share::all},
                                  member{"wrong", &verify::open_share::wrong},
                                  member{"unreadable", &verify::open_share::unreadable}};
};

template <>
struct members<verify::kind_counts> {
  static constexpr std::tuple all{member{"open", &verify::kind_counts::open},
                                  member{"failed_changes", &verify::kind_counts::failed_changes},
                                  member{"at_rest_alone", &verify::kind_counts::at_rest_alone},
                                  member{"by_period", &verify::kind_counts::by_period},
                                  member{"by_comparison", &verify::kind_counts::by_comparison}};
};

template <>
struct members<verify::coverage> {
  static constexpr std::tuple all{member{"sample_rate", &verify::coverage::sample_rate},
                                  member{"ignored", &verify::coverage::ignored}};
};

template <>
struct members<evidence> {
  static constexpr std::tuple all{member{"changes", &evidence::changes},
                                  member{"at_rest", &evidence::at_rest},
                                  member{"at_rest_suffices", &evidence::at_rest_suffices}};
};

template <>
struct members<compare::scan_counters> {
  using counted = compare::scan_counters;
  static constexpr std::tuple all{member{"source_items", &counted::source_items},
                                  member{"target_items", &counted::target_items},
                                  member{"equal", &counted::equal},
                                  member{"equal_by_ignoring", &counted::equal_by_ignoring},
                                  member{"bytes", &counted::bytes},
                                  member{"source_milliunits", &counted::source_milliunits},
                                  member{"target_milliunits", &counted::target_milliunits},
                                  member{"look_up_milliunits", &counted::look_up_milliunits}};
};

template <>
struct members<compare::comparison_progress> {
  using progress = compare::comparison_progress;
  static constexpr std::tuple all{
      member{"started_ms", &progress::started_ms},
      member{"finished_ms", &progress::finished_ms},
      member{"segments", &progress::segments},
      member{"sample_rate", &progress::sample_rate},
      member{"attempt", &progress::attempt},
      member{"segments_done", &progress::segments_done},
      member{"worker", &progress::worker},
      member{"workers", &progress::workers},
      member{"passed_on", &progress::passed_on},
      member{"array_id", &progress::array_id},
      member{"part_id", &progress::part_id},
      member{"log_id", &progress::log_id},
      member{"leftover_bytes", &progress::leftover_bytes},
      member{"parts", &progress::parts},
      member{"parts_joined", &progress::parts_joined},
      member{"scanned", &progress::scanned},
      member{"candidates", &progress::candidates},
      member{"candidates_closed", &progress::candidates_closed},
      member{"candidates_equal", &progress::candidates_equal},
      member{"candidates_unequal", &progress::candidates_unequal},
      member{"candidates_unlisted", &progress::candidates_unlisted},
      member{"candidates_unlisted_expired", &progress::candidates_unlisted_expired},
      member{"candidates_unlisted_unreadable", &progress::candidates_unlisted_unreadable},
      member{"candidates_restless", &progress::candidates_restless},
      member{"candidates_twice", &progress::candidates_twice},
      member{"epoch", &progress::epoch},
      member{"as_of_ms", &progress::as_of_ms},
      member{"export_arn", &progress::export_arn},
      member{"export_withheld", &progress::withheld},
      member{"ignored", &progress::ignored},
      member{"earlier_logs", &progress::earlier_logs},
      member{"joined_of", &progress::joined_of},
      member{"made_by", &progress::made_by}};
};

template <>
struct members<compare::comparison_view> {
  using view = compare::comparison_view;
  static constexpr std::tuple all{member{"progress", &view::progress}, member{"seen", &view::seen},
                                  member{"seen_in_process", &view::seen_in_process},
                                  member{"reading", &view::reading},
                                  member{"expected_items", &view::expected_items}};
};

template <>
struct members<stream::stream_status> {
  using shards = stream::stream_status;
  static constexpr std::tuple all{member{"open", &shards::open},
                                  member{"waiting", &shards::waiting},
                                  member{"done", &shards::done},
                                  member{"unread", &shards::unread},
                                  member{"unread_for", &shards::unread_for},
                                  member{"unanswered", &shards::unanswered},
                                  member{"listed", &shards::listed},
                                  member{"unlisted_because", &shards::unlisted_because},
                                  member{"behind", &shards::behind},
                                  member{"retention_left", &shards::retention_left},
                                  member{"failing", &shards::failing},
                                  member{"failure", &shards::failure},
                                  member{"pauses", &shards::pauses},
                                  member{"off", &shards::off}};
};

template <>
struct members<operation_counts> {
  static constexpr std::tuple all{member{"operation", &operation_counts::operation},
                                  member{"calls", &operation_counts::calls},
                                  member{"retries", &operation_counts::retries},
                                  member{"throttled", &operation_counts::throttled}};
};

template <>
struct members<call_counts> {
  static constexpr std::tuple all{member{"operations", &call_counts::operations},
                                  member{"pauses", &call_counts::pauses}};
};

template <>
struct members<per_side<call_counts>> {
  static constexpr std::tuple all{member{"source", &per_side<call_counts>::source},
                                  member{"target", &per_side<call_counts>::target}};
};

template <>
struct members<catching_up> {
  static constexpr std::tuple all{member{"late", &catching_up::late},
                                  member{"remaining", &catching_up::remaining}};
};

template <>
struct members<verify::late_checks> {
  static constexpr std::tuple all{member{"unmet", &verify::late_checks::unmet},
                                  member{"unlooked", &verify::late_checks::unlooked},
                                  member{"unjudgeable", &verify::late_checks::unjudgeable}};
};

template <>
struct members<shown_finding> {
  static constexpr std::tuple all{member{"kind", &shown_finding::kind},
                                  member{"key", &shown_finding::key},
                                  member{"first_seen", &shown_finding::first_seen}};
};

template <>
struct members<verify::path_group> {
  static constexpr std::tuple all{member{"kind", &verify::path_group::kind},
                                  member{"path", &verify::path_group::path},
                                  member{"keys", &verify::path_group::keys}};
};

template <>
struct members<dynamodb::parity_row> {
  using row = dynamodb::parity_row;
  static constexpr std::tuple all{member{"name", &row::name}, member{"source", &row::source},
                                  member{"target", &row::target}, member{"state", &row::state}};
};

template <>
struct members<compared_settings> {
  using settings = compared_settings;
  static constexpr std::tuple all{member{"rows", &settings::rows},
                                  member{"looked_at", &settings::looked_at},
                                  member{"trouble", &settings::trouble}};
};

template <>
struct members<table_facts> {
  static constexpr std::tuple all{
      member{"name", &table_facts::name},         member{"arn", &table_facts::arn},
      member{"table_id", &table_facts::table_id}, member{"account", &table_facts::account},
      member{"region", &table_facts::region},     member{"endpoint", &table_facts::endpoint}};
};

template <>
struct members<per_side<table_facts>> {
  static constexpr std::tuple all{member{"source", &per_side<table_facts>::source},
                                  member{"target", &per_side<table_facts>::target}};
};

template <>
struct members<stream_facts> {
  static constexpr std::tuple all{
      member{"arn", &stream_facts::arn}, member{"view_type", &stream_facts::view_type},
      member{"of", &stream_facts::of}, member{"region", &stream_facts::region},
      member{"endpoint", &stream_facts::endpoint}};
};

template <>
struct members<setting> {
  static constexpr std::tuple all{member{"name", &setting::name}, member{"value", &setting::value}};
};

template <>
struct members<run_facts> {
  static constexpr std::tuple all{member{"migration", &run_facts::migration},
                                  member{"command", &run_facts::command},
                                  member{"version", &run_facts::version},
                                  member{"started", &run_facts::started},
                                  member{"tables", &run_facts::tables},
                                  member{"stream", &run_facts::stream},
                                  member{"settings", &run_facts::settings},
                                  member{"state_file", &run_facts::state_file},
                                  member{"findings_file", &run_facts::findings_file}};
};

template <>
struct members<credential_facts> {
  static constexpr std::tuple all{member{"of", &credential_facts::of},
                                  member{"access_key_id", &credential_facts::access_key_id},
                                  member{"ends", &credential_facts::ends},
                                  member{"renewed", &credential_facts::renewed}};
};

template <>
struct members<alert_counts> {
  static constexpr std::tuple all{member{"told", &alert_counts::told},
                                  member{"failed", &alert_counts::failed},
                                  member{"waiting", &alert_counts::waiting},
                                  member{"last_failure", &alert_counts::last_failure}};
};

template <>
struct members<verdict> {
  static constexpr std::tuple all{member{"kind", &verdict::kind},
                                  member{"reasons", &verdict::reasons}};
};

template <>
struct members<status> {
  static constexpr std::tuple all{
      member{"about", &status::about},
      member{"credentials", &status::credentials},
      member{"at", &status::at},
      member{"running", &status::running},
      member{"ended", &status::ended},
      member{"failure", &status::failure},
      member{"alerts", &status::alerts},
      member{"committed_at", &status::committed_at},
      member{"unsaved_because", &status::unsaved_because},
      member{"verdict_since", &status::verdict_since},
      member{"follows_stream", &status::follows_stream},
      member{"events", &status::events},
      member{"events_per_second", &status::events_per_second},
      member{"checks", &status::checks},
      member{"pending", &status::pending},
      member{"check_bytes", &status::check_bytes},
      member{"keys_changed", &status::keys_changed},
      member{"keys_checked", &status::keys_checked},
      member{"sample_rate", &status::sample_rate},
      member{"table_items", &status::table_items},
      member{"open_of_period", &status::open_of_period},
      member{"success_interval", &status::success_interval},
      member{"lag", &status::lag},
      member{"compared", &status::compared},
      member{"comparing", &status::comparing},
      member{"reading_changes", &status::reading_changes},
      member{"comparison_trouble", &status::comparison_trouble},
      member{"baseline_complete", &status::baseline_complete},
      member{"stands_on", &status::stands_on},
      member{"asked", &status::asked},
      member{"stream_of", &status::stream_of},
      member{"settle", &status::settle},
      member{"well_for", &status::well_for},
      member{"settled", &status::settled},
      member{"accept_sampled", &status::accept_sampled},
      member{"mismatches", &status::mismatches},
      member{"unlisted", &status::unlisted},
      member{"unlisted_at_rest", &status::unlisted_at_rest},
      member{"newest", &status::newest},
      member{"mismatch_groups", &status::mismatch_groups},
      member{"finding_lines_used_up", &status::finding_lines_used_up},
      member{"target_ready", &status::target_ready},
      member{"has_ttl", &status::has_ttl},
      member{"table_settings", &status::table_settings},
      member{"shards", &status::shards},
      member{"stream_over", &status::stream_over},
      member{"read_as_asked", &status::read_as_asked},
      member{"source_units", &status::source_units},
      member{"target_units", &status::target_units},
      member{"stream_calls", &status::stream_calls},
      member{"read_unit_usd", &status::read_unit_usd},
      member{"max_usd", &status::max_usd},
      member{"asked_of_tables", &status::asked_of_tables},
      member{"asked_of_stream", &status::asked_of_stream},
      member{"is_behind", &status::is_behind},
      member{"behind", &status::behind},
      member{"unread_for", &status::unread_for},
      member{"judged_after", &status::judged_after},
      member{"late", &status::late},
      member{"answering_comparison", &status::answering_comparison},
      member{"restless_candidates", &status::restless_candidates},
      member{"unhealable", &status::unhealable},
      member{"last_write", &status::last_write},
      member{"freeze_at", &status::freeze_at},
      member{"writes_after_freeze", &status::writes_after_freeze},
      member{"first_write_after_freeze", &status::first_write_after_freeze},
      member{"ttl_deletes_after_freeze", &status::ttl_deletes_after_freeze},
      member{"troubles", &status::troubles},
      member{"verdict", &status::verdict}};
};

template <class Value>
concept has_members = requires { members<Value>::all; };

/// Members that are derived (status.h) but for the verdict, and `gaps`.
template <class Whole>
constexpr std::size_t not_stored = std::same_as<Whole, status> ? 6 : 0;

template <class Whole, class Visit>
void each_member(Visit&& visit) {
  static_assert(boost::pfr::tuple_size_v<Whole> ==
                    std::tuple_size_v<decltype(members<Whole>::all)> + not_stored<Whole>,
                "a member that is told and not stored");
  std::apply([&](const auto&... each) { (visit(each), ...); }, members<Whole>::all);
}

// One pair of functions for each shape of a value. Those of a shape that holds others call them.

template <class Value>
  requires std::is_arithmetic_v<Value>
json write(Value value) {
  return value;
}
json write(const std::string& value) { return value; }
json write(milliseconds value) { return value.count(); }
json write(wall_time value) { return to_ms(value); }
json write(side value) { return value == side::source ? "source" : "target"; }
json write(verify::mismatch_kind value) { return to_string(value); }
json write(verdict_kind value) { return to_string(value); }
json write(dynamodb::parity value) { return to_string(value); }
json write(const lag_histogram& value) { return value.save(); }
template <has_members Whole>
json write(const Whole& value);
template <class Value>
json write(const std::optional<Value>& value) {
  return value ? write(*value) : json(nullptr);
}
template <class Values>
json write_list(const Values& values) {
  json list = json::array();
  for (const auto& each : values) {
    list.push_back(write(each));
  }
  return list;
}
template <class Value>
json write(const std::vector<Value>& values) {
  return write_list(values);
}
template <class Value, std::size_t Size>
json write(const std::array<Value, Size>& values) {
  return write_list(values);
}
template <class Value>
json write(const std::map<std::int64_t, Value>& values) {
  json list = json::object();
  for (const auto& [key, value] : values) {
    list[std::to_string(key)] = write(value);
  }
  return list;
}
template <has_members Whole>
json write(const Whole& value) {
  json document = json::object();
  each_member<Whole>([&](const auto& each) { document[each.name] = write(value.*each.at); });
  return document;
}

/// False: it is of another shape.
template <class Value>
  requires std::is_arithmetic_v<Value>
bool read(const json& from, Value& value) {
  const bool fits = std::same_as<Value, bool>         ? from.is_boolean()
                    : std::is_floating_point_v<Value> ? from.is_number()
                    : std::is_unsigned_v<Value>       ? from.is_number_unsigned()
                                                      : from.is_number_integer();
  if (fits) {
    value = from.get<Value>();
  }
  return fits;
}
bool read(const json& from, std::string& value) {
  if (from.is_string()) {
    value = from.get<std::string>();
  }
  return from.is_string();
}
bool is_a_time(std::int64_t ms) { return -last_ms <= ms && ms <= last_ms; }
bool read(const json& from, milliseconds& value) {
  std::int64_t count = 0;
  const bool fits = read(from, count) && is_a_time(count);
  value = milliseconds{fits ? count : 0};
  return fits;
}
bool read(const json& from, wall_time& value) {
  milliseconds count{0};
  const bool fits = read(from, count);
  value = wall_time{count};
  return fits;
}
bool read(const json& from, side& value) {
  value = from == "target" ? side::target : side::source;
  return from == "target" || from == "source";
}
bool read(const json& from, verify::mismatch_kind& value) {
  const auto* name = from.get_ptr<const std::string*>();
  const auto kind = name == nullptr ? std::nullopt : verify::mismatch_kind_of(*name);
  value = kind.value_or(value);
  return kind.has_value();
}
template <class Word>
bool read_word(const json& from, std::initializer_list<Word> words, Word& value) {
  const auto* found =
      std::ranges::find_if(words, [&](Word each) { return from == to_string(each); });
  if (found != words.end()) {
    value = *found;
  }
  return found != words.end();
}
bool read(const json& from, verdict_kind& value) {
  using enum verdict_kind;
  return read_word(from, {go, go_sampled, wait, no_go}, value);
}
bool read(const json& from, dynamodb::parity& value) {
  using enum dynamodb::parity;
  return read_word(from, {equal, accepted, different, unknown}, value);
}
bool read(const json& from, lag_histogram& value) {
  return from.is_string() && value.restore(from.get_ref<const std::string&>());
}
template <has_members Whole>
bool read(const json& from, Whole& value);
template <class Value>
bool read(const json& from, std::optional<Value>& value) {
  value.reset();
  return from.is_null() || read(from, value.emplace());
}
template <class Value>
bool read(const json& from, std::vector<Value>& values) {
  values.clear();
  return from.is_array() && std::ranges::all_of(from, [&](const json& each) {
           return read(each, values.emplace_back());
         });
}
template <class Value, std::size_t Size>
bool read(const json& from, std::array<Value, Size>& values) {
  if (!from.is_array() || from.size() != Size) {
    return false;
  }
  for (std::size_t i = 0; i < Size; ++i) {
    if (!read(from.at(i), values.at(i))) {
      return false;
    }
  }
  return true;
}
template <class Value>
bool read(const json& from, std::map<std::int64_t, Value>& values) {
  values.clear();
  return from.is_object() && std::ranges::all_of(from.items(), [&](const auto& each) {
           const auto& text = each.key();
           std::int64_t key = 0;
           const auto end = text.data() + text.size();
           const auto [stop, failure] = std::from_chars(text.data(), end, key);
           return failure == std::errc() && stop == end && read(each.value(), values[key]);
         });
}
template <has_members Whole>
bool read(const json& from, Whole& value) {
  bool fits = from.is_object();
  each_member<Whole>([&](const auto& each) {
    const auto found = fits ? from.find(each.name) : from.end();
    fits = fits && (found == from.end() || read(*found, value.*each.at));
  });
  return fits;
}

/// A run without a stream is a comparison.
bool is_of_a_run(const status& now) { return now.follows_stream || now.compared; }

bool has_times(const status& now) {
  return !now.compared || (is_a_time(now.compared->progress.started_ms) &&
                           is_a_time(now.compared->progress.finished_ms));
}

}  // namespace

std::string stored_status_name(std::string_view command) {
  return "status." + std::string(command);
}

std::string encode_figures(const status& now) { return json_text(write(now)); }

result<status> decode_figures(std::string_view stored) {
  const auto document = json::parse(stored, nullptr, false);
  status now;
  if (document.is_discarded() || !read(document, now) || !is_of_a_run(now) || !has_times(now)) {
    return fail(error_class::fatal, "the status that the state keeps is damaged");
  }
  return now;
}

}  // namespace ddm::report
