// A file that takes another one's place once it is complete.
//
// Problem: a name such as FILE.new may be anybody's, and what is written, or removed as the rest of
// a run that was killed, is then somebody else's. Idea: a name that nobody else has, made anew each
// time (FILE.draft-Xf3aQ9); what such a run left is known by the name alone.
#pragma once

#include <string>

namespace ddm {

struct draft_file {
  std::string path;
  int descriptor = -1;  ///< negative: errno says why
};

/// Beside `path`, empty, with mode 0600, for appending. What stands there is neither opened nor
/// followed.
[[nodiscard]] draft_file make_draft(const std::string& path);
/// Drafts of `path` that were left, and what SQLite put beside them. Only for whoever knows that
/// nobody else is making one.
void remove_drafts(const std::string& path);

}  // namespace ddm
