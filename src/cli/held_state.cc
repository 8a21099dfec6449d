#include "cli/held_state.h"

#include "base/displayable.h"
#include "base/log.h"
#include "base/private_file.h"
#include "base/units.h"
#include "base/write_all.h"
#include "compare/comparison_progress.h"
#include "remote/fetch_copy.h"
#include "state/picture.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <unistd.h>
#include <utility>

namespace ddm::cli {
namespace {

/// Of what copies may write: the rest of a table of states is for others.
constexpr double write_units_per_second = 500;
constexpr milliseconds tell_each{30'000};
constexpr milliseconds fetch_again{2'000};
constexpr std::string_view leftovers_name = "leftovers";

std::string random_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    id += fmt::format("{:08x}", random());
  }
  return id;
}

std::string this_process(std::string_view command) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    host.front() = '\0';
  }
  return fmt::format("{} on host {}, process {}", command, host.data(), ::getpid());
}

result<std::string> make_folder(const aws::environment& variables, const std::string& name) {
  const auto root = variables.find("TMPDIR").value_or("/tmp");
  auto folder = fmt::format("{}/ddm-{}-XXXXXX", root, name);
  if (::mkdtemp(folder.data()) == nullptr) {
    return wrong_usage(
        fmt::format("cannot make a folder in {} to work in: {}; name another one with TMPDIR", root,
                    std::strerror(errno)));
  }
  return folder;
}

}  // namespace

result<std::unique_ptr<held_state>> held_state::prepare(process& host, request wanted) {
  auto link = host.connections.open(
      {.name = "state", .service = aws_service::tables, .options = wanted.access});
  if (!link) {
    return fail(std::move(link.error()));
  }
  auto folder = make_folder(host.variables, wanted.address.name);
  if (!folder) {
    return fail(std::move(folder.error()));
  }
  return std::make_unique<held_state>(host, std::move(wanted), *std::move(link), *std::move(folder),
                                      host.connections.executor());
}

held_state::held_state(process& host, request wanted, std::unique_ptr<connection> link,
                       std::string folder, asio::any_io_executor executor)
    : host_(host),
      wanted_(std::move(wanted)),
      link_(std::move(link)),
      folder_(std::move(folder)),
      path_(fmt::format("{}/{}.monitor.db", folder_, wanted_.address.name)),
      table_(link_->calls(), host.time,
             {.table = wanted_.address.table,
              .state = wanted_.address.name,
              .command = wanted_.command},
             write_units_per_second),
      keeper_({.lease = {},
               .copy_each = wanted_.copy_each,
               .bounds = {},
               .told = this_process(wanted_.command)},
              {.table = table_,
               .time = host.time,
               .executor = std::move(executor),
               .new_id = random_id}),
      source_({.state_path = path_,
               .picture_path = folder_ + "/picture.db",
               .beside = [this](const std::string& picture) { return beside(picture); }},
              host.pool) {
  keeper_.on_lost = [this](const error& why) {
    lost_ = why;
    tell_lost();
  };
}

held_state::~held_state() {
  if (!keeps_folder_) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

void held_state::tell_waiting(const remote::lease_watch& watch) {
  const auto now = host_.time.now();
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

awaitable<result<void>> held_state::take() {
  auto taken =
      co_await keeper_.acquire([this](const remote::lease_watch& watch) { tell_waiting(watch); });
  if (!taken) {
    co_return fail(std::move(taken.error()).within(address()));
  }
  if (auto listed = co_await table_.list(); !listed) {
    co_return fail(std::move(listed.error()).within(address()));
  }
  if (auto restored = co_await restore(); !restored) {
    co_return fail(std::move(restored.error()).within(address()));
  }
  const auto& found = keeper_.found();
  log::event(log::level::info, "state_taken",
             found ? fmt::format("the state {} is held: resumed from copy {} of {}", address(),
                                 found->number, format_rfc3339(found->taken_at))
                   : fmt::format("the state {} is held: it is new", address()));
  co_return result<void>{};
}

awaitable<result<void>> held_state::restore() {
  while (keeper_.found()) {
    for (const auto& each : std::filesystem::directory_iterator(folder_)) {
      std::filesystem::remove(each.path());
    }
    auto fetched = co_await remote::fetch_copy(
        table_, *keeper_.found(),
        [this](const std::string& name, std::string_view bytes) { return write(name, bytes); });
    if (lost_) {
      co_return fail(*lost_);
    }
    if (fetched || !mends_by_waiting(fetched.error().kind)) {
      co_return fetched;
    }
    log::event(log::level::warning, "state_not_read", fetched.error().describe());
    co_await host_.time.sleep_for(fetch_again);
  }
  co_return result<void>{};
}

result<void> held_state::write(const std::string& name, std::string_view bytes) {
  if (name != remote::database_name && name != leftovers_name) {
    return wrong_usage(
        fmt::format("the copy has a file {} that this program does not know: use "
                    "the program that wrote it, or a newer one",
                    displayable(name)));
  }
  const auto path = name == remote::database_name ? path_ : path_ + wanted_.leftovers_suffix;
  const int file = open_private(path, O_WRONLY | O_CREAT | O_APPEND);
  const bool written = file >= 0 && write_all(file, bytes);
  const int reason = errno;
  if (file >= 0) {
    ::close(file);
  }
  return written ? result<void>()
                 : fatal(fmt::format("cannot write {}: {}", path, std::strerror(reason)));
}

result<std::vector<remote::file_beside>> held_state::beside(const std::string& picture) const {
  const auto numbers =
      state::numbers_in(picture, compare::comparison_progress::prefix_of(wanted_.command));
  if (!numbers) {
    return fail(numbers.error());
  }
  const auto comparison = compare::comparison_progress::load(wanted_.command, *numbers, {});
  if (!comparison.begun() || comparison.finished() || comparison.leftover_bytes == 0) {
    return {};
  }
  return std::vector<remote::file_beside>{
      {.name = std::string(leftovers_name),
       .path = path_ + wanted_.leftovers_suffix,
       .bytes = static_cast<std::uint64_t>(comparison.leftover_bytes)}};
}

void held_state::begin_copying() { keeper_.begin_copying(source_); }

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
  auto ended = co_await keeper_.end();
  if (ended || lost_is_told_) {
    co_return result<void>{};
  }
  keeps_folder_ = true;
  auto& why = ended.error();
  why.message = fmt::format(
      "{}: the last copy was not made: {}. The table has the copy before it, from which the next "
      "run goes on; what this run knew more is in {}",
      address(), why.message, path_);
  co_return ended;
}

}  // namespace ddm::cli
