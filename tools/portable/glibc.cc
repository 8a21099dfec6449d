// The portable program is linked to an older glibc than it and Debian's archives are compiled
// against. What they ask of the newer one stands here, made of what the older one has.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {

// glibc 2.32: libstdc++ counts references without atomics where this says that there is one thread.
// Ours never says so, which is right for any number of them.
extern char __libc_single_threaded;
char __libc_single_threaded = 0;

// glibc 2.34; Linux 5.9, with flags 5.11. Called between fork and exec: system calls only.
int close_range(unsigned first, unsigned last, int flags) {
  if (::syscall(SYS_close_range, first, last, flags) == 0) {
    return 0;
  }
  const auto end = std::min<long>(last, ::sysconf(_SC_OPEN_MAX));
  for (long descriptor = first; descriptor < end; ++descriptor) {
    if ((flags & 4) != 0) {  // CLOSE_RANGE_CLOEXEC
      ::fcntl(static_cast<int>(descriptor), F_SETFD, FD_CLOEXEC);
    } else {
      ::close(static_cast<int>(descriptor));
    }
  }
  return 0;
}

// glibc 2.36: std::random_device draws on it.
std::uint32_t arc4random() {
  std::uint32_t value = 0;
  // Four bytes come whole or not at all (getrandom(2)).
  while (::getrandom(&value, sizeof value, 0) != sizeof value) {
    if (errno != EINTR) {
      std::abort();
    }
  }
  return value;
}
}
