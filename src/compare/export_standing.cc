#include "compare/export_standing.h"

#include "base/units.h"
#include "stream/caught_up.h"

#include <fmt/format.h>

namespace ddm::compare {
namespace {

constexpr auto anew = "export the table anew with its stream on, or compare without an export";
constexpr auto again = "begin anew with --fresh, or compare without an export";

}  // namespace

bool is_lost_by_age(const stream::shard_id& shard, wall_time noticed) {
  const auto created = stream::created_at(shard);
  // Two clocks may be some seconds apart.
  return created && noticed - *created >= stream::stream_retention - export_allowance;
}

std::optional<milliseconds> time_left(milliseconds behind_at_first, milliseconds behind,
                                      milliseconds took) {
  const auto gained = behind_at_first - behind;
  if (gained <= milliseconds{0} || took <= milliseconds{0}) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::duration<double, std::milli>(took) *
      (static_cast<double>(behind.count()) / static_cast<double>(gained.count())));
}

no_proof unreadable_stream(const std::string& failed, bool passes) {
  return {.why = fmt::format("the source's stream cannot be read ({})", failed),
          .remedy = fmt::format("mend that (docs/iam.md), and {}", again),
          .passes = passes};
}

std::optional<no_proof> why_not_read(const export_age& of) {
  if (!of.stream_since) {
    return no_proof{"the source's stream is off, so nothing tells what changed since", anew};
  }
  if (*of.stream_since + export_allowance > of.as_of) {
    return no_proof{
        fmt::format("the source's stream was turned on at {}, and must have been on a minute "
                    "before the export's moment, {}",
                    format_rfc3339(*of.stream_since), format_rfc3339(of.as_of)),
        anew};
  }
  // Nothing younger than that is forgotten while it is read.
  if (of.now - (of.as_of - export_allowance) >= stream::harmless_trim) {
    return no_proof{
        fmt::format("the export is of {}, the stream keeps changes for a day, and an export that "
                    "counts is compared within {}",
                    format_rfc3339(of.as_of), spoken_duration(stream::harmless_trim)),
        "export anew, or compare without an export"};
  }
  return std::nullopt;
}

std::optional<no_proof> why_withheld(export_age of, const stream_told& told) {
  of.now = told.ended;
  if (auto why = why_not_read(of)) {
    return why;
  }
  if (told.failed) {
    return unreadable_stream(*told.failed, told.may_mend);
  }
  if (told.gap) {
    return no_proof{fmt::format("the source's stream was not read without a gap ({})", *told.gap),
                    again};
  }
  if (told.too_many) {
    return no_proof{fmt::format("more than {} keys changed since, which is what memory is for",
                                grouped(*told.too_many)),
                    "give more with --memory and --fresh, or compare without an export, which is "
                    "cheaper by then"};
  }
  if (!told.still_on) {
    return no_proof{"the source's stream was turned off, so nothing tells what changed since",
                    anew};
  }
  if (!told.caught_up) {
    return no_proof{"the source's stream was not read to its end", again};
  }
  return std::nullopt;
}

}  // namespace ddm::compare
