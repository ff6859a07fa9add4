// One easy handle per request: no state is shared, nothing to clean up after a fork.
#include <elasticbot/adapters/http/client.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/lazy/curl.hpp>

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

namespace elasticbot::http {

namespace {

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }

    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// What the callbacks fill.
struct Transfer {
    Response response;
    std::size_t max_body_bytes = 0;
    bool too_large = false;
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): libcurl's signature.
std::size_t receive_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t bytes = size * count;
    if (transfer.response.body.size() + bytes > transfer.max_body_bytes) {
        transfer.too_large = true;
        return 0;  // Less than was given: libcurl ends the transfer.
    }
    transfer.response.body.append(data, bytes);
    return bytes;
}

std::size_t receive_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& headers = static_cast<Transfer*>(user)->response.headers;
    const std::string_view line = text::trim(std::string_view(data, size * count));
    if (line.starts_with("HTTP/")) {
        headers.clear();  // Another answer: a redirect or a 100 came before it.
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        headers.emplace_back(line.substr(0, colon), text::trim(line.substr(colon + 1)));
    }
    return size * count;
}

long milliseconds(Duration duration) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return static_cast<long>(std::max<std::int64_t>(count, 1));
}

bool is_loopback(std::string_view host) {
    const std::string_view name =
        host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
    return name == "localhost" || name == "[::1]" || name.starts_with("127.");
}

Errc code_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return Errc::timeout;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_TOO_MANY_REDIRECTS:
            return Errc::invalid;
        default:
            return Errc::unavailable;
    }
}

// libcurl's own words where it has some: "failed to connect to 127.0.0.1 port 9 …".
std::string reason_of(CURLcode code, std::string_view details) {
    std::string reason(details.empty() ? curl_easy_strerror(code) : details);
    if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])) != 0) {
        reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
    }
    return reason;
}

}  // namespace

Result<Response> fetch(const Request& request) {
    const std::string host = host_of(request.url);
    if (auto loaded = lazy::load_curl(); !loaded) {
        return loaded.error().while_doing(fmt::format("fetch from {}", host));
    }
    const std::unique_ptr<CURL, Free> handle(curl_easy_init());
    if (!handle) {
        return Error{
            Errc::unavailable, fmt::format("cannot fetch from {}: libcurl does not start", host)
        };
    }
    std::unique_ptr<curl_slist, Free> headers;
    const auto add_header = [&headers](const std::string& line) {
        headers.reset(curl_slist_append(headers.release(), line.c_str()));
    };
    add_header("Expect:");  // No 100-continue round trip.
    for (const auto& [name, value] : request.headers) {
        add_header(fmt::format("{}: {}", name, value));
    }

    Transfer transfer;
    transfer.max_body_bytes = request.max_body_bytes;
    std::array<char, CURL_ERROR_SIZE> details{};
    const auto set = [curl = handle.get()](CURLoption option, auto value) {
        (void)curl_easy_setopt(curl, option, value);
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, 5L);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "");  // Whatever libcurl can decode.
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_ERRORBUFFER, details.data());
    set(CURLOPT_WRITEFUNCTION, &receive_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &receive_header);
    set(CURLOPT_HEADERDATA, &transfer);
    if (is_loopback(host)) {
        set(CURLOPT_PROXY, "");
    }
    if (!request.body.empty() || request.method == "POST") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    if (request.method != "GET" && request.method != "POST") {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }

    const CURLcode code = curl_easy_perform(handle.get());
    if (transfer.too_large) {
        return Error{
            Errc::exhausted,
            fmt::format(
                "cannot fetch from {}: the answer is larger than {}",
                host,
                text::format_bytes(static_cast<std::int64_t>(request.max_body_bytes))
            )
        };
    }
    if (code != CURLE_OK) {
        return Error{
            code_of(code),
            fmt::format("cannot fetch from {}: {}", host, reason_of(code, details.data()))
        };
    }
    long status = 0;
    (void)curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    const char* effective_url = nullptr;
    (void)curl_easy_getinfo(handle.get(), CURLINFO_EFFECTIVE_URL, &effective_url);
    transfer.response.status = static_cast<int>(status);
    transfer.response.effective_url = effective_url == nullptr ? request.url : effective_url;
    return std::move(transfer.response);
}

std::optional<Duration> retry_after(const net::Headers& headers, WallTime now) {
    const std::string value(text::trim(net::find_header(headers, "Retry-After")));
    if (value.empty()) {
        return std::nullopt;
    }
    if (const auto seconds = text::to_integer(value)) {
        constexpr std::int64_t longest = 366LL * 24 * 3600;
        return *seconds < 0
                   ? std::nullopt
                   : std::optional<Duration>(std::chrono::seconds(std::min(*seconds, longest)));
    }
    if (!lazy::load_curl()) {
        return std::nullopt;
    }
    const std::time_t date = curl_getdate(value.c_str(), nullptr);
    if (date < 0) {
        return std::nullopt;
    }
    const auto until =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::from_time_t(date));
    return std::max<Duration>(until - now, Duration::zero());
}

std::string host_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto at = url.rfind('@'); at != std::string_view::npos) {
        url.remove_prefix(at + 1);
    }
    return std::string(url);
}

}  // namespace elasticbot::http
