#include "monitor/opened_state.h"

#include <utility>

namespace ddm::monitor {

awaitable<result<opened_state>> open_state(state::state_store& store, session_identity fresh,
                                           std::string target_awaited,
                                           std::size_t open_mismatches_max) {
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
