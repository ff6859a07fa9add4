// One function per endpoint; their paths stand in routes.cpp.
#pragma once

#include "../request.hpp"

#include <elasticbot/web/server/app.hpp>

namespace elasticbot::web::endpoints {

using Answer = net::awaitable<net::HttpResponse>;

// health.cpp
Answer health(Context& context, const Request& request);
Answer health_detailed(Context& context, const Request& request);
Answer live(Context& context, const Request& request);
Answer ready(Context& context, const Request& request);

// market_data.cpp
Answer list_snapshots(Context& context, const Request& request);
Answer get_snapshot(Context& context, const Request& request);
Answer latest_snapshot(Context& context, const Request& request);

}  // namespace elasticbot::web::endpoints
