#include "repair/repair_session.h"

#include "repair/undo_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <ranges>
#include <set>
#include <utility>

namespace ddm::repair {
namespace {

/// The code of an item that this program does not understand: it is left alone.
constexpr const char* unreadable = "UnreadableItem";
constexpr milliseconds check_interval{2000};
/// For reads in flight at a stop, and for looking again at what was written.
constexpr milliseconds last_reads_wait{5000};
constexpr milliseconds stop_interval{100};
constexpr std::size_t bytes_per_write_unit = 1024;
constexpr std::size_t bytes_per_read_unit = 4096;

double units_of(std::size_t bytes, std::size_t bytes_per_unit) {
  return static_cast<double>(
      std::max<std::size_t>(1, (bytes + bytes_per_unit - 1) / bytes_per_unit));
}

std::size_t size_of(const held_item& item) { return item ? dynamodb::to_json(*item).size() : 0; }

/// The service found fault with this one item; another may well be written.
bool concerns_the_item(const error& failure) {
  return failure.kind == error_class::fatal &&
         (failure.code.empty() || failure.code == "ValidationException" ||
          failure.code == "ItemCollectionSizeLimitExceededException");
}

error unreadable_item(const dynamodb::metered_table& table, std::string_view why) {
  return {
      .kind = error_class::fatal,
      .code = unreadable,
      .message = fmt::format("the {} table's item cannot be read: {}", to_string(table.side), why)};
}

step_report left_alone(const std::string& key_json, const error& why) {
  return {.key_json = key_json,
          .planned = {.what = action::leave, .why = why.message, .write = {}},
          .message = {}};
}

/// Nothing was written: the run ended before its turn came.
std::unexpected<error> not_begun() {
  return fail(error_class::cancelled, "left alone: the run ends");
}

error unnoted(const error& why, outcome ended) {
  return error(why).within(ended == outcome::written
                               ? "the write was made; the journal could not note it"
                               : "how a write ended could not be noted in the journal");
}

template <class T>
awaitable<void> keep(awaitable<T> call, std::optional<T>& answer) {
  answer = co_await std::move(call);
}

}  // namespace

std::vector<open_finding> to_repair(const std::vector<verify::mismatch>& open) {
  std::vector<open_finding> findings;
  findings.reserve(open.size());
  for (const auto& entry : open) {
    findings.push_back({.key = entry.key, .seen = seen_by(entry)});
  }
  return findings;
}

/// What the lanes share: they take keys from the front until there is none.
struct repair_session::work {
  std::vector<open_finding> findings;
  std::size_t next = 0;
  std::vector<dynamodb::item_key> written;
  const step_sink& on_step;
  const equal_sink& on_equal;
  std::optional<error> failure;
};

/// What undoing needs from its first entry to its last.
struct repair_session::undoing {
  const step_sink& on_step;
  const sides_sink& on_sides;
  std::optional<error> failure;
  /// A plan writes nothing, so what it would leave is held for keys that come again, and only
  /// those.
  std::set<std::uint64_t> come_again;
  std::map<std::string, held_item> planned;
};

/// How a write ended, and what ends the run with it.
struct repair_session::sent {
  outcome ended = outcome::failed;
  std::string message;
  std::optional<error> failure;
};

struct repair_session::listed_call {
  listed_call(std::list<call_in_flight>& in, call_in_flight call)
      : calls(in), place(in.insert(in.end(), call)) {}
  listed_call(const listed_call&) = delete;
  listed_call& operator=(const listed_call&) = delete;
  ~listed_call() { calls.erase(place); }

  std::list<call_in_flight>& calls;
  std::list<call_in_flight>::iterator place;
};

repair_session::repair_session(repair_settings settings, repair_parts parts)
    : settings_(std::move(settings)), parts_(std::move(parts)) {}

awaitable<result<repair_summary>> repair_session::run(std::vector<open_finding> findings,
                                                      step_sink on_step, equal_sink on_equal) {
  work shared{.findings = std::move(findings),
              .written = {},
              .on_step = on_step,
              .on_equal = on_equal,
              .failure = {}};
  co_await see_through(repair_all(shared));
  summary_.stopped = stop_requested_ || shared.failure;
  if (shared.failure) {
    co_return fail(std::move(*shared.failure));
  }
  co_return summary_;
}

awaitable<void> repair_session::repair_all(work& shared) {
  task_group lanes(parts_.executor);
  for (std::size_t i = 0; i < std::min(settings_.lanes, shared.findings.size()); ++i) {
    lanes.spawn(lane(shared));
  }
  co_await lanes.join();
  if (!shared.failure) {
    co_await check_again(shared);
  }
}

awaitable<void> repair_session::see_through(awaitable<void> task) {
  task_group whole(parts_.executor);
  whole.spawn(std::move(task));
  while (whole.running() > 0) {
    // Looked at again and again: when a write gets under way, nobody tells.
    co_await whole.await_end(parts_.time, parts_.time.now() + stop_interval);
    for (const auto& call : calls_) {
      if (is_out_of_time() && (!call.write || *call.write != aws::sending::under_way)) {
        call.runs_in.cancel();
      }
    }
  }
  co_await whole.join();
}

template <class T>
awaitable<std::optional<T>> repair_session::in_time(awaitable<T> call, const aws::sending* write) {
  std::optional<T> answer;
  if (is_out_of_time()) {
    co_return answer;
  }
  task_group alone(parts_.executor);
  alone.spawn(keep(std::move(call), answer));
  const listed_call listed(calls_, {.runs_in = alone, .write = write});
  co_await alone.join();
  co_return answer;
}

void repair_session::request_stop() {
  if (!std::exchange(stop_requested_, true)) {
    stopped_at_ = parts_.time.now();
    parts_.source.drain();
    parts_.target.drain();
    parts_.write_budget.drain();
  }
}

bool repair_session::is_out_of_time() const {
  return stop_requested_ && parts_.time.now() - stopped_at_ >= last_reads_wait;
}

awaitable<void> repair_session::lane(work& shared) {
  while (!stop_requested_ && !shared.failure && shared.next < shared.findings.size()) {
    const auto finding = shared.findings[shared.next++];
    auto done = co_await repair_item(finding);
    if (!done) {
      // What another lane wrote and could not note is the one to tell.
      if (done.error().kind != error_class::cancelled && !shared.failure) {
        shared.failure = std::move(done.error());
      }
      co_return;
    }
    count(*done);
    shared.on_step(*done);
    if (done->failure) {
      shared.failure = done->failure;
    }
    if (done->planned.what == action::nothing) {
      shared.on_equal(finding.key);
    } else if (done->ended == outcome::written || done->ended == outcome::refused) {
      shared.written.push_back(finding.key);
      ++summary_.unequal_afterwards;  // until it is seen to be equal
    }
  }
}

awaitable<result<both_sides>> repair_session::read_both(const std::string& key_json, moment when) {
  auto target = co_await read(parts_.target, key_json);
  if (!target) {
    co_return fail(std::move(target.error()));
  }
  if (stop_requested_ && when == moment::before_write) {
    co_return not_begun();
  }
  auto source = co_await read(parts_.source, key_json);
  if (!source) {
    co_return fail(std::move(source.error()));
  }
  co_return both_sides{.source = std::move(*source), .target = std::move(*target)};
}

awaitable<result<both_sides>> repair_session::read_both_for_finding(const std::string& key_json,
                                                                    moment when) {
  auto held = co_await read_both(key_json, when);
  if (!held && held.error().code == unreadable) {
    co_return both_sides{.source = {}, .target = {}, .unreadable = true};
  }
  co_return held;
}

awaitable<result<step_report>> repair_session::repair_item(const open_finding& finding) {
  const auto& key = finding.key;
  auto held = co_await read_both(key.json, moment::before_write);
  if (!held) {
    auto& failure = held.error();
    if (failure.code == unreadable) {
      co_return left_alone(key.json, failure);
    }
    co_return fail(std::move(failure));
  }
  auto& source = held->source;
  auto& target = held->target;
  step_report report{
      .key_json = key.json,
      .planned = plan_repair(source, target, finding.seen, settings_.by, parts_.time.now()),
      .message = {}};
  if (!settings_.apply || !report.planned.write) {
    co_return report;
  }
  auto wanted = after(target, *report.planned.write);
  co_return co_await write(std::move(report), std::move(target), std::move(wanted));
}

/// Journal, write, journal.
awaitable<result<step_report>> repair_session::write(step_report report, held_item before,
                                                     held_item after) {
  const auto bytes = std::max(size_of(before), size_of(after));
  if (!co_await parts_.write_budget.acquire(units_of(bytes, bytes_per_write_unit)) ||
      stop_requested_) {
    co_return not_begun();
  }
  journal_entry entry{.table = settings_.target_identity,
                      .what = report.planned.what,
                      .key_json = report.key_json,
                      .before = std::move(before),
                      .after = std::move(after)};
  if (auto noted = parts_.journal->intend(entry, parts_.time.now()); !noted) {
    if (noted.error().code == repair_journal::unfit) {
      co_return left_alone(report.key_json, noted.error());
    }
    co_return fail(std::move(noted.error()));
  }
  auto sent = co_await send_if_allowed(*report.planned.write, report.key_json, entry.after);
  if (auto noted = parts_.journal->settle(entry.id, sent.ended, sent.message, parts_.time.now());
      !noted) {
    report.failure = unnoted(noted.error(), sent.ended);
  }
  if (sent.failure) {
    co_return fail(std::move(*sent.failure));
  }
  report.ended = sent.ended;
  report.message = std::move(sent.message);
  co_return report;
}

awaitable<repair_session::sent> repair_session::send_if_allowed(
    const dynamodb::conditional_write& write, const std::string& key_json, const held_item& after) {
  if (parts_.may_write) {
    auto allowed = co_await in_time(parts_.may_write());
    if (!allowed || !*allowed) {
      auto why = allowed ? std::move(allowed->error()) : not_begun().error();
      co_return sent{.ended = outcome::unsent, .message = why.describe(), .failure = why};
    }
  }
  if (stop_requested_) {
    co_return sent{.ended = outcome::unsent, .message = {}, .failure = not_begun().error()};
  }
  co_return co_await send(write, key_json, after);
}

awaitable<repair_session::sent> repair_session::send(const dynamodb::conditional_write& write,
                                                     const std::string& key_json,
                                                     const held_item& after) {
  auto progress = aws::sending::unsent;
  const auto answer = co_await in_time(
      parts_.target.client.write_if(parts_.target.name, write, &progress), &progress);
  if (!answer || !*answer) {
    const auto failure = answer ? answer->error() : not_begun().error();
    sent ended{.message = failure.describe(), .failure = {}};
    if (concerns_the_item(failure)) {
      co_return ended;
    }
    ended.ended = progress == aws::sending::unsent ? outcome::unsent : outcome::failed;
    // A write whose answer did not come before the end ends no run.
    if (!stop_requested_) {
      ended.failure = failure;
    } else if (ended.ended == outcome::unsent) {
      ended.failure = not_begun().error();
    }
    co_return ended;
  }
  summary_.write_units += (*answer)->consumed_units;
  if ((*answer)->written) {
    co_return sent{.ended = outcome::written, .message = {}, .failure = {}};
  }
  // An answer that was lost on its way was asked for again, and met our own write.
  auto present = co_await read(parts_.target, key_json);
  if (!present) {
    co_return sent{.message = "whether it was written is not known: " + present.error().describe(),
                   .failure = stop_requested_ ? std::nullopt : std::optional(present.error())};
  }
  if (!write_between(*present, after, settings_.by)) {
    co_return sent{.ended = outcome::written, .message = {}, .failure = {}};
  }
  co_return sent{
      .ended = outcome::refused,
      .message = "the target's item was changed by somebody else in between: left as it is",
      .failure = {}};
}

/// Both sides once more, for as long as a replicator may be under way.
awaitable<void> repair_session::check_again(work& shared) {
  const auto give_up_at = parts_.time.now() + settings_.settle_max;
  for (;;) {
    std::vector<dynamodb::item_key> unequal;
    for (auto& key : shared.written) {
      const auto held = co_await read_both(key.json, moment::after_write);
      if (!held && held.error().kind != error_class::cancelled) {
        shared.failure = held.error();
        co_return;
      }
      if (!held || write_between(held->target, held->source, settings_.by)) {
        unequal.push_back(std::move(key));
      } else {
        --summary_.unequal_afterwards;
        shared.on_equal(key);
      }
    }
    if (unequal.empty() || parts_.time.now() >= give_up_at || stop_requested_) {
      co_return;
    }
    shared.written = std::move(unequal);
    co_await parts_.time.sleep_for(check_interval);
  }
}

awaitable<result<repair_summary>> repair_session::undo(step_sink on_step, sides_sink on_sides) {
  if (auto own = parts_.journal->check_table(settings_.target_identity); !own) {
    co_return fail(std::move(own.error()));
  }
  undoing all{.on_step = on_step,
              .on_sides = on_sides,
              .failure = {},
              .come_again = settings_.apply ? std::set<std::uint64_t>{}
                                            : repeated_keys(parts_.journal->places()),
              .planned = {}};
  tell_unreadable(all);
  co_await see_through(undo_all(all));
  summary_.stopped = stop_requested_ || all.failure;
  if (all.failure) {
    co_return fail(std::move(*all.failure));
  }
  co_return summary_;
}

void repair_session::tell_unreadable(const undoing& all) {
  const auto& lines = parts_.journal->unreadable();
  const auto leave = [&](std::string why) {
    all.on_step({.planned = {.what = action::leave, .why = std::move(why), .write = {}}});
  };
  for (const auto number : lines.first) {
    leave(fmt::format("line {} of the journal cannot be read: what it tells of is not taken back",
                      number));
  }
  if (const auto more = lines.count - static_cast<std::int64_t>(lines.first.size()); more > 0) {
    leave(fmt::format("{} more lines cannot be read", more));
  }
  summary_.left += lines.count;
}

awaitable<void> repair_session::undo_all(undoing& all) {
  for (const auto& place : std::views::reverse(parts_.journal->places())) {
    if (stop_requested_) {
      co_return;
    }
    if (!may_stand(place.ended)) {
      continue;
    }
    const auto undone = co_await undo_place(place, all);
    if (!undone) {
      if (undone.error().kind != error_class::cancelled) {
        all.failure = undone.error();
      }
      co_return;
    }
  }
}

awaitable<result<void>> repair_session::undo_place(const journal_place& place, undoing& all) {
  const auto entry = parts_.journal->entry_at(place);
  auto report =
      entry ? co_await undo_entry(*entry, all.come_again.contains(place.key_hash), all)
            : step_report{
                  .planned = {.what = action::leave, .why = entry.error().message, .write = {}}};
  if (!report) {
    co_return fail(std::move(report.error()));
  }
  count(*report);
  all.on_step(*report);
  auto looked =
      report->ended == outcome::open ? result<void>{} : co_await look_after(*entry, all.on_sides);
  co_return report->failure ? fail(std::move(*report->failure)) : std::move(looked);
}

awaitable<result<step_report>> repair_session::undo_entry(const journal_entry& entry,
                                                          bool comes_again, undoing& all) {
  const auto planned = all.planned.find(entry.key_json);
  auto present = planned != all.planned.end() ? result<held_item>(planned->second)
                                              : co_await read(parts_.target, entry.key_json);
  if (!present && present.error().code == unreadable) {
    co_return left_alone(entry.key_json, present.error());
  }
  if (!present) {
    co_return fail(std::move(present.error()));
  }
  step_report report{.key_json = entry.key_json,
                     .planned = plan_undo(entry, *present, settings_.by, settings_.apply),
                     .message = {}};
  if (settings_.apply && report.planned.write) {
    co_return co_await take_back(entry, std::move(report), std::move(*present), all.on_sides);
  }
  if (!settings_.apply && comes_again) {
    all.planned.insert_or_assign(
        entry.key_json, report.planned.write ? after(std::move(*present), *report.planned.write)
                                             : std::move(*present));
  }
  co_return report;
}

/// The finding, the write, the journal.
awaitable<result<step_report>> repair_session::take_back(const journal_entry& entry,
                                                         step_report report, held_item present,
                                                         const sides_sink& on_sides) {
  const auto bytes = std::max(size_of(entry.before), size_of(entry.after));
  if (!co_await parts_.write_budget.acquire(units_of(bytes, bytes_per_write_unit)) ||
      stop_requested_) {
    co_return not_begun();
  }
  auto held = co_await read_both_for_finding(entry.key_json, moment::before_write);
  if (!held) {
    co_return fail(std::move(held.error()));
  }
  if (stop_requested_) {
    co_return not_begun();
  }
  auto expected = *held;
  expected.target = after(std::move(present), *report.planned.write);
  if (auto told = co_await on_sides(entry.key_json, std::move(expected), moment::before_write);
      !told) {
    co_return fail(std::move(told.error()));
  }
  auto sent = co_await send_if_allowed(*report.planned.write, entry.key_json, entry.before);
  if (sent.ended == outcome::unsent) {  // it is not taken back: the finding goes as it came
    if (auto told = co_await on_sides(entry.key_json, std::move(*held), moment::after_write);
        !told) {
      co_return fail(std::move(told.error()));
    }
  }
  if (sent.failure) {
    co_return fail(std::move(*sent.failure));
  }
  report.ended = sent.ended;
  report.message = std::move(sent.message);
  if (report.ended == outcome::written) {
    if (auto noted = parts_.journal->settle(entry.id, outcome::undone, {}, parts_.time.now());
        !noted) {
      report.failure = unnoted(noted.error(), report.ended);
    }
  }
  co_return report;
}

/// The finding as it came out. Until then it is open, as what was to be taken back.
awaitable<result<void>> repair_session::look_after(const journal_entry& entry,
                                                   const sides_sink& on_sides) {
  auto held = co_await read_both_for_finding(entry.key_json, moment::after_write);
  if (!held) {
    co_return fail(std::move(held.error()));
  }
  co_return co_await on_sides(entry.key_json, std::move(*held), moment::after_write);
}

awaitable<result<held_item>> repair_session::read(dynamodb::metered_table& table,
                                                  std::string key_json) {
  auto held = co_await in_time(read_now(table, std::move(key_json)));
  co_return held ? std::move(*held) : not_begun();
}

awaitable<result<held_item>> repair_session::read_now(dynamodb::metered_table& table,
                                                      std::string key_json) {
  if (!co_await table.admit(1)) {
    co_return not_begun();
  }
  const auto text = co_await table.client.get_item(table.name, std::move(key_json), true);
  if (!text && aws::is_too_large(text.error())) {
    co_return fail(unreadable_item(table, text.error().describe()));
  }
  if (!text) {
    error failure = text.error();
    failure.kind = stop_requested_ ? error_class::cancelled : failure.kind;
    co_return fail(std::move(failure).within(
        fmt::format("reading the {} table {}", to_string(table.side), table.name.str())));
  }
  const double units = units_of(*text ? (*text)->size() : 0, bytes_per_read_unit);
  table.settle(1, units);
  if (!*text) {
    co_return held_item();
  }
  auto item = dynamodb::parse_item(**text);
  if (!item) {
    co_return fail(unreadable_item(table, item.error().message));
  }
  co_return held_item(std::move(*item));
}

void repair_session::count(const step_report& report) {
  if (report.ended == outcome::refused) {
    ++summary_.refused;
    return;
  }
  if (report.ended == outcome::failed) {
    ++summary_.failed;
    return;
  }
  switch (report.planned.what) {
    case action::nothing:
      ++summary_.equal;
      break;
    case action::put:
      ++summary_.puts;
      break;
    case action::change:
      ++summary_.changes;
      break;
    case action::remove:
      ++summary_.removals;
      break;
    case action::leave:
      ++summary_.left;
      break;
  }
}

}  // namespace ddm::repair
