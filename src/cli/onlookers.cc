#include "cli/onlookers.h"

#include "cli/run_description.h"

#include <utility>

namespace ddm::cli {
namespace {

/// A program has 30 s, and another one may be at work.
constexpr std::chrono::seconds last_alerts_max{45};

}  // namespace

result<std::unique_ptr<onlookers>> onlookers::open(open_migration& migration,
                                                   std::vector<report::setting> settings) {
  auto& host = migration.host;
  auto alerts =
      alert_sender::open({.command = migration.options.on_alert,
                          .webhook = migration.options.alert_webhook,
                          .about = migration.manner.command},
                         migration.executor, host.time, host.variables, migration.resumed.values);
  if (!alerts) {
    return fail(std::move(alerts.error()));
  }
  return std::unique_ptr<onlookers>(
      new onlookers(migration, std::move(settings), *std::move(alerts)));
}

onlookers::onlookers(open_migration& migration, std::vector<report::setting> settings,
                     std::unique_ptr<alert_sender> alerts)
    : migration_(migration),
      about_(describe_run(migration, std::move(settings))),
      log_(migration.options.log_format, migration.options.emf),
      alerts_(std::move(alerts)),
      shown_(
          migration.host.shown, migration.manner.command, *migration.store,
          {.show_values = migration.options.show_values, .hash_keys = migration.options.hash_keys},
          migration.resumed.values),
      tasks_(migration.executor) {}

monitor::run_watch onlookers::watch(std::function<void(const report::status&)> block,
                                    std::function<void(report::status&)> tell) {
  return {.tell =
              [this, tell = std::move(tell)](report::status& now) {
                now.about = about_;
                now.credentials = credentials_of(migration_);
                alerts_->tell(now);
                if (tell) {
                  tell(now);
                }
              },
          .on_second =
              [this](const report::status& now) {
                log_.follow(now);
                alerts_->follow(now);
                shown_.show(now);
              },
          .on_block =
              [this, block = std::move(block)](const report::status& now) {
                block(now);
                log_.tell(now);
              },
          .collect =
              [this](state::commit_batch& batch) {
                alerts_->collect(batch);
                shown_.collect(batch);
              }};
}

result<void> onlookers::begin() {
  if (auto& web = migration_.host.web; web) {
    if (auto begun = web->begin(); !begun) {
      return begun;
    }
  }
  log_.begin(about_);
  alerts_->start(tasks_);
  return {};
}

awaitable<void> onlookers::end(const report::status& last) {
  log_.follow(last);
  log_.tell(last);
  alerts_->follow(last, true);
  shown_.show(last);
  co_await alerts_->drain(last_alerts_max);
  tasks_.cancel();
  co_await tasks_.join();
  co_await shown_.retire();
  state::commit_batch batch;
  alerts_->collect(batch);
  shown_.collect(batch);
  if (!batch.empty()) {
    // A failure was told by the run itself; at worst the next one tells once more.
    static_cast<void>(co_await migration_.store->commit(std::move(batch)));
  }
}

}  // namespace ddm::cli
