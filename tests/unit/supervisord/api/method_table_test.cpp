// The methods that there are. (supervisord-compat.md 12)
#include <gtest/gtest.h>

#include <set>
#include <string>

#include <supervisord/api/methods.hpp>

namespace elasticbot::supervisord {

TEST(MethodTable, HasEveryMethodOfTheReference) {  // 12
    const std::set<std::string> expected = {
        "addProcessGroup",
        "clearAllProcessLogs",
        "clearLog",
        "clearProcessLog",
        "clearProcessLogs",
        "getAPIVersion",
        "getAllConfigInfo",
        "getAllProcessInfo",
        "getIdentification",
        "getPID",
        "getProcessInfo",
        "getState",
        "getSupervisorVersion",
        "getVersion",
        "readLog",
        "readMainLog",
        "readProcessLog",
        "readProcessStderrLog",
        "readProcessStdoutLog",
        "reloadConfig",
        "removeProcessGroup",
        "restart",
        "sendProcessStdin",
        "sendRemoteCommEvent",
        "shutdown",
        "signalAllProcesses",
        "signalProcess",
        "signalProcessGroup",
        "startAllProcesses",
        "startProcess",
        "startProcessGroup",
        "stopAllProcesses",
        "stopProcess",
        "stopProcessGroup",
        "tailProcessLog",
        "tailProcessStderrLog",
        "tailProcessStdoutLog",
    };
    std::set<std::string> found;
    std::set<std::string> system;
    for (const Method& method : all_methods()) {
        const std::string_view name = method.name;
        const auto dot = name.find('.');
        (name.starts_with("system.") ? system : found).emplace(name.substr(dot + 1));
    }

    EXPECT_EQ(found, expected);
    EXPECT_EQ(
        system, (std::set<std::string>{"listMethods", "methodHelp", "methodSignature", "multicall"})
    );
}

TEST(MethodTable, HelpsWithEachMethod) {
    for (const Method& method : all_methods()) {
        EXPECT_TRUE(method.help.ends_with('.')) << method.name;
        EXPECT_NE(method.call, nullptr) << method.name;
    }
}

}  // namespace elasticbot::supervisord
