// The HTTP servers of the daemon: XML-RPC, logs that go on, and the web page, on unix sockets and
// TCP. (supervisord-compat.md 11)
#pragma once

#include "listening.hpp"
#include "methods.hpp"

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace elasticbot::supervisord {

class RpcServers {
public:
    // `methods` outlives this. `product` is what is shown of ourselves: "elasticbot 0.3.0".
    RpcServers(boost::asio::io_context& io, const Methods& methods, std::string product);

    // Binds all of them, or nothing. The error of one that another daemon has is
    // `already_listening`.
    Result<> open(const File& file);

    // Takes the files of the unix sockets away, and ends what is open by `deadline`.
    boost::asio::awaitable<void> stop(TimePoint deadline);

private:
    using Task = boost::asio::awaitable<net::HttpResponse>;

    struct Server {
        std::unique_ptr<net::HttpServer> http;
        SocketFile file;
    };

    Task answer(const HttpServer& configured, net::HttpRequest request);
    Task call(net::HttpRequest request);
    net::HttpResponse follow(const net::HttpRequest& request, std::string_view log);
    net::HttpResponse follow_process(const net::HttpRequest& request);
    Task page(net::HttpRequest request);
    Task act(const net::HttpRequest& request, std::string form, bool is_trusted);
    net::HttpResponse show_status(std::string_view message) const;
    net::HttpResponse show_tail(std::string_view query) const;

    boost::asio::io_context& io_;
    const Methods& methods_;
    std::string product_;
    std::string token_;  // What the buttons of our own pages send.
    std::vector<Server> servers_;
};

}  // namespace elasticbot::supervisord
