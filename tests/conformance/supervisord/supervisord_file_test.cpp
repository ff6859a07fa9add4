// Files as supervisord itself reads them: the same model, or the same error word for word.
#include "support/scratch_folder.hpp"

#include <elasticbot/supervisord/file/read.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <glob.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::supervisord {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// NOLINTBEGIN(bugprone-suspicious-missing-comma): most files take several literals.

// Files that the reference reads.
const std::vector<std::string> accepted = {
    "[supervisord]\n",

    "[supervisord]\nlogfile=%(here)s/s.log\nlogfile_maxbytes=1 KB\nlogfile_backups = 2 ; two\n"
    "loglevel=Debug\npidfile=s.pid\numask=077\ndirectory=%(here)s\nnodaemon=TRUE\nsilent=1\n"
    "minfds=10\nminprocs=2_0\nnocleanup=on\nchildlogdir=~\nstrip_ansi=yes\nidentifier=me%%\n"
    "environment=A=\"%(ENV_COLOUR)s\",B='x,y' ;C=3\n",

    // 1: continuations, comments, delimiters, merging, names of keys.
    "# first\n[supervisord] trailing\n\n; between\n[program:x]\nCommand : sh -c 'a;b'\n"
    "   # inside\n\n   more words\nenvironment=A=1,\n  B=2\n[program:y]\ncommand=cat\n"
    "[program:x]\nstartsecs = 3\t# three\nstartsecs=4\n[program:x\nautorestrat=true\n",

    "[supervisord]\n[program:x]\ncommand=a;b ;c #d\n[program:y]\n  command=one\n    two\n"
    "   \n    three\n  startsecs=2\n[program:z]\ncommand=echo \"it's\" \\\n   x\n",

    // 2: values.
    "[supervisord]\n[program:x]\ncommand=cat\nautostart=Off\nautorestart=Unexpected\n"
    "exitcodes= 0, 2,255\nstopsignal= sigusr1\nstopwaitsecs=+5\nstopasgroup=yes\numask=0o22\n"
    "stdout_logfile=NONE\nstderr_logfile=Auto\nstdout_logfile_maxbytes=2GB\n"
    "stderr_capture_maxbytes=1kb\nstdout_events_enabled=true\nstderr_syslog=true\n"
    "[program:y]\ncommand=cat\nexitcodes=\nstopsignal=0\nautorestart=1\nkillasgroup=true\n"
    "directory=/no/such\nredirect_stderr=true\nstderr_logfile=/tmp/e\nserverurl=http://a\n",

    // 2: lists of variables that 4.2 and the newer reading agree on.
    "[supervisord]\nenvironment=A=1\n[program:x]\ncommand=cat\n"
    "environment=A = \"a b\" , B=http://h:80/p;C=\"#x\",D=\"k=v\",E=\"\",F=\"1\n  2\",\n",

    // 3: numprocs, groups, order.
    "[supervisord]\n[program:b]\ncommand=run %(process_num)d %(numprocs)s\nnumprocs=3\n"
    "numprocs_start=5\nprocess_name=%(program_name)s-%(process_num)03d\npriority=5\n"
    "[program:a]\ncommand=cat\n[program:c]\ncommand=%(group_name)s %(program_name)s\n"
    "[group:g]\nprograms=c, a\npriority=1\n[group:e]\n[program:none]\ncommand=x\nnumprocs=0\n",

    // 3: servers.
    "[supervisord]\n[unix_http_server]\nfile=%(here)s/a/../s.sock\nchmod=0770\nusername=u\n"
    "password=p%%p\n[unix_http_server:two]\nfile=t.sock\n[inet_http_server]\nport=*:9001\n"
    "[inet_http_server:b]\nport=LocalHost:9002\nusername=\npassword=\n",

    "[supervisord]\n[inet_http_server]\nport=9001\n[inet_http_server:b]\nport=::1:9002\n"
    "[rpcinterface:supervisor]\n"
    "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",

    // 3: event listeners and FastCGI.
    "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=tick_5, PROCESS_STATE ,TICK_5\n"
    "buffer_size=3\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///tmp//%(program_name)s.sock\n"
    "socket_mode=0700\nsocket_backlog=5\n[fcgi-program:t]\ncommand=cat\nsocket=tcp://LocalHost:9\n"
    "[group:g]\nprograms=t\n",

    // 5: expansions.
    "[supervisord]\nenvironment=GLOBAL=g\n[program:x]\nenvironment=OWN=\"%(process_num)d\"\n"
    "command=%(ENV_OWN)s %(ENV_GLOBAL)s %(ENV_COLOUR)s %(here)s 100%% %(process_num)+04d "
    "%(numprocs)-3dx %(group_name).1s %(here)r\ndirectory=/%(ENV_OWN)s\n"
    "process_name=p-%(ENV_OWN)s\nstdout_logfile=%(here)s/%(program_name)s-%(process_num)x.log\n"
    "stdout_logfile_maxbytes=%(process_num)dMB\nstderr_logfile_backups=%(numprocs)d\n",

    // 3: includes.
    "[include]\nfiles = conf.d/*.conf  none/*.conf\n[supervisord]\n[program:x]\n"
    "command=%(here)s/run\n[program:z]\nstartsecs=1\n",

    "[supervisord]\n[program:x]\ncommand=caf\xc3\xa9\nenvironment=A=\"h\xc3\xa9llo\"\n",
    "[supervisord]\r\n[program:x]\r\ncommand=cat\r\n  more\r\n",
};

// Files that it refuses.
const std::vector<std::string> refused = {
    "",
    "[program:x]\ncommand=cat\n",
    "k='v'\n[supervisord]\n",
    "[supervisord]\nfoo bar\n  it's\nk=v\n[]\n  \"both' quotes\"\nno\xc3\xa9\n",
    "[supervisord]\nminfds=x\n",
    "[supervisord]\nminprocs=1.5\n",
    "[supervisord]\ndirectory=/nope\n",
    "[supervisord]\numask=9\n",
    "[supervisord]\nlogfile=/nope/x.log\n",
    "[supervisord]\nlogfile_maxbytes=1M\n",
    "[supervisord]\nloglevel=warning\n",
    "[supervisord]\nnodaemon=maybe\n",
    "[supervisord]\nuser=nobody-of-that-name\n",
    "[supervisord]\nuser=64321\n",
    "[supervisord]\nenvironment=A\n",
    "[supervisord]\nidentifier=%(nope)s\n",
    "[supervisord]\nidentifier=50%\n",
    "[supervisord]\nchildlogdir=/nope\n",
    "[supervisord]\n[include]\n",
    "[supervisord]\n[include]\nfiles=broken/*.conf\n",
    "[supervisord]\n[include]\nfiles=wrong/*.conf\n",
    "[supervisord]\n[rpcinterface:x]\n",
    "[supervisord]\n[unix_http_server]\n",
    "[supervisord]\n[unix_http_server]\nfile=/s\nchmod=9\n",
    "[supervisord]\n[unix_http_server]\nfile=/s\nchown=nobody-of-that-name\n",
    "[supervisord]\n[unix_http_server]\nfile=/s\nusername=u\n",
    "[supervisord]\n[inet_http_server]\n",
    "[supervisord]\n[inet_http_server]\nport=foo\n",
    "[supervisord]\n[inet_http_server]\nport=h:70000\n",
    "[supervisord]\n[inet_http_server]\nport=h:\n",
    "[supervisord]\n[group:g]\nprograms=zz\n",
    "[supervisord]\n[group:a/b]\n",
    "[supervisord]\n[program:a b]\ncommand=cat\n",
    "[supervisord]\n[program:x]\n",
    "[supervisord]\n[program:x]\ncommand=cat\npriority=high\n",
    "[supervisord]\n[program:x]\ncommand=cat\nautostart=maybe\n",
    "[supervisord]\n[program:x]\ncommand=cat\nautorestart=Always\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstartsecs=1s\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstopsignal=FOO\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstopsignal=99\n",
    "[supervisord]\n[program:x]\ncommand=cat\nexitcodes=300\n",
    "[supervisord]\n[program:x]\ncommand=cat\nexitcodes=0,\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstdout_logfile=/nope/x\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstderr_logfile_maxbytes=1.5MB\n",
    "[supervisord]\n[program:x]\ncommand=cat\nuser=nobody-of-that-name\n",
    "[supervisord]\n[program:x]\ncommand=cat\numask=rwx\n",
    "[supervisord]\n[program:x]\ncommand=cat\nprocess_name=a:b\n",
    "[supervisord]\n[program:x]\ncommand=cat\nnumprocs=2\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstopasgroup=true\nkillasgroup=false\n",
    "[supervisord]\n[program:x]\ncommand=cat\nenvironment=A=1 B=2\n",
    "[supervisord]\n[program:x]\ncommand=cat\nenvironment=A='x\n",
    "[supervisord]\n[program:x]\ncommand=cat\nenvironment=A=%(nope)s\n",
    "[supervisord]\n[program:x]\ncommand=cat\nstartsecs=%(process_num)d\n",
    "[supervisord]\n[program:x]\ncommand=date +%Y\n",
    "[supervisord]\n[program:x]\ncommand=%(here)d\n",
    "[supervisord]\n[program:x]\ncommand=%(here)%\n",
    "[supervisord]\n[program:x]\ncommand=%(ENV_NOPE)s\n",
    "[supervisord]\n[program:x]\ncommand=cat\nprocess_name=%(nope)s\n",
    "[supervisord]\n[eventlistener:l]\ncommand=cat\n",
    "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=FOO\n",
    "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=EVENT\nbuffer_size=0\n",
    "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=EVENT\nredirect_stderr=true\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=tcp://h:1\nsocket_mode=0700\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=tcp://h:70000\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///s\nsocket_backlog=0\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///s\nsocket_mode=9\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///s\n"
    "socket_owner=nobody-of-that-name\n",
};

// NOLINTEND(bugprone-suspicious-missing-comma)

const std::vector<std::pair<std::string, std::string>> included = {
    {"conf.d/b.conf", "[program:b]\ncommand=%(here)s/run\n[program:z]\nstartsecs=5\n"},
    {"conf.d/a.conf", "[program:z]\ncommand=cat\nstartsecs=2\n[program:x]\npriority=1\n"},
    {"conf.d/.hidden.conf", "nothing that could be read\n"},
    {"broken/a.conf", "k=v\n"},
    {"wrong/a.conf", "[program:w]\ncommand=cat\nautostart=maybe\n"},
};

Surroundings real(const std::string& folder) {
    Surroundings around;
    around.environment = {
        {"HOME", "/tmp"}, {"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"COLOUR", "red"}
    };
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    around.host_node_name = name.data();
    around.working_directory = folder;
    around.is_directory = [](const std::string& path) { return fs::is_directory(path); };
    around.glob = [](const std::string& pattern) {
        glob_t found{};
        std::vector<std::string> paths;
        if (::glob(pattern.c_str(), GLOB_NOESCAPE | GLOB_NOSORT, nullptr, &found) == 0) {
            paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
        }
        ::globfree(&found);
        return paths;
    };
    around.read_file = [](const std::string& path) -> Result<std::string> {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    around.home_of = [](const std::string& user) -> std::optional<std::string> {
        const auto number = parse_integer(user);
        const passwd* entry =
            number ? ::getpwuid(static_cast<uid_t>(*number)) : ::getpwnam(user.c_str());
        return entry == nullptr ? std::nullopt : std::optional<std::string>(entry->pw_dir);
    };
    around.group_exists = [](const std::string&) { return false; };
    return around;
}

Json output_json(const Output& output) {
    return {
        {"path",
         output.to == Output::To::automatic ? "AUTO"
         : output.to == Output::To::nothing ? ""
                                            : output.path},
        {"max_bytes", output.max_bytes},
        {"backups", output.backups},
        {"capture", output.capture_max_bytes},
        {"events", output.has_events},
        {"syslog", output.to_syslog}
    };
}

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

Json process_json(const Process& one) {
    static constexpr std::array restarts = {"never", "unexpected", "always"};
    return {
        {"name", one.name},
        {"command", one.command},
        {"directory", or_null(one.directory)},
        {"umask", or_null(one.umask)},
        {"priority", one.priority},
        {"autostart", one.autostart},
        {"autorestart", restarts.at(static_cast<std::size_t>(one.autorestart))},
        {"startsecs", one.start_seconds},
        {"startretries", one.start_retries},
        {"exitcodes", one.exit_codes},
        {"stopsignal", one.stop_signal},
        {"stopwaitsecs", one.stop_wait_seconds},
        {"stopasgroup", one.stop_as_group},
        {"killasgroup", one.kill_as_group},
        {"redirect_stderr", one.redirect_stderr},
        {"stdout", output_json(one.standard_output)},
        {"stderr", output_json(one.standard_error)},
        {"environment", one.environment},
        {"serverurl", or_null(one.server_url)}
    };
}

Json group_json(const Group& group) {
    Json json = {{"name", group.name}, {"priority", group.priority}, {"processes", Json::array()}};
    for (const Process& one : group.processes) {
        json["processes"].push_back(process_json(one));
    }
    if (group.kind == Group::Kind::event_listener) {
        json["buffer_size"] = group.buffer_size;
        json["events"] = group.events.size();
    }
    if (group.kind == Group::Kind::fcgi_program) {
        json["socket"] = group.socket.url();
        json["backlog"] = or_null(group.socket_backlog);
        json["mode"] = group.socket.path.empty() ? Json() : Json(group.socket_mode);
    }
    return json;
}

Json file_json(const ReadFile& read) {
    if (read.error) {
        return {{"error", *read.error}};
    }
    static constexpr std::array levels = {50, 40, 30, 20, 10, 5, 3};
    const Supervisord& daemon = read.file.supervisord;
    Json json;
    json["supervisord"] = {
        {"minfds", daemon.min_descriptors},
        {"minprocs", daemon.min_processes},
        {"directory", or_null(daemon.directory)},
        {"user", daemon.user},
        {"umask", daemon.umask},
        {"logfile", daemon.log_file},
        {"logfile_maxbytes", daemon.log_max_bytes},
        {"logfile_backups", daemon.log_backups},
        {"loglevel", levels.at(static_cast<std::size_t>(daemon.log_level))},
        {"pidfile", daemon.pid_file},
        {"identifier", daemon.identifier},
        {"nodaemon", daemon.nodaemon},
        {"silent", daemon.silent},
        {"childlogdir", daemon.child_log_directory},
        {"nocleanup", daemon.nocleanup},
        {"strip_ansi", daemon.strip_ansi},
        {"environment", daemon.environment}
    };
    json["serverurl"] = read.file.server_url();
    json["unix"] = Json::array();
    for (const HttpServer& server : read.file.unix_servers) {
        json["unix"].push_back(
            {{"path", server.path},
             {"mode", server.mode},
             {"user", or_null(server.username)},
             {"password", server.password.reveal()}}
        );
    }
    json["inet"] = Json::array();
    for (const HttpServer& server : read.file.inet_servers) {
        json["inet"].push_back(
            {{"host", server.address.host},
             {"port", server.address.port},
             {"user", or_null(server.username)},
             {"password", server.password.reveal()}}
        );
    }
    json["groups"] = Json::array();
    for (const Group& group : read.file.groups) {
        json["groups"].push_back(group_json(group));
    }
    return json;
}

// A folder with every case as a file, and what supervisord makes of them.
class SupervisordFiles : public testing::Test {
protected:
    void SetUp() override {
        for (const auto& [name, text] : included) {
            write(name, text);
        }
    }

    void write(const std::string& name, const std::string& text) const {
        const fs::path path = fs::path(folder) / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }

    void compare(const std::vector<std::string>& texts, bool are_accepted) {
        std::string command = "cd " + folder +
                              " && env -i HOME=/tmp PATH=/usr/bin:/bin LC_ALL=C.UTF-8 COLOUR=red "
                              "/usr/bin/python3 -W ignore " ELASTICBOT_SUPERVISORD_REFERENCE;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string name = "case-" + std::to_string(i) + ".conf";
            write(name, texts[i]);
            command += " " + folder + "/" + name;
        }
        std::string answer;
        std::FILE* const pipe = ::popen(command.c_str(), "r");
        ASSERT_NE(pipe, nullptr);
        std::array<char, 4096> piece{};
        while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe)) {
            answer.append(piece.data(), size);
        }
        const int status = ::pclose(pipe);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
            GTEST_SKIP() << "the package supervisor is not installed: " << answer;
        }
        ASSERT_EQ(status, 0) << answer;

        std::istringstream lines(answer);
        std::string line;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            SCOPED_TRACE("file " + std::to_string(i) + ":\n" + texts[i]);
            ASSERT_TRUE(std::getline(lines, line));
            const Json reference = Json::parse(line);
            const Json ours = file_json(read_file(
                texts[i], folder + "/case-" + std::to_string(i) + ".conf", real(folder), {}
            ));
            EXPECT_EQ(reference.contains("error"), !are_accepted) << reference;
            EXPECT_EQ(ours, reference) << Json::diff(reference, ours).dump(1);
        }
    }

    const testing_support::ScratchFolder scratch;
    const std::string& folder = scratch.path();
};

}  // namespace

TEST_F(SupervisordFiles, AreReadIntoTheSameModel) {
    compare(accepted, true);
}

TEST_F(SupervisordFiles, AreRefusedInTheSameWords) {
    compare(refused, false);
}

}  // namespace elasticbot::supervisord
