// The items that `datagen` writes: told from one's own by their keys, and each unlike the others.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/names.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ddm::testdata {

/// Item `number`, from 1 on: keys TEST_PK_1 and TEST_SK_1 as text or bytes, 7357000000001 as a
/// number (so far off that no item of one's own has it), then a number, the time, a random number,
/// a text.
[[nodiscard]] dynamodb::attribute_map make_test_item(const dynamodb::key_schema& schema,
                                                     std::uint64_t number, wall_time now,
                                                     std::uint64_t random);

/// The names of --partition-key and --sort-key, where given, must be the table's: the error shows
/// both.
[[nodiscard]] result<void> check_key_names(const std::string& table,
                                           const std::optional<std::string>& partition_key,
                                           const std::optional<std::string>& sort_key,
                                           const dynamodb::key_schema& schema);

}  // namespace ddm::testdata
