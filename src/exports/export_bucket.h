// An export in the bucket that it was made into.
//
// One range of an object is held at a time, whatever is read; files are read from their beginning
// to their end, so each range has the ETag of the one before.
#pragma once

#include "exports/export_store.h"
#include "s3/s3_address.h"
#include "s3/s3_client.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ddm::exports {

class export_bucket final : public export_store {
 public:
  /// `place` is that of the manifests.
  export_bucket(std::unique_ptr<s3::s3_client> client, s3::s3_address place)
      : client_(std::move(client)), place_(std::move(place)) {}

  [[nodiscard]] awaitable<result<std::string>> read(std::string name, std::uint64_t from,
                                                    std::size_t bytes_max) override;
  [[nodiscard]] std::string describe() const override { return place_.describe(); }
  [[nodiscard]] awaitable<std::string> remedy() override;

 private:
  /// An object as it was when its last part was read.
  struct known_object {
    std::string etag;
    std::uint64_t bytes = 0;
  };

  std::unique_ptr<s3::s3_client> client_;
  s3::s3_address place_;
  std::map<std::string, known_object> begun_;  ///< and not read to their ends
};

/// What to say of a place that holds no manifest. `found` are the prefixes below `folder`, which
/// ends with "AWSDynamoDB/".
[[nodiscard]] std::string remedy_for(const s3::s3_address& place, const std::string& folder,
                                     const std::vector<std::string>& found);

}  // namespace ddm::exports
