// Where something lies in S3, s3://BUCKET/PREFIX, and the way there.
//
// A bucket has a host of its own, BUCKET.s3.REGION.amazonaws.com, unless its name cannot be a label
// of one (a dot in it: no certificate fits), or the endpoint is somebody's own, which need not know
// names below its: then it is the first part of the path.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
#pragma once

#include "base/error.h"
#include "net/url.h"

#include <string>
#include <string_view>

namespace ddm::s3 {

inline constexpr std::string_view address_scheme = "s3://";

struct s3_address {
  std::string bucket;
  std::string prefix;  ///< without a slash at its end; may be empty

  /// s3://BUCKET/PREFIX.
  [[nodiscard]] std::string describe() const;
};

[[nodiscard]] constexpr bool is_s3_address(std::string_view text) {
  return text.starts_with(address_scheme);
}

/// Fails (wrong_usage) with what is wrong about it.
[[nodiscard]] result<s3_address> parse_s3_address(std::string_view text);

struct bucket_way {
  net::url host;     ///< its path is of no use
  std::string path;  ///< before each key; ends with a slash
};
/// `is_public`: the endpoint is the region's own.
[[nodiscard]] bucket_way way_to(std::string_view bucket, const net::url& endpoint, bool is_public);

/// As a path has it: each byte but unreserved ones and slashes percent-encoded.
[[nodiscard]] std::string encoded_key(std::string_view key);

}  // namespace ddm::s3
