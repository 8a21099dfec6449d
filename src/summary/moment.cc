#include "summary/moment.h"

namespace ddm::summary {

std::string moment(wall_time at) {
  auto text = format_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
  if (const auto day_ends = text.find('T'); day_ends != std::string::npos && text.ends_with('Z')) {
    text[day_ends] = ' ';
    text.replace(text.size() - 1, 1, " UTC");
  }
  return text;
}

}  // namespace ddm::summary
