#include "s3/s3_client.h"

#include "aws/credential_context.h"
#include "aws/endpoints.h"
#include "s3/s3_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ddm::s3 {
namespace {

/// Errors are documents, and lists of a thousand keys have 1 KiB a key.
constexpr std::size_t document_bytes_max = std::size_t{2} << 20;
constexpr milliseconds patience{10'000};
constexpr milliseconds patience_while_it_comes{300'000};
/// The region that S3 tells is right; one that is told again is one time too many.
constexpr int regions_max = 3;

}  // namespace

s3_client::s3_client(bucket_connector connect, clock& time, options settings)
    : connect_(std::move(connect)), clock_(time), options_(std::move(settings)) {}

result<std::unique_ptr<s3_client>> s3_client::create(bucket_connector connect, clock& time,
                                                     options settings) {
  const auto region = settings.region;
  std::unique_ptr<s3_client> made(new s3_client(std::move(connect), time, std::move(settings)));
  if (auto connected = made->connect_to(region); !connected) {
    return fail(std::move(connected.error()));
  }
  return made;
}

result<void> s3_client::connect_to(const std::string& region) {
  auto link = connect_(region);
  if (!link) {
    return fail(std::move(link.error()));
  }
  const auto made = std::make_shared<way>();
  made->region = region;
  made->link = *std::move(link);
  made->calls = std::make_unique<aws::service_client>(
      *made->link.transport, clock_,
      aws::service_client::options{
          .name = fmt::format("{}, region {}", options_.name, region),
          .limits = options_.limits,
          .fault_in =
              [to = made.get()](const aws::api_request& request, const aws::api_response& answer) {
                auto fault = fault_in(request, answer);
                if (fault && fault->code == wrong_region) {
                  to->told_region = region_in(answer);
                }
                return fault;
              },
          .random_seed = options_.random_seed});
  way_ = made;
  return {};
}

awaitable<result<aws::api_response>> s3_client::call(std::string_view operation,
                                                     aws::get_request wanted) {
  for (int regions = 1;; ++regions) {
    const auto over = way_;
    aws::api_request request{
        .target = fmt::format("S3.{}", operation),
        .body = {},
        .get = wanted,
        .timeout = patience,
        .longest = patience_while_it_comes,
        .answer_bytes_max = std::max<std::size_t>(wanted.bytes, document_bytes_max)};
    request.get->path = over->link.path + wanted.path;
    auto answer = co_await over->calls->call(std::move(request));
    if (answer || answer.error().code != wrong_region) {
      co_return answer;
    }
    const auto& region = over->told_region;
    if (regions == regions_max || region == over->region || !aws::is_region(region)) {
      co_return fail(
          std::move(answer.error()).within("another region, or its endpoint, is needed"));
    }
    // Another call may have found the way meanwhile.
    if (way_->region != region) {
      if (auto connected = connect_to(region); !connected) {
        co_return fail(std::move(connected.error()));
      }
    }
  }
}

awaitable<result<object_part>> s3_client::get_object(std::string key, std::uint64_t from,
                                                     std::size_t bytes_max, std::string etag) {
  auto answer = co_await call("GetObject", {.path = encoded_key(key),
                                            .query = {},
                                            .from = from,
                                            .bytes = bytes_max,
                                            .if_match = std::move(etag)});
  if (!answer && answer.error().code == invalid_range) {
    co_return object_part{.bytes = {}, .etag = {}, .whole_bytes = from};
  }
  if (!answer) {
    co_return fail(std::move(answer.error()).within(named(key)));
  }
  co_return object_part{.bytes = std::string(answer->body.view()),
                        .etag = std::string(answer->headers.find("etag").value_or("")),
                        .whole_bytes = whole_bytes_in(*answer).value_or(0)};
}

awaitable<result<listing>> s3_client::list_objects_v2(std::string prefix) {
  auto answer = co_await call(
      "ListObjectsV2",
      {.path = {},
       .query = fmt::format("delimiter=%2F&list-type=2&prefix={}", aws::percent_encoded(prefix)),
       .from = {},
       .bytes = 0,
       .if_match = {}});
  auto found = answer ? read_listing(answer->body.view()) : fail(std::move(answer.error()));
  if (!found) {
    co_return fail(std::move(found.error()).within(named(prefix)));
  }
  co_return found;
}

std::string s3_client::named(std::string_view key) const {
  return fmt::format("{}{}/{}", address_scheme, options_.bucket, key);
}

}  // namespace ddm::s3
