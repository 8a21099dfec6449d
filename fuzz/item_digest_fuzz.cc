// An item has a digest exactly when it has a tree, both survive writing and reading, and nothing is
// accepted that another JSON parser refuses.
#include "dynamodb/attribute_value.h"
#include "dynamodb/item_digest.h"
#include "fuzz_target.h"

#include <nlohmann/json.hpp>

namespace ddm::fuzz {

void fuzz_one(std::string_view input) {
  using namespace dynamodb;
  const digest_secret secret{1, 2, 3};
  const ignore_list ignored({"a*", "m.b"});
  const auto digest = digest_item(input, secret, ignored);
  const auto tree = parse_item(input);
  require(digest.has_value() == tree.has_value(), "digest and tree accept the same items");
  if (!digest) {
    return;
  }
  require(nlohmann::json::accept(input), "what has a digest is JSON");
  const auto rewritten = to_json(*tree);
  require(digest_item(rewritten, secret, ignored).value() == *digest,
          "the digest survives rewriting");
  require(equal({parse_item(rewritten).value()}, {*tree}), "the tree survives rewriting");
}

}  // namespace ddm::fuzz
