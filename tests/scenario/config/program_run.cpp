#include "program_run.hpp"

#include "support/exec.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::scenario {

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "elasticbot-XXXXXX").string();
    path_ = mkdtemp(name.data());
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
}

Outcome Folder::run(
    const std::vector<std::string>& arguments,
    std::map<std::string, std::string> environment,
    const std::string& program_name,
    std::chrono::seconds limit
) const {
    std::vector<std::string> argv{program_name};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : environment) {
        variables.push_back(name + "=" + value);
    }
    auto argv_pointers = testing_support::exec_pointers(argv);
    auto variable_pointers = testing_support::exec_pointers(variables);
    const std::string out = path_ + "/.out";
    const std::string err = path_ + "/.err";

    const pid_t pid = fork();
    if (pid == 0) {
        const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const int err_fd = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (chdir(path_.c_str()) == 0 && dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2) {
            alarm(static_cast<unsigned>(limit.count())
            );  // Survives exec; its default action ends the run.
            execve(ELASTICBOT_BINARY, argv_pointers.data(), variable_pointers.data());
        }
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    Outcome outcome{
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out), text_of(err)
    };
    EXPECT_NE(outcome.exit_code, 128 + SIGALRM) << "did not end by itself\n"
                                                << outcome.out << outcome.err;
    return outcome;
}

}  // namespace elasticbot::scenario
