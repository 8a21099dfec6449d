// An export of a table: what it is of, and its files.
#pragma once

#include "exports/export_manifest.h"
#include "exports/export_store.h"

#include <memory>
#include <string>
#include <vector>

namespace ddm::exports {

struct table_export {
  std::shared_ptr<export_store> store;
  export_summary summary;
  std::vector<export_file> files;

  [[nodiscard]] std::string describe() const;
};

/// Reads the manifests, and holds them to their checksums. Errors: they are not there, are damaged,
/// or of what is no full export in DynamoDB JSON.
[[nodiscard]] awaitable<result<table_export>> open_export(std::shared_ptr<export_store> store);

}  // namespace ddm::exports
