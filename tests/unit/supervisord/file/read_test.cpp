// The file as a whole, [supervisord], servers and includes. (supervisord-compat.md 1, 3 and 5)
#include "read_harness.hpp"

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SupervisordFile, NeedsASupervisordSection) {  // 3
    EXPECT_EQ(
        error_of(read("[program:x]\ncommand=cat\n")),
        ".ini file does not include supervisord section"
    );
    EXPECT_EQ(error_of(read("")), ".ini file does not include supervisord section");
    EXPECT_EQ(error_of(read("[supervisord]\n")), "");
}

TEST(SupervisordFile, HasTheDefaultsOfTheReference) {  // 3, [supervisord]
    const Supervisord daemon = read("[supervisord]\n").file.supervisord;

    EXPECT_EQ(daemon.log_file, "/srv/run/supervisord.log");
    EXPECT_EQ(daemon.log_max_bytes, 50 * 1024 * 1024);
    EXPECT_EQ(daemon.log_backups, 10);
    EXPECT_EQ(daemon.log_level, LogLevel::info);
    EXPECT_EQ(daemon.pid_file, "/srv/run/supervisord.pid");
    EXPECT_EQ(daemon.umask, 022U);
    EXPECT_EQ(daemon.directory, std::nullopt);
    EXPECT_FALSE(daemon.nodaemon);
    EXPECT_FALSE(daemon.silent);
    EXPECT_EQ(daemon.user, "");
    EXPECT_EQ(daemon.min_descriptors, 1024);
    EXPECT_EQ(daemon.min_processes, 200);
    EXPECT_FALSE(daemon.nocleanup);
    EXPECT_EQ(daemon.child_log_directory, "/tmp");
    EXPECT_FALSE(daemon.strip_ansi);
    EXPECT_THAT(daemon.environment, IsEmpty());
    EXPECT_EQ(daemon.identifier, "supervisor");
}

TEST(SupervisordFile, TakesEveryOptionOfTheDaemon) {  // 3, [supervisord]
    Machine machine;
    machine.directories.insert("/var/op/../tmp");
    const ReadFile got = read(
        "[supervisord]\nlogfile=/var/log/s.log\nlogfile_maxbytes=1KB\nlogfile_backups=2\n"
        "loglevel=DEBUG\npidfile=%(here)s/s.pid\numask=077\ndirectory=~/../tmp\nnodaemon=true\n"
        "silent=yes\nuser=app\nminfds=10\nminprocs=20\nnocleanup=on\nchildlogdir=/var/log\n"
        "strip_ansi=1\nenvironment=A=\"%(ENV_COLOUR)s\",N=%(host_node_name)s\nidentifier=me\n",
        machine
    );
    const Supervisord& daemon = got.file.supervisord;

    EXPECT_EQ(error_of(got), "");
    EXPECT_EQ(daemon.log_file, "/var/log/s.log");
    EXPECT_EQ(daemon.log_max_bytes, 1024);
    EXPECT_EQ(daemon.log_backups, 2);
    EXPECT_EQ(daemon.log_level, LogLevel::debug);
    EXPECT_EQ(daemon.pid_file, "/etc/s.pid");
    EXPECT_EQ(daemon.umask, 077U);
    EXPECT_EQ(daemon.directory, "/var/op/../tmp");
    EXPECT_TRUE(daemon.nodaemon);
    EXPECT_TRUE(daemon.silent);
    EXPECT_EQ(daemon.user, "app");
    EXPECT_EQ(daemon.min_descriptors, 10);
    EXPECT_EQ(daemon.min_processes, 20);
    EXPECT_TRUE(daemon.nocleanup);
    EXPECT_EQ(daemon.child_log_directory, "/var/log");
    EXPECT_TRUE(daemon.strip_ansi);
    EXPECT_THAT(daemon.environment, ElementsAre(std::pair("A", "red"), std::pair("N", "box")));
    EXPECT_EQ(daemon.identifier, "me");
}

TEST(SupervisordFile, SaysWhatTheReferenceSaysOfWrongOptionsOfTheDaemon) {  // 2
    const auto error = [](const std::string& line) {
        return error_of(read("[supervisord]\n" + line + "\n"));
    };

    EXPECT_EQ(error("minfds=x"), "invalid literal for int() with base 10: 'x'");
    EXPECT_EQ(error("directory=/nope"), "/nope is not an existing directory");
    EXPECT_EQ(
        error("logfile=/nope/x.log"),
        "The directory named as part of the path /nope/x.log does not exist"
    );
    EXPECT_EQ(error("user=nobody-here"), "Invalid user name nobody-here");
    EXPECT_EQ(error("user=65000"), "Invalid user id 65000");
    EXPECT_EQ(error("loglevel=warning"), "bad logging level name 'warning'");
    EXPECT_EQ(error("environment=A"), "Unexpected end of key/value pairs in value 'A'");
    EXPECT_EQ(
        error("identifier=%(nope)s"),
        "Format string '%(nope)s' for 'supervisord.identifier' contains names ('nope') which "
        "cannot be expanded. Available names: ENV_COLOUR, ENV_HOME, here"
    );
}

TEST(SupervisordFile, TellsTheFirstErrorOfTheReferenceAndFindsAll) {
    const ReadFile got = read(
        "[unix_http_server]\nfile=/s\nchmod=9\n"
        "[program:b]\ncommand=cat\nstartsecs=ten\nstopsignal=FOO\n"
        "[supervisord]\nuser=nope\nminprocs=many\n"
    );

    EXPECT_EQ(error_of(got), "invalid literal for int() with base 10: 'many'");
    EXPECT_THAT(
        to_string(got.findings),
        testing::StartsWith(
            "/etc/supervisord.conf:3: error: Invalid chmod value 9\n"
            "/etc/supervisord.conf:6: error: invalid literal for int() with base 10: 'ten' in "
            "section 'program:b' (file: '/etc/supervisord.conf')\n"
            "/etc/supervisord.conf:7: error: value 'FOO' is not a valid signal name in section "
            "'program:b' (file: '/etc/supervisord.conf')\n"
            "/etc/supervisord.conf:8: warning: [supervisord]: supervisorctl cannot work without a "
            "section [rpcinterface:supervisor]\n"
            "/etc/supervisord.conf:9: error: Invalid user name nope\n"
            "/etc/supervisord.conf:10: error: invalid literal for int() with base 10: 'many'\n"
        )
    );
}

TEST(SupervisordFile, ReadsUnixServers) {  // 3, [unix_http_server]
    const ReadFile got = read(
        "[supervisord]\n[unix_http_server]\nfile= ~/a/../s.sock \nchmod=0770\nchown=app:app\n"
        "username=u\npassword={SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d\n"
        "[unix_http_server:second]\nfile=t.sock\n"
    );

    ASSERT_EQ(got.file.unix_servers.size(), 2U);
    const HttpServer& first = got.file.unix_servers[0];
    EXPECT_EQ(error_of(got), "");
    EXPECT_EQ(first.path, "/var/op/s.sock");
    EXPECT_EQ(first.mode, 0770U);
    EXPECT_EQ(first.owner, "app:app");
    EXPECT_EQ(first.username, "u");
    EXPECT_THAT(first.password.reveal(), testing::StartsWith("{SHA}"));
    EXPECT_EQ(got.file.unix_servers[1].path, "/srv/run/t.sock");
    EXPECT_EQ(got.file.unix_servers[1].mode, 0700U);
    EXPECT_EQ(got.file.server_url(), "unix:///var/op/s.sock");
}

TEST(SupervisordFile, ReadsInetServers) {  // 3, [inet_http_server]
    const ReadFile got = read(
        "[supervisord]\n[inet_http_server]\nport=127.0.0.1:9001\n"
        "[inet_http_server:second]\nport=*:9002\nusername=u\npassword=p\n"
    );

    ASSERT_EQ(got.file.inet_servers.size(), 2U);
    EXPECT_EQ(got.file.inet_servers[0].address, (InetAddress{"127.0.0.1", 9001}));
    EXPECT_EQ(got.file.server_url(), "http://localhost:9002");
    EXPECT_EQ(read("[supervisord]\n").file.server_url(), "");
}

TEST(SupervisordFile, SaysWhatTheReferenceSaysOfWrongServers) {  // 2 and 3
    const auto error = [](const std::string& lines) {
        return error_of(read("[supervisord]\n" + lines + "\n"));
    };

    EXPECT_EQ(error("[unix_http_server]"), "section [unix_http_server] has no file value");
    EXPECT_EQ(error("[inet_http_server]"), "section [inet_http_server] has no port value");
    EXPECT_EQ(error("[inet_http_server]\nport=foo"), "not a valid port number: 'foo' ");
    EXPECT_EQ(error("[unix_http_server]\nfile=/s\nchmod=9"), "Invalid chmod value 9");
    EXPECT_EQ(error("[unix_http_server]\nfile=/s\nchown=x"), "Invalid sockchown value x");
    EXPECT_EQ(error("[unix_http_server]\nfile=/s\nchown=app:x"), "Invalid sockchown value app:x");
    EXPECT_EQ(
        error("[inet_http_server:a]\nport=1\nusername=u"),
        "Section [inet_http_server:a] contains incomplete authentication: If a username or a "
        "password is specified, both the username and password must be specified"
    );
}

TEST(SupervisordFile, NeverShowsAPassword) {
    const ReadFile got =
        read("[supervisord]\n[inet_http_server]\nport=1\nusername=u\npassword=5%Yhidden\n");

    EXPECT_EQ(
        error_of(got),
        "Format string '***' for 'inet_http_server.password' is badly formatted: unsupported "
        "format character 'Y' (0x59) at index 2"
    );
    EXPECT_THAT(to_string(got.findings), testing::Not(HasSubstr("hidden")));
}

TEST(SupervisordFile, ReadsWhatConcernsTheClientWithoutFailingOverIt) {  // 3, [supervisorctl]
    const ReadFile got = read(
        "[supervisord]\n[supervisorctl]\nserverurl=unix://s.sock\nusername=u\npassword=%p\n"
        "prompt=hi\nhistory_file=~/.h\n[ctlplugin:x]\nsupervisor.ctl_factory=a:b\n"
    );

    EXPECT_EQ(error_of(got), "");
    ASSERT_TRUE(got.file.supervisorctl);
    EXPECT_EQ(got.file.supervisorctl->server_url, "unix:///srv/run/s.sock");
    EXPECT_EQ(got.file.supervisorctl->username, "u");
    EXPECT_EQ(got.file.supervisorctl->prompt, "hi");
    EXPECT_EQ(got.file.supervisorctl->history_file, "/var/op/.h");
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre("5: [supervisorctl] password: supervisorctl refuses the file, since the value "
                    "cannot be expanded")
    );
    EXPECT_FALSE(read("[supervisord]\n").file.supervisorctl);
}

TEST(SupervisordFile, HonoursTheRpcInterfacesAndRunsNoForeignOnes) {  // 3, [rpcinterface:x]
    const std::string head = "[supervisord]\n[unix_http_server]\nfile=/s\n";
    const ReadFile usual = read(
        head +
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
    );
    const ReadFile foreign =
        read(head + "[rpcinterface:x]\nsupervisor.rpcinterface_factory=twiddler:make\na=b\n");

    EXPECT_TRUE(usual.file.has_supervisor_namespace());
    EXPECT_THAT(warnings_of(usual), IsEmpty());
    EXPECT_FALSE(foreign.file.has_supervisor_namespace());
    EXPECT_EQ(error_of(foreign), "");
    EXPECT_THAT(
        warnings_of(foreign),
        ElementsAre(
            "5: [rpcinterface:x] supervisor.rpcinterface_factory: twiddler:make is Python code, "
            "which is not run here",
            "1: [supervisord]: supervisorctl cannot work without a section "
            "[rpcinterface:supervisor]"
        )
    );
    EXPECT_EQ(
        error_of(read(head + "[rpcinterface:x]\n")),
        "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory"
    );
}

TEST(SupervisordInclude, ReadsMatchesInOrderAndTellsOfNone) {  // scenario 36
    Machine machine;
    machine.files = {
        {"/etc/conf.d/b.conf", "[program:b]\ncommand=%(here)s/run\n[program:a]\nstartsecs=5\n"},
        {"/etc/conf.d/a.conf", "[program:a]\ncommand=cat\nstartsecs=2\n"},
    };
    const ReadFile got = read(
        "[supervisord]\n[include]\nfiles = conf.d/*.conf\n  none/*.conf\n"
        "[program:m]\ncommand=%(here)s/run\n",
        machine
    );

    EXPECT_EQ(error_of(got), "");
    EXPECT_THAT(got.file.included, ElementsAre("/etc/conf.d/a.conf", "/etc/conf.d/b.conf"));
    EXPECT_THAT(names_of(got), ElementsAre("a", "b", "m"));
    EXPECT_EQ(got.file.groups[0].processes[0].start_seconds, 5);
    EXPECT_EQ(got.file.groups[1].processes[0].command, "/etc/conf.d/run");
    EXPECT_EQ(got.file.groups[2].processes[0].command, "/etc/run");
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre("3: [include] files: No file matches via include \"/etc/none/*.conf\"")
    );
}

TEST(SupervisordInclude, ExpandsItsPatterns) {  // 3, [include]
    Machine machine;
    machine.files = {{"/etc/conf.d/box-red.conf", "[program:x]\ncommand=cat\n"}};

    EXPECT_THAT(
        names_of(read(
            "[supervisord]\n[include]\n"
            "files=%(here)s/conf.d/%(host_node_name)s-%(ENV_COLOUR)s.conf\n",
            machine
        )),
        ElementsAre("x")
    );
    EXPECT_EQ(
        error_of(read("[supervisord]\n[include]\nfiles=%(program_name)s\n")),
        "Format string '%(program_name)s' for 'include.files' contains names ('program_name') "
        "which cannot be expanded. Available names: ENV_COLOUR, ENV_HOME, here, host_node_name"
    );
    EXPECT_EQ(
        error_of(read("[supervisord]\n[include]\n")),
        ".ini file has [include] section, but no files setting"
    );
}

TEST(SupervisordInclude, NamesTheFileOfTheSectionInErrors) {  // 1, errors
    Machine machine;
    machine.files = {{"/etc/conf.d/a.conf", "[program:a]\ncommand=cat\nautostart=maybe\n"}};
    const ReadFile got = read("[supervisord]\n[include]\nfiles=conf.d/*.conf\n", machine);

    EXPECT_EQ(
        error_of(got),
        "not a valid boolean value: 'maybe' in section 'program:a' (file: '/etc/conf.d/a.conf')"
    );
    EXPECT_THAT(
        to_string(got.findings), testing::StartsWith("/etc/conf.d/a.conf:3: error: not a valid")
    );
}

TEST(SupervisordInclude, StopsAtAFileThatDoesNotParse) {
    Machine machine;
    machine.files = {{"/etc/conf.d/a.conf", "k=v\n"}, {"/etc/conf.d/b.conf", "also wrong\n"}};

    EXPECT_EQ(
        error_of(read("[supervisord]\n[include]\nfiles=conf.d/*.conf\n", machine)),
        "File contains no section headers.\nfile: '/etc/conf.d/a.conf', line: 1\n'k=v\\n'"
    );
}

TEST(SupervisordInclude, PassesOverWhatCannotBeReadAndFollowsNoIncludeOfAnInclude) {
    Machine machine;
    machine.files = {
        {"/etc/conf.d/a.conf", "unreadable"},
        {"/etc/conf.d/b.conf", "[include]\nfiles=/etc/other.conf\n[program:b]\ncommand=cat\n"},
        {"/etc/other.conf", "[program:never]\ncommand=cat\n"},
    };
    const ReadFile got = read("[supervisord]\n[include]\nfiles=conf.d/*.conf\n", machine);

    EXPECT_EQ(error_of(got), "");
    EXPECT_THAT(names_of(got), ElementsAre("b"));
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre("3: [include] files: cannot read /etc/conf.d/a.conf: permission denied")
    );
}

TEST(SupervisordFile, IsToldFromOtherFormatsByNameOrSections) {
    EXPECT_TRUE(is_supervisord_file("/etc/supervisord.conf", ""));
    EXPECT_TRUE(is_supervisord_file("x.ini", "[a]\n"));
    EXPECT_FALSE(is_supervisord_file("elasticbot.toml", "[supervisord]\n"));
    EXPECT_TRUE(is_supervisord_file("fleet", "[supervisord]\n"));
    EXPECT_TRUE(is_supervisord_file("fleet", "; x\n[program:x]\ncommand=cat\n"));
    EXPECT_FALSE(is_supervisord_file("fleet", "[program.x]\ncommand = \"cat\"\n"));
    EXPECT_FALSE(is_supervisord_file("fleet", "debug = true\n"));
}

}  // namespace elasticbot::supervisord
