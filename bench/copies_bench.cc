// What it costs to keep a monitor's state in a table: bytes and units a day.
//
// The whole monitor_session runs under virtual time on prepared pages, its state is a real file,
// and the real keeper copies it each half minute to a table that only counts. What is written and
// deleted is counted as the service counts it (a unit for each KB begun, of key and attributes).
// After ten minutes, half an hour is measured, and told as a day.
//
//   copies_bench [--interval SECONDS] [--minutes N]
#include "base/log.h"
#include "base/units.h"
#include "bench/prepared_world.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "monitor/monitor_session.h"
#include "remote/file_source.h"
#include "remote/state_keeper.h"
#include "state/sqlite_store.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>

#include <cstdio>
#include <limits>
#include <map>
#include <string>

namespace {

using namespace ddm;
using bench::flag;
using std::chrono::minutes;

/// Of a block beside its bytes: two keys with their names, and the name of the bytes.
constexpr std::size_t block_overhead = 110;
constexpr std::size_t head_overhead = 160;
/// us-east-1, on demand, a million write units (section 8 of the facts names the page).
constexpr double usd_per_million_writes = 0.625;
constexpr double usd_per_gigabyte_month = 0.25;

std::uint64_t units_of(std::size_t bytes) { return (bytes + 1023) / 1024; }

/// A table that takes everything at once, and counts.
class counting_table final : public remote::state_table {
 public:
  struct figures {
    std::uint64_t bytes = 0;
    std::uint64_t block_units = 0;
    std::uint64_t deleted_units = 0;
    std::uint64_t head_units = 0;
    std::uint64_t largest_bytes = 0;  ///< that lay there
  };
  figures counted;

  void forget() { counted = {.largest_bytes = lies_}; }

  awaitable<result<std::optional<remote::head>>> read_head() override { co_return head_; }
  awaitable<result<bool>> write_head(remote::head_write write) override {
    const auto top = write.next.copy ? write.next.copy->manifest.top.size() : 0;
    counted.bytes += head_overhead + top;
    counted.head_units += units_of(head_overhead + top);
    head_ = std::move(write.next);
    co_return true;
  }
  awaitable<result<void>> put_blocks(std::uint64_t epoch,
                                     std::vector<remote::sealed_block> blocks) override {
    for (const auto& each : blocks) {
      const auto size = each.bytes.size() + block_overhead;
      counted.bytes += size;
      counted.block_units += units_of(size);
      lies_ += size;
      sizes_[{epoch, each.name}] = size;
    }
    counted.largest_bytes = std::max(counted.largest_bytes, lies_);
    co_return result<void>{};
  }
  awaitable<result<std::vector<std::string>>> get_blocks(std::uint64_t,
                                                         std::vector<remote::block_name>) override {
    co_return fatal("nothing is read here");
  }
  awaitable<result<std::vector<place>>> blocks_before(std::uint64_t epoch) override {
    std::vector<place> found;
    for (const auto& [key, size] : sizes_) {
      if (key.first >= epoch || found.size() == remote::blocks_per_call_max) {
        break;
      }
      found.push_back({.epoch = key.first, .name = key.second});
    }
    co_return found;
  }
  awaitable<result<void>> delete_blocks(std::vector<place> blocks) override {
    for (const auto& each : blocks) {
      const auto found = sizes_.find({each.epoch, each.name});
      counted.deleted_units += units_of(found->second);
      lies_ -= found->second;
      sizes_.erase(found);
    }
    co_return result<void>{};
  }

 private:
  std::optional<remote::head> head_;
  std::map<std::pair<std::uint64_t, remote::block_name>, std::size_t> sizes_;
  std::uint64_t lies_ = 0;
};

struct load {
  std::string name;
  double changes_per_second = 0;
  std::uint64_t sample_rate = 1;
  std::uint64_t mismatches = 0;  ///< all changes are, and there are no more
};

class copied_run {
 public:
  copied_run(load what, milliseconds interval, minutes measured, std::string folder)
      : load_(std::move(what)),
        interval_(interval),
        measured_(measured),
        folder_(std::move(folder)),
        world_(options(), time_, {.sample_rate = load_.sample_rate}) {}

  void run() {
    auto opened =
        state::open_sqlite_store({.path = state_path(), .command = "monitor", .own_thread = false});
    if (!opened) {
      fmt::print("{}\n", opened.error().message);
      return;
    }
    store_ = *std::move(opened);
    bool done = false;
    asio::co_spawn(time_.context(), follow(), [&](const std::exception_ptr&) { done = true; });
    time_.run_until([&] { return done; });
  }

 private:
  [[nodiscard]] std::string state_path() const { return folder_ + "/bench.monitor.db"; }

  [[nodiscard]] bench::prepared_options options() const {
    bench::prepared_options made{.changes = load_.mismatches > 0
                                                ? load_.mismatches
                                                : std::numeric_limits<std::uint64_t>::max() / 2,
                                 .shards = load_.changes_per_second > 100 ? 10U : 1U,
                                 .changes_per_second = load_.changes_per_second,
                                 .partial_pages = true};
    if (load_.mismatches > 0) {
      made.stalls_from = time_.now();
      made.arrives_from = time_.now() + std::chrono::hours{1000};
    }
    return made;
  }

  awaitable<void> follow() {
    auto findings =
        co_await verify::findings_file::open(folder_ + "/bench.findings.jsonl", *store_);
    auto parts = world_.parts(time_.executor(), *store_);
    parts.findings = &*findings;
    auto settings = bench::usual_settings(load_.sample_rate);
    settings.checks.stall_after = minutes{2};
    settings.findings = {.open_max = 200'000, .listed_max = 1'000'000};
    monitor::monitor_session session(settings, std::move(parts), {});
    task_group running(time_.executor());
    running.spawn(run_session(session));

    worker_pool inline_work(0);
    std::uint64_t ids = 0;
    remote::file_source source(
        {.state_path = state_path(),
         .picture_path = folder_ + "/picture.db",
         .beside = [](const std::string&) { return result<std::vector<remote::file_beside>>(); }},
        inline_work);
    remote::state_keeper keeper(
        {.copy_each = interval_},
        {.table = table_, .time = time_, .executor = time_.executor(), .new_id = [&ids] {
           return fmt::format("{:032}", ++ids);
         }});
    (void)co_await keeper.acquire({});
    keeper.begin_copying(source);
    co_await time_.sleep_for(load_.mismatches > 0 ? minutes{40} : minutes{10});
    table_.forget();
    co_await time_.sleep_for(measured_);
    show(session.status());
    (void)co_await keeper.end();
    session.request_stop();
    co_await running.join();
  }

  static awaitable<void> run_session(monitor::monitor_session& session) {
    if (auto ended = co_await session.run(); !ended) {
      fmt::print("{}\n", ended.error().message);
    }
  }

  void show(const report::status& status) const {
    const auto& of = table_.counted;
    const auto a_day = 24.0 * 60 / static_cast<double>(measured_.count());
    const auto units = of.block_units + of.deleted_units + of.head_units;
    const auto usd =
        static_cast<double>(units) * a_day / 1e6 * usd_per_million_writes +
        static_cast<double>(of.largest_bytes) / (1 << 30) * usd_per_gigabyte_month / 30;
    fmt::print(
        "{:<36} {:>8} {:>8} {:>9.0f} {:>10.0f} {:>10.0f} {:>10.0f} {:>8} {:>7.2f}\n", load_.name,
        status.mismatches.all(), format_size(std::filesystem::file_size(state_path())),
        static_cast<double>(of.bytes) * a_day / (1 << 20),
        static_cast<double>(of.block_units) * a_day, static_cast<double>(of.deleted_units) * a_day,
        static_cast<double>(of.head_units) * a_day, format_size(of.largest_bytes), usd);
    std::fflush(stdout);
  }

  load load_;
  milliseconds interval_;
  minutes measured_;
  std::string folder_;
  support::simulated_clock time_{wall_time{std::chrono::seconds{1767225602}}};
  bench::prepared_world world_;
  counting_table table_;
  std::unique_ptr<state::state_store> store_;
};

}  // namespace

int main(int argc, char** argv) {
  log::divert([](std::string_view) {});
  const std::chrono::seconds interval(flag(argc, argv, "--interval", 30));
  const minutes measured(flag(argc, argv, "--minutes", 30));
  fmt::print(
      "a copy each {} s; a day:\n{:<36} {:>8} {:>8} {:>9} {:>10} {:>10} {:>10} {:>8} {:>7}\n",
      interval.count(), "", "open", "state", "MB", "put units", "del units", "head units", "lies",
      "USD");
  for (const auto& each : {load{.name = "an idle table", .changes_per_second = 0.001},
                           load{.name = "1,000 changes/s, one key in 100",
                                .changes_per_second = 1000,
                                .sample_rate = 100},
                           load{.name = "5,000 changes/s, every key", .changes_per_second = 5000},
                           load{.name = "100,000 open mismatches, then idle",
                                .changes_per_second = 200,
                                .mismatches = 100'000}}) {
    const bench::temporary_folder folder("copies-bench", std::filesystem::temp_directory_path());
    copied_run(each, interval, measured, folder.path()).run();
  }
  return 0;
}
