#include "cli/connection.h"

#include "aws/credential_chain.h"
#include "dynamodb/names.h"
#include "net/http_client.h"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace ddm::cli {

result<std::shared_ptr<service_link>> service_link::open(const connection_request& request,
                                                         const asio::any_io_executor& executor,
                                                         clock& time,
                                                         const aws::environment& variables,
                                                         const aws::profile_files& files) {
  const auto& options = request.options;
  auto settings = aws::resolve_client_settings(
      {.profile = options.profile, .region = options.region, .endpoint = options.endpoint_url},
      variables, files);
  if (!settings) {
    return fail(std::move(settings.error()).within(request.name));
  }
  const aws::credential_context context{.executor = executor,
                                        .time = time,
                                        .variables = variables,
                                        .profile = options.profile,
                                        .region = settings->region,
                                        .ca_file = settings->ca_file};
  auto identity = aws::make_credentials_provider(context, files);
  if (!identity) {
    return fail(std::move(identity.error()).within(request.name));
  }
  const auto& endpoint =
      request.service == aws_service::tables ? settings->tables : settings->streams;
  auto http = net::http_client::create(executor, endpoint.url,
                                       {.ca_file = settings->ca_file, .via = endpoint.via});
  if (!http) {
    return fail(std::move(http.error()).within(request.name));
  }
  return std::shared_ptr<service_link>(new service_link{
      .description = {.profile = options.profile.value_or(""),
                      .region = settings->region,
                      .endpoint = endpoint.url.text(),
                      .endpoint_is_public = endpoint.origin == "region " + settings->region,
                      .identity = (*identity)->describe()},
      .attempts_max = settings->attempts_max,
      .identity = *identity,
      .sts = aws::sts_client::create(context, files),
      .transport = {std::move(*http), *identity, settings->region, time}});
}

result<std::unique_ptr<connection>> connection::open(const connection_request& request,
                                                     const asio::any_io_executor& executor,
                                                     clock& time, const aws::environment& variables,
                                                     const aws::profile_files& files) {
  auto link = service_link::open(request, executor, time, variables, files);
  if (!link) {
    return fail(std::move(link.error()));
  }
  return std::make_unique<connection>(*std::move(link), request.name, time);
}

connection::connection(std::shared_ptr<service_link> over, std::string_view name, clock& time)
    : link_(std::move(over)),
      calls_(
          link_->transport, time,
          {.name = fmt::format("{} ({}, region {})", name,
                               description().profile.empty() ? description().identity
                                                             : "profile " + description().profile,
                               description().region),
           .limits = {.attempts_max = link_->attempts_max},
           .on_throttled =
               [slow_down = slow_down_] {
                 if (*slow_down) {
                   (*slow_down)();
                 }
               },
           .random_seed = std::random_device{}()}) {}

std::optional<report::credential_facts> connection::credential_facts(std::string_view of) {
  if (const auto keys = link_->identity->present()) {
    shown_ = report::credential_facts{.of = std::string(of),
                                      .access_key_id = keys->access_key_id,
                                      .ends = keys->expires,
                                      .renewed = link_->identity->renews_itself()};
  }
  return shown_;
}

awaitable<result<aws::caller_identity>> connection::caller_identity() {
  auto keys = co_await credentials();
  if (!keys) {
    co_return fail(std::move(keys.error()));
  }
  if (!link_->sts) {
    co_return fail(link_->sts.error());
  }
  co_return co_await link_->sts->get_caller_identity(std::move(*keys));
}

connection_options stream_connection(const migration_options& sides, connection_options stream,
                                     const std::optional<std::string>& stream_arn) {
  const bool as_target = stream.profile && sides.target.profile == stream.profile &&
                         sides.source.profile != stream.profile;
  const auto& side = as_target ? sides.target : sides.source;
  stream.profile = stream.profile ? stream.profile : sides.source.profile;
  stream.endpoint_url = stream.endpoint_url ? stream.endpoint_url : side.endpoint_url;
  stream.region = stream.region ? stream.region : side.region;
  if (stream_arn && !dynamodb::is_local_arn(*stream_arn)) {
    if (const auto arn = dynamodb::table_arn::parse(*stream_arn)) {
      stream.region = arn->region;
    }
  }
  return stream;
}

std::optional<std::string> region_fault(side which, const std::string& name_or_arn,
                                        const connection_description& called) {
  const auto arn = dynamodb::table_arn::parse(name_or_arn);
  if (!arn || !called.endpoint_is_public || arn->region == called.region) {
    return std::nullopt;
  }
  return fmt::format(
      "the {0} table {1} is in {2}, and {3} would be called: give --{0}-region {2}, or the ARN of "
      "another table",
      to_string(which), name_or_arn, arn->region, called.region);
}

}  // namespace ddm::cli
