// Every call that the clients of tables, streams and STS can make, each with all that is optional
// in it, through the very functions that the program uses.
//   make_calls --list    their names, one a line: the function's, and what sets variants apart
//   make_calls           of each line {"call": NAME, "answers": [ANSWER, …]} on standard input:
//                        {"requests": [{"target", "body"}, …], "outcome": what was read}
// The answers are those of DynamoDB; STS is asked where AWS_ENDPOINT_URL_STS points.
// test_requests.py holds requests and outcomes against the services' models.
#include "aws/sts_client.h"
#include "dynamodb/describe_settings.h"
#include "dynamodb/dynamodb_client.h"
#include "dynamodb/page_decoder.h"
#include "dynamodb/scripted_transport.h"
#include "dynamodb/streams_client.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using namespace ddm;
using namespace ddm::dynamodb;
using nlohmann::json;

/// One of every type. As a key it has the attributes of `schema`.
constexpr std::string_view item =
    R"({"order_id":{"S":"o\"漢"},"line":{"N":"7"},"b":{"B":"AAE="},"yes":{"BOOL":true},)"
    R"("nothing":{"NULL":true},"l":{"L":[{"S":""},{"M":{}}]},"m":{"M":{"a.b":{"N":"-1E-130"}}},)"
    R"("ss":{"SS":["a"]},"ns":{"NS":["1","2.50"]},"bs":{"BS":["AA=="]}})";
constexpr std::string_view key = R"({"order_id":{"S":"o"},"line":{"N":"7"}})";
constexpr std::string_view other_key = R"({"order_id":{"S":"o"},"line":{"N":"8"}})";
const key_schema schema{.partition = {.name = "order_id", .type = key_type::string},
                        .sort = key_attribute{.name = "line", .type = key_type::number}};
const table_name table{"orders"};
const stream_arn stream{
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"};
const shard_id shard{"shardId-00000001700000000000-aaaaaaaa"};

// What was read, as JSON: every field, so that a member of the answer that is read can be seen.

json text_or_null(const auto& value) { return value ? json(value->str()) : json(); }
json time_or_null(const std::optional<wall_time>& time) {
  return time ? json(to_ms(*time)) : json();
}

json shown(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

json shown(const dynamodb_client::table_names& told) {
  return {{"names", told.names}, {"last", shown(told.last)}};
}

json shown(const table_description& told) {
  return {{"name", told.name},
          {"arn", told.arn},
          {"id", told.id},
          {"created", time_or_null(told.created)},
          {"status", {static_cast<int>(told.status), told.status_text}},
          {"schema", told.schema.describe()},
          {"items", {told.item_count, told.size_bytes}},
          {"billing", {told.on_demand, told.provisioned_rcu, told.provisioned_wcu}},
          {"stream", {told.stream.enabled, told.stream.view_type}},
          {"latest_stream", text_or_null(told.latest_stream_arn)}};
}

json shown(const dynamodb_client::batch_write& left) { return {left.put_items, left.delete_keys}; }

json shown(const dynamodb_client::conditional_outcome& outcome) {
  return {outcome.written, outcome.consumed_units};
}

json shown(const stream_page& page) {
  json shards = json::array();
  for (const auto& each : page.shards) {
    shards.push_back(
        {each.id.str(), text_or_null(each.parent), each.starting.str(), text_or_null(each.ending)});
  }
  return {{"status", static_cast<int>(page.status)},
          {"view", page.view_type},
          {"table", page.table},
          {"shards", shards},
          {"last", text_or_null(page.last_evaluated)}};
}

json shown(const shard_iterator& iterator) { return iterator.str(); }

json shown(const described_table& described) {
  json settings;
  for (const auto& [name, value] : described.settings) {
    settings[name] = shown(value);
  }
  return {{"table", shown(described.table)},
          {"settings", settings},
          {"kms_key", shown(described.kms_key_arn)}};
}

page_decoder decoder() {
  return page_decoder(
      {.schema = schema, .secret = digest_secret{}, .ignored = ignore_list(), .sample = {}});
}

json digest_or_null(const std::optional<item_digest>& digest) {
  return digest ? json(digest->compared.hex()) : json();
}

json shown(const result<items_page>& page) {
  if (!page) {
    return {{"error", page.error().describe()}};
  }
  json items = json::array();
  for (const auto& each : page->items) {
    items.push_back({each.key.json(schema), digest_or_null(each.digest), each.json});
  }
  return {{"items", items},
          {"returned", page->returned},
          {"unprocessed", page->unprocessed_keys},
          {"last", shown(page->last_evaluated_key)},
          {"units", page->consumed_units}};
}

json shown(const records_answer& answer) {
  const auto page = decoder().decode_records(answer.body);
  if (!page) {
    return {{"error", page.error().describe()}};
  }
  json records = json::array();
  for (const auto& each : page->records) {
    records.push_back({each.sequence.str(), static_cast<int>(each.kind), each.by_ttl,
                       to_ms(each.created), each.key.json, digest_or_null(each.new_image),
                       digest_or_null(each.old_image)});
  }
  return {{"records", records}, {"next", text_or_null(page->next)}};
}

json shown_trees(const std::vector<attribute_map>& items) {
  json list = json::array();
  for (const auto& each : items) {
    list.push_back(to_json(each));
  }
  return list;
}

json shown(const dynamodb_client::items_read& read) {
  return {shown_trees(read.items), read.unprocessed_keys};
}

json shown(const dynamodb_client::query_answer& read) {
  return {shown_trees(read.keys),
          read.last_evaluated_key ? json(*read.last_evaluated_key) : json()};
}

json shown_batch(const padded_buffer& body) { return shown(decoder().decode_batch_get(body)); }
json shown_items(const padded_buffer& body) { return shown(decoder().decode_items(body)); }

json shown(const aws::credentials& given) {
  return {given.access_key_id, given.secret_access_key.reveal(), given.session_token.reveal(),
          time_or_null(given.expires), given.account_id};
}

json shown(const aws::caller_identity& identity) {
  return {identity.account, identity.arn, identity.user_id};
}

template <class Result, class Show>
json outcome_of(const Result& made, const Show& show) {
  if (!made) {
    return {{"error", made.error().describe()}};
  }
  if constexpr (std::is_void_v<typename Result::value_type>) {
    return "done";
  } else {
    return show(*made);
  }
}

struct prepared_call {
  std::string name;
  /// Answers in, requests and outcome out.
  std::function<json(const json&)> make;
};

constexpr auto by_type = [](const auto& value) { return shown(value); };

/// `call` takes a scripted<Client>.
template <class Client, class Call, class Show = decltype(by_type)>
prepared_call scripted_call(std::string name, Call call, Show show = by_type) {
  return {std::move(name), [call, show](const json& answers) {
            scripted<Client> script;
            for (const auto& answer : answers) {
              script.transport.answer(answer.dump());
            }
            const auto made = script.run(call(script));
            json told{{"requests", json::array()}, {"outcome", outcome_of(made, show)}};
            for (const auto& sent : script.transport.requests()) {
              told["requests"].push_back({{"target", sent.target}, {"body", sent.body}});
            }
            return told;
          }};
}

attribute_map attributes(std::string_view text) { return parse_item(text).value(); }

conditional_write write_of(conditional_write::kind what) {
  conditional_write write{.what = what,
                          .key = attributes(key),
                          .set = {},
                          .unset = {},
                          .expected = attributes(item),
                          .expected_absent = {"absent", "a.b"}};
  if (what == conditional_write::kind::put) {
    write.set = attributes(item);
  } else if (what == conditional_write::kind::update) {
    write.set = attributes(R"({"b":{"B":"AAI="},"new":{"L":[]}})");
    write.unset = {"ss", "ns"};
  }
  return write;
}

template <class Call, class Show = decltype(by_type)>
prepared_call on_table(std::string name, Call call, Show show = by_type) {
  return scripted_call<dynamodb_client>(
      "dynamodb_client::" + std::move(name), [call](auto& script) { return call(script.client); },
      show);
}

template <class Call>
prepared_call on_stream(std::string name, Call call) {
  return scripted_call<streams_client>("streams_client::" + std::move(name),
                                       [call](auto& script) { return call(script.client); });
}

std::vector<prepared_call> reads() {
  using client = dynamodb_client;
  const auto keys = [] {
    return std::vector<std::string>{std::string(key), std::string(other_key)};
  };
  const std::string start(key);
  return {
      on_table("list_tables", [](client& by) { return by.list_tables("carts"); }),
      on_table("list_tables (from the first)",
               [](client& by) { return by.list_tables(std::nullopt); }),
      on_table("describe_table", [](client& by) { return by.describe_table(table); }),
      on_table("describe_time_to_live", [](client& by) { return by.describe_time_to_live(table); }),
      on_table(
          "batch_get_item", [=](client& by) { return by.batch_get_item(table, keys(), true); },
          shown_batch),
      on_table("batch_get_trees",
               [=](client& by) { return by.batch_get_trees(table, keys(), true); }),
      on_table("query_keys",
               [=](client& by) {
                 return by.query_keys({.table = table,
                                       .partition_attribute = "order_id",
                                       .partition = "o",
                                       .sort_attribute = "line",
                                       .sort_below = "9",
                                       .exclusive_start_key = start,
                                       .limit = 100,
                                       .consistent_read = true});
               }),
      on_table("get_item", [=](client& by) { return by.get_item(table, start, true); }),
      on_table(
          "scan",
          [=](client& by) {
            return by.scan({.table = table,
                            .segment = 3,
                            .total_segments = 8,
                            .exclusive_start_key = start,
                            .limit = 100,
                            .consistent_read = true});
          },
          shown_items),
      on_table(
          "scan (plain)", [](client& by) { return by.scan({.table = table}); }, shown_items),
  };
}

std::vector<prepared_call> writes() {
  using client = dynamodb_client;
  using kind = conditional_write::kind;
  const std::string whole(item);
  const std::string start(key);
  const auto write_if = [](std::string_view variant, const conditional_write& write) {
    return on_table("write_if (" + std::string(variant) + ")",
                    [=](client& by) { return by.write_if(table, write); });
  };
  auto put_new = write_of(kind::put);
  put_new.expected.clear();
  return {
      on_table("create_table",
               [=](client& by) {
                 return by.create_table({.table = table,
                                         .partition_attribute = "order_id",
                                         .sort_attribute = "line",
                                         .kms_key = "alias/states"});
               }),
      on_table("create_table (of the account's key)",
               [=](client& by) {
                 return by.create_table({.table = table,
                                         .partition_attribute = "order_id",
                                         .sort_attribute = "line",
                                         .kms_key = ""});
               }),
      on_table("put_item", [=](client& by) { return by.put_item(table, whole); }),
      on_table("delete_item", [=](client& by) { return by.delete_item(table, start); }),
      on_table("batch_write_item",
               [=](client& by) {
                 return by.batch_write_item(
                     table, {.put_items = {whole}, .delete_keys = {std::string(other_key)}});
               }),
      write_if("put", write_of(kind::put)),
      write_if("put of what must not exist", put_new),
      write_if("update", write_of(kind::update)),
      write_if("remove", write_of(kind::remove)),
  };
}

std::vector<prepared_call> stream_calls() {
  using client = streams_client;
  using position = iterator_position;
  const auto number = sequence_number::parse("111100000000000000000000001").value();
  const auto iterator = [](std::string_view variant, position where) {
    return on_stream("get_shard_iterator (" + std::string(variant) + ")",
                     [=](client& by) { return by.get_shard_iterator(stream, shard, where); });
  };
  return {
      on_stream("describe_stream", [](client& by) { return by.describe_stream(stream, shard); }),
      on_stream("describe_children",
                [](client& by) { return by.describe_children(stream, shard); }),
      iterator("trim horizon", position::trim_horizon()),
      iterator("latest", position::latest()),
      iterator("at", position::at(number)),
      iterator("after", position::after(number)),
      on_stream("get_records",
                [](client& by) { return by.get_records(shard_iterator("arn|1|x"), 1000); }),
  };
}

/// `call` takes a client of STS and who signs.
template <class Call>
prepared_call on_sts(std::string name, Call call) {
  return {"sts_client::" + std::move(name), [call](const json&) {
            asio::io_context loop;
            system_clock time;
            const auto variables = aws::environment::of_process();
            const auto files = aws::profile_files::load(variables).value();
            const auto client = aws::sts_client::create({.executor = loop.get_executor(),
                                                         .time = time,
                                                         .variables = variables,
                                                         .profile = {},
                                                         .region = "eu-west-1",
                                                         .ca_file = {}},
                                                        files)
                                    .value();
            const auto by = std::make_shared<const aws::credentials>(
                aws::credentials{.access_key_id = "AKIAKEYS",
                                 .secret_access_key = secret(std::string("secret-of-AKIAKEYS"))});
            json told{{"requests", json::array()}};
            asio::co_spawn(loop, call(client, by), [&](std::exception_ptr failure, auto made) {
              told["outcome"] = failure ? json() : outcome_of(made, by_type);
            });
            loop.run();
            return told;
          }};
}

std::vector<prepared_call> sts_calls() {
  const aws::role_request role{.role_arn = "arn:aws:iam::123456789012:role/migration",
                               .session_name = "session=1",
                               .external_id = "external/id+1",
                               .duration_seconds = 900};
  using client = aws::sts_client;
  return {
      on_sts("assume_role",
             [=](const client& sts, const auto& by) { return sts.assume_role(role, by); }),
      on_sts("assume_role_with_web_identity",
             [role](const client& sts, const auto&) {
               return sts.assume_role_with_web_identity(role,
                                                        secret(std::string("planted-web-token")));
             }),
      on_sts("get_caller_identity",
             [](const client& sts, const auto& by) { return sts.get_caller_identity(by); }),
  };
}

std::vector<prepared_call> all_calls() {
  std::vector<prepared_call> all;
  for (auto&& group : {reads(), writes(), stream_calls(), sts_calls()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  all.push_back(scripted_call<dynamodb_client>(
      "dynamodb::describe_with_settings",
      [](auto& script) { return describe_with_settings(script.calls, table); }));
  return all;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const auto calls = all_calls();
  if (argument_count > 1 && std::string_view(arguments[1]) == "--list") {
    for (const auto& each : calls) {
      std::cout << each.name << '\n';
    }
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = json::parse(line);
    const auto name = asked.at("call").get<std::string>();
    const auto found =
        std::ranges::find_if(calls, [&](const auto& each) { return each.name == name; });
    if (found == calls.end()) {
      std::cerr << "no such call: " << name << '\n';
      return 2;
    }
    std::cout << found->make(asked.at("answers")).dump() << std::endl;
  }
}
