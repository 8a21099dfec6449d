// The fake as a process of its own, for tests and benchmarks of the real binary.
//
// Problem: DynamoDB Local has one shard a stream, stores a thousand items a second and answers
// slowly. Idea: the accounts `source` and `target` begin with the same items of tools/tables.py's
// keys, and the source's stream has as many shards as wanted. Its URL is written to standard
// output; each line of standard input is a command, its answer a line; the end of input is the end.
#include "support/fake_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ddm::support {
namespace {

constexpr std::string_view usage =
    "usage: serve_fake [--items N] [--shape small|nested|large] [--shards N] [--shuffled 1] "
    "[--latency MS]\n"
    "  --items N     items that both tables begin with (0)\n"
    "  --shape S     small (about 130 bytes), nested (1 KB), large (50 KB)\n"
    "  --shards N    of the source's stream (1)\n"
    "  --shuffled 1  the target scans in another order\n"
    "  --latency MS  before each answer (0)\n"
    "Prints its URL. Commands on standard input, each answered by a line:\n"
    "  put FROM COUNT     writes that many new items to both tables\n"
    "  drop FROM COUNT    removes so many of the target's\n"
    "  change FROM COUNT  gives so many of the target's another `total`\n"
    "  shards             open shards of the source's stream\n"
    "  calls ACCOUNT      requests so far, as OPERATION=COUNT with blanks between them\n";

constexpr auto table_name = "orders";
constexpr std::uint64_t lines_per_order = 8;

struct options {
  std::uint64_t items = 0;
  std::uint64_t shards = 1;
  std::uint64_t shuffled = 0;
  std::uint64_t latency = 0;
  std::string_view shape = "small";
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

std::optional<options> parse(int argc, char** argv) {
  options chosen;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (i + 1 == argc) {
      return std::nullopt;
    }
    if (flag == "--shape") {
      chosen.shape = argv[i + 1];
      continue;
    }
    auto* const value = flag == "--items"      ? &chosen.items
                        : flag == "--shards"   ? &chosen.shards
                        : flag == "--shuffled" ? &chosen.shuffled
                        : flag == "--latency"  ? &chosen.latency
                                               : nullptr;
    const auto given = number(argv[i + 1]);
    if (value == nullptr || !given) {
      return std::nullopt;
    }
    *value = *given;
  }
  const bool known = chosen.shape == "small" || chosen.shape == "nested" || chosen.shape == "large";
  return known ? std::optional(chosen) : std::nullopt;
}

/// What tools/tables.py makes of a number: every seventh is not ASCII, or has a fraction.
std::string key_json(std::uint64_t item) {
  const auto order = item / lines_per_order;
  const auto line = item % lines_per_order;
  return fmt::format(R"("order_id":{{"S":"{}#{:06}"}},"line":{{"N":"{}{}"}})",
                     order % 7 == 0 ? "注文" : "order", order, line, line % 7 == 0 ? ".25" : "");
}

std::string item_json(std::uint64_t item, std::string_view shape, std::string_view cents = "50") {
  const auto small = fmt::format(
      R"({{{},"state":{{"S":"shipped"}},"total":{{"N":"{}.{}"}},"open":{{"BOOL":false}})",
      key_json(item), item % 977, cents);
  if (shape == "nested") {
    return small +
           fmt::format(
               R"(,"text":{{"S":"{}"}},"tags":{{"SS":["red","green","blue"]}},"meta":{{"M":{{)"
               R"("created":{{"N":"1700000000"}},"by":{{"S":"import"}},"flags":{{"L":[{{"BOOL":true}},)"
               R"({{"NULL":true}},{{"N":"12.50"}}]}}}}}},"blob":{{"B":"{}"}}}})",
               std::string(500, 'x'), std::string(256, 'Q'));
  }
  if (shape == "large") {
    return small + fmt::format(R"(,"text":{{"S":"{}"}}}})", std::string(50'000, 'x'));
  }
  return small + "}";
}

class served_migration {
 public:
  explicit served_migration(const options& chosen)
      : shape_(chosen.shape), server_(defaults(chosen)) {
    const dynamodb::key_schema schema{
        .partition = {"order_id", dynamodb::key_type::string},
        .sort = dynamodb::key_attribute{"line", dynamodb::key_type::number}};
    server_.with_account("source", [&](fake_dynamodb& account) {
      account.create_table(table_name, schema);
      return 0;
    });
    server_.with_account("target", [&](fake_dynamodb& account) {
      account.settings().order_salt = chosen.shuffled == 0 ? 0 : 0x5A17;
      account.create_table(table_name, schema);
      return 0;
    });
    put(0, chosen.items);
    server_.with_account("source", [](fake_dynamodb& account) {
      return account.enable_stream(table_name, "NEW_AND_OLD_IMAGES");
    });
  }

  /// Both tables share what is stored.
  void put(std::uint64_t from, std::uint64_t count) {
    for_each_block(from, count, "50", [&](std::span<const item_ptr> items) {
      for (const auto* name : {"source", "target"}) {
        put_into(name, items);
      }
    });
  }

  void change_target(std::uint64_t from, std::uint64_t count) {
    for_each_block(from, count, "51",
                   [&](std::span<const item_ptr> items) { put_into("target", items); });
  }

  void drop_from_target(std::uint64_t from, std::uint64_t count) {
    for_each_block(from, count, "50", [&](std::span<const item_ptr> items) {
      server_.with_account("target", [&](fake_dynamodb& account) {
        for (const auto& item : items) {
          account.table(table_name).remove(item->position, account.now());
        }
        return 0;
      });
    });
  }

  [[nodiscard]] std::size_t open_shards() {
    return server_.with_account("source", [](fake_dynamodb& account) {
      return account.stream(table_name).open_shards().size();
    });
  }
  [[nodiscard]] std::string calls(const std::string& account_name) {
    return server_.with_account(account_name, [](fake_dynamodb& account) {
      std::string text;
      for (const auto& [operation, count] : account.statistics().calls) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", operation, count);
      }
      return text;
    });
  }
  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  [[nodiscard]] static fake_options defaults(const options& chosen) {
    auto settings = fake_server::without_latency();
    settings.region = "ap-northeast-1";
    settings.stream.shards = static_cast<std::uint32_t>(chosen.shards);
    settings.latency_min = settings.latency_max =
        milliseconds{static_cast<std::int64_t>(chosen.latency)};
    return settings;
  }
  void for_each_block(std::uint64_t from, std::uint64_t count, std::string_view cents,
                      const std::function<void(std::span<const item_ptr>)>& does) {
    constexpr std::uint64_t at_a_time = 10'000;
    for (auto at = from; at < from + count; at += at_a_time) {
      std::vector<item_ptr> items;
      for (auto item = at; item < std::min(at + at_a_time, from + count); ++item) {
        items.push_back(*make_item(item_json(item, shape_, cents), schema()));
      }
      does(items);
    }
  }
  void put_into(const char* name, std::span<const item_ptr> items) {
    server_.with_account(name, [&](fake_dynamodb& account) {
      for (const auto& item : items) {
        account.table(table_name).put(item, account.now());
      }
      return 0;
    });
  }
  [[nodiscard]] dynamodb::key_schema schema() {
    return server_.with_account(
        "source", [](fake_dynamodb& account) { return account.table(table_name).schema(); });
  }

  std::string_view shape_;
  fake_server server_;
};

std::string obey(served_migration& served, const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::uint64_t from = 0;
  std::uint64_t count = 0;
  words >> command;
  if (command == "shards") {
    return std::to_string(served.open_shards());
  }
  if (std::string account; command == "calls" && words >> account) {
    return served.calls(account);
  }
  const auto change = command == "put"      ? &served_migration::put
                      : command == "drop"   ? &served_migration::drop_from_target
                      : command == "change" ? &served_migration::change_target
                                            : nullptr;
  if (change != nullptr && words >> from >> count) {
    (served.*change)(from, count);
    return "done";
  }
  return "unknown command: " + line;
}

}  // namespace
}  // namespace ddm::support

int main(int argc, char** argv) {
  const auto chosen = ddm::support::parse(argc, argv);
  if (!chosen) {
    std::cerr << ddm::support::usage;
    return 2;
  }
  ddm::support::served_migration served(*chosen);
  std::cout << served.url() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << ddm::support::obey(served, line) << std::endl;
  }
  return 0;
}
