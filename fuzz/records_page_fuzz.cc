// A page of records is refused, or each record's key reads back to the same hash, whatever the
// sample.
#include "dynamodb/page_decoder.h"
#include "fuzz_target.h"

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  using namespace dynamodb;
  page_decoder::options settings{.schema = {{"p", key_type::string}, {}},
                                 .secret = {7},
                                 .ignored = ignore_list({"i*"}),
                                 .sample = {}};
  const page_decoder every_key(settings);
  settings.sample.rate = 2;
  const page_decoder some_keys(settings);

  const padded_buffer body(input);
  const auto all = every_key.decode_records(body);
  const auto some = some_keys.decode_records(body);
  require(!all || some.has_value(), "a sample needs no more than all keys need");
  if (!all) {
    return;
  }
  require(all->records.size() == some->records.size(), "a sample leaves out no record");
  for (std::size_t i = 0; i < all->records.size(); ++i) {
    const auto& record = all->records[i];
    const auto& sampled = some->records[i];
    const auto key = key_of(record.key.json, settings.schema, settings.secret);
    require(key.has_value() && key->hash == record.key.hash, "the key's JSON is the key");
    require(sampled.key.hash == record.key.hash, "the key does not depend on the sample");
    require(!record.sequence.empty(), "each record has its number");
    require(!sampled.chosen || sampled.new_image == record.new_image, "digests are the same");
  }
}

}  // namespace ddm::fuzz
