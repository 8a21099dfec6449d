// Signs the requests that standard input describes, one JSON object a line, and prints the
// Authorization header of each: compare_with_botocore.py compares them with botocore's.
#include "aws/sigv4.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

int main() {
  using namespace ddm;
  for (std::string line; std::getline(std::cin, line);) {
    const auto description = nlohmann::json::parse(line);
    const auto text = [&](const char* name) { return description.at(name).get<std::string>(); };
    const auto method = text("method");
    const auto path = text("path");
    const auto query = text("query");
    const auto body = text("body");
    const auto headers = description.at("headers").get<std::map<std::string, std::string>>();

    aws::signable_request request{.method = method, .path = path, .query = query, .body = body};
    for (const auto& [name, value] : headers) {
      request.headers.push_back({name, value});
    }
    const aws::credentials by{.access_key_id = text("access_key"),
                              .secret_access_key = secret(text("secret_key")),
                              .session_token = secret(text("token"))};
    aws::request_signer signer(text("region"), text("service"));
    const auto now = from_ms(description.at("time_ms").get<std::int64_t>());
    std::cout << signer.sign(request, by, now).authorization << '\n';
  }
}
