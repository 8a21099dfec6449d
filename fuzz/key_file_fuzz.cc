// Files of keys for datadel: what is read is complete keys, and written again they are the same.
#include "fuzz_target.h"
#include "testdata/key_file.h"

#include <string>

namespace ddm::fuzz {

namespace {

std::string text_of(const testdata::key_table& table) {
  auto text = testdata::key_file_header(table.schema);
  for (const auto& key : table.keys) {
    text += testdata::key_file_row(table.schema, key);
  }
  return text;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto table = testdata::parse_key_file(input);
  if (!table) {
    require(!table.error().message.empty(), "an error speaks");
    return;
  }
  const auto text = text_of(*table);
  const auto again = testdata::parse_key_file(text);
  require(again.has_value() && again->keys.size() == table->keys.size() && text_of(*again) == text,
          "keys that are written are read again");
}

}  // namespace ddm::fuzz
