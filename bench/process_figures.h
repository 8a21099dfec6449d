// What a benchmark's own process has used, and the numbers among its arguments.
#pragma once

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <time.h>

namespace ddm::bench {

[[nodiscard]] inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

[[nodiscard]] inline double thread_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// The most that was resident at any time.
[[nodiscard]] inline std::uint64_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

[[nodiscard]] inline std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

/// Handed to the system to be written, to files and all else.
[[nodiscard]] inline std::uint64_t written_bytes() {
  std::ifstream file("/proc/self/io");
  std::uint64_t bytes = 0;
  for (std::string name; file >> name >> bytes;) {
    if (name == "wchar:") {
      return bytes;
    }
  }
  return 0;
}

/// The number behind `name`.
[[nodiscard]] inline std::uint64_t flag(int argc, char** argv, std::string_view name,
                                        std::uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) {
      const std::string_view text = argv[i + 1];
      std::from_chars(text.data(), text.data() + text.size(), otherwise);
    }
  }
  return otherwise;
}

}  // namespace ddm::bench
