// Which shards exist, which may be read now, and from where.
//
// Problem: a record is read in order only if a child shard is begun after its parents are drained,
// and is lost if a child is begun at LATEST, a parent is forgotten, or a trimmed parent is waited
// for.
// Idea: a pure book of shards. Listings, ends and restored rows go in; shards that may be started
// come out, each with its position. It knows no I/O and no clock of its own.
// Reason: the transient states of a listing (an open parent with children, a closed shard whose
// child is not visible yet, a child whose parent was trimmed) are then a table of unit tests.
#pragma once

#include "base/time.h"
#include "dynamodb/stream_description.h"
#include "state/rows.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ddm::stream {

using dynamodb::sequence_number;
using dynamodb::shard_description;
using dynamodb::shard_id;

enum class shard_life {
  waiting,  ///< its parents are not drained yet
  reading,
  done,     ///< read to its end, or lost (a gap tells)
  skipped,  ///< closed before what counts: a start at LATEST, or `of_interest_from`
};
[[nodiscard]] std::string_view to_string(shard_life life);

/// Of a shard that was over for this long when a listing was made, no other child will come.
constexpr std::chrono::minutes children_visible_within{1};
/// A listing may not show yet what was made so long, at most, before it was asked for: a child, or
/// one of two. AWS tells of it and gives no bound; DynamoDB Local hides nothing.
constexpr std::chrono::seconds shards_hidden_for{20};

/// A child is made when its parent is closed; nothing is written to the parent so long afterwards.
constexpr std::chrono::minutes closed_within{15};

/// When the shard was made, by the service's clock: its id begins with that. Nothing: it does not
/// look like one of DynamoDB's.
[[nodiscard]] std::optional<wall_time> created_at(const shard_id& id);

/// One shard and how far it has been read. The reader updates the progress members; the lineage all
/// others.
struct tracked_shard {
  shard_id id;
  std::optional<shard_id> parent;
  shard_life life = shard_life::waiting;
  bool from_latest = false;
  bool begun = false;  ///< an iterator was asked for, here or maybe by an earlier process
  /// Set for a start at LATEST, by the server's clock, as creation times are: records created
  /// before it (less their unit) do not count, wherever a later iterator begins.
  std::optional<wall_time> counts_from;
  sequence_number last_sequence;
  sequence_number resolved_sequence;  ///< all changes below it have an outcome
  std::optional<wall_time> last_created;
  /// What any process has read, by the later of our clock and the service's: says whether a trim
  /// can have cost anything, and nothing else.
  std::optional<wall_time> caught_up_to;
  /// What this process has read, by the same clock. Of a shard that is over: as it was before the
  /// page that ended it, as what followed the shard may be older than that page.
  std::optional<wall_time> read_to;
  std::optional<wall_time> ended_at;
  /// Until the shard has been read at all: first listed, or earlier if its records were ours then.
  std::optional<wall_time> last_listed;
  bool listed = true;  ///< by the last complete listing, or found since
  /// A listing showed its end or a child: empty pages are from its middle, however many.
  bool closed = false;
  /// It has no child that was made before this, by our clock: a listing would have shown it. Known
  /// once it is closed, or over. What empty pages said beyond it was of this shard alone.
  std::optional<wall_time> last_known_open;
  /// When this process was first told of it: it was made before.
  std::optional<wall_time> first_listed;
  /// The first of the listings in a row that did not show it, while it waits.
  std::optional<wall_time> missed_since;
  /// Closed since its reader's last page, which may have been empty and told nothing then.
  bool closed_since_page = false;
  bool dirty = true;  ///< differs from what was committed

  [[nodiscard]] bool open() const {
    return life == shard_life::waiting || life == shard_life::reading;
  }
  /// No listing that came late enough has told whether it has children.
  [[nodiscard]] bool may_have_hidden_children() const {
    return !open() && ended_at &&
           (!last_listed || *last_listed < *ended_at + children_visible_within);
  }
  [[nodiscard]] bool unread() const { return open() && last_sequence.empty() && !caught_up_to; }
};

enum class first_position {
  trim_horizon,
  latest,
};

/// Records that were trimmed before they were read.
struct coverage_gap {
  shard_id shard;
  sequence_number after;  ///< last number read before the gap
  wall_time noticed;
  std::string reason;
};

class shard_lineage {
 public:
  /// `told_until`: all records of the stream since then are ours to read, also those that are older
  /// than its first listing; that others are lost has been told. Nothing: those since the listing.
  /// `hidden_for`: as shards_hidden_for, of this service.
  /// `of_interest_from`: older records are of no interest. Shards of the first listing that hold
  /// nothing else are not read.
  shard_lineage(std::string stream_arn, first_position first,
                std::optional<wall_time> told_until = std::nullopt,
                milliseconds hidden_for = shards_hidden_for,
                std::optional<wall_time> of_interest_from = std::nullopt);

  /// Rows of an earlier process; rows of other streams are left alone. Restored shards in life
  /// `reading` become startable again at their position.
  void restore(const std::vector<state::shard_row>& rows);

  /// All pages of a listing asked for at `now`, which by the server's clock was `server_time`, and
  /// answered in full at `answered`. The first complete listing of a fresh state decides what
  /// LATEST means. Returns the gaps it reveals (shards that left the listing unread).
  [[nodiscard]] std::vector<coverage_gap> on_complete_listing(
      const std::vector<shard_description>& shards, wall_time now,
      std::optional<wall_time> server_time = std::nullopt,
      std::optional<wall_time> answered = std::nullopt);
  /// Some shards only (children of one shard, or the newest). A shard whose parent is unknown stays
  /// waiting until a complete listing has shown that the parent is gone.
  void on_partial_listing(const std::vector<shard_description>& shards, wall_time now);
  /// All shards after newest_of_old() were listed, from `asked` on.
  void on_newest_listed(wall_time asked) {
    newest_listed_at_ = std::max(newest_listed_at_.value_or(asked), asked);
  }
  /// Of this process.
  [[nodiscard]] std::optional<wall_time> newest_listed_at() const { return newest_listed_at_; }
  [[nodiscard]] milliseconds hidden_for() const { return hidden_for_; }
  /// All shards that were made until then are known, by our clock: listings hide newer ones only.
  [[nodiscard]] std::optional<wall_time> knows_all_until() const {
    return newest_listed_at_ ? std::optional(*newest_listed_at_ - hidden_for_) : std::nullopt;
  }
  /// Where a listing of the newest begins: whatever a listing may have hidden comes after it. Ids
  /// begin with their creation time. Nothing: at the beginning.
  [[nodiscard]] std::optional<shard_id> newest_of_old() const;

  /// Shards that may be read now: marked `reading`, handed out once each. A child begins where its
  /// parent was read up to: nothing in it is older than the parent's end.
  [[nodiscard]] std::vector<shard_id> take_startable();
  /// What this process has read of any shard is not known any more.
  void forget_reading();
  /// The shard is over (read to its end, or its data is gone): its children may start.
  void on_done(const shard_id& id, wall_time now);

  /// `lowest_open`: the lowest number without an outcome, of each shard that has one.
  void resolve(const std::map<std::string, sequence_number>& lowest_open);
  /// The stream itself is gone: all shards are over. Returns what was not read.
  [[nodiscard]] std::vector<coverage_gap> on_stream_gone(wall_time now);

  /// The shard begins at the oldest record that is left, and nobody has been at it for so long that
  /// older ones, written since it has been ours to read, may have been trimmed: its iterator will
  /// not tell.
  [[nodiscard]] bool lost_its_beginning(const shard_id& id, wall_time now) const;

  /// Where the next iterator of the shard begins.
  [[nodiscard]] static dynamodb::iterator_position next_position(const tracked_shard& shard);

  [[nodiscard]] tracked_shard& at(const shard_id& id);
  [[nodiscard]] const std::map<shard_id, tracked_shard>& shards() const { return shards_; }
  [[nodiscard]] bool has_children(const shard_id& id) const;
  /// Shards that are over and whose children no listing shows yet, by id: some may come.
  [[nodiscard]] std::vector<shard_id> heirless() const;
  /// All that follows `parents` was listed at `now`.
  void on_heirs_listed(const std::vector<shard_id>& parents, wall_time now);
  /// Every waiting shard waits for one that is being read: nothing in it is older than that one's
  /// end.
  [[nodiscard]] bool waits_for_readers_only() const;
  /// A child waits for a parent that no listing has shown yet, though by `now` none hides it any
  /// more: a complete listing is due.
  [[nodiscard]] bool needs_complete_listing(wall_time now) const;
  [[nodiscard]] bool has_listed() const { return listed_once_; }
  /// Rows changed since the last call. Done shards are dropped 48 h after their end once no listing
  /// shows them any more; their ids come out in `forgotten`.
  [[nodiscard]] std::vector<state::shard_row> take_dirty(wall_time now,
                                                         std::vector<shard_id>& forgotten);
  [[nodiscard]] const std::string& stream_arn() const { return stream_arn_; }

 private:
  void add(const shard_description& seen, wall_time now, wall_time answered);
  [[nodiscard]] std::map<shard_id, shard_id> unknown_parents(wall_time now) const;
  void note_closed(tracked_shard& shard) const;
  void decide_first_listing(const std::vector<shard_description>& shards, wall_time now,
                            wall_time server_time);
  void skip_older(const std::vector<shard_description>& shards, wall_time now);
  [[nodiscard]] bool has_open_ancestor(
      const shard_id& id, const std::map<shard_id, const shard_description*>& all) const;
  [[nodiscard]] bool may_start(const tracked_shard& shard) const;
  [[nodiscard]] state::shard_row row_of(const tracked_shard& shard) const;

  std::string stream_arn_;
  first_position first_;
  std::optional<wall_time> told_until_;
  milliseconds hidden_for_;
  std::optional<wall_time> of_interest_from_;
  bool listed_once_ = false;
  std::optional<wall_time> newest_listed_at_;  ///< by this process
  std::map<shard_id, tracked_shard> shards_;
  std::set<shard_id> restarts_;  ///< restored in life `reading`, not handed out yet
};

}  // namespace ddm::stream
