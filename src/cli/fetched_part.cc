#include "cli/fetched_part.h"

#include "remote/fetch_copy.h"
#include "state/picture.h"
#include "state/sqlite_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace ddm::cli {

fetched_part::fetched_part(aws::service_client& calls, clock& time, of whose)
    : whose_(std::move(whose)),
      table_(
          calls, time,
          {.table = whose_.address.table, .state = whose_.address.name, .command = whose_.command}),
      files_{.state_path = fmt::format("{}/from-{}.db", whose_.folder, whose_.command),
             .command = whose_.command} {}

fetched_part::~fetched_part() { remove(); }

void fetched_part::remove() const { state::remove_picture(files_.state_path); }

std::string fetched_part::told() const {
  return fmt::format("what {} left in {}", whose_.command, whose_.address.describe());
}

awaitable<result<bool>> fetched_part::fetch() {
  found_.reset();
  auto fetched = co_await remote::fetch_newest(
      table_, [this] { remove(); },
      [this](const std::string& name, std::string_view bytes) { return files_.write(name, bytes); },
      [](const std::string& name) { return name == remote::database_name; });
  if (!fetched) {
    co_return fail(std::move(fetched.error()).within(told()));
  }
  found_ = *std::move(fetched);
  std::error_code unknown;
  if (found_ && !std::filesystem::exists(files_.state_path, unknown)) {
    co_return fatal(told() + ": the copy has no state in it: it cannot be used");
  }
  co_return found_.has_value();
}

result<std::unique_ptr<state::state_store>> fetched_part::open() const {
  auto store = state::open_sqlite_store({.path = files_.state_path, .command = "taking"});
  return store ? std::move(store) : fail(std::move(store.error()).within(told()));
}

}  // namespace ddm::cli
