// What S3 answers, and what an error of it asks the caller to do. Pure.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include "aws/transport.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::s3 {

/// Of an answer that tells where the bucket is; the code of its error.
inline constexpr std::string_view wrong_region = "WrongRegion";
/// There is nothing from that byte on.
inline constexpr std::string_view invalid_range = "InvalidRange";

/// What is wrong with the answer to a GET: an error of S3, or a part that was not asked for (retry:
/// another attempt may be answered as it should be).
[[nodiscard]] std::optional<error> fault_in(const aws::api_request& request,
                                            const aws::api_response& response);

/// Of the bucket, where the answer tells it; else empty.
[[nodiscard]] std::string region_in(const aws::api_response& response);

/// Of the object that a part is of; nothing: the answer does not tell.
[[nodiscard]] std::optional<std::uint64_t> whole_bytes_in(const aws::api_response& response);

struct listing {
  std::vector<std::string> prefixes;  ///< below the one that was asked for; end with a slash
  bool is_cut = false;                ///< there are more
};
[[nodiscard]] result<listing> read_listing(std::string_view xml);

}  // namespace ddm::s3
