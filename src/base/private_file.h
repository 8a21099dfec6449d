// Files of ours that hold keys, items or tokens: who may reach them.
//
// Problem: a folder may be shared. A symbolic link that somebody put in the place of a file makes
// us write into another one of ours, and a file that was copied or made under a lax umask stays
// open to everybody for good. Idea: no link stands for such a file, and each opening takes away
// what its mode gives to too many. Reason: once is not enough: a mode comes back with a copy. Its
// owner's group may go on reading: who sends findings on by another user gave that right on
// purpose.
#pragma once

#include <string>
#include <string_view>

namespace ddm {

/// Opens it with `flags` and O_CLOEXEC; it is made with mode 0600. Negative: errno says why; ELOOP:
/// a symbolic link stands there.
[[nodiscard]] int open_private(const std::string& path, int flags);

/// Nobody but its owner may write to it, nobody but its group read it besides. Whose it is not, and
/// what is not there, is left as it is.
void keep_private(int file);
void keep_private(const std::string& path);

/// Nothing is made or written there, however often it is tried: only another path, or other
/// permissions, mend it.
[[nodiscard]] bool is_wrong_place(int reason);

/// What errno says of an opening that failed, for people.
[[nodiscard]] std::string_view why_not_opened(int reason);

}  // namespace ddm
