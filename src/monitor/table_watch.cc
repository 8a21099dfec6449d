#include "monitor/table_watch.h"

#include "base/units.h"
#include "state/stored.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::monitor {
namespace {

using state::stored_or;

using std::chrono::seconds;

/// A look each 30 s may fail once without a word.
constexpr seconds unknown_max{60};

std::string name_of(side which, const char* what) {
  return fmt::format("table.{}.{}", to_string(which), what);
}

}  // namespace

table_identity table_identity::of(const dynamodb::table_description& table) {
  return {.arn = table.arn, .id = table.id, .created = table.created};
}

bool table_identity::differs_from(const table_identity& other) const {
  if (!arn.empty() && !other.arn.empty() && arn != other.arn) {
    return true;
  }
  if (!id.empty() && !other.id.empty()) {
    return id != other.id;
  }
  return created && other.created && *created != *other.created;
}

std::string table_identity::describe() const {
  const auto which = !id.empty() ? "TableId " + id
                     : created   ? "created " + format_rfc3339(*created)
                                 : std::string("no TableId");
  return arn.empty() ? which : fmt::format("{}, {}", which, arn);
}

std::optional<table_identity> load_table(const state::snapshot& state, side which) {
  const auto arn = state.values.find(name_of(which, "arn"));
  if (arn == state.values.end()) {
    return std::nullopt;
  }
  table_identity found{
      .arn = arn->second, .id = stored_or(state.values, name_of(which, "id")), .created = {}};
  if (const auto created = stored_or(state.numbers, name_of(which, "created_ms")); created > 0) {
    found.created = from_ms(created);
  }
  return found;
}

void save_table(side which, const table_identity& table, state::commit_batch& batch) {
  batch.values.insert_or_assign(name_of(which, "arn"), table.arn);
  batch.values.insert_or_assign(name_of(which, "id"), table.id);
  batch.numbers.insert_or_assign(name_of(which, "created_ms"),
                                 table.created ? to_ms(*table.created) : 0);
}

table_watch::table_watch(side which, std::string name, std::optional<table_identity> stored,
                         wall_time now)
    : side_(which), name_(std::move(name)), known_(std::move(stored)), answered_(now) {}

std::optional<std::string> table_watch::on_seen(const dynamodb::table_description& table,
                                                wall_time now) {
  using dynamodb::table_status;
  answered_ = now;
  failure_.clear();
  absent_ = false;
  unfit_ = table.status == table_status::creating || table.status == table_status::deleting
               ? table.status_text
               : "";
  auto seen = table_identity::of(table);
  if (known_ && *known_ == seen) {
    return std::nullopt;
  }
  const auto before = std::exchange(known_, std::move(seen));
  dirty_ = true;
  if (!before || !before->differs_from(*known_)) {
    return std::nullopt;
  }
  return fmt::format(
      "the {} table {} is another one than before (now: {}; before: {}): it was deleted and "
      "created or imported anew, or the credentials lead to another account. Nothing that was "
      "checked before holds for it; only a comparison of the whole tables that began afterwards "
      "can "
      "make up for it",
      to_string(side_), name_, known_->describe(), before->describe());
}

void table_watch::on_absent(wall_time now) {
  answered_ = now;
  failure_.clear();
  absent_ = true;
}

void table_watch::on_awaited(wall_time now) {
  answered_ = now;
  failure_.clear();
  absent_ = false;
  unfit_.clear();
}

void table_watch::on_failed(std::string reason) { failure_ = std::move(reason); }

std::string table_watch::trouble(wall_time now) const {
  if (absent_) {
    return fmt::format("the {} table {} does not exist any more", to_string(side_), name_);
  }
  if (!unfit_.empty()) {
    return fmt::format("the {} table {} is {}", to_string(side_), name_, unfit_);
  }
  if (now - answered_ > unknown_max) {
    return fmt::format("whether the {} table {} is still the same one has not been known for {}{}",
                       to_string(side_), name_,
                       spoken_duration(std::chrono::floor<milliseconds>(now - answered_)),
                       failure_.empty() ? "" : ": " + failure_);
  }
  return "";
}

void table_watch::collect(state::commit_batch& batch) {
  if (std::exchange(dirty_, false)) {
    save_table(side_, *known_, batch);
  }
}

}  // namespace ddm::monitor
