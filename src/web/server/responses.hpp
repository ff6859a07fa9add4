// The shapes of answers: JSON, framework errors, HTML pages. (elasticbot-api.md 1.3, 1.4)
#pragma once

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace elasticbot::web {

// Compact JSON.
net::HttpResponse json_response(int status, const OrderedJson& body);

// With a blank behind ',' and ':', as the health answers have it.
net::HttpResponse spaced_json_response(int status, const OrderedJson& body);

// {"error":true,"status_code":…,"detail":…,"error_type":…,"code":…}; an empty `code` is left out.
net::HttpResponse framework_error(
    int status, std::string_view detail, std::string_view type, std::string_view code
);

// 404 "Not found." for an id of the wrong form and an unknown format.
net::HttpResponse not_found();
net::HttpResponse method_not_allowed(std::string_view method);

// The HTML pages of unknown paths and refused hosts, byte for byte.
net::HttpResponse not_found_page();
net::HttpResponse bad_request_page();

// 500 under /api/: a failure nobody foresaw; the cause goes to the log, not to the client. An
// unreachable database is 503 with Retry-After.
net::HttpResponse failure_response(const Error& error);

}  // namespace elasticbot::web
