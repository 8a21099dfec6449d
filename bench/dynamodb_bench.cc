// How many items and records one core digests a second.
#include "dynamodb/page_decoder.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

namespace ddm::dynamodb {
namespace {

page_decoder decoder(std::uint64_t rate) {
  digest_secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<unsigned char>(i * 31 + 7);
  }
  return page_decoder({.schema = {{"pk", key_type::string}, key_attribute{"sk", key_type::number}},
                       .secret = secret,
                       .ignored = ignore_list({"aws:rep:*"}),
                       .sample = {.seed = 1, .rate = rate}});
}

/// Five attributes, about 130 bytes.
std::string small_item(int i) {
  return fmt::format(
      R"({{"name":{{"S":"customer {0}"}},"pk":{{"S":"user#{0:07}"}},"active":{{"BOOL":)"
      R"(true}},"amount":{{"N":"{1}.25"}},"sk":{{"N":"{0}"}},"city":{{"S":"Taipei"}}}})",
      i, i * 17 % 1000);
}

/// About 1 KB with a map, a list and a set.
std::string nested_item(int i) {
  return fmt::format(
      R"({{"pk":{{"S":"user#{0:07}"}},"sk":{{"N":"{0}"}},"text":{{"S":"{1}"}},"tags":{{"SS":["red",)"
      R"("green","blue"]}},"meta":{{"M":{{"created":{{"N":"1700000000"}},"by":{{"S":"import"}},)"
      R"("flags":{{"L":[{{"BOOL":true}},{{"NULL":true}},{{"N":"12.50"}}]}}}}}},"blob":{{"B":"{2}"}}}})",
      i, std::string(500, 'x'), std::string(256, 'Q'));
}

/// About 50 KB.
std::string large_item(int i) {
  return fmt::format(R"({{"pk":{{"S":"user#{0:07}"}},"sk":{{"N":"{0}"}},"text":{{"S":"{1}"}}}})", i,
                     std::string(50'000, 'x'));
}

template <class MakeItem>
padded_buffer scan_page(MakeItem&& make_item, std::size_t bytes) {
  std::string text = R"({"Items":[)";
  int count = 0;
  while (text.size() < bytes) {
    text += (count == 0 ? "" : ",") + make_item(count);
    ++count;
  }
  return padded_buffer(text + fmt::format(R"(],"Count":{0},"ScannedCount":{0}}})", count));
}

padded_buffer records_page(int records) {
  std::string text = R"({"Records":[)";
  for (int i = 0; i < records; ++i) {
    text += fmt::format(
        R"({0}{{"eventID":"c4ca4238a0b923820dcc509a6f75849b","eventName":"MODIFY","eventVersion":"1.1",)"
        R"("eventSource":"aws:dynamodb","awsRegion":"ap-northeast-1","dynamodb":{{)"
        R"("ApproximateCreationDateTime":1700000000,"Keys":{{"pk":{{"S":"user#{1:07}"}},"sk":{{"N":)"
        R"("{1}"}}}},"NewImage":{2},"OldImage":{3},"SequenceNumber":"44215845000000000174504{1:05}",)"
        R"("SizeBytes":180,"StreamViewType":"NEW_AND_OLD_IMAGES"}}}})",
        i == 0 ? "" : ",", i, small_item(i), small_item(i + 1));
  }
  return padded_buffer(text + R"(],"NextShardIterator":"next"})");
}

template <class MakeItem>
void scan(benchmark::State& state, MakeItem make_item, std::uint64_t rate) {
  const auto body = scan_page(make_item, 1 << 20);
  const auto reader = decoder(rate);
  std::size_t items = 0;
  for (auto _ : state) {
    const auto page = reader.decode_items(body);
    items += page->returned;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(items));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

void get_records(benchmark::State& state, std::uint64_t rate) {
  const auto body = records_page(1000);
  const auto reader = decoder(rate);
  std::size_t records = 0;
  for (auto _ : state) {
    records += reader.decode_records(body)->records.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

BENCHMARK_CAPTURE(scan, small_items, small_item, 1);
BENCHMARK_CAPTURE(scan, small_items_1_in_100, small_item, 100);
BENCHMARK_CAPTURE(scan, nested_items, nested_item, 1);
BENCHMARK_CAPTURE(scan, large_items, large_item, 1);
BENCHMARK_CAPTURE(get_records, both_images, 1);
BENCHMARK_CAPTURE(get_records, both_images_1_in_100, 100);

}  // namespace
}  // namespace ddm::dynamodb

BENCHMARK_MAIN();
