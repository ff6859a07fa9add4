// Which requests leave it in doubt where their body ends or whom they are for.
#pragma once

#include <elasticbot/adapters/net/http_types.hpp>

namespace elasticbot::net {

// A proxy before us and this server could read such a request differently: what one takes for a
// body, the other takes for the next request. Such a request is answered 400 and ends its
// connection. Doubtful are: Transfer-Encoding that is not exactly `chunked`, once; with
// Content-Length or in HTTP/1.0; Content-Length more than once or not of digits alone; two Hosts.
// (RFC 9112 3.2, 6.1, 6.3)
bool has_doubtful_framing(const Headers& headers, bool is_http_1_0);

}  // namespace elasticbot::net
