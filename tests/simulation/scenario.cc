#include "simulation/scenario.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <random>
#include <utility>

namespace ddm::simulation {
namespace {

using std::chrono::seconds;

/// Draws; the standard distributions are not the same everywhere, these are.
class dice {
 public:
  explicit dice(std::uint64_t seed) : random_(seed * 0x9E37'79B9'7F4A'7C15U + 1) {}

  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + random_() % (high - low + 1);
  }
  milliseconds between(milliseconds low, milliseconds high) {
    return low + milliseconds{random_() % static_cast<std::uint64_t>((high - low).count() + 1)};
  }
  double share(double high) { return high * static_cast<double>(random_() % 10'001) / 10'000; }
  bool chance(double probability) { return share(1) < probability; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return *std::next(choices.begin(), static_cast<std::ptrdiff_t>(random_() % choices.size()));
  }

 private:
  std::mt19937_64 random_;
};

monitor::world_options make_world(dice& draw, std::uint64_t seed) {
  monitor::world_options world;
  world.seed = seed;
  world.view_type = draw.chance(0.6) ? "NEW_AND_OLD_IMAGES"
                                     : draw.one_of({"NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"});
  world.way =
      draw.chance(0.95) ? verify::direction::source_to_target : verify::direction::target_to_source;
  world.first =
      draw.chance(0.5) ? stream::first_position::latest : stream::first_position::trim_horizon;
  world.sample_rate = draw.chance(0.7) ? 1 : draw.one_of<std::uint64_t>({2, 3, 10});
  world.max_lag = draw.one_of({seconds{8}, seconds{8}, seconds{12}, seconds{20}, seconds{60}});
  world.stall_after = draw.chance(0.8) ? seconds{1800} : seconds{90};
  world.memory_bytes_max = draw.chance(0.75) ? 64ULL << 20 : draw.between(24, 200) << 10;
  world.batch_wait_max = draw.one_of({seconds{0}, seconds{2}, seconds{10}});
  auto& stream = world.stream;
  stream.shards =
      static_cast<std::uint32_t>(draw.chance(0.1) ? draw.between(9, 30) : draw.between(1, 6));
  stream.children_listed_after =
      draw.chance(0.3) ? draw.between(seconds{1}, seconds{20}) : milliseconds{0};
  stream.parent_listed_open_for =
      draw.chance(0.3) ? draw.between(seconds{1}, seconds{20}) : milliseconds{0};
  stream.empty_page_rate = draw.chance(0.5) ? draw.share(0.6) : 0;
  // Of the seed itself: all other choices stay what they were.
  if (seed % 16 == 5) {
    stream.end_found_after = seconds{static_cast<std::int64_t>(1 + seed / 16 % 90)};
  }
  if (seed % 8 == 3) {
    stream.first_child_listed_after =
        std::min(milliseconds{seconds{static_cast<std::int64_t>(1 + seed / 8 % 20)}},
                 stream::shards_hidden_for - stream.children_listed_after);
  }
  stream.repeat_rate = draw.chance(0.3) ? draw.share(0.3) : 0;
  stream.latest_returns_older = draw.chance(0.5) ? 3 : 0;
  stream.iterator_lifetime = draw.chance(0.3) ? seconds{20} : seconds{900};
  // A number of one digit more is the newer one, whatever its first digit.
  world.first_sequence_number =
      draw.chance(0.5) ? fmt::format("999999999999999999{:06}", 999'999 - draw.between(1, 400'000))
                       : "100000000000000000000";
  return world;
}

traffic make_traffic(dice& draw) {
  traffic writes;
  writes.keys = draw.chance(0.3) ? draw.between(3, 20) : draw.between(20, 600);
  writes.hot_keys = draw.chance(0.4) ? draw.between(1, 3) : 0;
  const bool is_long = draw.chance(0.15);
  writes.lasting =
      is_long ? draw.between(seconds{400}, seconds{1500}) : draw.between(seconds{60}, seconds{300});
  const double rate_max = is_long ? 1.5 : draw.chance(0.15) ? 60 : 8;
  writes.writes_per_second = 0.5 + draw.share(rate_max);
  writes.deletes = draw.share(0.3);
  writes.other_only = draw.chance(0.5) ? draw.share(0.3) : 0;
  writes.there_and_back = draw.chance(0.7) ? draw.share(0.3) : 0;
  writes.back_within = draw.between(seconds{1}, seconds{15});
  writes.values = draw.one_of<std::uint64_t>({2, 5, 1000});
  return writes;
}

support::replicator_options make_replication(dice& draw, milliseconds max_lag) {
  support::replicator_options how;
  how.seed = draw.between(1, 1'000'000);
  how.delay_min = draw.between(milliseconds{0}, milliseconds{500});
  const auto latest = draw.chance(0.2) ? max_lag * 2 : max_lag - seconds{1};
  how.delay_max = draw.chance(0.5) ? seconds{2} : draw.between(how.delay_min, latest);
  how.respell = draw.chance(0.3);
  how.changes_per_second_max = draw.chance(0.15) ? 20 + draw.share(100) : 0;
  const bool clean = draw.chance(0.7);
  const auto rate = [&] { return !clean && draw.chance(0.5) ? draw.share(0.04) : 0; };
  how.lost = rate();
  how.lost_delete = rate() * 3;
  how.altered = rate();
  how.alters = draw.chance(0.4) ? "w" : "";
  how.stale = rate();
  how.replayed = rate();
  how.unexpected = !clean && draw.chance(0.2) ? draw.share(0.02) : 0;
  return how;
}

expiry make_expiry(dice& draw) {
  return {.share = 0.1 + draw.share(0.6),
          .within_max = draw.between(seconds{2}, seconds{90}),
          .ancient = draw.chance(0.3) ? draw.share(0.3) : 0,
          .source_sweep = draw.between(seconds{1}, seconds{60}),
          .target_sweep = draw.chance(0.5) ? draw.between(seconds{1}, seconds{60}) : seconds{0}};
}

support::fault_rates make_faults(dice& draw) {
  const auto rate = [&] { return draw.chance(0.5) ? draw.share(0.15) : 0; };
  return {.throttle = rate(),
          .server_error = rate(),
          .connection_reset = rate(),
          .lost_answer = rate(),
          .timeout = rate() / 5,
          .truncated_body = rate() / 2,
          .wrong_crc = rate() / 2,
          .partial_batch = draw.chance(0.5) ? draw.share(0.5) : 0,
          .slow = rate()};
}

milliseconds duration_of(dice& draw, incident what) {
  switch (what) {
    case incident::crash:
    case incident::crash_mid_step:
    case incident::crash_in_comparison:
    case incident::stop:
    case incident::renew_stream:
      return draw.between(milliseconds{0}, seconds{30});
    case incident::long_absence:
      return draw.between(seconds{26 * 3600}, seconds{30 * 3600});
    case incident::outage:
      return draw.between(seconds{1}, seconds{60});
    case incident::listing_outage:
    case incident::reading_outage:
      return draw.chance(0.5) ? draw.between(seconds{1}, seconds{90})
                              : draw.between(seconds{90}, seconds{900});
    case incident::recreate_target:
    case incident::recreate_source:
    case incident::repair_between:
      return draw.between(milliseconds{0}, seconds{40});
    case incident::day_without_reading:
      return draw.between(seconds{25 * 3600}, seconds{30 * 3600});
    case incident::pause:
      return draw.between(seconds{20}, seconds{600});
    case incident::fault_shower:
      return draw.between(seconds{10}, seconds{120});
    case incident::split:
    case incident::roll_over:
    case incident::expire_iterators:
    case incident::expire_credentials:
    case incident::trim_idle:
    case incident::compare_beside:
      break;
  }
  return milliseconds{0};
}

/// What the processes are started with. Settings change in both directions.
std::vector<process_settings> make_processes(dice& draw, std::uint64_t sample_rate,
                                             bool with_baseline) {
  const bool changes = draw.chance(0.3);
  const auto drawn = [&] {
    process_settings how{.sample_rate = sample_rate, .baseline_sample_rate = 1, .ignored = ""};
    if (changes && draw.chance(0.5)) {
      how.sample_rate = draw.one_of<std::uint64_t>({1, 2, 10, 100});
    }
    if (changes && draw.chance(0.5)) {
      how.ignored = "w";
    }
    how.baseline_sample_rate =
        with_baseline && draw.chance(0.2) ? draw.one_of<std::uint64_t>({2, 10}) : 1;
    how.accept_sampled = draw.chance(0.3);
    return how;
  };
  std::vector<process_settings> all{drawn()};
  for (auto more = changes ? draw.between(1, 2) : 0; more > 0; --more) {
    all.push_back(drawn());
  }
  return all;
}

void sort_by_time(std::vector<planned_incident>& incidents) {
  std::ranges::sort(incidents, {},
                    [](const auto& each) { return std::pair(each.at, each.detail); });
}

std::vector<planned_incident> make_incidents(dice& draw, milliseconds lasting) {
  std::vector<planned_incident> all;
  const auto add = [&](incident what, std::uint64_t times) {
    for (; times > 0; --times) {
      all.push_back({.at = draw.between(milliseconds{0}, lasting),
                     .what = what,
                     .lasting = duration_of(draw, what),
                     .detail = draw.between(0, 1'000'000)});
    }
  };
  add(incident::split, draw.chance(0.5) ? draw.between(1, 3) : 0);
  add(incident::roll_over, draw.chance(0.6) ? draw.between(1, 4) : 0);
  add(incident::expire_iterators, draw.chance(0.3) ? draw.between(1, 2) : 0);
  add(incident::expire_credentials, draw.chance(0.3) ? draw.between(1, 3) : 0);
  add(incident::crash, draw.chance(0.4) ? draw.between(1, 3) : 0);
  add(incident::crash_mid_step, draw.chance(0.4) ? draw.between(1, 4) : 0);
  add(incident::stop, draw.chance(0.2) ? 1 : 0);
  add(incident::long_absence, draw.chance(0.12) ? 1 : 0);
  add(incident::renew_stream, draw.chance(0.08) ? 1 : 0);
  add(incident::outage, draw.chance(0.3) ? draw.between(1, 2) : 0);
  add(incident::fault_shower, draw.chance(0.5) ? draw.between(1, 2) : 0);
  add(incident::listing_outage, draw.chance(0.12) ? 1 : 0);
  if (!all.empty() && all.back().what == incident::listing_outage && draw.chance(0.3)) {
    all.back().at = milliseconds{0};
  }
  add(incident::reading_outage, draw.chance(0.08) ? 1 : 0);
  add(incident::trim_idle, draw.chance(0.15) ? draw.between(1, 3) : 0);
  add(incident::day_without_reading, draw.chance(0.002) ? 1 : 0);
  add(incident::pause, draw.chance(0.05) ? 1 : 0);
  sort_by_time(all);
  return all;
}

/// Above the images that one check keeps (4096 of the last max-lag).
void make_restless(dice& draw, scenario& chosen) {
  chosen.restless = restless_plan{
      .from = draw.between(seconds{30}, seconds{90}),
      .lasting = seconds{200} + 2 * chosen.world.max_lag,
      .writes_per_second = 4500.0 * 1000 / static_cast<double>(chosen.world.max_lag.count())};
  chosen.records_limit = 1000;
  chosen.get_records_per_second = 0;
}

/// It takes a second or two of some minutes: a crash of any moment hardly ever meets it. What was
/// lost by then is left over by pairs of segments that are finished, and most of it is outside the
/// sample: only the comparison can find it.
void add_crash_in_the_comparison(dice& draw, scenario& chosen) {
  chosen.latency_max = milliseconds{200};
  chosen.at_rest->segments = 50;
  chosen.fails_from = milliseconds{0};
  chosen.replication.lost = std::max(chosen.replication.lost, 0.3);
  chosen.writes.lasting = std::min<milliseconds>(chosen.writes.lasting, seconds{40});
  for (auto& how : chosen.processes) {
    how.sample_rate = 10;
    how.baseline_sample_rate = 1;
  }
  chosen.world.sample_rate = 10;
  chosen.incidents.push_back({.at = chosen.at_rest->after,
                              .what = incident::crash_in_comparison,
                              .lasting = draw.between(milliseconds{0}, seconds{10}),
                              .detail = draw.between(0, 1'000'000)});
  sort_by_time(chosen.incidents);
}

/// A key, outside the sample mostly, that changes faster than replication is: a comparison finds it
/// unequal, and so does each look until nobody writes any more.
void make_hasty_key(scenario& chosen) {
  constexpr seconds behind{3};
  chosen.writes.hot_keys = 1;
  chosen.writes.writes_per_second = std::max(chosen.writes.writes_per_second, 6.0);
  chosen.writes.values = 1000;
  chosen.writes.lasting += 8 * chosen.world.max_lag;
  chosen.records_limit = 1000;
  chosen.get_records_per_second = 0;
  chosen.replication.delay_min = std::max<milliseconds>(chosen.replication.delay_min, behind);
  chosen.replication.delay_max =
      std::max(chosen.replication.delay_max, 2 * chosen.replication.delay_min);
  chosen.replication.changes_per_second_max = 0;
  for (auto& how : chosen.processes) {
    how.sample_rate = 10;
    how.baseline_sample_rate = 1;
  }
  chosen.world.sample_rate = 10;
}

/// When nobody writes any more: what was repaired and undone is wrong, and stays so.
void add_undone_repair(scenario& chosen) {
  constexpr std::uint64_t undone_ignoring_nothing = 7;
  chosen.replication.lost = std::max(chosen.replication.lost, 0.1);
  chosen.fails_until = milliseconds::max();
  chosen.incidents.push_back({.at = chosen.writes.lasting + chosen.world.max_lag,
                              .what = incident::repair_between,
                              .lasting = milliseconds{0},
                              .detail = undone_ignoring_nothing});
  sort_by_time(chosen.incidents);
}

/// Nothing else renews the stream, and the service's clock is ours: T is told by it.
void make_freeze(dice& draw, scenario& chosen) {
  freeze_plan freeze{.at = draw.between(chosen.writes.lasting / 2, chosen.writes.lasting),
                     .from_start = draw.chance(0.4),
                     .restart_takes = draw.between(milliseconds{0}, seconds{20}),
                     .forgotten_writes = {}};
  freeze.restart_at =
      std::max(milliseconds{0}, freeze.at + draw.between(seconds{-40}, seconds{15}));
  for (auto writes = draw.chance(0.35) ? draw.between(1, 4) : 0; writes > 0; --writes) {
    freeze.forgotten_writes.push_back(
        draw.between(milliseconds{1500}, draw.chance(0.5) ? seconds{5} : chosen.world.max_lag * 2));
  }
  chosen.clock_skew = milliseconds{0};
  std::erase_if(chosen.incidents, [](const planned_incident& each) {
    return each.what == incident::long_absence || each.what == incident::renew_stream ||
           each.what == incident::recreate_source || each.what == incident::day_without_reading;
  });
  chosen.freeze = std::move(freeze);
}

/// How the service answers, and what is there before the monitor.
void make_service(dice& draw, scenario& chosen) {
  chosen.replication_wait = draw.chance(0.7) ? seconds{5} : seconds{1};
  chosen.records_limit = draw.chance(0.3) ? static_cast<int>(draw.between(1, 20)) : 1000;
  chosen.get_records_per_second = draw.chance(0.2) ? 5 : 0;
  chosen.describe_stream_per_second = draw.chance(0.2) ? 10 : 0;
  chosen.latency_max = draw.one_of({milliseconds{1}, milliseconds{20}, milliseconds{200}});
  chosen.read_lag_max =
      draw.chance(0.3) ? draw.between(milliseconds{0}, seconds{1}) : milliseconds{0};
  chosen.before = {.writes = draw.chance(0.5) ? draw.between(1, 60) : 0,
                   .generations = draw.chance(0.5) ? draw.between(1, 3) : 0,
                   .forgotten = draw.chance(0.4)};
  if (chosen.before.generations > 0) {
    // These live for seconds: no shard is split again while listings hide it.
    chosen.world.stream.first_child_listed_after = milliseconds{0};
  }
}

/// What ends a process, so that the next one starts, and what is done beside it.
void add_starts_and_commands(dice& draw, scenario& chosen) {
  const auto add = [&](incident what) {
    const auto lasting = duration_of(draw, what);
    chosen.incidents.push_back(
        {.at = draw.between(chosen.writes.lasting / 4, chosen.writes.lasting),
         .what = what,
         .lasting = lasting,
         .detail = draw.between(0, 1'000'000)});
  };
  for (std::size_t i = 1; i < chosen.processes.size(); ++i) {
    add(draw.chance(0.5) ? incident::crash : incident::stop);
  }
  const bool forward = chosen.world.way == verify::direction::source_to_target;
  if (chosen.world.create_target && forward) {
    const auto sometimes = [&](incident what, double probability) {
      if (draw.chance(probability)) {
        add(what);
      }
    };
    sometimes(incident::recreate_target, 0.07);
    sometimes(incident::recreate_source, 0.04);
    sometimes(incident::compare_beside, 0.12);
    sometimes(incident::repair_between, 0.1);
  }
}

std::string describe_world(const scenario& chosen) {
  const auto& world = chosen.world;
  const auto& writes = chosen.writes;
  const auto& how = chosen.replication;
  const auto& bad = chosen.faults;
  return fmt::format(
      "  stream: {} from {}, {} shards, view {}, page limit {}, first number {}\n"
      "  checks: {}, 1 key in {}, max lag {}, stall after {}, memory {}, batch wait {}, wait {}\n"
      "  service: answers within {}, clock ahead by {} ms, reads late by {}, children hidden {}, "
      "parents open {}, ends found after {}, "
      "iterators live {}, empty {:.2f}, repeated {:.2f}\n"
      "  before: {} writes, {} generations of shards{}{}\n"
      "  writes: {} keys ({} hot), {:.1f}/s for {}, deletes {:.2f}, there and back {:.2f} within "
      "{}, {} values, w alone {:.2f}\n"
      "  replication: {} to {}, lost {:.3f}, lost deletes {:.3f}, altered {:.3f}, stale {:.3f}, "
      "replayed {:.3f}, unexpected {:.3f}, at most {:.0f}/s\n"
      "  shower: throttle {:.2f}, 5xx {:.2f}, reset {:.2f}, lost answer {:.2f}, timeout {:.2f}, "
      "cut "
      "{:.2f}, crc {:.2f}, partial {:.2f}, slow {:.2f}\n",
      world.way == verify::direction::source_to_target ? "source" : "target",
      world.first == stream::first_position::latest ? "LATEST" : "TRIM_HORIZON",
      world.stream.shards, world.view_type, chosen.records_limit, world.first_sequence_number,
      world.way == verify::direction::source_to_target ? "of the target" : "of the source",
      world.sample_rate, format_duration(world.max_lag), format_duration(world.stall_after),
      world.memory_bytes_max, format_duration(world.batch_wait_max),
      format_duration(chosen.replication_wait), format_duration(chosen.latency_max),
      chosen.clock_skew.count(), format_duration(chosen.read_lag_max),
      format_duration(world.stream.children_listed_after),
      format_duration(world.stream.parent_listed_open_for),
      format_duration(world.stream.end_found_after),
      format_duration(world.stream.iterator_lifetime), world.stream.empty_page_rate,
      world.stream.repeat_rate, chosen.before.writes, chosen.before.generations,
      chosen.before.forgotten ? ", forgotten" : "",
      chosen.at_rest ? fmt::format("; a baseline{} in {} segments after {}, settle {}",
                                   chosen.at_rest->with_export ? " with an export" : "",
                                   chosen.at_rest->segments, format_duration(chosen.at_rest->after),
                                   format_duration(chosen.at_rest->settle))
                     : "",
      writes.keys, writes.hot_keys, writes.writes_per_second, format_duration(writes.lasting),
      writes.deletes, writes.there_and_back, format_duration(writes.back_within), writes.values,
      writes.other_only, format_duration(how.delay_min), format_duration(how.delay_max), how.lost,
      how.lost_delete, how.altered, how.stale, how.replayed, how.unexpected,
      how.changes_per_second_max, bad.throttle, bad.server_error, bad.connection_reset,
      bad.lost_answer, bad.timeout, bad.truncated_body, bad.wrong_crc, bad.partial_batch, bad.slow);
}

}  // namespace

std::string_view to_string(incident what) {
  static constexpr std::array<std::string_view, 21> names{"split",
                                                          "roll over",
                                                          "expire iterators",
                                                          "expire credentials",
                                                          "crash",
                                                          "crash mid step",
                                                          "crash in comparison",
                                                          "stop",
                                                          "long absence",
                                                          "renew stream",
                                                          "outage",
                                                          "listing outage",
                                                          "reading outage",
                                                          "recreate target",
                                                          "recreate source",
                                                          "trim idle",
                                                          "day without reading",
                                                          "pause",
                                                          "compare beside",
                                                          "repair between",
                                                          "fault shower"};
  return names.at(static_cast<std::size_t>(what));
}

scenario make_scenario(std::uint64_t seed) {
  dice draw(seed);
  scenario chosen{.seed = seed, .world = make_world(draw, seed)};
  const auto max_lag = chosen.world.max_lag;
  make_service(draw, chosen);
  chosen.writes = make_traffic(draw);
  if (chosen.records_limit < chosen.writes.writes_per_second) {
    chosen.records_limit = 1000;  // it could never catch up
  }
  chosen.replication = make_replication(draw, max_lag);
  if (draw.chance(0.35)) {
    const auto from = draw.between(milliseconds{0}, chosen.writes.lasting);
    chosen.stalls.emplace_back(from, from + draw.between(max_lag / 2, max_lag * 4));
  }
  chosen.faults = make_faults(draw);
  chosen.incidents = make_incidents(draw, chosen.writes.lasting);
  if (chosen.world.way == verify::direction::source_to_target && draw.chance(0.1)) {
    chosen.world.create_target = false;
    chosen.target_created_after = draw.between(seconds{5}, seconds{60});
  }
  if (draw.chance(0.25)) {
    chosen.clock_skew = draw.between(seconds{-5}, seconds{5});
  }
  if (draw.chance(0.3)) {
    chosen.ttl = make_expiry(draw);
  }
  if (draw.chance(0.9)) {
    chosen.at_rest = baseline{.after = draw.between(seconds{3}, seconds{12}),
                              .settle = draw.between(seconds{5}, seconds{14}),
                              .segments = draw.between(1, 50)};
    chosen.world.sample_rate = draw.chance(0.8) ? 1 : draw.one_of<std::uint64_t>({2, 10, 100});
    chosen.before.writes = draw.between(20, 200);
  }
  chosen.processes = make_processes(draw, chosen.world.sample_rate, chosen.at_rest.has_value());
  chosen.world.sample_rate = chosen.processes.front().sample_rate;
  add_starts_and_commands(draw, chosen);
  const bool forward = chosen.world.way == verify::direction::source_to_target;
  if (chosen.at_rest && forward && draw.chance(0.25)) {
    make_freeze(draw, chosen);
  }
  if (chosen.at_rest && forward && draw.chance(0.006)) {
    make_restless(draw, chosen);
  }
  sort_by_time(chosen.incidents);
  if (draw.chance(0.65)) {
    chosen.fails_from = draw.between(chosen.writes.lasting / 3, chosen.writes.lasting);
  }
  if (draw.chance(0.2)) {
    chosen.fails_until = draw.between(milliseconds{0}, chosen.writes.lasting);
  }
  if (chosen.at_rest && forward && !chosen.freeze && !chosen.restless && draw.chance(0.02)) {
    make_hasty_key(chosen);
  }
  if (chosen.at_rest && !chosen.freeze && draw.chance(0.05)) {
    add_crash_in_the_comparison(draw, chosen);
  }
  if (chosen.world.create_target && forward && !chosen.freeze && draw.chance(0.02)) {
    add_undone_repair(chosen);
  }
  if (chosen.at_rest && draw.chance(0.2)) {
    chosen.at_rest->with_export = true;
  }
  return chosen;
}

std::string describe(const scenario& chosen) {
  auto text = describe_world(chosen);
  if (chosen.ttl.share > 0) {
    text += fmt::format("  ttl: {:.2f} of the items, within {}, source swept each {}, target {}\n",
                        chosen.ttl.share, format_duration(chosen.ttl.within_max),
                        format_duration(chosen.ttl.source_sweep),
                        chosen.ttl.target_sweep > milliseconds{0}
                            ? "each " + format_duration(chosen.ttl.target_sweep)
                            : "never");
  }
  if (const auto& freeze = chosen.freeze) {
    text += fmt::format("  frozen at {}, {}\n", format_duration(freeze->at),
                        freeze->from_start
                            ? "as the first process knows"
                            : fmt::format("for which it is ended at {} and started {} later",
                                          format_duration(freeze->restart_at),
                                          format_duration(freeze->restart_takes)));
    for (const auto& after : freeze->forgotten_writes) {
      text += fmt::format("  a forgotten write {} after the freeze\n", format_duration(after));
    }
  }
  if (const auto& restless = chosen.restless) {
    text += fmt::format("  a key that never arrives from {} on, {:.0f} writes a second for {}\n",
                        format_duration(restless->from), restless->writes_per_second,
                        format_duration(restless->lasting));
  }
  for (const auto& each : chosen.processes) {
    text += fmt::format("  a process: changes of 1 key in {}, at rest 1 key in {}{}{}\n",
                        each.sample_rate, each.baseline_sample_rate,
                        each.ignored.empty() ? "" : ", without " + each.ignored,
                        each.accept_sampled ? ", a sample will do" : "");
  }
  if (chosen.fails_from > milliseconds{0} || chosen.fails_until != milliseconds::max()) {
    text += fmt::format(
        "  replication fails from {} until {}{}\n", format_duration(chosen.fails_from),
        chosen.fails_until == milliseconds::max() ? "the end" : format_duration(chosen.fails_until),
        chosen.replication.alters.empty() ? "" : ", alters " + chosen.replication.alters);
  }
  for (const auto& [from, until] : chosen.stalls) {
    text += fmt::format("  replication stalls from {} to {}\n", format_duration(from),
                        format_duration(until));
  }
  if (!chosen.world.create_target) {
    text += fmt::format("  the target is created after {}\n",
                        format_duration(chosen.target_created_after));
  }
  for (const auto& each : chosen.incidents) {
    text += fmt::format("  {}: {} {}\n", format_duration(each.at), to_string(each.what),
                        each.lasting > milliseconds{0} ? format_duration(each.lasting) : "");
  }
  return text;
}

}  // namespace ddm::simulation
