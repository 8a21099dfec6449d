#include "testdata/item_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddm::testdata {
namespace {

using dynamodb::attribute_map;

/// BatchWriteItem's own limit.
constexpr std::size_t batch_items = 25;
constexpr milliseconds backoff_first{50};
constexpr milliseconds backoff_longest{5000};
/// About 25 s without a single item accepted.
constexpr int fruitless_rounds_max = 12;

bool same_key(const attribute_map& a, const attribute_map& b, const dynamodb::key_schema& schema) {
  const auto same = [&](const std::string& name) {
    const auto in_a = a.find(name);
    const auto in_b = b.find(name);
    return in_a != a.end() && in_b != b.end() && dynamodb::equal(in_a->second, in_b->second);
  };
  return same(schema.partition.name) && (!schema.sort || same(schema.sort->name));
}

result<std::vector<attribute_map>> parse_items(const std::vector<std::string>& documents) {
  std::vector<attribute_map> items;
  for (const auto& document : documents) {
    auto item = dynamodb::parse_item(document);
    if (!item) {
      return fail(std::move(item.error()).within("an unprocessed item of BatchWriteItem"));
    }
    items.push_back(*std::move(item));
  }
  return items;
}

error unsure(error cause) {
  if (cause.kind == error_class::retry) {
    cause.message += "; what this request held may have been written all the same";
  }
  return cause;
}

}  // namespace

item_writer::item_writer(asio::any_io_executor executor, dynamodb::dynamodb_client& client,
                         clock& time, options settings)
    : client_(client), clock_(time), options_(std::move(settings)), pauses_(std::move(executor)) {}

void item_writer::stop() {
  stopped_ = true;
  client_.drain();
  pauses_.cancel();
}

awaitable<result<void>> item_writer::write_all(std::uint64_t count, item_source source,
                                               written_sink sink) {
  const std::uint64_t at_once = options_.batch ? batch_items : 1;
  for (std::uint64_t next = 0; next < count && !stopped_;) {
    std::vector<attribute_map> batch;
    for (const auto end = std::min(count, next + at_once); next < end; ++next) {
      batch.push_back(source(next));
    }
    result<void> written;
    if (options_.batch) {
      written = co_await write_batch(std::move(batch), sink);
    } else {
      written = co_await write_one(batch.front());
      if (written) {
        written = sink(batch);
      }
    }
    if (!written) {
      co_return written;
    }
    if (next < count) {
      co_await pause(options_.wait);
    }
  }
  co_return result<void>();
}

awaitable<result<void>> item_writer::write_one(const attribute_map& item) {
  auto document = dynamodb::to_json(item);
  auto written = options_.what == action::put
                     ? co_await client_.put_item(options_.table, std::move(document))
                     : co_await client_.delete_item(options_.table, std::move(document));
  co_return written ? std::move(written) : fail(unsure(std::move(written.error())));
}

awaitable<result<void>> item_writer::write_batch(std::vector<attribute_map> batch,
                                                 const written_sink& sink) {
  int fruitless_rounds = 0;
  for (auto delay = backoff_first;; delay = std::min(delay * 2, backoff_longest)) {
    dynamodb::dynamodb_client::batch_write request;
    auto& documents = options_.what == action::put ? request.put_items : request.delete_keys;
    std::ranges::transform(batch, std::back_inserter(documents),
                           [](const attribute_map& item) { return dynamodb::to_json(item); });
    auto answer = co_await client_.batch_write_item(options_.table, std::move(request));
    if (!answer) {
      co_return fail(unsure(std::move(answer.error())));
    }
    const auto left =
        parse_items(options_.what == action::put ? answer->put_items : answer->delete_keys);
    if (!left) {
      co_return fail(left.error());
    }
    const auto rest = std::partition(batch.begin(), batch.end(), [&](const auto& item) {
      return std::ranges::none_of(
          *left, [&](const auto& other) { return same_key(item, other, options_.schema); });
    });
    fruitless_rounds = rest == batch.begin() ? fruitless_rounds + 1 : 0;
    if (auto taken = sink(items(batch.begin(), rest)); !taken) {
      co_return taken;
    }
    batch.erase(batch.begin(), rest);
    if (batch.empty() || stopped_) {
      co_return result<void>();
    }
    if (fruitless_rounds == fruitless_rounds_max) {
      co_return fail(error_class::throttled,
                     fmt::format("table {} takes no more writes: give it more write capacity, or "
                                 "slow down with --wait",
                                 options_.table.str()));
    }
    co_await pause(delay);
  }
}

awaitable<void> item_writer::pause(milliseconds duration) {
  if (duration.count() > 0 && !stopped_) {
    pauses_.spawn(clock_.sleep_for(duration));
    co_await pauses_.join();
  }
}

}  // namespace ddm::testdata
