// Shapes of answers.
#include "responses.hpp"

namespace elasticbot::web {

namespace {

void dump_spaced(const OrderedJson& value, std::string& out) {
    const char* separator = "";
    if (value.is_object()) {
        out += '{';
        for (const auto& [key, member] : value.items()) {
            out += separator + json::dump(OrderedJson(key)) + ": ";
            dump_spaced(member, out);
            separator = ", ";
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        for (const auto& member : value) {
            out += separator;
            dump_spaced(member, out);
            separator = ", ";
        }
        out += ']';
    } else {
        out += json::dump(value);
    }
}

net::HttpResponse html_page(int status, std::string_view title, std::string_view text) {
    net::HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "text/html"}};
    response.body = fmt::format(
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{0}</title>\n</head>\n<body>\n"
        "  <h1>{0}</h1><p>{1}</p>\n</body>\n</html>\n",
        title,
        text
    );
    return response;
}

net::HttpResponse json_text(int status, std::string text) {
    net::HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = std::move(text);
    return response;
}

}  // namespace

net::HttpResponse json_response(int status, const OrderedJson& body) {
    return json_text(status, json::dump(body));
}

net::HttpResponse spaced_json_response(int status, const OrderedJson& body) {
    std::string text;
    dump_spaced(body, text);
    return json_text(status, std::move(text));
}

net::HttpResponse framework_error(
    int status, std::string_view detail, std::string_view type, std::string_view code
) {
    OrderedJson body = {
        {"error", true}, {"status_code", status}, {"detail", detail}, {"error_type", type}
    };
    if (!code.empty()) {
        body["code"] = code;
    }
    return json_response(status, body);
}

net::HttpResponse not_found() {
    return framework_error(404, "Not found.", "Http404", "");
}

net::HttpResponse method_not_allowed(std::string_view method) {
    return framework_error(
        405,
        fmt::format("Method \"{}\" not allowed.", method),
        "MethodNotAllowed",
        "method_not_allowed"
    );
}

net::HttpResponse not_found_page() {
    return html_page(404, "Not Found", "The requested resource was not found on this server.");
}

net::HttpResponse bad_request_page() {
    return html_page(400, "Bad Request (400)", "");
}

net::HttpResponse failure_response(const Error& error) {
    const bool is_away = error.code == Errc::unavailable || error.code == Errc::timeout ||
                         error.code == Errc::exhausted;
    if (!is_away) {
        return framework_error(500, "Internal server error.", "APIException", "error");
    }
    auto response = framework_error(
        503,
        "Service temporarily unavailable, try again later.",
        "ServiceUnavailable",
        "service_unavailable"
    );
    response.headers.emplace_back("Retry-After", "5");
    return response;
}

}  // namespace elasticbot::web
