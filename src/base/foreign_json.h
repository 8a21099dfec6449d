// JSON that others have written, as a tree: answers, files, rows of a state.
//
// Problem: a tree of a hundred thousand levels is parsed without harm, and overflows the stack when
// it is copied or printed; a member of another type than expected throws.
// Idea: the nesting is counted before anything is parsed, and members are looked up by functions
// that know what to say when there is none. Reason: whoever reads an answer need not think of it.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ddm {

/// An item of DynamoDB nests 32 levels, of two in JSON each.
constexpr int json_nesting_max = 128;

/// Discarded (`is_discarded()`, no object) when it is no JSON, or nests too deeply. Never throws.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// Members of what may be no object: null, empty and 0 where they are absent or of another type.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, std::string_view name);
[[nodiscard]] std::string text_member(const nlohmann::json& object, std::string_view name);
[[nodiscard]] double number_member(const nlohmann::json& object, std::string_view name);
[[nodiscard]] std::uint64_t count_member(const nlohmann::json& object, std::string_view name);
[[nodiscard]] std::int64_t integer_member(const nlohmann::json& object, std::string_view name,
                                          std::int64_t otherwise = 0);
[[nodiscard]] bool bool_member(const nlohmann::json& object, std::string_view name);

/// On one line, or indented. Never throws: what is no UTF-8 is replaced.
[[nodiscard]] std::string json_text(const nlohmann::json& value, int indent = -1);

}  // namespace ddm
