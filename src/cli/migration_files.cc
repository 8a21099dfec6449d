#include "cli/migration_files.h"

#include "base/private_file.h"
#include "base/same_file.h"
#include "remote/state_address.h"
#include "verify/findings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace ddm::cli {

std::vector<std::string> migration_files::of_state() const {
  return {state, state + "-wal", state + "-shm"};
}

std::vector<std::string> migration_files::of_findings() const {
  return {findings, findings + ".old"};
}

migration_files choose_files(const migration_options& options, const default_names& names,
                             files_of whose, bool forgets_state) {
  migration_files files{.state = options.state_file.value_or(names.now), .findings = {}};
  if (const auto address = remote::parse_state_address(files.state)) {
    // The file that the state is worked on in is made later, in a folder of its own. Each command's
    // state has lines of its own, in an order of its own.
    files.findings = options.findings_file.value_or(
        fmt::format("./{}--{}.{}.findings.jsonl", address->table, address->name, whose.command));
    return files;
  }
  if (!whose.part.empty()) {
    files.state += fmt::format(".{}", whose.part);
    files.findings = files.state + ".findings.jsonl";
    return files;
  }
  // A run that began while the target was awaited goes on in the file that it made then.
  std::error_code unknown;
  if (!options.state_file && !forgets_state &&
      std::filesystem::exists(names.while_awaited, unknown) &&
      !std::filesystem::exists(files.state, unknown)) {
    files.state = names.while_awaited;
  }
  const std::filesystem::path state(files.state);
  files.findings = options.findings_file.value_or(
      (state.parent_path() / (state.stem().string() + ".findings.jsonl")).string());
  return files;
}

result<void> check_findings(const migration_files& files, const migration_options& options,
                            bool forgets_state) {
  const auto names = files.of_findings();
  for (const auto& taken : files.of_state()) {
    const auto ours = std::ranges::find_if(
        names, [&](const std::string& name) { return is_one_place(name, taken); });
    if (ours != names.end()) {
      return wrong_usage(
          fmt::format("{} is a file of the state: name another one with --findings", *ours));
    }
  }
  // With --fresh both are moved: the one to the other's place.
  auto place = verify::check_findings_place(names.front());
  if (place && forgets_state) {
    place = verify::check_findings_place(names.back());
  }
  if (!place) {
    return place;
  }
  const std::filesystem::path findings(files.findings);
  const auto folder = findings.has_parent_path() ? findings.parent_path() : ".";
  const bool there = ::access(findings.c_str(), F_OK) == 0;
  const bool is_absent = !there && errno == ENOENT;
  if (options.findings_file &&
      ((!there && !is_absent) || ::access(there ? findings.c_str() : folder.c_str(), W_OK) != 0)) {
    const int reason = errno;
    return fail(is_wrong_place(reason) ? error_class::wrong_usage : error_class::fatal,
                fmt::format("the findings file {} cannot be written: {}; name another one with "
                            "--findings",
                            files.findings, std::strerror(reason)));
  }
  return {};
}

result<std::string> set_findings_aside(const migration_files& files) {
  constexpr int most = 1000;
  for (int number = 1; number <= most; ++number) {
    auto aside = fmt::format("{}.old{}", files.findings, number);
    if (::link(files.findings.c_str(), aside.c_str()) == 0) {
      ::unlink(files.findings.c_str());
      return aside;
    }
    if (errno != EEXIST) {
      return fatal(fmt::format("the findings file {} cannot be moved to {}: {}", files.findings,
                               aside, std::strerror(errno)));
    }
  }
  return fatal(
      fmt::format("there are {} findings files beside {}: move them away", most, files.findings));
}

result<void> move_findings_away(const migration_files& files) {
  const auto names = files.of_findings();
  if (std::rename(names.front().c_str(), names.back().c_str()) != 0 && errno != ENOENT) {
    return fatal(fmt::format("the findings file {} cannot be moved to {}: {}", names.front(),
                             names.back(), std::strerror(errno)));
  }
  return {};
}

}  // namespace ddm::cli
