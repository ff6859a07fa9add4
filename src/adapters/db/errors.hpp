// Turns what libpqxx throws into errors of ours.
#pragma once

#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/base/result.hpp>

#include <exception>

namespace elasticbot::db {

// For a connection attempt. libpq 15 gives no SQLSTATE there, so the kind is read from the server's
// text.
Error connect_error(const Target& target, std::string_view text);

// For the exception that is being handled, if it is one of libpqxx; anything else is thrown again.
// `connection_lost`: the connection is no longer usable.
Error statement_error(const Target& target, bool connection_lost);

}  // namespace elasticbot::db
