#include "support/fake_dynamodb.h"

#include "base/error.h"
#include "support/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <zlib.h>

namespace ddm::support {
namespace {

class fake_connection final : public aws::transport {
 public:
  fake_connection(fake_dynamodb& account, std::string access_key)
      : account_(account), access_key_(std::move(access_key)) {}

  awaitable<result<aws::api_response>> send(aws::api_request request) override {
    request.note(aws::sending::under_way);
    auto answer = co_await account_.serve(request, access_key_, credentials_epoch_);
    request.note(aws::sending::over);
    const auto bytes_max = std::min(request.answer_bytes_max, account_.answer_bytes_max());
    if (answer && answer->status == 200 && answer->body.size() > bytes_max) {
      co_return ddm::fail(
          {.kind = error_class::fatal,
           .code = std::string(net::answer_too_large),
           .message = fmt::format("the answer is larger than {} bytes", bytes_max)});
    }
    co_return answer;
  }
  void renew_credentials() override {
    credentials_epoch_ = account_.credentials_epoch(access_key_);
  }

 private:
  fake_dynamodb& account_;
  std::string access_key_;
  std::uint64_t credentials_epoch_ = 0;
};

result<aws::api_response> connection_error(std::string code, std::string message) {
  return ddm::fail(
      error{.kind = error_class::retry, .code = std::move(code), .message = std::move(message)});
}

std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <class T>
T must(answer_or<T> answer) {
  if (!answer) {
    broken_invariant("a test asked the fake for what it cannot do: " + answer.error().message);
  }
  return std::move(*answer);
}

}  // namespace

fake_dynamodb::fake_dynamodb(clock& time, fake_options settings)
    : clock_(time),
      options_(std::move(settings)),
      numbers_(parse_sequence(options_.first_sequence_number).value(), options_.seed),
      random_(options_.seed) {}

fake_dynamodb::~fake_dynamodb() = default;

std::unique_ptr<aws::transport> fake_dynamodb::connect(std::string access_key) {
  return std::make_unique<fake_connection>(*this, std::move(access_key));
}

std::string fake_dynamodb::table_arn(std::string_view name) const {
  return fmt::format("arn:aws:dynamodb:{}:{}:table/{}", options_.region, options_.account, name);
}

fake_table& fake_dynamodb::create_table(const std::string& name, dynamodb::key_schema schema,
                                        std::optional<std::string> view_type) {
  auto made = std::make_unique<fake_table>(fake_table::options{
      .name = name,
      .arn = table_arn(name),
      .id = fmt::format("{:08x}-0000-4000-8000-{:012x}", random_() >> 32, random_() >> 16),
      .schema = std::move(schema),
      .created = now(),
      .active_at = now() + options_.create_table_takes,
      .order_salt = options_.order_salt,
      .read_lag_max = options_.read_lag_max});
  const auto [place, is_new] = tables_.emplace(name, std::move(made));
  if (!is_new) {
    broken_invariant("a test created the table " + name + " twice");
  }
  auto& added = *place->second;
  added.on_change([this, &added](const table_change& change) {
    if (added.stream_on) {
      auto& stream = *streams_.find(*added.stream_arn)->second;
      const auto& shard =
          stream.append(change.old_image, change.new_image, change.by_ttl, change.time);
      if (observer_.on_record) {
        observer_.on_record(stream, shard);
      }
    }
  });
  if (view_type) {
    enable_stream(name, *view_type);
  }
  return added;
}

fake_table& fake_dynamodb::table(std::string_view name) { return *must(find_table(name)); }

fake_stream& fake_dynamodb::stream(std::string_view table_name) {
  return *must(find_stream(table(table_name).stream_arn.value_or("of a table without one")));
}

void fake_dynamodb::put(std::string_view table_name, std::string item_json) {
  auto& into = table(table_name);
  into.put(must(make_item(std::move(item_json), into.schema())), now());
}

void fake_dynamodb::remove(std::string_view table_name, std::string_view key_json) {
  auto& from = table(table_name);
  from.remove(must(position_of_key(nlohmann::json::parse(key_json), from.schema())), now());
}

std::optional<std::string> fake_dynamodb::get(std::string_view table_name,
                                              std::string_view key_json) {
  const auto& from = table(table_name);
  const auto item =
      from.find(must(position_of_key(nlohmann::json::parse(key_json), from.schema())));
  return item ? std::optional(item->json) : std::nullopt;
}

std::string fake_dynamodb::enable_stream(std::string_view table_name,
                                         const std::string& view_type) {
  auto& of = table(table_name);
  last_label_ms_ = std::max(last_label_ms_ + 1, to_ms(now()));
  auto label = format_rfc3339(from_ms(last_label_ms_));
  label.pop_back();  // AWS writes no Z
  auto arn = fmt::format("{}/stream/{}", of.settings().arn, label);
  auto settings = options_.stream;
  settings.view_type = view_type;
  settings.seed = random_();
  streams_.emplace(arn, std::make_unique<fake_stream>(
                            fake_stream::identity{
                                .arn = arn, .table = of.settings().name, .label = std::move(label)},
                            std::move(settings), numbers_, now()));
  of.stream_arn = arn;
  of.stream_on = true;
  return arn;
}

void fake_dynamodb::disable_stream(std::string_view table_name) {
  stream(table_name).disable(now());
  table(table_name).stream_on = false;
}

void fake_dynamodb::delete_table(std::string_view table_name) {
  if (table(table_name).stream_on) {
    disable_stream(table_name);
  }
  tables_.erase(tables_.find(table(table_name).settings().name));
}

answer_or<fake_table*> fake_dynamodb::find_table(std::string_view name_or_arn) {
  auto name = name_or_arn;
  if (const auto arn = table_arn(""); name.starts_with(arn)) {
    name.remove_prefix(arn.size());
  }
  const auto found = tables_.find(name);
  if (found == tables_.end()) {
    return table_not_found(name_or_arn);
  }
  return found->second.get();
}

answer_or<fake_stream*> fake_dynamodb::find_stream(std::string_view arn) {
  const auto found = streams_.find(arn);
  if (found == streams_.end() ||
      (!found->second->enabled() &&
       now() - found->second->disabled_at() > found->second->settings().retention)) {
    return stream_not_found(arn);
  }
  return found->second.get();
}

std::vector<fake_stream*> fake_dynamodb::streams() {
  std::vector<fake_stream*> all;
  for (const auto& [arn, stream] : streams_) {
    if (find_stream(arn)) {
      all.push_back(stream.get());
    }
  }
  return all;
}

wall_time fake_dynamodb::read_time(bool consistent) {
  const auto lag_max = options_.read_lag_max.count();
  if (consistent || lag_max == 0) {
    return wall_time::max();
  }
  return now() - milliseconds{std::uniform_int_distribution<std::int64_t>(0, lag_max)(random_)};
}

bool fake_dynamodb::chance(double share) {
  return share > 0 && std::bernoulli_distribution(share)(random_);
}

bool fake_dynamodb::over_quota(const std::string& key, std::uint32_t per_second) {
  if (per_second == 0) {
    return false;
  }
  auto& [second, calls] = quotas_[key];
  const auto present = to_ms(now()) / 1000;
  if (second != present) {
    second = present;
    calls = 0;
  }
  return ++calls > per_second;
}

void fake_dynamodb::count_read(fake_table& table, double units, std::size_t keys) {
  table.spend_read_units(units, now());
  statistics_.read_units += units;
  statistics_.keys_read += keys;
}

void fake_dynamodb::expire_credentials(const std::string& access_key) {
  ++credentials_epochs_[access_key];
}

std::uint64_t fake_dynamodb::credentials_epoch(const std::string& access_key) const {
  const auto found = credentials_epochs_.find(access_key);
  return found == credentials_epochs_.end() ? 0 : found->second;
}

fault fake_dynamodb::next_fault(const aws::api_request& request, const std::string& access_key,
                                std::uint64_t connection_epoch) {
  ++statistics_.requests;
  const auto operation = request.operation();
  const auto counted = statistics_.calls.find(operation);
  ++(counted == statistics_.calls.end() ? statistics_.calls[std::string(operation)]
                                        : counted->second);
  if (connection_epoch < credentials_epoch(access_key)) {
    return fault{.type = fault::kind::expired_token};
  }
  auto planned = plan_ ? plan_(fault_context{.operation = operation,
                                             .access_key = access_key,
                                             .request = request,
                                             .now = now(),
                                             .number = statistics_.requests})
                       : fault{};
  statistics_.faults += planned.type == fault::kind::none ? 0 : 1;
  return planned;
}

awaitable<void> fake_dynamodb::pass(milliseconds duration) {
  if (duration > milliseconds{0}) {
    co_await clock_.sleep_for(duration);
  }
}

awaitable<result<aws::api_response>> fake_dynamodb::serve(aws::api_request request,
                                                          std::string access_key,
                                                          std::uint64_t connection_epoch) {
  const auto planned = next_fault(request, access_key, connection_epoch);
  const milliseconds latency{std::uniform_int_distribution<std::int64_t>(
      options_.latency_min.count(), options_.latency_max.count())(random_)};
  const bool late =
      planned.type == fault::kind::timeout || latency + planned.delay >= request.timeout;
  const auto total = late ? request.timeout : latency + planned.delay;
  if (total == milliseconds{0}) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }
  co_await pass(total / 2);
  if (planned.type == fault::kind::connection_reset) {
    co_return connection_error("ConnectionReset", "the connection was reset by the peer");
  }
  auto response = answer(request, access_key, planned);
  co_await pass(total - total / 2);
  if (late) {
    co_return connection_error("Timeout",
                               fmt::format("no answer within {} ms", request.timeout.count()));
  }
  if (planned.type == fault::kind::lost_answer) {
    co_return connection_error("ConnectionReset", "the connection was lost before the answer");
  }
  co_return response;
}

aws::api_response fake_dynamodb::answer(const aws::api_request& request,
                                        const std::string& access_key, const fault& planned) {
  const auto run = [&]() -> answer_or<std::string> {
    switch (planned.type) {
      case fault::kind::throttle:
        return throttling(planned.code);
      case fault::kind::server_error:
        return server_error(planned.status);
      case fault::kind::expired_token:
        return expired_token();
      case fault::kind::access_denied:
        return access_denied(request.operation(), access_key, table_arn("*"));
      default:
        break;
    }
    const auto found = find_operation(request.target);
    if (found == nullptr) {
      return unknown_operation();
    }
    const auto parsed = nlohmann::json::parse(request.body, nullptr, false);
    if (!parsed.is_object()) {
      return serialization("The request body is no JSON object");
    }
    return found({.account = *this, .request = parsed, .planned = planned});
  };
  const auto answered = run();
  const auto body = answered ? *answered : answered.error().body();
  aws::api_response response{
      .status = answered ? 200 : answered.error().status,
      .body = padded_buffer(std::string_view(body)),
      .request_id = fmt::format("FAKE{:022}", statistics_.requests),
      .crc32 = crc32_of(body),
      .retry_after = std::nullopt,
      .date = std::chrono::floor<std::chrono::seconds>(now() + options_.clock_skew),
  };
  if (planned.type == fault::kind::truncated_body) {
    response.body.resize(body.size() / 2);
  } else if (planned.type == fault::kind::wrong_crc) {
    response.body.data()[body.size() / 2] ^= 1;
  }
  return response;
}

}  // namespace ddm::support
