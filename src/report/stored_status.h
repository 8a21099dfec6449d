// A status as it lies in a state: for whoever asks how a run stood, once it is gone or from another
// process.
//
// Problem: most figures of a status are of parts that live in a process only (what is asked of
// whom, how long all has been well, what is late); a reader of the state would show another
// picture. Idea: the figures of one moment are stored as one value, in the commit that they belong
// to; what follows from them is derived anew by who reads them, as it is in the run. What the state
// keeps row by row (gaps) is not in it: the reader adds it. Each member is named
// once, for both directions; what a later version adds is absent in an earlier value, and keeps its
// default.
#pragma once

#include "base/error.h"
#include "report/status.h"

#include <string>
#include <string_view>

namespace ddm::report {

/// The name of the value in the state. `command`: "monitor" or "compare".
[[nodiscard]] std::string stored_status_name(std::string_view command);
/// All figures but `gaps`, and the verdict; some kilobytes. `now` is not derived yet: what else
/// follows is not kept.
[[nodiscard]] std::string encode_figures(const status& now);
/// The same, not derived yet but for the verdict of that moment. An error: it is none of ours, or
/// damaged.
[[nodiscard]] result<status> decode_figures(std::string_view stored);

}  // namespace ddm::report
