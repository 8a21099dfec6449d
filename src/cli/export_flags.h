// The flags that name an export of the source, and say how its bucket is reached: those of
// `compare` and of a monitor's baseline.
#pragma once

#include "cli/options_flag.h"

#include <string>
#include <string_view>
#include <vector>

namespace ddm::cli {

struct export_flag_names {
  std::string_view place;
  std::string_view profile;
  std::string_view region;
  std::string_view endpoint_url;
};
inline constexpr export_flag_names source_export_names{
    .place = "source-export",
    .profile = "source-export-profile",
    .region = "source-export-region",
    .endpoint_url = "source-export-endpoint-url"};
inline constexpr export_flag_names baseline_export_names{
    .place = "baseline-export",
    .profile = "baseline-export-profile",
    .region = "baseline-export-region",
    .endpoint_url = "baseline-export-endpoint-url"};

/// Of `place` only what is told of it is taken.
[[nodiscard]] std::vector<flag> export_flags(const export_flag_names& names, export_options& o,
                                             flag place);
/// What is wrong with these flags by themselves.
void check_export(const export_flag_names& names, const export_options& options,
                  std::vector<std::string>& contradictions);

}  // namespace ddm::cli
