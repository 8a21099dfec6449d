// What comparing whole tables costs: CPU time an item, and memory, where both tables order alike
// and where they do not.
//
// The whole compare_session runs on pages that are written as they are asked for, under virtual
// time, with a real SQLite state and real leftover files. CPU time and peak memory are those of the
// whole process, the writing of the pages included; that part is measured alone first.
//
//   compare_bench [--items N] [--memory MIB] [--shuffled 0|1]
#include "aws/transport.h"
#include "base/log.h"
#include "base/units.h"
#include "bench/process_figures.h"
#include "bench/temporary_folder.h"
#include "compare/digest_join.h"
#include "monitor/compare_session.h"
#include "state/sqlite_store.h"
#include "support/simulated_clock.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

namespace {

using namespace ddm;
using bench::cpu_seconds;
using bench::flag;
using bench::peak_bytes;

constexpr std::uint64_t items_per_page = 6'000;
constexpr std::uint64_t segments = 64;
/// Has no factor in common with a power of ten: multiplying by it permutes the items.
constexpr std::uint64_t permutation = 6'700'417;

std::uint64_t number_after(std::string_view text, std::string_view mark, std::uint64_t otherwise) {
  if (const auto at = text.find(mark); at != std::string_view::npos) {
    std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), otherwise);
  }
  return otherwise;
}

/// A table of numbered items; each Scan page is written when it is asked for.
class written_table final : public aws::transport {
 public:
  written_table(std::uint64_t items, bool shuffled) : items_(items), shuffled_(shuffled) {}

  awaitable<result<aws::api_response>> send(aws::api_request request) override {
    aws::api_response response;
    response.status = 200;
    response.body = padded_buffer(page(request.body));
    co_return response;
  }

  [[nodiscard]] std::string page(std::string_view request) const {
    const auto segment = number_after(request, "\"Segment\":", 0);
    const auto end = items_ * (segment + 1) / segments;
    auto at = number_after(request, "place#", items_ * segment / segments);
    const auto stop = std::min(end, at + items_per_page);
    std::string text;
    text.reserve(items_per_page * 180);
    text = R"({"Items":[)";
    const auto count = stop - at;
    for (bool first = true; at < stop; ++at, first = false) {
      const auto number = shuffled_ ? at * permutation % items_ : at;
      fmt::format_to(
          std::back_inserter(text),
          R"({}{{"pk":{{"S":"customer#{:08}"}},"sk":{{"N":"{}"}},"state":{{"S":"shipped"}},)"
          R"("total":{{"N":"{}.50"}},"open":{{"BOOL":false}}}})",
          first ? "" : ",", number / 8, number % 8, number % 977);
    }
    fmt::format_to(std::back_inserter(text), R"(],"Count":{},"ScannedCount":{})", count, count);
    if (stop < end) {
      fmt::format_to(std::back_inserter(text),
                     R"(,"LastEvaluatedKey":{{"pk":{{"S":"place#{}"}},"sk":{{"N":"0"}}}})", stop);
    }
    return text + "}";
  }

 private:
  std::uint64_t items_;
  bool shuffled_;
};

void write_pages_alone(std::uint64_t items) {
  const written_table table(items, true);
  const double before = cpu_seconds();
  std::size_t bytes = 0;
  for (std::uint64_t at = 0; at < items / segments; at += items_per_page) {
    bytes += table.page(fmt::format("place#{}", at)).size();
  }
  const double share = static_cast<double>(items) / static_cast<double>(segments);
  fmt::print("writing a page: {:.0f} ns an item of {:.0f} bytes\n",
             (cpu_seconds() - before) / share * 1e9, static_cast<double>(bytes) / share);
}

void join_alone(std::uint64_t items) {
  compare::digest_join join;
  const auto key_of = [](std::uint64_t number) {
    return dynamodb::digest128{.high = number * 0x9E3779B97F4A7C15,
                               .low = number * 0xBF58476D1CE4E5B9};
  };
  const auto key_json = [] { return std::string(R"({"pk":{"S":"customer#00000000"}})"); };
  const double before = cpu_seconds();
  for (std::uint64_t page = 0; page < items; page += items_per_page) {
    for (const auto from : {side::source, side::target}) {
      for (auto number = page; number < std::min(items, page + items_per_page); ++number) {
        join.add(from, key_of(number), dynamodb::item_digest{}, key_json);
      }
    }
  }
  fmt::print("joining alone, aligned: {:.0f} ns an item of both tables\n",
             (cpu_seconds() - before) / static_cast<double>(2 * items) * 1e9);
}

void compare_all(std::uint64_t items, std::uint64_t memory_bytes, bool shuffled,
                 const std::string& folder) {
  support::simulated_clock time(wall_time{std::chrono::seconds{1767225602}});
  written_table source_pages(items, false);
  written_table target_pages(items, shuffled);
  aws::service_client source_calls(source_pages, time, {.name = "source"});
  aws::service_client target_calls(target_pages, time, {.name = "target"});
  dynamodb::dynamodb_client source_client(source_calls);
  dynamodb::dynamodb_client target_client(target_calls);
  rate_limiter budget(time, std::numeric_limits<double>::infinity());
  worker_pool pool(0);
  const dynamodb::page_decoder decoder(
      dynamodb::page_decoder::options{.schema = {.partition = {"pk", dynamodb::key_type::string},
                                                 .sort = {{"sk", dynamodb::key_type::number}}}});
  dynamodb::metered_table source{.side = side::source,
                                 .client = source_client,
                                 .name = dynamodb::table_name("t"),
                                 .budget = budget};
  dynamodb::metered_table target{.side = side::target,
                                 .client = target_client,
                                 .name = dynamodb::table_name("t"),
                                 .budget = budget};
  auto store = state::open_sqlite_store(
      {.path = folder + "/bench.monitor.db", .command = "compare", .own_thread = false});
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return;
  }
  // The halves that `compare` gives to joins and to checks.
  const auto half = memory_bytes / 100 * 75 / 2;
  monitor::compare_session session({.comparer = {.command = "compare",
                                                 .leftover_path = folder + "/leftovers",
                                                 .segments = segments,
                                                 .memory_bytes_max = half},
                                    .checks = {.memory_bytes_max = half}},
                                   {.executor = time.executor(),
                                    .time = time,
                                    .pool = pool,
                                    .decoder = decoder,
                                    .source = source,
                                    .target = target,
                                    .store = **store},
                                   {});
  const double before = cpu_seconds();
  const auto ended = time.run(session.run());
  const double used = cpu_seconds() - before;
  const auto view = *session.status().compared;
  fmt::print(
      "{}: {} keys, {} equal, {} candidates, {} parts: {:.1f} CPU s, {:.0f} ns an item of both "
      "tables, peak memory {}{}\n",
      shuffled ? "shuffled" : "aligned", grouped(static_cast<std::uint64_t>(view.keys())),
      grouped(static_cast<std::uint64_t>(view.seen.equal)), view.progress.candidates,
      view.progress.parts, used, used / static_cast<double>(2 * items) * 1e9,
      format_size(peak_bytes()), ended ? "" : ": " + ended.error().describe());
}

}  // namespace

int main(int argc, char** argv) {
  log::configure(log::format::text, log::level::warning);
  const auto items = flag(argc, argv, "--items", 1'000'000);
  const auto memory = flag(argc, argv, "--memory", 512) << 20;
  const auto only = flag(argc, argv, "--shuffled", 2);
  write_pages_alone(items);
  join_alone(items);
  for (const bool shuffled : {false, true}) {
    if (only < 2 && (only == 1) != shuffled) {
      continue;
    }
    const bench::temporary_folder folder("compare-bench");
    compare_all(items, memory, shuffled, folder.path());
  }
  return 0;
}
