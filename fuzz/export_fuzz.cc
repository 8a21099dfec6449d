// Exports: whatever their manifests and files hold, what is accepted adds up and stays where it is,
// and what is no page is an error.
#include "dynamodb/page_decoder.h"
#include "exports/export_file_reader.h"
#include "exports/export_manifest.h"
#include "fuzz_target.h"

#include <numeric>
#include <optional>
#include <string>

namespace ddm::fuzz {
namespace {

class one_file final : public exports::export_store {
 public:
  explicit one_file(std::string_view bytes) : bytes_(bytes) {}
  awaitable<result<std::string>> read(std::string /*name*/, std::uint64_t from,
                                      std::size_t bytes_max) override {
    co_return from < bytes_.size() ? std::string(bytes_.substr(from, bytes_max)) : std::string();
  }
  [[nodiscard]] std::string describe() const override { return "fuzz"; }
  [[nodiscard]] awaitable<std::string> remedy() override { co_return std::string(); }

 private:
  std::string_view bytes_;
};

awaitable<void> read_all(std::string_view bytes) {
  one_file store(bytes);
  worker_pool pool(0);
  exports::md5_sum sum;
  sum.add(bytes);
  exports::export_file_reader reader(store, pool, {.name = "a", .items = 1, .md5 = sum.take()});
  const dynamodb::page_decoder decoder(
      {.schema = {.partition = {.name = "pk", .type = dynamodb::key_type::string}, .sort = {}}});
  std::size_t items = 0;
  while (!reader.ended()) {
    const auto page = co_await reader.next();
    if (!page) {
      require(!page.error().message.empty(), "a refusal says why");
      co_return;
    }
    const auto decoded = decoder.decode_items(*page);
    if (!decoded) {
      co_return;
    }
    items += decoded->returned;
  }
  require(items == 1, "a file that ends well holds what the manifest says");
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto summary = exports::read_export_summary(input);
  if (summary) {
    require(summary->export_arn.starts_with("arn:"), "an export has a name");
  }
  const exports::export_summary of{.items = 2, .files_key = "p/manifest-files.json"};
  if (const auto files = exports::read_export_files(input, of)) {
    const auto items =
        std::accumulate(files->begin(), files->end(), std::uint64_t{0},
                        [](std::uint64_t sum, const auto& file) { return sum + file.items; });
    require(items == 2, "files add up");
    for (const auto& file : *files) {
      require(!file.name.contains("..") && !file.name.starts_with('/'), "files stay below");
      require(file.md5.size() == 16, "a checksum is one");
    }
  }
  asio::io_context io;
  asio::co_spawn(io, read_all(input), [](const std::exception_ptr& failed) {
    if (failed) {
      std::rethrow_exception(failed);
    }
  });
  io.run();
}

}  // namespace ddm::fuzz
