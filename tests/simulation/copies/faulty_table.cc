#include "simulation/copies/faulty_table.h"

#include <memory>
#include <utility>

namespace ddm::simulation::copies {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds quickest{2};
constexpr milliseconds slowest{400};
constexpr milliseconds time_out{10'000};
constexpr milliseconds latest{120'000};

awaitable<void> happen(clock& time, wall_time when, std::function<void()> what) {
  co_await time.sleep_until(when);
  what();
}

error timed_out() {
  return {.kind = error_class::retry, .code = "Timeout", .message = "no answer"};
}

}  // namespace

result<bool> stored_states::write_head(const remote::head_write& write) {
  if (head ? head->write != write.expected : !write.expected.empty()) {
    return false;
  }
  const auto before = std::exchange(head, write.next);
  on_head(before);
  return true;
}

void stored_states::erase(const std::vector<remote::state_table::place>& places) {
  for (const auto& each : places) {
    blocks.erase({each.epoch, each.name});
  }
  on_deleted();
}

void network::at(wall_time when, std::function<void()> what) {
  events_.spawn(happen(time_, when, std::move(what)));
}

awaitable<void> network::end() {
  events_.cancel();
  co_await events_.join();
}

template <class T>
awaitable<result<T>> faulty_table::call(std::function<result<T>()> effect, bool writes) {
  auto fate = static_cast<unsigned>(net_.below(1000));
  const auto is = [&fate](unsigned of_thousand) {
    const bool hit = fate < of_thousand;
    fate = hit ? ~0U : fate - of_thousand;
    return hit;
  };
  const auto& faults = net_.faults;
  const auto sent = net_.time().now();
  const auto arrives = sent + net_.between(quickest, slowest);
  if (is(faults.throttled)) {
    co_await time_.sleep_for(arrives - sent);
    co_return fail(error_class::throttled, "throttled");
  }
  if (is(faults.lost)) {
    co_await time_.sleep_for(time_out);
    co_return fail(timed_out());
  }
  auto answer = std::make_shared<std::optional<result<T>>>();
  const auto done_at = is(faults.late) ? sent + net_.between(time_out, latest) : arrives;
  const bool unheard = done_at > arrives || is(faults.unheard);
  net_.at(done_at, [answer, effect] { answer->emplace(effect()); });
  if (writes && !unheard && is(faults.repeated)) {
    net_.at(sent + net_.between(slowest, latest), [effect] { (void)effect(); });
  }
  if (unheard) {
    co_await time_.sleep_for(time_out);
    co_return fail(timed_out());
  }
  co_await time_.sleep_for(done_at - sent + net_.between(quickest, slowest));
  while (!*answer) {  // by a clock that goes too fast
    co_await time_.sleep_for(quickest);
  }
  co_return std::move(**answer);
}

awaitable<result<std::optional<remote::head>>> faulty_table::read_head() {
  return call<std::optional<remote::head>>(
      [&states = states_] { return result<std::optional<remote::head>>(states.head); }, false);
}

awaitable<result<bool>> faulty_table::write_head(remote::head_write write) {
  return call<bool>(
      [&states = states_, write = std::move(write)] { return states.write_head(write); }, true);
}

awaitable<result<void>> faulty_table::put_blocks(std::uint64_t epoch,
                                                 std::vector<remote::sealed_block> blocks) {
  const bool is_partial = net_.below(1000) < net_.faults.partial;
  const auto written = is_partial ? net_.below(blocks.size() + 1) : blocks.size();
  return call<void>(
      [&states = states_, epoch, blocks = std::move(blocks), written]() -> result<void> {
        for (std::size_t i = 0; i < written; ++i) {
          states.blocks[{epoch, blocks[i].name}] = blocks[i].bytes;
        }
        return written == blocks.size() ? result<void>() : fail(error_class::throttled, "some");
      },
      true);
}

awaitable<result<std::vector<std::string>>> faulty_table::get_blocks(
    std::uint64_t epoch, std::vector<remote::block_name> names) {
  return call<std::vector<std::string>>(
      [&states = states_, epoch, names = std::move(names)]() -> result<std::vector<std::string>> {
        std::vector<std::string> found;
        for (const auto& name : names) {
          const auto block = states.blocks.find({epoch, name});
          if (block == states.blocks.end()) {
            return fail(error{.kind = error_class::fatal,
                              .code = std::string(remote::block_missing),
                              .message = "block " + name.hex() + " is not there"});
          }
          found.push_back(block->second);
        }
        return found;
      },
      false);
}

awaitable<result<std::vector<remote::state_table::place>>> faulty_table::blocks_before(
    std::uint64_t epoch) {
  return call<std::vector<place>>(
      [&states = states_, epoch]() -> result<std::vector<place>> {
        std::vector<place> found;
        for (const auto& [key, bytes] : states.blocks) {
          if (key.first >= epoch || found.size() == remote::blocks_per_call_max) {
            break;
          }
          found.push_back({.epoch = key.first, .name = key.second});
        }
        return found;
      },
      false);
}

awaitable<result<void>> faulty_table::delete_blocks(std::vector<place> blocks) {
  return call<void>(
      [&states = states_, blocks = std::move(blocks)]() -> result<void> {
        states.erase(blocks);
        return {};
      },
      true);
}

}  // namespace ddm::simulation::copies
