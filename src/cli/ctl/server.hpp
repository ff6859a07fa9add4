// The server at the other end: calls its methods, follows its logs. Blocking, without a library.
#pragma once

#include "failure.hpp"
#include "interrupts.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/supervisor/control/http_reply.hpp>
#include <elasticbot/supervisord/xmlrpc/value.hpp>

#include <string>
#include <string_view>

namespace elasticbot::cli::ctl {

// A log that is being read, as it grows.
class Follower {
public:
    Follower() = default;

    Follower(std::string url, os::Fd socket) : url_(std::move(url)), socket_(std::move(socket)) {}

    // Closed when nothing more will come.
    const os::Fd& descriptor() const { return socket_; }

    // Reads once, when there is something to be read: log text goes to standard output, complaints
    // to standard error.
    void read();

private:
    void end(std::string_view complaint);

    std::string url_;
    os::Fd socket_;
    control::HttpReply reply_;
};

class Server {
public:
    // "unix:///path" or "http://host:port"; anything else fails when it is used. `interrupts`, if
    // any, outlives this and ends calls that wait.
    Server(std::string url, std::string username, Secret password);

    void set_interrupts(Interrupts* interrupts) { interrupts_ = interrupts; }

    const std::string& url() const { return url_; }

    void set_url(std::string url) { url_ = std::move(url); }

    void set_credentials(std::string username, Secret password);

    // "startProcess" of the namespace supervisor.
    Outcome<xmlrpc::Value> call(std::string_view method, xmlrpc::Array params = {}) const;

    // What is wrong is told on standard error, as supervisorctl does.
    Follower follow(const std::string& path) const;

private:
    struct Target {
        std::string path;  // Of a unix socket; "": TCP.
        std::string host;
        std::string port;
        std::string header;  // Host
    };

    Outcome<Target> target() const;
    Outcome<os::Fd> connect(const Target& target) const;
    std::string authorization() const;

    std::string url_;
    std::string username_;
    Secret password_;
    Interrupts* interrupts_ = nullptr;
};

}  // namespace elasticbot::cli::ctl
