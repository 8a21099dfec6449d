#include "support/condition.h"
#include "support/operations.h"
#include "support/service_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

namespace ddm::support {
namespace {

using nlohmann::json;

constexpr std::size_t page_bytes_max = 1024UZ * 1024;
constexpr std::size_t segments_max = 1'000'000;

/// Ignoring one of these would give a wrong answer.
answer_or<bool> supported(const json& request) {
  constexpr std::array unsupported{"FilterExpression", "ProjectionExpression", "AttributesToGet",
                                   "ScanFilter",       "QueryFilter",          "KeyConditions",
                                   "IndexName"};
  for (const auto* member : unsupported) {
    if (request.contains(member)) {
      return validation(fmt::format("The fake does not know {}", member));
    }
  }
  return true;
}

answer_or<std::optional<item_position>> start_of(const json& request, const fake_table& table) {
  const auto start = request.find("ExclusiveStartKey");
  if (start == request.end()) {
    return std::nullopt;
  }
  auto position = position_of_key(*start, table.schema());
  if (!position) {
    return validation("The provided starting key is invalid");
  }
  return std::move(*position);
}

/// Gathers items until the page is full: by Limit, or by 1 MB.
class page_writer {
 public:
  page_writer(const json& request, std::size_t limit)
      : limit_(limit), count_only_(request.value("Select", "") == "COUNT") {}

  /// False when the page is full with this item.
  bool add(const item_ptr& item) {
    if (!count_only_) {
      items_ += items_.empty() ? "" : ",";
      items_ += item->json;
    }
    ++count_;
    bytes_ += item->bytes;
    before_last_ = std::exchange(last_, item);
    full_ = count_ >= limit_ || bytes_ >= page_bytes_max;
    return !full_;
  }

  std::string finish(const operation_call& call, fake_table& table, bool consistent) const {
    const auto blocks = std::max<std::size_t>(1, (bytes_ + 4095) / 4096);
    const double units = static_cast<double>(blocks) * (consistent ? 1.0 : 0.5);
    call.account.count_read(table, units, 0);
    std::string answer = fmt::format(R"({{"Count":{},"ScannedCount":{})", count_, count_);
    auto to = std::back_inserter(answer);
    if (!count_only_) {
      fmt::format_to(to, R"(,"Items":[{}])", items_);
    }
    if (full_) {
      const bool repeats =
          before_last_ && call.account.chance(call.account.settings().scan_repeats_rate);
      fmt::format_to(to, R"(,"LastEvaluatedKey":{})", (repeats ? before_last_ : last_)->key_json);
    }
    if (call.request.value("ReturnConsumedCapacity", "NONE") != "NONE") {
      fmt::format_to(to, R"(,"ConsumedCapacity":{{"CapacityUnits":{:.1f},"TableName":"{}"}})",
                     units, table.settings().name);
    }
    return answer + "}";
  }

 private:
  std::size_t limit_;
  bool count_only_;
  std::string items_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  item_ptr last_;
  item_ptr before_last_;
  bool full_ = false;
};

/// The lowest hash of segment `index` of `total`; one past the highest for index = total.
std::uint64_t segment_start(std::size_t index, std::size_t total) {
  const auto start = (static_cast<sequence_value>(index) << 64) / total;
  return static_cast<std::uint64_t>(start);
}

}  // namespace

answer_or<std::string> scan(const operation_call& call) {
  const auto& request = call.request;
  const auto table = readable_table(call);
  const auto limit = bounded_number(request, "Limit", std::numeric_limits<std::size_t>::max(), 1,
                                    std::numeric_limits<std::int32_t>::max());
  const auto total = bounded_number(request, "TotalSegments", 1, 1, segments_max);
  if (!table || !limit || !total) {
    return refusal(!table ? table.error() : !limit ? limit.error() : total.error());
  }
  const auto segment = bounded_number(request, "Segment", 0, 0, *total - 1);
  if (!segment || request.contains("Segment") != request.contains("TotalSegments")) {
    return validation("Segment must be less than TotalSegments, and both be given or none");
  }
  const auto start = start_of(request, **table);
  if (const auto known = supported(request); !known || !start) {
    return refusal(!known ? known.error() : start.error());
  }
  const bool consistent = request.value("ConsistentRead", false);
  const auto low = segment_start(*segment, *total);
  const auto high = segment_start(*segment + 1, *total) - 1;  // of the last: 2^64 - 1, by wrapping
  page_writer page(request, *limit);
  const auto& heard = call.account.observer().on_scan;
  scanned_range seen{
      .behind = start->value_or(item_position{.hash = low, .partition = {}, .sort = {}}),
      .through = {.hash = high, .partition = "\xff", .sort = {}},
      .items = {}};
  (*table)->scan(low, high, *start, call.account.read_time(consistent), [&](const item_ptr& item) {
    if (heard) {
      seen.items.push_back(item);
    }
    const bool goes_on = page.add(item);
    seen.through = goes_on ? seen.through : item->position;
    return goes_on;
  });
  if (heard && arrives(call.planned)) {
    heard(seen);
  }
  return page.finish(call, **table, consistent);
}

answer_or<std::string> query(const operation_call& call) {
  const auto& request = call.request;
  const auto table = readable_table(call);
  const auto limit = bounded_number(request, "Limit", std::numeric_limits<std::size_t>::max(), 1,
                                    std::numeric_limits<std::int32_t>::max());
  if (!table || !limit) {
    return refusal(!table ? table.error() : limit.error());
  }
  const auto start = start_of(request, **table);
  if (const auto known = supported(request); !known || !start) {
    return refusal(!known ? known.error() : start.error());
  }
  const auto condition = parse_condition(request, "KeyConditionExpression");
  if (!condition) {
    return refusal(condition.error());
  }
  const auto& partition_key = (*table)->schema().partition;
  if (condition->size() != 1 || condition->front().type != condition_clause::kind::equals ||
      condition->front().attribute != partition_key.name) {
    return validation("Query condition missed key schema element: " + partition_key.name);
  }
  const auto partition = position_of_key(json{{partition_key.name, condition->front().value}},
                                         {.partition = partition_key, .sort = std::nullopt});
  if (!partition) {
    return refusal(partition.error());
  }
  const bool consistent = request.value("ConsistentRead", false);
  page_writer page(request, *limit);
  (*table)->query(*partition, *start, call.account.read_time(consistent),
                  [&page](const item_ptr& item) { return page.add(item); });
  return page.finish(call, **table, consistent);
}

}  // namespace ddm::support
