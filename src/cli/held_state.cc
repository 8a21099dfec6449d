#include "cli/held_state.h"

#include "base/displayable.h"
#include "base/log.h"
#include "base/log_name.h"
#include "base/units.h"
#include "cli/ending.h"
#include "cli/state_beginning.h"
#include "remote/fetch_copy.h"
#include "remote/random_id.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace ddm::cli {
namespace {

constexpr milliseconds tell_each{30'000};
constexpr milliseconds fetch_again{2'000};
constexpr milliseconds ask_again{200};

}  // namespace

result<std::unique_ptr<held_state>> held_state::prepare(process& host, request wanted) {
  auto link = host.connections.open(
      {.name = "state", .service = aws_service::tables, .options = wanted.access});
  if (!link) {
    return fail(std::move(link.error()));
  }
  return std::make_unique<held_state>(host, std::move(wanted), *std::move(link),
                                      host.connections.executor());
}

held_state::held_state(process& host, request wanted, std::unique_ptr<connection> link,
                       asio::any_io_executor executor)
    : host_(host),
      wanted_(std::move(wanted)),
      link_(std::move(link)),
      table_(link_->calls(), host.time,
             {.table = wanted_.address.table,
              .state = wanted_.address.name,
              .command = wanted_.command}),
      keeper_({.lease = {},
               .copy_each = wanted_.copy_each,
               .bounds = {},
               .told = remote::told_of_this_process(wanted_.doing)},
              {.table = table_,
               .time = host.time,
               .executor = std::move(executor),
               .new_id = remote::random_id}) {
  keeper_.on_lost = [this](const error& why) {
    lost_ = why;
    tell_lost();
  };
}

held_state::~held_state() {
  if (!keeps_folder_ && !folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

void held_state::tell_waiting(const remote::lease_watch& watch) {
  const auto now = host_.time.now();
  host_.shown.show(
      {.state = address(), .held_by = watch.seen()->told, .seen_at = watch.seen_since()});
  if (auto* member = host_.shown.find_member(log::present_name())) {
    member->state = report::member_state::standby;
    member->why = "its state is held by " + watch.seen()->told;
  }
  if (host_.web && !told_waiting_at_) {
    if (auto begun = host_.web->begin(); !begun) {
      log::event(log::level::error, "not_listening", begun.error().describe());
    }
  }
  if (told_waiting_at_ && now - *told_waiting_at_ < tell_each) {
    return;
  }
  told_waiting_at_ = now;
  log::event(
      log::level::info, "standby",
      fmt::format("standby: the state {} is held by {}, last seen {} ago", address(),
                  displayable(watch.seen()->told), spoken_duration(now - watch.seen_since())),
      {{"epoch", static_cast<std::int64_t>(watch.seen()->epoch)}});
}

awaitable<result<void>> held_state::hold() {
  // Who could not begin to work is no standby.
  if (auto served = host_.web ? host_.web->taken() : result<void>(); !served) {
    co_return served;
  }
  // Who waits holds nothing, and leaves at the first signal.
  const drains_on_signal drains(host_.end, [this] {
    giving_up_ = true;
    keeper_.give_up();
  });
  auto taken =
      co_await keeper_.acquire([this](const remote::lease_watch& watch) { tell_waiting(watch); });
  host_.shown.hide_standby(address());
  if (!taken) {
    auto& why = taken.error();
    if (why.kind == error_class::not_found) {
      why.message +=
          fmt::format("; state init {} makes the table (state --help)", wanted_.address.table);
    }
    co_return fail(std::move(why).within(address()));
  }
  co_return taken;
}

awaitable<result<void>> held_state::take(beginning how) {
  if (auto held = co_await hold(); !held) {
    co_return held;
  }
  const drains_on_signal drains(host_.end, [this] { giving_up_ = true; });
  const bool forgets = how.forgets_state;
  if (auto ready = co_await prepare_to_work(std::move(how)); !ready) {
    co_return fail(std::move(ready.error()).within(address()));
  }
  const auto copy = forgets ? std::nullopt : keeper_.found();
  log::event(log::level::info, "state_taken",
             fmt::format("the state {} is held: {}", address(),
                         !copy ? std::string("it is new")
                               : fmt::format("resumed from copy {} of {}", copy->number,
                                             format_rfc3339(copy->taken_at))));
  co_return result<void>{};
}

awaitable<result<void>> held_state::borrow(beginning how) {
  is_borrowed_ = true;
  const drains_on_signal drains(host_.end, [this] { giving_up_ = true; });
  if (auto made = make_folder(); !made) {
    co_return made;
  }
  auto ready = co_await patiently([this] { return fetch_newest(); });
  if (ready) {
    ready = co_await begin_with_others(std::move(how));
  }
  co_return ready ? std::move(ready) : fail(std::move(ready.error()).within(address()));
}

awaitable<result<void>> held_state::prepare_to_work(beginning how) {
  // Not before it is needed: who waits for weeks would find it tidied away.
  if (auto made = make_folder(); !made) {
    co_return made;
  }
  if (auto listed = co_await patiently([this] { return table_.list(); });
      !listed || how.forgets_state) {
    co_return listed;
  }
  if (const auto& copy = keeper_.found()) {
    auto restored = co_await patiently([this, &copy] { return restore(*copy); });
    if (!restored && how.begins_anew && restored.error().kind == error_class::fatal) {
      log::event(log::level::warning, "state_forgotten", restored.error().describe());
      remove_files();
    } else if (!restored) {
      co_return restored;
    }
  }
  co_return co_await begin_with_others(std::move(how));
}

awaitable<result<void>> held_state::begin_with_others(beginning how) {
  if (how.begins_alone) {
    co_return result<void>{};
  }
  // What the network fails, it fails before a file is touched.
  co_return co_await patiently([this, how = std::move(how)] {
    return begin_state(link_->calls(), host_.time, host_.copy_thread(),
                       {.address = wanted_.address,
                        .folder = folder_,
                        .files = files_,
                        .schema = how.schema,
                        .begins_anew = how.begins_anew});
  });
}

awaitable<result<void>> held_state::fetch_newest() {
  auto fetched = co_await remote::fetch_newest(
      table_, [this] { remove_files(); },
      [this](const std::string& name, std::string_view bytes) {
        return files_.write(name, bytes);
      });
  co_return fetched ? result<void>() : fail(std::move(fetched.error()));
}

void held_state::remove_files() const {
  for (const auto& path : files_.paths()) {
    std::error_code absent;
    std::filesystem::remove(path, absent);
  }
}

result<void> held_state::make_folder() {
  const auto root = host_.variables.find("TMPDIR").value_or("/tmp");
  folder_ = fmt::format("{}/ddm-{}-XXXXXX", root, wanted_.address.name);
  if (::mkdtemp(folder_.data()) == nullptr) {
    const int reason = errno;
    folder_.clear();
    return wrong_usage(
        fmt::format("cannot make a folder in {} to work in: {}; name another one with TMPDIR", root,
                    std::strerror(reason)));
  }
  files_ = {
      .state_path = fmt::format("{}/{}.{}.db", folder_, wanted_.address.name, wanted_.command),
      .command = wanted_.command};
  source_.emplace(
      remote::file_source_settings{
          .state_path = files_.state_path,
          .picture_path = folder_ + "/picture.db",
          .beside = [this](const std::string& picture) { return files_.beside(picture); }},
      host_.copy_thread());
  return {};
}

awaitable<result<void>> held_state::patiently(std::function<awaitable<result<void>>()> what) {
  for (;;) {
    auto done = co_await what();
    if (lost_) {
      co_return fail(*lost_);
    }
    if (giving_up_) {
      co_return fail(error_class::cancelled, "ended before the state had been read");
    }
    if (done || !mends_by_waiting(done.error().kind)) {
      co_return done;
    }
    log::event(log::level::warning, "state_not_read", done.error().describe());
    co_await host_.time.sleep_for(fetch_again);
  }
}

/// Anew each time.
awaitable<result<void>> held_state::restore(remote::copy_root copy) {
  remove_files();
  auto fetched = co_await remote::fetch_copy(
      table_, std::move(copy), [this](const std::string& name, std::string_view bytes) {
        return files_.write(name, bytes);
      });
  std::error_code unknown;
  if (fetched && !std::filesystem::exists(files_.state_path, unknown)) {
    co_return fatal("the copy has no state in it: it cannot be used");
  }
  if (!fetched && !mends_by_waiting(fetched.error().kind) && wanted_.command != repair_part) {
    fetched.error().message += "; --fresh begins anew, and forgets what the copy knew";
  }
  co_return fetched;
}

std::string held_state::cost_told() const {
  constexpr std::int64_t day = 86'400'000;
  constexpr std::int64_t units_of_a_copy =
      6;  // a database has changed a page or two (./dev bench copies)
  const auto units = day / remote::lease_times{}.renew_each.count() +
                     day / wanted_.copy_each.count() * units_of_a_copy;
  return fmt::format(
      "copied each {}: at least {} write units a day, and one for each KB that has "
      "changed since the copy before",
      spoken_duration(wanted_.copy_each), grouped(static_cast<std::uint64_t>(units)));
}

void held_state::begin_copying() { keeper_.begin_copying(*source_); }

awaitable<result<void>> held_state::may_begin_effect() {
  if (source_) {
    if (auto copied = co_await keeper_.copied(); !copied) {
      co_return copied;
    }
  }
  while (!keeper_.may_act()) {
    if (lost_) {
      co_return fail(*lost_);
    }
    co_await host_.time.sleep_for(ask_again);
  }
  co_return result<void>{};
}

void held_state::on_lost(std::function<void(const error&)> told) {
  on_lost_ = std::move(told);
  tell_lost();
}

void held_state::tell_lost() {
  if (lost_ && on_lost_) {
    lost_is_told_ = true;
    on_lost_(*lost_);
  }
}

awaitable<result<void>> held_state::end() {
  on_lost_ = {};
  if (is_borrowed_) {
    co_return result<void>{};
  }
  link_->calls().drain();  // the keeper tries again by itself, and knows when it is to stop
  auto ended = co_await keeper_.end();
  const auto& made = keeper_.figures();
  log::event(log::level::info, "state_left", fmt::format("the state {} is left", address()),
             {{"copies", static_cast<std::int64_t>(made.copies)},
              {"bytes_written", static_cast<std::int64_t>(made.bytes_written)},
              {"blocks_deleted", static_cast<std::int64_t>(made.blocks_deleted)}});
  if (ended || lost_is_told_) {
    co_return result<void>{};
  }
  keeps_folder_ = true;
  auto& why = ended.error();
  why.message = fmt::format(
      "{}: the last copy was not made: {}. The table has the copy before it, from which the next "
      "run goes on; what this run knew more is in {}",
      address(), why.message, path());
  co_return ended;
}

}  // namespace ddm::cli
