// postgres-init: creates the data folder and the database of the private PostgreSQL, whole or not
// at all.
#include "../command.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <unistd.h>

namespace elasticbot::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
    std::string bin;
    std::string data;
    std::string user;
};

std::string quoted(const std::string& word) {
    return "'" + text::replace_all(word, "'", "'\\''") + "'";
}

// `setpriv` (util-linux) becomes the server's user: initdb and postgres refuse root.
std::string shell_line(const Options& options, const std::vector<std::string>& words) {
    std::string line = "exec";
    if (!options.user.empty()) {
        for (const std::string& word :
             {std::string("setpriv"),
              "--reuid=" + options.user,
              "--regid=" + options.user,
              std::string("--init-groups")}) {
            line += " " + quoted(word);
        }
    }
    for (const std::string& word : words) {
        line += " " + quoted(word);
    }
    return line;
}

// The exit status of a shell line; `output` gets what it wrote.
Result<> run_line(const std::string& what, const std::string& line) {
    FILE* pipe = popen((line + " 2>&1").c_str(), "re");
    if (pipe == nullptr) {
        return system_error("run " + what, errno);
    }
    std::string output;
    char buffer[4096];
    while (const std::size_t size = fread(buffer, 1, sizeof(buffer), pipe)) {
        output.append(buffer, size);
    }
    const int status = pclose(pipe);
    if (status == 0) {
        return {};
    }
    const auto lines = text::split(text::trim(output), '\n');
    return Error{
        Errc::internal,
        fmt::format(
            "cannot run {}: {}",
            what,
            output.empty() ? "it failed without a word" : std::string(lines.back())
        )
    };
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

Result<> check_version(const Options& options) {
    const std::string made_by = first_line(options.data + "/PG_VERSION");
    const fs::path bin =
        fs::path(options.bin).parent_path().filename();  // /usr/lib/postgresql/15/bin
    if (!text::to_integer(bin.string()) || bin.string() == made_by) {
        return {};
    }
    return Error{
        Errc::conflict,
        fmt::format(
            "cannot use {}: PostgreSQL {} made it and {} is installed; upgrade it with pg_upgrade, "
            "or set DATABASE_URL",
            options.data,
            made_by,
            bin.string()
        )
    };
}

Result<> create(const Options& options) {
    // Made beside its place and renamed into it: a folder that is there is complete.
    const std::string fresh = options.data + ".new";
    std::error_code error;
    fs::remove_all(fresh, error);
    auto made = run_line(
        "initdb",
        shell_line(
            options,
            {options.bin + "/initdb",
             "-D",
             fresh,
             "-U",
             "elasticbot",
             "--auth=trust",
             "--no-instructions",
             "--encoding=UTF8",
             "--locale=C.UTF-8"}
        )
    );
    if (!made) {
        return made;
    }
    // Single-user mode: no server has to be started and stopped for one statement.
    made = run_line(
        "postgres --single",
        "printf 'CREATE DATABASE elasticbot\\n' | { " +
            shell_line(options, {options.bin + "/postgres", "--single", "-D", fresh, "postgres"}) +
            "; }"
    );
    if (!made) {
        return made;
    }
    fs::rename(fresh, options.data, error);
    if (error) {
        return system_error("rename " + fresh, error.value());
    }
    return {};
}

int run_init(const Options& options) {
    if (chdir("/") != 0) {
        return exit_code::error;  // The server's user may not be allowed into ours.
    }
    const bool exists = fs::exists(options.data + "/PG_VERSION");
    const Result<> result = exists ? check_version(options) : create(options);
    if (!result) {
        log::error("postgres.init", result.error().message);
        return exists ? exit_code::configuration : exit_code::error;
    }
    if (!exists) {
        log::info("postgres.init", "private database created", {{"data", options.data}});
    }
    return exit_code::ok;
}

}  // namespace

void add_postgres_init(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("postgres-init", "Create the private database");
    command->group(groups::internal);
    // Two owners: the parser writes to it, the callback reads it.
    const auto options = std::make_shared<Options>();
    command->add_option("--bin", options->bin)->required();
    command->add_option("--data", options->data)->required();
    command->add_option("--user", options->user);
    command->callback([&invocation, options] {
        log::configure(
            {.format = log::Format::json,
             .level = log::Level::info,
             .role = "postgres-init",
             .style = {}}
        );
        invocation.exit_code = run_init(*options);
    });
}

}  // namespace elasticbot::cli
