#include <elasticbot/supervisord/file/file.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::supervisord {

bool File::has_supervisor_namespace() const {
    return std::ranges::any_of(rpc_interfaces, [](const RpcInterface& interface) {
        return interface.name == "supervisor" &&
               interface.factory == "supervisor.rpcinterface:make_main_rpcinterface";
    });
}

std::string File::server_url() const {
    if (!unix_servers.empty()) {
        return "unix://" + unix_servers.front().path;
    }
    if (inet_servers.empty()) {
        return "";
    }
    const InetAddress& last = inet_servers.back().address;
    return fmt::format("http://{}:{}", last.host.empty() ? "localhost" : last.host, last.port);
}

std::string full_name(const Group& group, const Process& process) {
    return group.name == process.name ? process.name : group.name + ":" + process.name;
}

Parsed<std::vector<std::string>> split_command(std::string_view command) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < command.size(); ++i) {
        const char c = command[i];
        if (c == '\\' && quote != '\'') {
            if (i + 1 == command.size()) {
                return std::unexpected("No escaped character");
            }
            const char next = command[++i];
            if (quote == '"' && next != '"' && next != '\\') {
                word += c;
            }
            word += next;
            in_word = true;
        } else if (quote != 0) {
            if (c == quote) {
                quote = 0;
            } else {
                word += c;
            }
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (std::string_view(" \t\r\n").contains(c)) {
            if (in_word) {
                words.push_back(std::move(word));
            }
            word.clear();
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) {
        return std::unexpected("No closing quotation");
    }
    if (in_word) {
        words.push_back(std::move(word));
    }
    return words;
}

}  // namespace elasticbot::supervisord
