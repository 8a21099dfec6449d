#include "simulation/copies/referee.h"

#include <fmt/format.h>

#include <utility>

namespace ddm::simulation::copies {
namespace {

constexpr std::size_t violations_max = 20;

}  // namespace

referee::referee(stored_states& states, support::simulated_clock& time)
    : states_(states), time_(time), start_(time.now()) {
  states_.on_head = [this](const std::optional<remote::head>& before) { look_at_head(before); };
  states_.on_deleted = [this] { look_at_copy(); };
}

void referee::violation(const std::string& what) {
  if (violations_.size() < violations_max) {
    violations_.push_back(fmt::format(
        "{:.1f} s: {}", static_cast<double>((time_.now() - start_).count()) / 1000, what));
  }
}

void referee::on_resumed(const std::string& who, std::int64_t position) {
  const bool still_holds = states_.head && states_.head->told == who;
  if (still_holds && position != position_) {
    violation(
        fmt::format("{} has resumed from {}, and the copy is of {}", who, position, position_));
  }
}

void referee::on_left(const std::string& who, std::int64_t position) {
  if (position > position_) {
    violation(fmt::format("{} has left with success at {}, and the copy is of {}", who, position,
                          position_));
  }
}

void referee::on_effect(const std::string& who, std::int64_t position) {
  if (!states_.head || states_.head->owner.empty() || states_.head->told != who) {
    violation(who + " acts, and does not hold the state");
  } else if (position > position_) {
    violation(fmt::format("{} acts at {}, and the copy is of {}", who, position, position_));
  }
}

std::size_t referee::bytes() const {
  std::size_t sum = 0;
  for (const auto& [key, bytes] : states_.blocks) {
    sum += bytes.size();
  }
  return sum;
}

result<std::string> referee::read_block(const remote::block_name& name) const {
  const auto found = states_.blocks.find({states_.head->copy->epoch, name});
  needed_bytes_ += found == states_.blocks.end() ? 0 : found->second.size();
  return found == states_.blocks.end() ? fatal("block " + name.hex() + " is not there")
                                       : remote::unseal(found->second, name);
}

result<state_files> referee::read_copy() const {
  const auto join = [this](const std::vector<remote::block_name>& names) {
    result<std::string> bytes;
    for (const auto& name : names) {
      auto block = read_block(name);
      if (!block) {
        return block;
      }
      *bytes += *block;
    }
    return bytes;
  };
  needed_bytes_ = 0;
  result<std::string> bytes = states_.head->copy->manifest.top;
  for (auto levels = states_.head->copy->manifest.levels; bytes && levels > 0; --levels) {
    bytes = join(*remote::names_in(*bytes));
  }
  if (!bytes) {
    return fail(bytes.error());
  }
  const auto listed = remote::decode_manifest(*bytes);
  if (!listed) {
    return fail(listed.error());
  }
  state_files files;
  for (const auto& file : *listed) {
    auto whole = join(file.blocks);
    if (!whole) {
      return fail(whole.error());
    }
    files[file.name] = *std::move(whole);
  }
  return files;
}

void referee::look_at_copy() {
  if (!states_.head || !states_.head->copy) {
    return;
  }
  const auto files = read_copy();
  const auto position = files ? position_of(*files) : fail(files.error());
  if (!position) {
    violation("the head names a copy that is none: " + position.error().message);
  } else if (*position < position_) {
    violation(fmt::format("the copy went back from {} to {}", position_, *position));
  }
  position_ = position.value_or(position_);
}

void referee::look_at_head(const std::optional<remote::head>& before) {
  const auto& now = *states_.head;
  if (before) {
    if (now.epoch < before->epoch ||
        (now.epoch == before->epoch && now.counter <= before->counter)) {
      violation("the head went back");
    }
    if (!now.owner.empty() && now.owner != before->owner && now.epoch == before->epoch) {
      violation("another owner without another epoch");
    }
    if (now.copy != before->copy &&
        (!now.copy || now.copy->epoch != now.epoch ||
         (before->copy && now.copy->number != before->copy->number + 1))) {
      violation("a copy that does not follow the one before it");
    }
  }
  if (!before || now.copy != before->copy) {
    look_at_copy();
  }
}

}  // namespace ddm::simulation::copies
