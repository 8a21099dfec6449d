// A bucket that gives prepared answers, and keeps what it was asked, by region.
#pragma once

#include "s3/s3_client.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ddm::s3 {

struct scripted_bucket {
  struct asked {
    std::string region;
    aws::get_request what;
  };

  void answer(int status, std::string_view body,
              const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    aws::api_response made;
    made.status = status;
    made.body = padded_buffer(body);
    for (const auto& [name, value] : headers) {
      made.headers.add(name, value);
    }
    answers.push_back(std::move(made));
  }
  /// A part of an object, from its text.
  void part(std::string_view whole, std::size_t from, std::size_t bytes, std::string etag) {
    const auto text = whole.substr(from, bytes);
    answer(206, text,
           {{"Content-Range", "bytes " + std::to_string(from) + "-" +
                                  std::to_string(from + text.size() - 1) + "/" +
                                  std::to_string(whole.size())},
            {"ETag", std::move(etag)}});
  }

  /// `clock` outlives it, and so does the bucket.
  std::unique_ptr<s3_client> client(clock& time) {
    return *s3_client::create(
        [this](const std::string& region) -> result<bucket_link> {
          connected.push_back(region);
          return bucket_link{.transport = std::make_unique<transport>(*this, region),
                             .path = "/my-exports/"};
        },
        time, {.bucket = "my-exports", .name = "profile p", .region = "eu-west-1"});
  }

  std::deque<aws::api_response> answers;
  std::vector<asked> requests;
  std::vector<std::string> connected;  ///< regions

 private:
  class transport final : public aws::transport {
   public:
    transport(scripted_bucket& of, std::string region) : of_(of), region_(std::move(region)) {}
    awaitable<result<aws::api_response>> send(aws::api_request request) override {
      of_.requests.push_back({.region = region_, .what = *request.get});
      if (of_.answers.empty()) {
        co_return fatal("the script has no further answer");
      }
      auto next = std::move(of_.answers.front());
      of_.answers.pop_front();
      co_return next;
    }

   private:
    scripted_bucket& of_;
    std::string region_;
  };
};

}  // namespace ddm::s3
