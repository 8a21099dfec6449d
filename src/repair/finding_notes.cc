#include "repair/finding_notes.h"

#include "monitor/findings_flow.h"
#include "repair/taken_back.h"

#include <cstdint>
#include <utility>

namespace ddm::repair {

void finding_notes::on_equal(const dynamodb::digest128& key_hash) {
  if (const auto changes = parts_.findings.on_passed(key_hash, parts_.time.now())) {
    parts_.statistics.on_healed(*changes);
  }
}

awaitable<result<void>> finding_notes::on_sides(std::string key_json, both_sides held,
                                                repair_session::moment when) {
  const auto key = dynamodb::key_of(key_json, settings_.by.schema, settings_.by.secret);
  if (!key) {
    co_return fail(key.error());
  }
  const auto earlier = co_await finding_of(*key);
  if (!earlier) {
    co_return fail(earlier.error());
  }
  const auto now = parts_.time.now();
  const auto& known = *earlier;
  auto wrong =
      mismatch_of(*key, held,
                  {.by = settings_.by,
                   .source_held_it = known && (known->kind == verify::mismatch_kind::undeleted ||
                                               known->source_digest.has_value())},
                  now);
  if (!wrong && when == repair_session::moment::after_write) {
    on_equal(key->hash);
  } else if (wrong && (!known || !known->open || known->kind != wrong->kind ||
                       known->source_digest != wrong->source_digest ||
                       known->target_digest != wrong->target_digest ||
                       known->ignored != settings_.by.ignored.patterns())) {
    if (known) {
      wrong->period = known->period;
      wrong->comparison_ms = known->comparison_ms;
    }
    monitor::log_lines(log_.on_mismatch(*wrong, now));
    parts_.findings.on_confirmed(std::move(*wrong), now);
  }
  co_return co_await commit();
}

/// As the state has it, open or healed; the book holds it then, if it is open.
awaitable<result<std::optional<verify::mismatch>>> finding_notes::finding_of(
    const dynamodb::item_key& key) {
  if (!parts_.findings.holds_all()) {
    constexpr std::uint64_t no_commit_meanwhile = 0;
    if (auto recalled = co_await monitor::recall_open(parts_.store, parts_.findings, {key.hash},
                                                      no_commit_meanwhile);
        !recalled) {
      co_return fail(std::move(recalled.error()));
    }
  }
  co_return co_await monitor::stored_finding(parts_.store, key.hash);
}

awaitable<result<void>> finding_notes::commit() {
  state::commit_batch batch;
  parts_.findings.take_dirty(batch.mismatches, batch.finding_lines);
  if (batch.mismatches.empty()) {
    co_return result<void>{};
  }
  parts_.statistics.save(batch.numbers, batch.values);
  co_return co_await monitor::commit_with_findings(parts_.store, parts_.file, std::move(batch));
}

}  // namespace ddm::repair
