#include "simulation/copies/commands.h"

#include "compare/comparison_progress.h"
#include "monitor/handover.h"
#include "monitor/opened_state.h"
#include "simulation/copies/dying_store.h"
#include "state/picture.h"
#include "state/store_testing.h"
#include "verify/finding_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace ddm::simulation::copies {
namespace {

using namespace std::chrono_literals;
using compare::comparison_progress;
using state::complete;

const dynamodb::key_schema by_pk{.partition = {.name = "pk", .type = dynamodb::key_type::string},
                                 .sort = {}};
constexpr int acts = 60;
constexpr auto compare_command = "compare";
constexpr auto repair_command = "repair";

/// What a state holds, as the referee knows it without asking it.
struct known {
  std::set<std::string> findings;  ///< ids of keys
  std::set<int> gaps;
  std::set<int> begun_with;  ///< gaps that the comparison began with
  std::optional<comparison_progress> ended;
};

/// A state in use, and its copy in the table.
struct part {
  std::string path;
  std::unique_ptr<state::state_store> store;  ///< null: nobody holds it
  known here;
  std::string copy_path;
  std::optional<known> copied;  ///< what the copy holds; nothing: there is none
  wall_time copied_at;
};

template <class T>
T must(result<T> outcome) {
  if (!outcome) {
    throw std::runtime_error(outcome.error().describe());
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(outcome);
  }
}

class commands {
 public:
  explicit commands(std::uint64_t seed) : random_(seed) {
    for (const auto* name : {"monitor", compare_command, repair_command}) {
      auto& made = parts_[name];
      made.path = place_ / (std::string(name) + ".db");
      made.copy_path = place_ / (std::string(name) + ".copy");
    }
  }

  std::vector<std::string> run();

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  part& monitor() { return parts_["monitor"]; }
  /// By the clock of the host that a process runs on.
  wall_time now_at_a_host() {
    return time_ += 7s, time_ + 1min * (static_cast<int>(below(21)) - 10);
  }

  void open(part& at);
  void act(const std::string& name);
  void begin(const std::string& name);
  void begin_monitor();
  void confirm(part& at);
  void notice_gap();
  void finish_comparison();
  void copy(part& at);
  void die(part& at);
  void take_in(const std::string& name, bool dies);
  void look_at_gaps();
  void look_at_the_end();

  state::temporary_directory place_;
  std::mt19937_64 random_;
  wall_time time_ = from_ms(1'700'000'000'000);
  std::map<std::string, part> parts_;
  dynamodb::digest_secret secret_{};
  int last_finding_ = 0;
  int last_gap_ = 0;
  int last_run_ = 0;
  std::set<int> curable_;  ///< gaps that a comparison had begun with that has ended since
  std::vector<std::string> violations_;
};

void commands::open(part& at) {
  at.store = must(
      state::open_sqlite_store({.path = at.path, .command = "simulated", .own_thread = false}));
}

void commands::begin_monitor() {
  auto& own = monitor();
  if (own.copied) {
    std::filesystem::copy_file(own.copy_path, own.path,
                               std::filesystem::copy_options::overwrite_existing);
    own.here = *own.copied;
  }
  open(own);
  const auto opened = must(complete(monitor::open_state(
      *own.store, monitor::new_identity("a", "b", "source_to_target"), "", 10)));
  secret_ = opened.identity.secret;
  state::commit_batch settings;
  monitor::save(monitor::period_settings{.sample_rate = 1, .ignored = {}, .max_lag_ms = 1},
                settings);
  must(complete(own.store->commit(std::move(settings))));
  copy(own);
}

/// From the monitor's copy, with what it did before; or on with an unfinished comparison.
void commands::begin(const std::string& name) {
  auto& own = parts_[name];
  if (own.copied && name == compare_command && !own.copied->ended && below(2) == 0) {
    std::filesystem::copy_file(own.copy_path, own.path,
                               std::filesystem::copy_options::overwrite_existing);
    own.here = *own.copied;
    open(own);
    return;
  }
  std::filesystem::copy_file(monitor().copy_path, own.path,
                             std::filesystem::copy_options::overwrite_existing);
  own.here = {.findings = monitor().copied->findings,
              .gaps = monitor().copied->gaps,
              .begun_with = monitor().copied->gaps,
              .ended = {}};
  open(own);
  const auto lines = must(complete(own.store->load(0))).finding_lines;
  state::commit_batch batch;
  monitor::save(
      monitor::handover{
          .run = fmt::format("run{}", ++last_run_), .lines = lines, .base = monitor().copied_at},
      batch);
  must(complete(own.store->commit(std::move(batch))));
  for (const auto* other : {compare_command, repair_command}) {
    if (!parts_[other].copied || (other != name && below(2) == 0)) {
      continue;
    }
    const auto from = must(state::open_sqlite_store(
        {.path = parts_[other].copy_path, .command = "simulated", .own_thread = false}));
    must(complete(monitor::take_in(*own.store, *from,
                                   {.command = other, .schema = by_pk, .now = now_at_a_host()})));
    own.here.findings.insert(parts_[other].copied->findings.begin(),
                             parts_[other].copied->findings.end());
  }
  if (name == compare_command) {
    state::commit_batch begun{.comparison_begun = name};
    comparison_progress{.started_ms = to_ms(now_at_a_host()), .segments = 1, .epoch = 1}.save(
        name, begun.numbers, begun.values);
    must(complete(own.store->commit(std::move(begun))));
  }
  copy(own);
}

void commands::confirm(part& at) {
  verify::mismatch entry;
  entry.key =
      *dynamodb::key_of(fmt::format(R"({{"pk":{{"S":"k{}"}}}})", ++last_finding_), by_pk, secret_);
  entry.kind = verify::mismatch_kind::missing;
  entry.ignored = std::vector<std::string>{};
  entry.confirmed_at = now_at_a_host();
  must(complete(at.store->commit({.mismatches = {{.key_hash = entry.key.hash.bytes(),
                                                  .open = true,
                                                  .confirmed_ms = to_ms(entry.confirmed_at),
                                                  .body = verify::encode_mismatch(entry)}},
                                  .finding_lines = {verify::finding_line(entry, {})}})));
  at.here.findings.insert(entry.key.hash.hex());
}

void commands::notice_gap() {
  const auto number = ++last_gap_;
  must(complete(monitor().store->commit({.gaps = {{.stream_arn = "s",
                                                   .shard_id = fmt::to_string(number),
                                                   .noticed = now_at_a_host(),
                                                   .reason = "trimmed"}}})));
  monitor().here.gaps.insert(number);
}

void commands::finish_comparison() {
  auto& own = parts_[compare_command];
  const auto all = must(complete(monitor::all_of(*own.store)));
  auto progress = comparison_progress::load(compare_command, all.numbers, all.values);
  progress.segments_done = progress.parts = progress.parts_joined = 1;
  progress.finished_ms = to_ms(now_at_a_host());
  state::commit_batch batch{.gaps_cured_before = progress.started()};
  progress.save(compare_command, batch.numbers, batch.values);
  must(complete(own.store->commit(std::move(batch))));
  own.here.ended = progress;
  copy(own);
  own.store.reset();
  curable_.insert(own.here.begun_with.begin(), own.here.begun_with.end());
}

void commands::copy(part& at) {
  must(state::take_picture(at.path, at.copy_path));
  at.copied = at.here;
  at.copied_at = now_at_a_host();
}

/// With its disk.
void commands::die(part& at) {
  at.store.reset();
  state::remove_picture(at.path);
}

void commands::take_in(const std::string& name, bool dies) {
  auto& from = parts_[name];
  auto& own = monitor();
  if (!from.copied) {
    return;
  }
  const auto theirs = must(state::open_sqlite_store(
      {.path = from.copy_path, .command = "simulated", .own_thread = false}));
  dying_store ours(*own.store, dies ? below(3) : 1'000'000);
  const auto taken = complete(
      monitor::take_in(ours, *theirs, {.command = name, .schema = by_pk, .now = now_at_a_host()}));
  look_at_gaps();
  if (!taken) {
    if (below(2) == 0) {
      copy(own);  // of what has come that far
    }
    die(own);
    begin_monitor();
    return;
  }
  own.here.findings.insert(from.copied->findings.begin(), from.copied->findings.end());
  if (from.copied->ended) {
    own.here.ended = from.copied->ended;
  }
}

void commands::look_at_gaps() {
  for (const auto& gap : must(complete(monitor().store->load(0))).gaps) {
    if (gap.cured && !curable_.contains(std::stoi(gap.shard_id))) {
      violations_.push_back(
          fmt::format("gap {} is cured, and no comparison knew of it", gap.shard_id));
    }
  }
}

void commands::look_at_the_end() {
  const auto& own = monitor();
  std::map<std::string, int> lines;
  for (const auto& line : must(complete(own.store->finding_lines(0, 1'000'000)))) {
    ++lines[verify::told_in(line, by_pk, secret_)->key_hash.hex()];
  }
  for (const auto& [key, times] : lines) {
    if (times != 1 || !own.here.findings.contains(key)) {
      violations_.push_back(fmt::format("finding {} has {} lines{}", key, times,
                                        own.here.findings.contains(key) ? "" : ", and is lost"));
    }
  }
  const auto state = must(complete(own.store->load(1'000'000)));
  if (lines.size() != own.here.findings.size() ||
      state.open_mismatches_total != static_cast<std::int64_t>(own.here.findings.size())) {
    violations_.push_back(fmt::format("{} findings are known, {} have lines, {} are open",
                                      own.here.findings.size(), lines.size(),
                                      state.open_mismatches_total));
  }
  const auto known = comparison_progress::load(compare_command, state.numbers, state.values);
  if (const auto& ended = parts_[compare_command].copied;
      ended && ended->ended && known.finished_ms != ended->ended->finished_ms) {
    violations_.emplace_back("the end of the newest comparison is not known");
  }
}

void commands::act(const std::string& name) {
  auto& own = parts_[name];
  if (!own.store) {
    begin(name);
    return;
  }
  switch (below(6)) {
    case 0:
      die(own);
      break;
    case 1:
    case 2:
      copy(own);
      break;
    case 3:
      if (name == compare_command) {
        finish_comparison();
      } else {
        copy(own);
        own.store.reset();
      }
      break;
    default:
      confirm(own);
      break;
  }
}

std::vector<std::string> commands::run() {
  begin_monitor();
  for (int i = 0; i < acts; ++i) {
    switch (below(10)) {
      case 0:
        die(monitor());
        begin_monitor();
        break;
      case 1:
        copy(monitor());
        break;
      case 2:
        notice_gap();
        break;
      case 3:
        confirm(monitor());
        break;
      case 4:
        take_in(repair_command, below(3) == 0);
        break;
      case 5:
        take_in(compare_command, below(3) == 0);
        break;
      case 6:
        act(repair_command);
        break;
      default:
        act(compare_command);
        break;
    }
  }
  take_in(compare_command, false);
  take_in(repair_command, false);
  look_at_the_end();
  return violations_;
}

}  // namespace

std::vector<std::string> run_commands(std::uint64_t seed) { return commands(seed).run(); }

}  // namespace ddm::simulation::copies
