// The objects of one bucket, as parts.
//
// Problem: the region of a bucket is not always known to who reads it, and an object may be larger
// than memory, or be written anew while it is read. Idea: S3 tells where the bucket is, and the way
// there is made anew, once; an object is read in parts, each with the ETag of the first. Reason:
// what was made of parts of two objects would be neither.
#pragma once

#include "aws/service_client.h"
#include "aws/transport.h"
#include "base/error.h"
#include "runtime/clock.h"
#include "s3/s3_answer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ddm::s3 {

struct object_part {
  std::string bytes;
  std::string etag;               ///< as it is sent; empty: none was told
  std::uint64_t whole_bytes = 0;  ///< of the object
};

/// The way to a bucket that is thought to be in that region.
struct bucket_link {
  std::unique_ptr<aws::transport> transport;
  std::string path;  ///< before each key; ends with a slash
};
using bucket_connector = std::function<result<bucket_link>(const std::string& region)>;

class s3_client {
 public:
  struct options {
    std::string bucket;
    std::string name;    ///< put before every error message
    std::string region;  ///< where to begin
    retry_limits limits = {};
    std::uint64_t random_seed = 0;
  };

  /// Without I/O; `time` outlives it. Errors are those of the connector.
  [[nodiscard]] static result<std::unique_ptr<s3_client>> create(bucket_connector connect,
                                                                 clock& time, options settings);

  /// At most `bytes_max` from there on, fewer only at its end; of the object with that ETag, where
  /// it is not empty. Errors: not_found, or what else keeps it from being read; they name the
  /// object.
  [[nodiscard]] awaitable<result<object_part>> get_object(std::string key, std::uint64_t from,
                                                          std::size_t bytes_max, std::string etag);
  /// What looks like folders directly below `prefix`, which ends with a slash or is empty; the
  /// first thousand.
  [[nodiscard]] awaitable<result<listing>> list_objects_v2(std::string prefix);

 private:
  /// Kept alive by the calls that are under way over it.
  struct way {
    std::string region;
    bucket_link link;
    std::unique_ptr<aws::service_client> calls;
    std::string told_region;  ///< by the last answer that told one
  };

  s3_client(bucket_connector connect, clock& time, options settings);
  [[nodiscard]] result<void> connect_to(const std::string& region);
  /// `wanted.path` is the key, encoded.
  [[nodiscard]] awaitable<result<aws::api_response>> call(std::string_view operation,
                                                          aws::get_request wanted);
  [[nodiscard]] std::string named(std::string_view key) const;

  bucket_connector connect_;
  clock& clock_;
  options options_;
  std::shared_ptr<way> way_;
};

}  // namespace ddm::s3
