#include "cli/status_log.h"

#include "base/foreign_json.h"
#include "base/log_name.h"
#include "report/figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace ddm::cli {
namespace {

std::string words_of_all(const std::vector<std::string>& reasons) {
  std::string words;
  for (const auto& reason : reasons) {
    words += words_of(reason) + '\n';
  }
  return words;
}

log::field reasons_field(log::format how, const std::vector<std::string>& reasons) {
  return how == log::format::json
             ? log::field::of_json("reasons", json_text(nlohmann::json(reasons)))
             : log::field("reasons", fmt::format("{}", fmt::join(reasons, "; ")));
}

/// Lines of one of several migrations carry its name already.
void add_name(std::vector<log::field>& fields, const report::run_facts& about) {
  if (log::present_name().empty()) {
    fields.emplace_back("migration", about.migration);
  }
}

std::string table_json(const report::table_facts& of) {
  return json_text(nlohmann::ordered_json{{"name", of.name},
                                          {"arn", of.arn},
                                          {"table_id", of.table_id},
                                          {"account", of.account},
                                          {"region", of.region},
                                          {"endpoint", of.endpoint}});
}

}  // namespace

std::string words_of(std::string_view reason) {
  std::string words;
  const auto is_blank = [](char c) { return c == ' '; };
  while (!reason.empty()) {
    const auto* const end = std::ranges::find_if(reason, is_blank);
    const std::string_view word(reason.begin(), end);
    const bool has_digit = std::ranges::any_of(
        word, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
    words += words.empty() ? "" : " ";
    words += has_digit ? "#" : word;
    reason.remove_prefix(word.size());
    reason.remove_prefix(reason.empty() ? 0 : 1);
  }
  return words;
}

void status_log::begin(const report::run_facts& about) const {
  if (how_ != log::format::json) {
    return;
  }
  std::vector<log::field> fields;
  add_name(fields, about);
  fields.emplace_back("command", about.command);
  fields.emplace_back("version", about.version);
  fields.push_back(log::field::of_json("source", table_json(about.tables.source)));
  fields.push_back(log::field::of_json("target", table_json(about.tables.target)));
  if (about.stream) {
    fields.emplace_back("stream_arn", about.stream->arn);
    fields.emplace_back("stream_of", to_string(about.stream->of));
  }
  fields.emplace_back("state_file", about.state_file);
  fields.emplace_back("findings_file", about.findings_file);
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  for (const auto& [name, value] : about.settings) {
    settings[name] = value;
  }
  fields.push_back(log::field::of_json("settings", json_text(settings)));
  log::event(log::level::info, "started", {}, fields);
}

void status_log::follow(const report::status& now) {
  auto words = words_of_all(now.verdict.reasons);
  if (told_ == now.verdict.kind && words == told_words_) {
    return;
  }
  std::vector<log::field> fields;
  add_name(fields, now.about);
  fields.emplace_back("command", now.about.command);
  fields.emplace_back("verdict", to_string(now.verdict.kind));
  fields.emplace_back("before", told_ ? to_string(*told_) : std::string_view("none"));
  fields.push_back(reasons_field(how_, now.verdict.reasons));
  log::event(
      now.verdict.kind == report::verdict_kind::no_go ? log::level::warning : log::level::info,
      "verdict_changed", {}, fields);
  told_ = now.verdict.kind;
  told_words_ = std::move(words);
}

void status_log::tell(const report::status& now) const {
  if (how_ != log::format::json) {
    return;
  }
  std::vector<log::field> fields;
  add_name(fields, now.about);
  fields.emplace_back("command", now.about.command);
  fields.emplace_back("at", format_rfc3339(now.at));
  fields.push_back(log::field::of_json("ended", now.ended ? "true" : "false"));
  fields.emplace_back("phase", to_string(now.phase));
  fields.emplace_back("verdict", to_string(now.verdict.kind));
  fields.push_back(reasons_field(how_, now.verdict.reasons));
  const auto figures = report::figures_of(now);
  for (const auto& each : figures) {
    fields.push_back(log::field::of_json(each.name, report::number_text(each.value)));
  }
  if (!name_space_.empty()) {
    fields.push_back(
        log::field::of_json("_aws", report::emf_directive(name_space_, now.at, figures)));
  }
  log::event(log::level::info, "status", {}, fields);
}

}  // namespace ddm::cli
