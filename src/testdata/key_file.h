// Keys of test items as CSV (RFC 4180): what datagen wrote, so that datadel can take it away again.
//
//   pk:S,sk:B
//   TEST_PK_1,VEVTVF9TS18x
//
// The first row names the key's attributes and their types; a binary value is written in base64.
#pragma once

#include "base/error.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/names.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::testdata {

struct key_table {
  dynamodb::key_schema schema;
  std::vector<dynamodb::attribute_map> keys;  ///< each once, in the order of the file
};

[[nodiscard]] std::string key_file_header(const dynamodb::key_schema& schema);
/// `item` may have more attributes than its key.
[[nodiscard]] std::string key_file_row(const dynamodb::key_schema& schema,
                                       const dynamodb::attribute_map& item);

/// The error names the line. A last line without its end is one: half a key may be another key.
[[nodiscard]] result<key_table> parse_key_file(std::string_view text);

/// Rows reach the file before append() returns.
class key_file_writer {
 public:
  /// Never writes into a file that exists.
  [[nodiscard]] static result<key_file_writer> create(const std::string& path,
                                                      dynamodb::key_schema schema);
  key_file_writer(key_file_writer&& other) noexcept;
  key_file_writer& operator=(key_file_writer&&) = delete;
  ~key_file_writer();

  [[nodiscard]] result<void> append(std::span<const dynamodb::attribute_map> keys);

 private:
  key_file_writer(std::string path, int descriptor, dynamodb::key_schema schema)
      : path_(std::move(path)), descriptor_(descriptor), schema_(std::move(schema)) {}
  [[nodiscard]] result<void> write(std::string_view text);

  std::string path_;
  int descriptor_;
  dynamodb::key_schema schema_;
};

}  // namespace ddm::testdata
