// A TableDescription, as DescribeTable, CreateTable and UpdateTable answer it.
#pragma once

#include "dynamodb/table_description.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace ddm::dynamodb {

[[nodiscard]] result<table_description> read_table_description(std::string_view operation,
                                                               const nlohmann::json& table);

}  // namespace ddm::dynamodb
