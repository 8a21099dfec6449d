#include "cli/source_export.h"

#include "aws/credential_chain.h"
#include "exports/export_bucket.h"
#include "exports/export_folder.h"
#include "net/http_client.h"
#include "s3/s3_address.h"
#include "s3/s3_client.h"

#include <fmt/format.h>

#include <memory>
#include <random>
#include <string_view>
#include <utility>

namespace ddm::cli {
namespace {

constexpr std::string_view connection_name = "source export";
/// As `aws dynamodb describe-export` names an export.
constexpr std::string_view summary_name = "/manifest-summary.json";

/// What is the same in every region.
struct bucket_access {
  asio::any_io_executor executor;
  clock& time;
  aws::environment variables;
  aws::profile_files files;
  connection_options options;
  std::string ca_file;
  std::string bucket;
  std::shared_ptr<aws::credentials_provider> identity;
};

result<s3::bucket_link> connect(const bucket_access& by, const std::string& region) {
  const auto endpoint = aws::resolve_endpoint(aws::s3_names, region, by.options.profile,
                                              by.variables, by.files, by.options.endpoint_url);
  if (!endpoint) {
    return fail(endpoint.error());
  }
  auto way = s3::way_to(by.bucket, endpoint->url, endpoint->origin == "region " + region);
  auto http = net::http_client::create(by.executor, std::move(way.host),
                                       {.ca_file = by.ca_file, .via = endpoint->via});
  if (!http) {
    return fail(std::move(http.error()));
  }
  return s3::bucket_link{.transport = std::make_unique<aws::http_transport>(
                             std::move(*http), by.identity, region, by.time, aws::s3_service),
                         .path = std::move(way.path)};
}

/// Without I/O to the service.
result<std::shared_ptr<exports::export_store>> open_bucket(process& host, s3::s3_address place,
                                                           connection_options access) {
  auto files = aws::profile_files::load(host.variables);
  if (!files) {
    return fail(std::move(files.error()));
  }
  const auto settings = aws::resolve_client_settings(
      {.profile = access.profile, .region = access.region, .endpoint = {}}, host.variables, *files);
  if (!settings) {
    return fail(settings.error());
  }
  const auto identity = aws::make_credentials_provider({.executor = host.connections.executor(),
                                                        .time = host.time,
                                                        .variables = host.variables,
                                                        .profile = access.profile,
                                                        .region = settings->region,
                                                        .ca_file = settings->ca_file},
                                                       *files);
  if (!identity) {
    return fail(identity.error());
  }
  const auto by =
      std::make_shared<bucket_access>(bucket_access{.executor = host.connections.executor(),
                                                    .time = host.time,
                                                    .variables = host.variables,
                                                    .files = *std::move(files),
                                                    .options = std::move(access),
                                                    .ca_file = settings->ca_file,
                                                    .bucket = place.bucket,
                                                    .identity = *identity});
  auto client = s3::s3_client::create(
      [by](const std::string& region) { return connect(*by, region); }, host.time,
      {.bucket = place.bucket,
       .name = (*identity)->describe(),
       .region = settings->region,
       .limits = {.attempts_max = settings->attempts_max},
       .random_seed = std::random_device{}()});
  if (!client) {
    return fail(std::move(client.error()));
  }
  return std::make_shared<exports::export_bucket>(std::move(*client), std::move(place));
}

/// The source's, where it has none of its own. Its endpoint is for tables.
connection_options access_of(const export_options& options, const connection_options& source) {
  auto access = options.access;
  access.profile = access.profile ? access.profile : source.profile;
  access.region = access.region ? access.region : source.region;
  return access;
}

result<std::shared_ptr<exports::export_store>> open_store(process& host,
                                                          const export_options& options,
                                                          const connection_options& source) {
  const auto& named = *options.place;
  if (!s3::is_s3_address(named)) {
    return std::make_shared<exports::export_folder>(named, host.pool);
  }
  auto place = s3::parse_s3_address(named);
  if (!place) {
    return fail(std::move(place.error()));
  }
  if (place->prefix.ends_with(summary_name)) {
    place->prefix.resize(place->prefix.size() - summary_name.size());
  }
  auto store = open_bucket(host, *std::move(place), access_of(options, source));
  return store ? std::move(store) : fail(std::move(store.error()).within(connection_name));
}

}  // namespace

awaitable<result<std::optional<exports::table_export>>> open_source_export(
    process& host, const export_options& options, const connection_options& source) {
  if (!options.place) {
    co_return std::nullopt;
  }
  auto store = open_store(host, options, source);
  if (!store) {
    co_return fail(std::move(store.error()));
  }
  auto found = co_await exports::open_export(*std::move(store));
  co_return found ? result<std::optional<exports::table_export>>(*std::move(found))
                  : fail(std::move(found.error()));
}

result<void> check_is_of_source(const exports::table_export& of,
                                const dynamodb::table_description& source, wall_time now) {
  const auto& summary = of.summary;
  if (summary.as_of > now + std::chrono::minutes(1)) {
    return wrong_usage(
        fmt::format("the export in {} is of {}, which is to come: one of the clocks "
                    "is wrong, or the manifest",
                    of.store->describe(), format_rfc3339(summary.as_of)));
  }
  if (summary.table_arn != source.arn) {
    return wrong_usage(fmt::format("the export in {} is of {}, and the source is {}",
                                   of.store->describe(), summary.table_arn, source.arn));
  }
  if (!summary.table_id.empty() && !source.id.empty() && summary.table_id != source.id) {
    return wrong_usage(
        fmt::format("the export in {} is of a table that was there before under the name of the "
                    "source, {}: export the present one",
                    of.store->describe(), source.arn));
  }
  return {};
}

}  // namespace ddm::cli
