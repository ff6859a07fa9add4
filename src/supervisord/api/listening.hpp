// The sockets of the XML-RPC servers: unix sockets that appear ready to answer, and TCP.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <string>
#include <string_view>

#include <sys/types.h>

namespace elasticbot::supervisord {

// What a second daemon says when another one answers at its address. Tools match on it.
extern const std::string_view already_listening;

// Bound, with its mode and owner, listening, and only then under its name: nobody finds a socket
// that does not answer. A dead socket of that name is replaced. conflict: somebody answers there.
// (supervisord-compat.md 11 and 15.12)
Result<os::Fd> listen_at_path(const HttpServer& server);

// IPv4 alone. conflict: the address is in use.
Result<os::Fd> listen_at_port(const HttpServer& server);

// The file of a unix socket that listens, by its number: one that others have put in its place
// stays.
class SocketFile {
public:
    // "": there is none.
    explicit SocketFile(std::string path);

    void remove() const;

private:
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

// Whether another daemon has one of these servers, before anything of it is touched. conflict: it
// has.
Result<> find_other_daemon(const File& file);

// Whether only this machine can reach it.
bool is_loopback(const InetAddress& address);

}  // namespace elasticbot::supervisord
