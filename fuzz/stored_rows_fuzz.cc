// Rows of a state that somebody has changed: open checks, blocks of them, and findings. Nothing is
// read past its end, and what is read can be kept again. The first byte chooses the kind of row.
#include "fuzz_target.h"
#include "state/check_block.h"
#include "state/merged_finding.h"
#include "verify/check_codec.h"
#include "verify/finding_book.h"

#include <string>

namespace ddm::fuzz {
namespace {

void judge_check(std::string_view body) {
  const auto read = verify::decode_check(1, body);
  if (!read) {
    return;
  }
  const auto kept = verify::encode_check(read->value, read->shard_id);
  const auto again = verify::decode_check(1, kept);
  require(again.has_value() && again->shard_id == read->shard_id, "a check is kept");
  require(verify::encode_check(again->value, again->shard_id) == kept, "and kept the same");
}

void judge_block(std::string_view body) {
  const auto read = state::read_check_block(1, body);
  if (!read) {
    return;
  }
  state::check_block_writer writer;
  for (const auto& [id, row] : read->rows) {
    writer.put(id, row);
  }
  const auto kept = writer.finish(read->closed);
  const auto again = state::read_check_block(1, kept);
  require(again.has_value() && again->rows == read->rows && again->closed == read->closed,
          "a block is kept");
}

state::mismatch_row row_of(std::string_view body) {
  return {
      .key_hash = std::string(16, 'k'), .open = true, .confirmed_ms = 1, .body = std::string(body)};
}

void judge_finding(std::string_view body) {
  const auto row = row_of(body);
  const auto merged = state::merged_finding(row, row);
  require(merged.has_value(), "what is open stays open");
  const auto read = verify::decode_mismatch(row);
  if (!read) {
    return;
  }
  const auto kept = verify::encode_mismatch(*read);
  const auto again = verify::decode_mismatch(row_of(kept));
  require(again.has_value() && again->kind == read->kind && again->changes == read->changes,
          "a finding is kept");
  require(verify::encode_mismatch(*again) == kept, "and kept the same");
  require(verify::finding_line(*read, {}).find('\n') == std::string::npos, "a line is one line");
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const char kind = input.front();
  input.remove_prefix(1);
  if (kind == 'c') {
    judge_check(input);
  } else if (kind == 'b') {
    judge_block(input);
  } else {
    judge_finding(input);
  }
}

}  // namespace ddm::fuzz
