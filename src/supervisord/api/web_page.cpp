#include "web_page.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view style = R"(<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .4rem .6rem; text-align: left; }
form { display: inline; }
button { font: inherit; padding: .1rem .6rem; }
.RUNNING { color: #15803d; } .FATAL, .BACKOFF, .UNKNOWN { color: #dc2626; }
[role=status] { border: 1px solid #8884; padding: .4rem .8rem; }
pre { overflow-x: auto; white-space: pre-wrap; }
</style>)";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text::repair_utf8(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string page(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n{}\n</head>\n"
        "<body>\n{}</body>\n</html>\n",
        escaped(title),
        style,
        body
    );
}

std::string button(
    std::string_view action,
    std::string_view label,
    std::string_view process,
    std::string_view token
) {
    const std::string name =
        process.empty()
            ? ""
            : fmt::format(
                  "<input type=\"hidden\" name=\"processname\" value=\"{}\">", escaped(process)
              );
    return fmt::format(
        "<form method=\"post\" action=\"index.html\">"
        "<input type=\"hidden\" name=\"token\" value=\"{}\">{}"
        "<button name=\"action\" value=\"{}\">{}</button></form>\n",
        escaped(token),
        name,
        action,
        label
    );
}

std::string table_row(const PageRow& row, std::string_view token) {
    const bool runs = counts_as_running(row.state);
    std::string actions = runs ? button("restart", "Restart", row.full_name, token) +
                                     button("stop", "Stop", row.full_name, token)
                               : button("start", "Start", row.full_name, token);
    actions += button("clearlog", "Clear log", row.full_name, token);
    const std::string name = escaped(row.full_name);
    return fmt::format(
        "<tr><td class=\"{0}\">{0}</td><td>{1}</td>"
        "<td><a href=\"tail.html?processname={2}\">{3}</a></td><td>{4}</td></tr>\n",
        to_string(row.state),
        escaped(row.description),
        text::percent_encode(row.full_name),
        name,
        actions
    );
}

}  // namespace

std::string status_page(
    const std::vector<PageRow>& rows,
    std::string_view identifier,
    std::string_view version,
    std::string_view message,
    std::string_view token
) {
    std::string body = fmt::format("<h1>{}</h1>\n", escaped(identifier));
    if (!message.empty()) {
        body += fmt::format("<p role=\"status\">{}</p>\n", escaped(message));
    }
    body += "<p>" + button("refresh", "Refresh", "", token) +
            button("restartall", "Restart all", "", token) +
            button("stopall", "Stop all", "", token) + "</p>\n";
    body +=
        "<table>\n<thead><tr><th>State</th><th>Description</th><th>Name</th><th>Action</th></tr>"
        "</thead>\n<tbody>\n";
    for (const PageRow& row : rows) {
        body += table_row(row, token);
    }
    body += rows.empty() ? "<tr><td colspan=\"4\">No programs to manage</td></tr>\n" : "";
    body += fmt::format("</tbody>\n</table>\n<p>elasticbot {}</p>\n", escaped(version));
    return page(fmt::format("{} status", identifier), body);
}

std::string tail_page(std::string_view name, std::string_view text) {
    return page(
        fmt::format("{}: log", name),
        fmt::format(
            "<h1>{}</h1>\n<p><a href=\"index.html\">All processes</a></p>\n<pre>{}</pre>\n",
            escaped(name),
            escaped(text)
        )
    );
}

std::string error_page(int status, std::string_view reason) {
    return fmt::format(
        "<html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1></body></html>\r\n",
        status,
        reason
    );
}

}  // namespace elasticbot::supervisord
