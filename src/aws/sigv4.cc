#include "aws/sigv4.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddm::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// "20260131T235958Z".
std::string basic_time(wall_time now) {
  using namespace std::chrono;
  const auto day = floor<days>(now);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(now) - day};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

/// The path encoded once more.
void append_path(std::string& out, std::string_view path) {
  for (const unsigned char c : path) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      out += static_cast<char>(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", c);
    }
  }
}

/// Parameters sorted by name, then value; each with its '='.
void append_query(std::string& out, std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const auto equals = std::min(part.find('='), part.size());
    parameters.emplace_back(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())));
  }
  std::ranges::sort(parameters);
  for (std::string_view separator; const auto& [name, value] : parameters) {
    out.append(separator).append(name).append("=").append(value);
    separator = "&";
  }
}

/// The value without blanks around it, and with one for each run of blanks inside.
void append_trimmed(std::string& out, std::string_view value) {
  bool pending = false;
  bool begun = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      pending = begun;
      continue;
    }
    if (pending) {
      out += ' ';
      pending = false;
    }
    begun = true;
    out += c;
  }
}

std::string joined_names(const std::vector<signable_header>& headers) {
  std::string names;
  for (const auto& header : headers) {
    names.append(names.empty() ? "" : ";").append(header.name);
  }
  return names;
}

std::string canonical_form(const signable_request& request, std::string_view service,
                           const std::vector<signable_header>& headers, std::string_view names) {
  std::string text(request.method);
  text += '\n';
  if (service == s3_service) {
    text += request.path;
  } else {
    append_path(text, request.path);
  }
  text += '\n';
  append_query(text, request.query);
  text += '\n';
  for (const auto& header : headers) {
    text.append(header.name).append(":");
    append_trimmed(text, header.value);
    text += '\n';
  }
  text.append("\n").append(names).append("\n").append(hex(sha256(request.body)));
  return text;
}

}  // namespace

request_signer::request_signer(std::string region, std::string service)
    : region_(std::move(region)), service_(std::move(service)) {}

request_signer::~request_signer() { OPENSSL_cleanse(key_.data(), key_.size()); }

const sha256_digest& request_signer::signing_key(std::string_view day, const credentials& by) {
  if (key_day_ != day || key_secret_ != by.secret_access_key) {
    const secret first("AWS4" + by.secret_access_key.reveal());
    auto of_day = hmac_sha256(first.reveal(), day);
    auto of_region = hmac_sha256(of_day, region_);
    auto of_service = hmac_sha256(of_region, service_);
    key_ = hmac_sha256(of_service, "aws4_request");
    for (auto* used : {&of_day, &of_region, &of_service}) {
      OPENSSL_cleanse(used->data(), used->size());
    }
    key_day_ = day;
    key_secret_ = by.secret_access_key;
  }
  return key_;
}

signature request_signer::sign(const signable_request& request, const credentials& by,
                               wall_time now) {
  auto time = basic_time(now);
  const auto day = std::string_view(time).substr(0, 8);

  auto headers = request.headers;
  headers.push_back({"x-amz-date", time});
  if (!by.session_token.empty()) {
    headers.push_back({"x-amz-security-token", by.session_token.reveal()});
  }
  std::ranges::sort(headers, {}, &signable_header::name);
  const auto names = joined_names(headers);
  const auto canonical = canonical_form(request, service_, headers, names);

  const auto scope = fmt::format("{}/{}/{}/aws4_request", day, region_, service_);
  const auto to_sign =
      fmt::format("{}\n{}\n{}\n{}", algorithm, time, scope, hex(sha256(canonical)));
  const auto digest = hmac_sha256(signing_key(day, by), to_sign);
  auto authorization = fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm,
                                   by.access_key_id, scope, names, hex(digest));
  return {.amz_date = std::move(time), .authorization = std::move(authorization)};
}

}  // namespace ddm::aws
