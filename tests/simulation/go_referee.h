// Whether GO is true, by what both tables held.
//
// Problem: a verdict that is held against the monitor's own findings and gaps cannot be caught at
// what the monitor does not know. Idea: one predicate over the ledger, in the words of the rule
// above all rules. While GO or GO (sampled) is shown, of the keys that it speaks for,
//   - each record that counts and is older than 60 s has been read;
//   - the target has not been wrong without a pause for longer than the larger of three max-lags
//     and three minutes. Wrong: it holds what is neither the source's present value nor one that
//     the source held within the last max-lag;
//   - the newest change that was read has been checked, or a comparison began after it: what nobody
//     looked at may be right by luck only;
//   - neither table was created anew, longer ago than that, with no comparison begun since.
// One allowance: it was right at a look after the key's newest record, was changed by itself since
// (not by the replicator that carried a change), and no comparison began after that.
// Reason: people bet their data on these two sentences, and on nothing that the program counts.
//
// An item past its TTL is as good as absent, as long as DynamoDB would still delete it (five
// years). Of the program only one thing is taken: which keys a sample chooses.
#pragma once

#include "simulation/ledger.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ddm::simulation {

/// How changes are checked from a moment on.
struct checking {
  wall_time since;
  std::uint64_t sample_rate = 1;
  std::set<std::string> ignored;  ///< attributes
  milliseconds max_lag{60'000};
};

/// One comparison of both tables, of whichever command.
struct comparison {
  wall_time began;
  std::optional<wall_time> finished;  ///< with everything judged
  std::uint64_t sample_rate = 1;
  std::set<std::string> ignored;
  bool by_other = false;  ///< by `compare`: the monitor hears of its end some seconds later
};

/// What is known besides what the tables held.
struct go_evidence {
  bool of_source = true;                ///< the source's stream is read
  std::vector<checking> checkings;      ///< by time; at least one
  std::vector<comparison> comparisons;  ///< by when they began
  std::vector<wall_time> replaced;      ///< when one of the tables was created anew
  milliseconds reads_late{0};           ///< what a read saw may be so old
  /// Whether a sample of one key in `rate` has the key.
  std::function<bool(const item_position& key, std::uint64_t rate)> chooses;
  /// Whether a record has to be read at all.
  std::function<bool(const shard_story& shard, const written_record& record)> counts;
  /// How many records of a shard, from its first one on, have been read.
  std::function<std::size_t(const shard_story& shard)> read_of;
  /// When the key's newest change was made, if a process has read it whose sample lacks the key.
  std::function<std::optional<wall_time>(const item_position& key)> unchecked;
};

struct go_claim {
  wall_time at;
  bool sampled = false;  ///< GO (sampled), or GO that accepts a sample
};

/// What GO stands on: the weakest that was in use since its comparison began.
struct go_coverage {
  std::uint64_t sample_rate = 1;
  std::set<std::string> ignored;
  milliseconds max_lag{0};  ///< the largest
  /// So long may the target be wrong.
  [[nodiscard]] milliseconds bound() const;
};
/// Nothing: no comparison has ended.
[[nodiscard]] std::optional<go_coverage> coverage_of(const go_evidence& known, wall_time at);

/// Its TTL is past, and by so little that DynamoDB may yet delete it.
[[nodiscard]] bool has_expired(const item_ptr& item, wall_time at);
/// Whether `target` is as good as `source` at that moment.
[[nodiscard]] bool as_good(const item_ptr& source, const item_ptr& target,
                           const std::set<std::string>& ignored, wall_time at);
/// Since when the target has been wrong without a pause; nothing: it is right at `at`.
[[nodiscard]] std::optional<wall_time> wrong_since(const key_story& story,
                                                   const go_coverage& coverage, wall_time at);

class go_referee {
 public:
  go_referee(const go_evidence& known, const std::map<item_position, key_story>& keys,
             const std::map<std::string, shard_story>& shards)
      : known_(known), keys_(keys), shards_(shards) {}

  /// What makes the claim a lie; empty: it is true.
  [[nodiscard]] std::vector<std::string> lies(const go_claim& claim) const;
  /// Of each shard the first record that counts, is older than that and has not been read, unless a
  /// comparison made up for it.
  using record_filter = std::function<bool(const shard_story& shard, const written_record& record)>;
  [[nodiscard]] std::vector<std::string> unread(wall_time before, const record_filter& asked) const;
  /// When the claim becomes a lie, if the tables stay as they are.
  [[nodiscard]] std::optional<wall_time> will_lie_at(const go_claim& claim) const;

 private:
  [[nodiscard]] bool speaks_for(const go_claim& claim, const go_coverage& coverage,
                                const item_position& key) const;
  /// What was never checked nor compared.
  [[nodiscard]] std::vector<std::string> unlooked(const go_claim& claim,
                                                  const go_coverage& coverage) const;
  /// A comparison that began after that has ended.
  [[nodiscard]] bool compared_after(wall_time moment, const item_position* key = nullptr) const;
  [[nodiscard]] bool is_excused(const item_position& key, const key_story& story,
                                const go_coverage& coverage, wall_time wrong_from,
                                wall_time at) const;

  const go_evidence& known_;
  const std::map<item_position, key_story>& keys_;
  const std::map<std::string, shard_story>& shards_;
};

}  // namespace ddm::simulation
