// `datagen`: test items for watching a replication at work, with their keys noted for `datadel`.
#pragma once

#include "aws/environment.h"
#include "base/time.h"
#include "cli/options.h"
#include "dynamodb/attribute_value.h"
#include "dynamodb/names.h"

#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace ddm::cli {

/// The exit code.
[[nodiscard]] int run_datagen(const datagen_options& options, const aws::environment& variables);

/// Item `number`, from 1 on: keys TEST_PK_1 and TEST_SK_1 as text or bytes, 7357000000001 as a
/// number (so far off that no item of one's own has it), then a number, the time, a random number,
/// a text.
[[nodiscard]] dynamodb::attribute_map make_test_item(const dynamodb::key_schema& schema,
                                                     std::uint64_t number, wall_time now,
                                                     std::uint64_t random);

/// The flag's names, where given, must be the table's: the error shows both.
[[nodiscard]] result<void> check_key_names(const datagen_options& options,
                                           const dynamodb::key_schema& schema);

}  // namespace ddm::cli
