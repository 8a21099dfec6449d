#include "s3/s3_address.h"

#include "aws/credential_context.h"
#include "base/displayable.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddm::s3 {
namespace {

/// Of the first buckets; those of today have 63 at most, and no capitals.
constexpr std::size_t bucket_length_max = 255;
constexpr std::size_t bucket_length_min = 3;
constexpr std::size_t label_length_max = 63;
constexpr std::size_t key_length_max = 1024;
constexpr std::string_view of_labels = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view of_buckets =
    "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ._";

std::unexpected<error> wrong_address(std::string_view text, std::string_view what) {
  return wrong_usage(
      fmt::format("{} {}: write s3://BUCKET/PREFIX, such as s3://my-exports/AWSDynamoDB/ID",
                  displayable(text), what));
}

bool is_label(std::string_view text) {
  return text.size() <= label_length_max && !text.starts_with('-') && !text.ends_with('-') &&
         text.find_first_not_of(of_labels) == std::string_view::npos;
}

}  // namespace

std::string s3_address::describe() const {
  return fmt::format("{}{}{}{}", address_scheme, bucket, prefix.empty() ? "" : "/", prefix);
}

result<s3_address> parse_s3_address(std::string_view text) {
  if (!is_s3_address(text)) {
    return wrong_address(text, "is no place in S3");
  }
  auto rest = text.substr(address_scheme.size());
  const auto bucket = rest.substr(0, rest.find('/'));
  if (bucket.size() < bucket_length_min || bucket.size() > bucket_length_max ||
      bucket.find_first_not_of(of_buckets) != std::string_view::npos) {
    return wrong_address(
        text, "names no bucket (its name, or the alias of an access point; no ARN, no host)");
  }
  rest.remove_prefix(std::min(rest.size(), bucket.size() + 1));
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.size() > key_length_max) {
    return wrong_address(text, "is longer than a key may be");
  }
  return s3_address{.bucket = std::string(bucket), .prefix = std::string(rest)};
}

bucket_way way_to(std::string_view bucket, const net::url& endpoint, bool is_public) {
  bucket_way way{.host = endpoint, .path = "/"};
  if (is_public && is_label(bucket)) {
    way.host.host = fmt::format("{}.{}", bucket, endpoint.host);
    return way;
  }
  way.path = fmt::format("{}{}{}/", endpoint.path, endpoint.path.ends_with('/') ? "" : "/", bucket);
  return way;
}

std::string encoded_key(std::string_view key) {
  std::string out;
  out.reserve(key.size());
  for (;;) {
    const auto slash = key.find('/');
    out += aws::percent_encoded(key.substr(0, slash));
    if (slash == std::string_view::npos) {
      return out;
    }
    out += '/';
    key.remove_prefix(slash + 1);
  }
}

}  // namespace ddm::s3
