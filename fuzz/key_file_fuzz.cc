// Files of keys for datadel: what is read is complete keys, and written again they are the same.
#include "cli/key_file.h"
#include "fuzz_target.h"

#include <string>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  const auto table = cli::parse_key_file(input);
  if (!table) {
    require(!table.error().message.empty(), "an error speaks");
    return;
  }
  auto text = cli::key_file_header(table->schema);
  for (const auto& key : table->keys) {
    text += cli::key_file_row(table->schema, key);
  }
  const auto again = cli::parse_key_file(text);
  require(again.has_value() && again->keys == table->keys, "keys that are written are read again");
}

}  // namespace ddm::fuzz
