#include "s3/s3_answer.h"

#include "aws/service_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <pugixml.hpp>
#include <utility>

namespace ddm::s3 {
namespace {

/// Beside those that all services have (aws/classify_error.cc).
constexpr auto known_codes = std::to_array<std::pair<std::string_view, error_class>>({
    {"AllAccessDisabled", error_class::access_denied},
    {"InvalidAccessKeyId", error_class::refresh_credentials},
    {"InvalidBucketName", error_class::wrong_usage},
    {"InvalidObjectState", error_class::fatal},
    {"InvalidToken", error_class::refresh_credentials},
    {"NoSuchBucket", error_class::wrong_usage},
    {"NoSuchKey", error_class::not_found},
    {"PreconditionFailed", error_class::fatal},
    {invalid_range, error_class::fatal},
});
/// With these S3 tells of another region, in a header or in the document.
constexpr std::array<std::string_view, 5> region_codes{
    "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect",
    "Redirect", "TemporaryRedirect"};

pugi::xml_document parsed(std::string_view xml) {
  pugi::xml_document document;
  const auto outcome =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!outcome) {
    document.reset();
  }
  return document;
}

std::string text_of(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().as_string();
}

error_class class_of(std::string_view code, int status) {
  const auto* const known =
      std::ranges::find(known_codes, code, [](const auto& each) { return each.first; });
  return known != known_codes.end() ? known->second : aws::class_of_error(code, status);
}

/// What the service's own words leave out.
std::string_view advice_on(const error& failure, std::string_view operation) {
  const auto& code = failure.code;
  if (code == "NoSuchBucket") {
    return " (is the bucket's name right?)";
  }
  if (code == "InvalidObjectState") {
    return " (it is archived: restore it first)";
  }
  if (code == "PreconditionFailed") {
    return " (it has been written anew while it was read: begin again)";
  }
  if (failure.kind != error_class::access_denied) {
    return {};
  }
  return operation == "GetObject"
             ? " (the permissions needed are s3:GetObject, and kms:Decrypt where a KMS key "
               "encrypts it; without s3:ListBucket S3 says the same of what is not there)"
             : " (the permission needed is s3:ListBucket)";
}

error error_of(const aws::api_request& request, const aws::api_response& response) {
  const auto document = parsed(response.body.view());
  const auto said = document.child("Error");
  error failure{.code = text_of(said, "Code"),
                .message = text_of(said, "Message"),
                .request_id = response.request_id,
                .http_status = response.status,
                .retry_after = response.retry_after};
  failure.kind = class_of(failure.code, response.status);
  const auto region = region_in(response);
  const bool elsewhere = std::ranges::find(region_codes, failure.code) != region_codes.end() ||
                         (failure.code.empty() && response.status / 100 == 3);
  if (elsewhere && !region.empty()) {
    failure.kind = error_class::fatal;
    failure.code = wrong_region;
    failure.message = fmt::format("the bucket is in {}", region);
    return failure;
  }
  if (failure.code.empty()) {
    failure.message = fmt::format(
        "HTTP status {} without an error document of S3 (did a proxy or another server answer?)",
        response.status);
  } else if (failure.message.empty()) {
    failure.message = fmt::format("HTTP status {}", response.status);
  }
  failure.message += advice_on(failure, request.operation());
  return failure;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} && stop == text.data() + text.size() ? std::optional(value)
                                                                : std::nullopt;
}

struct content_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t whole = 0;
};

/// "bytes 0-1023/4096", with all of its numbers.
std::optional<content_range> range_in(const aws::api_response& response) {
  constexpr std::string_view unit = "bytes ";
  auto text = response.headers.find("content-range").value_or("");
  if (!text.starts_with(unit)) {
    return std::nullopt;
  }
  text.remove_prefix(unit.size());
  const auto dash = std::min(text.find('-'), text.size());
  const auto slash = std::min(text.find('/'), text.size());
  if (dash >= slash || slash == text.size()) {
    return std::nullopt;
  }
  const auto first = number_of(text.substr(0, dash));
  const auto last = number_of(text.substr(dash + 1, slash - dash - 1));
  const auto whole = number_of(text.substr(slash + 1));
  return first && last && whole
             ? std::optional(content_range{.first = *first, .last = *last, .whole = *whole})
             : std::nullopt;
}

/// A part is what was asked for, and as long as the object lets it be. Status 200 is no answer of
/// S3 to that, but a page of a proxy, or of a store that knows no parts.
bool is_wanted_part(const aws::get_request& wanted, const aws::api_response& response) {
  const auto size = response.body.size();
  const auto range = range_in(response);
  return response.status == 206 && range && range->first == *wanted.from &&
         range->last >= range->first && range->last < range->whole &&
         range->last - range->first + 1 == size &&
         size == std::min(wanted.bytes, range->whole - range->first);
}

}  // namespace

std::optional<error> fault_in(const aws::api_request& request, const aws::api_response& response) {
  const bool is_part = request.get && request.get->from;
  if (response.status != 200 && (response.status != 206 || !is_part)) {
    return error_of(request, response);
  }
  if (!is_part || is_wanted_part(*request.get, response)) {
    return std::nullopt;
  }
  return error{
      .kind = error_class::retry,
      .code = "WrongPart",
      .message = fmt::format(
          "{} bytes from {} on were asked for, and the answer is not that (HTTP status {}, "
          "{} bytes, Content-Range \"{}\")",
          request.get->bytes, *request.get->from, response.status, response.body.size(),
          response.headers.find("content-range").value_or("")),
      .request_id = response.request_id,
      .http_status = response.status};
}

std::string region_in(const aws::api_response& response) {
  if (const auto told = response.headers.find("x-amz-bucket-region")) {
    return std::string(*told);
  }
  return text_of(parsed(response.body.view()).child("Error"), "Region");
}

std::optional<std::uint64_t> whole_bytes_in(const aws::api_response& response) {
  const auto range = range_in(response);
  return range ? std::optional(range->whole) : std::nullopt;
}

result<listing> read_listing(std::string_view xml) {
  const auto document = parsed(xml);
  const auto outcome = document.child("ListBucketResult");
  if (!outcome) {
    return fail({.kind = error_class::retry,
                 .code = "BadAnswer",
                 .message = "what answered is not S3: ListBucketResult is missing (did a proxy or "
                            "another server answer?)"});
  }
  listing found{.is_cut = outcome.child("IsTruncated").text().as_bool()};
  const auto prefixes = outcome.children("CommonPrefixes");
  found.prefixes.reserve(static_cast<std::size_t>(std::distance(prefixes.begin(), prefixes.end())));
  for (const auto& each : prefixes) {
    found.prefixes.push_back(text_of(each, "Prefix"));
  }
  return found;
}

}  // namespace ddm::s3
