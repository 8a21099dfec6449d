#include "cli/shared_connections.h"

#include <utility>

namespace ddm::cli {

shared_connections::shared_connections(asio::any_io_executor executor, clock& time,
                                       const aws::environment& variables)
    : executor_(std::move(executor)), clock_(time), variables_(variables) {}

result<std::unique_ptr<connection>> shared_connections::open(const connection_request& request) {
  const auto& by = request.options;
  auto& link = links_[{request.name, request.service, by.profile, by.region, by.endpoint_url}];
  if (!link) {
    // Anew each time: somebody may have mended them since one was refused.
    const auto files = aws::profile_files::load(variables_);
    if (!files) {
      return fail(files.error());
    }
    auto opened = service_link::open(request, executor_, clock_, variables_, *files);
    if (!opened) {
      return fail(std::move(opened.error()));
    }
    link = *std::move(opened);
  }
  return std::make_unique<connection>(link, request.name, clock_);
}

}  // namespace ddm::cli
