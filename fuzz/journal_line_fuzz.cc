// Lines of a repair journal, which a power cut, a disk or a stranger may have damaged: what is
// taken for an entry is whole, and written again it is the same.
#include "fuzz_target.h"
#include "repair/journal_line.h"

#include <string>

namespace ddm::fuzz {
namespace {

bool same(const repair::journal_entry& a, const repair::journal_entry& b) {
  return a.id == b.id && a.table == b.table && a.what == b.what && a.key_json == b.key_json;
}

}  // namespace

void fuzz_one(std::string_view input) {
  using namespace repair;
  (void)begins_like_ours(input);
  (void)begins_like_an_entry(input);
  journal_reader reader;
  const auto line = reader.line(input);
  const auto entry = reader.entry(input);
  if (!entry) {
    return;
  }
  require(line.has_value() && line->event == outcome::open, "an entry is a line that begins one");
  require(line->id == entry->id && line->key_json == entry->key_json, "both readings are one");
  const auto text = begin_line(*entry, wall_time{});
  require(text.find('\n') == std::string::npos, "an entry is one line");
  const auto again = reader.entry(text);
  require(again.has_value() && same(*again, *entry), "an entry that is written again is the same");
  require(begin_line(*again, wall_time{}) == text, "and so is its line");
}

}  // namespace ddm::fuzz
