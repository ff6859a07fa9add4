// What the log says at the start. (supervisord-compat.md 3, 9)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <supervisord/api/start_report.hpp>

namespace elasticbot::supervisord {

namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const File& file, unsigned uid) {
    std::vector<std::string> all;
    for (const LogLine& line : start_report(file, uid)) {
        all.push_back(line.text);
    }
    return all;
}

}  // namespace

TEST(StartReport, WarnsOfRootWhereNoUserIsGiven) {  // 3, user
    File file;
    ASSERT_EQ(start_report(file, 0).size(), 1U);
    EXPECT_EQ(start_report(file, 0)[0].level, LogLevel::critical);
    EXPECT_EQ(start_report(file, 1000), std::vector<LogLine>{});

    file.supervisord.user = "root";
    EXPECT_THAT(texts(file, 0), ElementsAre("Set uid to user 0 succeeded"));
}

TEST(StartReport, NamesFilesServersAndOutputs) {  // 9
    File file;
    file.supervisord.user = "app";
    file.included = {"/etc/conf.d/a.conf"};
    file.unmatched_includes = {"/etc/none*.conf"};
    file.rpc_interfaces = {{.name = "supervisor", .factory = "", .at = {}}};
    Process process;
    process.section = "program:a";
    process.loses_error_log = true;
    process.standard_output.max_bytes = 0;
    process.standard_error.to = Output::To::nothing;
    Group group;
    group.processes = {process};
    file.groups = {group};
    HttpServer open_server;
    open_server.section = "unix_http_server";
    HttpServer closed_server = open_server;
    closed_server.username = "demo";
    file.unix_servers = {open_server, closed_server};

    EXPECT_THAT(
        texts(file, 1000),
        ElementsAre(
            "Set uid to user 1000 succeeded",
            "Included extra file \"/etc/conf.d/a.conf\" during parsing",
            "No file matches via include \"/etc/none*.conf\"",
            "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a "
            "filename, the filename has been ignored",
            "For [program:a], AUTO logging used for stdout_logfile without rollover, set maxbytes "
            "> 0 to avoid filling up filesystem unintentionally",
            "RPC interface 'supervisor' initialized",
            "Server 'unix_http_server' running without any HTTP authentication checking",
            "RPC interface 'supervisor' initialized"
        )
    );
}

}  // namespace elasticbot::supervisord
