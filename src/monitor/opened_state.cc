#include "monitor/opened_state.h"

#include <utility>

namespace ddm::monitor {
namespace {

/// Before anything is written to it.
awaitable<result<void>> check_it_is_ours(state::state_store& store, const session_identity& fresh,
                                         const std::string& target_awaited) {
  auto present = co_await store.news_of(identity_prefixes());
  if (!present) {
    co_return fail(std::move(present.error()));
  }
  const state::snapshot known{.numbers = std::move(present->numbers),
                              .values = std::move(present->values)};
  if (!has_identity(known)) {
    co_return result<void>{};
  }
  auto identity = load_identity(known, fresh, target_awaited);
  co_return identity ? result<void>{} : fail(std::move(identity.error()));
}

}  // namespace

awaitable<result<opened_state>> open_state(state::state_store& store, session_identity fresh,
                                           std::string target_awaited,
                                           std::size_t open_mismatches_max) {
  if (auto ours = co_await check_it_is_ours(store, fresh, target_awaited); !ours) {
    co_return fail(std::move(ours.error()));
  }
  state::commit_batch first;
  save_if_new(fresh, first);
  if (auto begun = co_await store.commit(std::move(first)); !begun) {
    co_return fail(std::move(begun.error()));
  }
  auto resumed = co_await store.load(open_mismatches_max);
  if (!resumed) {
    co_return fail(std::move(resumed.error()));
  }
  auto identity = load_identity(*resumed, fresh, target_awaited);
  if (!identity) {
    co_return fail(std::move(identity.error()));
  }
  // The target may have got its name only now, and a comparison knows no direction.
  state::commit_batch names;
  save_names(*identity, names);
  if (auto named = co_await store.commit(std::move(names)); !named) {
    co_return fail(std::move(named.error()));
  }
  const bool begun_now = identity->secret == fresh.secret;
  co_return opened_state{
      .identity = *std::move(identity), .resumed = *std::move(resumed), .begun_now = begun_now};
}

}  // namespace ddm::monitor
