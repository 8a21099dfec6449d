// Whether two endpoints lead to one server, however they are spelled.
//
// Problem: "localhost" and "127.0.0.1" are one DynamoDB Local, and a table that is compared with
// itself is always equal. Idea: what counts is address and port, not the text. A name that cannot
// be resolved is only its text. Loopback has several addresses and is one place.
#pragma once

#include "base/error.h"
#include "runtime/asio.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ddm::monitor {

using address_lookup = std::function<awaitable<result<std::vector<asio::ip::tcp::endpoint>>>(
    std::string host, std::uint16_t port)>;

/// The system's resolver.
[[nodiscard]] address_lookup system_lookup();

/// True for URLs of one text, or with an address and port in common.
[[nodiscard]] awaitable<bool> is_one_place(std::string endpoint, std::string other,
                                           address_lookup lookup);

}  // namespace ddm::monitor
