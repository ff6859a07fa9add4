"""What stands in the file: syntax, types, sections, includes, expansions, errors (supervisord-compat.md 1 to 5)."""
import os
import pwd
import socket

from daemon import SERVER, SETTINGS
from scenario import Scenario


class File(Scenario):
    """Most of it is asked of one running daemon that reads the file again."""

    def reread(self, daemon, text, **arguments):
        daemon.write(text, **arguments)
        return daemon.call("reloadConfig")

    def configured(self, daemon, text, **arguments):
        """What the daemon makes of the text: the programs by name."""
        self.reread(daemon, text, **arguments)
        return {one["name"]: one for one in daemon.call("getAllConfigInfo")}

    def error(self, daemon, text, **arguments):
        daemon.write(text, **arguments)
        code, message = daemon.fault("reloadConfig")
        self.assertEqual(code, 92)
        self.assertEqual(message[:13], "CANT_REREAD: ")
        return message[13:].replace(daemon.folder, "FOLDER")

    def command(self, daemon, *lines):
        return self.configured(daemon, "[program:x]\n" + "\n".join(lines) + "\n")["x"]["command"]

    # 1 Syntax

    def test_comments(self):
        """1.1, 1.2: full lines; inline after white space; no quoting protects."""
        daemon = self.start()

        for written, read in (
            ("a b", "a b"), ("a ; b", "a"), ("a # b", "a"), ("a\t;b", "a"), ("a;b", "a;b"), ("a#b", "a#b"),
            ("a;b ;c", "a;b"), ("sh -c 'a ; b'", "sh -c 'a"), ("  a  ", "a"), ("\"a\"", "\"a\""),
        ):
            with self.subTest(written):
                self.assertEqual(self.command(daemon, "command=" + written), read)
        self.assertEqual(self.command(daemon, "command=one", "; command=two", "# command=three", "  ; four"), "one")

    def test_continuations(self):
        """1.3, 1.4: indented lines are joined by line ends; comments and blank lines do not end them."""
        daemon = self.start()

        for lines, read in (
            (["command=a", "  b", "\tc"], "a\nb\nc"),
            (["command=a", "; comment", "  b"], "a\nb"),
            (["command=a", "", "  b"], "a\n\nb"),
            (["command=", "  a"], "\na"),
            (["command=a ; cut", "  b"], "a\nb"),
            (["command=a \\", "  b"], "a \\\nb"),
            (["command=a", "  b   ", "", ""], "a\nb"),
        ):
            with self.subTest(lines):
                self.assertEqual(self.command(daemon, *lines), read)

    def test_lines_of_a_command_are_words(self):
        """1.4."""
        daemon = self.start("""
            [program:x]
            command=printf "[%%s]"
                one
                "two  words"
                ; a comment
                three
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """)

        self.assertEqual(daemon.wait_for_text("x.log", "three"), "[one][two  words][three]")

    def test_options_and_sections(self):
        """1.5, 1.6, row 37: merged sections, lower-cased keys, both delimiters, the last one wins."""
        daemon = self.start()

        self.assertEqual(self.command(daemon, "COMMAND=a"), "a")
        self.assertEqual(self.command(daemon, "command: a"), "a")
        self.assertEqual(self.command(daemon, "command = a = b : c"), "a = b : c")
        self.assertEqual(self.command(daemon, "command : a = b"), "a = b")
        self.assertEqual(self.command(daemon, "command=a", "command=b"), "b")
        programs = self.configured(daemon, """
            [program:a] trailing text
            command=one
            priority=5
            [program:b]
            command=b
            [program:a]
            command=two
            autostart=false
            """)
        self.assertEqual(sorted(programs), ["a", "b"])
        self.assert_has({"command": "two", "process_prio": 5, "autostart": False}, programs["a"])

    def test_merged_sections_in_avail(self):
        """Row 37."""
        daemon = self.start("""
            [program:a]
            command=one
            autostart=false
            [program:a]
            priority=7
            command=two
            """)

        code, output = daemon.ctl("avail")

        self.assertEqual((code, output), (0, "a" + " " * 32 + "in use    manual    7:7\n"))

    def test_a_section_header_without_its_bracket_is_an_option(self):
        """1.6: `[program` = `x`, accepted silently."""
        daemon = self.start()

        programs = self.configured(daemon, """
            [program:a]
            command=one
            [program:b
            command=two
            """)

        self.assertEqual({name: one["command"] for name, one in programs.items()}, {"a": "two"})

    def test_unknown_names_are_ignored(self):
        """Unknown options in known sections, and unknown sections."""
        daemon = self.start()

        programs = self.configured(daemon, """
            [supervisord]
            nonsense=1
            [program:a]
            command=one
            autostrat=false
            ready=http://127.0.0.1/
            [whatever:x]
            y=z
            [whatever]
            """)

        self.assert_has({"command": "one", "autostart": True}, programs["a"])

    def test_a_byte_order_mark(self):
        """1.7: FIX, skip it."""
        daemon = self.prepare()
        with open(daemon.file, "rb") as file:
            text = file.read()
        with open(daemon.file, "wb") as file:
            file.write(b"\xef\xbb\xbf" + text)

        if self.is_ours:
            daemon.start()
        else:
            daemon.launch()
            self.assertEqual(daemon.wait(), 2)

    def test_text_that_is_no_file_of_sections(self):
        """1.6, 1.7: a line before the first section, a line without a delimiter."""
        daemon = self.start()

        self.assertIn("[line  4]: 'novalue\\n'", self.error(daemon, "novalue\n", preamble="[supervisord]\n[program:x]\ncommand=a\n"))
        for before in ("text\n", "key=value\n", "  [supervisord\n"):
            error = self.error(daemon, "[supervisord]\n", preamble=before)
            self.assertIn("File contains no section headers.", error)
            self.assertIn("line: 1", error)

    def test_quotes_belong_to_the_value(self):
        """1.9."""
        daemon = self.start()

        programs = self.configured(daemon, """
            [program:a]
            command=one
            stdout_logfile="x.log"
            directory="/tmp"
            """)

        self.assert_has({"stdout_logfile": "\"x.log\"", "directory": "\"/tmp\""}, programs["a"])

    def test_defaults_for_all_sections(self):
        """1.8: in practice unusable, since the rpc interface refuses what it does not know."""
        if self.is_ours:
            daemon = self.start("[DEFAULT]\nautostart=false\n[program:a]\ncommand=cat\n")
            self.assertIn("a", [one["name"] for one in daemon.call("getAllProcessInfo")])
        else:
            self.assertIn("Error: Could not make supervisor rpc interface\n",
                          self.refusal("[DEFAULT]\nautostart=false\n[program:a]\ncommand=cat\n"))

    # 1 Errors

    def test_an_error_ends_the_start(self):
        """1: two lines on standard error, exit 2, nothing started, no log."""
        daemon = self.prepare("""
            [program:x]
            command=touch %(here)s/started
            autostart=maybe
            """)
        daemon.launch()

        self.assertEqual(daemon.wait(), 2)

        lines = daemon.errors().splitlines()
        self.assertEqual(lines[0], "Error: not a valid boolean value: 'maybe' in section 'program:x' "
                                   f"(file: '{daemon.file}')")
        self.assertRegex(lines[1], r"^For help, use \S+ -h$")
        self.assertEqual(len(lines), 2)
        self.assertEqual(daemon.output(), "")
        self.assertEqual(daemon.files("*"), ["stderr", "stdout", "supervisord.conf"])

    def test_an_error_in_an_included_file_names_it(self):
        """1."""
        daemon = self.prepare("""
            [include]
            files=x.conf
            """, files={"x.conf": "[program:x]\ncommand=cat\nstopsignal=FOO\n"})
        daemon.launch()

        self.assertEqual(daemon.wait(), 2)

        self.assertEqual(daemon.errors().splitlines()[0], "Error: value 'FOO' is not a valid signal name in section "
                                                          f"'program:x' (file: '{daemon.path('x.conf')}')")

    def test_files_that_are_not_there_or_lack_a_section(self):
        """3, 4."""
        for settings, error in (
            ("[program:x]\ncommand=cat\n", ".ini file does not include supervisord section"),
            ("[supervisord]\n[include]\n", ".ini file has [include] section, but no files setting"),
        ):
            self.assertEqual(self.refusal(settings=settings, server="").splitlines()[0], "Error: " + error)
        daemon = self.prepare()
        daemon.arguments = self.product.foreground("/nonexist.conf")
        daemon.launch()
        self.assertEqual(daemon.wait(), 2)
        self.assertEqual(daemon.errors().splitlines()[0], "Error: could not find config file /nonexist.conf")

    # 2 Types

    def test_values_of_a_program(self):
        """2: what each type accepts, as getAllConfigInfo shows it."""
        daemon = self.start()

        for option, written, field, read in (
            ("autostart", "YES", "autostart", True), ("autostart", "oFF", "autostart", False),
            ("autostart", "1", "autostart", True), ("autostart", "no", "autostart", False),
            ("priority", " +7 ", "process_prio", 7), ("priority", "-7", "process_prio", -7),
            ("priority", "1_000", "process_prio", 1000),
            ("stdout_logfile_maxbytes", "5", "stdout_logfile_maxbytes", 5),
            ("stdout_logfile_maxbytes", "2kb", "stdout_logfile_maxbytes", 2048),
            ("stdout_logfile_maxbytes", "2 MB", "stdout_logfile_maxbytes", 2 << 20),
            ("stderr_logfile_maxbytes", "1GB", "stderr_logfile_maxbytes", 1 << 30),
            ("stdout_capture_maxbytes", "1MB", "stdout_capture_maxbytes", 1 << 20),
            ("stopsignal", "hup", "stopsignal", 1), ("stopsignal", "SIGUSR2", "stopsignal", 12),
            ("stopsignal", "9", "stopsignal", 9), ("stopsignal", "RTMIN", "stopsignal", 34),
            ("exitcodes", "0, 2,255", "exitcodes", [0, 2, 255]), ("exitcodes", "", "exitcodes", []),
            ("startsecs", "0", "startsecs", 0), ("startretries", "10", "startretries", 10),
            ("stopwaitsecs", "60", "stopwaitsecs", 60), ("stdout_logfile", "none", "stdout_logfile", "none"),
            ("stderr_logfile", "OFF", "stderr_logfile", "none"), ("stdout_logfile", "Auto", "stdout_logfile", "auto"),
            ("directory", "~/x", "directory", "~/x"), ("redirect_stderr", "on", "redirect_stderr", True),
            ("stdout_syslog", "true", "stdout_syslog", True), ("killasgroup", "true", "killasgroup", True),
            ("stopasgroup", "true", "killasgroup", True), ("user", "root", "uid", 0),
            ("stdout_logfile_backups", "0", "stdout_logfile_backups", 0),
            ("stderr_events_enabled", "true", "stderr_events_enabled", True),
            ("serverurl", "AUTO", "serverurl", "none"), ("serverurl", "http://x:1", "serverurl", "http://x:1"),
        ):
            with self.subTest(option=option, written=written):
                programs = self.configured(daemon, f"[program:x]\ncommand=cat\n{option}={written}\n")
                self.assertEqual(programs["x"][field], read)

    def test_defaults_of_a_program(self):
        """3."""
        daemon = self.start()

        programs = self.configured(daemon, "[program:x]\ncommand=cat\n")

        self.assertEqual(programs["x"], {
            "name": "x", "group": "x", "command": "cat", "autostart": True, "directory": "none", "uid": "none",
            "exitcodes": [0], "group_prio": 999, "process_prio": 999, "inuse": False, "killasgroup": False,
            "redirect_stderr": False, "startretries": 3, "startsecs": 1, "stopsignal": 15, "stopwaitsecs": 10,
            "stdout_capture_maxbytes": 0, "stdout_events_enabled": False, "stdout_logfile": "auto",
            "stdout_logfile_backups": 10, "stdout_logfile_maxbytes": 50 << 20, "stdout_syslog": False,
            "stderr_capture_maxbytes": 0, "stderr_events_enabled": False, "stderr_logfile": "auto",
            "stderr_logfile_backups": 10, "stderr_logfile_maxbytes": 50 << 20, "stderr_syslog": False,
            "serverurl": "none",
            **({"autorestart": programs["x"].get("autorestart")} if "autorestart" in programs["x"] else {}),
        })

    def test_errors_of_a_program(self):
        """2, 3: word for word."""
        daemon = self.start()

        for line, error in (
            ("autostart=maybe", "not a valid boolean value: 'maybe'"),
            ("startretries=x", "invalid literal for int() with base 10: 'x'"),
            ("stopwaitsecs=1.5", "invalid literal for int() with base 10: '1.5'"),
            ("startsecs=", "invalid literal for int() with base 10: ''"),
            ("umask=9", "9 can not be converted to an octal type"),
            ("stdout_logfile_maxbytes=1m", "invalid literal for int() with base 10: '1m'"),
            ("stdout_logfile_maxbytes=1.5MB", "invalid literal for int() with base 10: '1.5'"),
            ("stopsignal=FOO", "value 'FOO' is not a valid signal name"),
            ("stopsignal=99", "value '99' is not a valid signal number"),
            ("exitcodes=300", "not a valid list of exit codes: '300'"),
            ("exitcodes=a", "not a valid list of exit codes: 'a'"),
            ("autorestart=always", "invalid 'autorestart' value 'always'"),
            ("user=nobody-of-this-name", "Invalid user name nobody-of-this-name"),
            ("user=64999", "Invalid user id 64999"),
            ("stdout_logfile=/nope/x.log", "The directory named as part of the path /nope/x.log does not exist"),
            ("process_name=a b", "Invalid name: 'a b' because of character: ' '"),
            ("process_name=a:b", "Invalid name: 'a:b' because of character: ':'"),
            ("numprocs=2", "%(process_num) must be present within process_name when numprocs > 1"),
            ("stopasgroup=true\nkillasgroup=false", "Cannot set stopasgroup=true and killasgroup=false"),
            ("environment=A", "Unexpected end of key/value pairs in value 'A'"),
        ):
            with self.subTest(line):
                self.assertEqual(self.error(daemon, f"[program:x]\ncommand=cat\n{line}\n"),
                                 f"{error} in section 'program:x' (file: 'FOLDER/supervisord.conf')")
        self.assertEqual(self.error(daemon, "[program:x]\n"),
                         "program section program:x does not specify a command in section 'program:x' "
                         "(file: 'FOLDER/supervisord.conf')")

    def test_errors_of_other_sections(self):
        """2, 3."""
        daemon = self.start()
        program = "[program:a]\ncommand=cat\n[fcgi-program:f]\ncommand=cat\nsocket=tcp://localhost:1\n"
        listener = "[eventlistener:l]\ncommand=cat\nevents=EVENT\n"

        for text, error in (
            ("[supervisord]\nloglevel=warning", "bad logging level name 'warning'"),
            ("[supervisord]\nchildlogdir=/nope", "/nope is not an existing directory"),
            ("[supervisord]\nlogfile=/nope/x.log", "The directory named as part of the path /nope/x.log does not exist"),
            ("[supervisord]\numask=9", "9 can not be converted to an octal type"),
            ("[supervisord]\nminfds=x", "invalid literal for int() with base 10: 'x'"),
            ("[supervisord]\nnodaemon=2", "not a valid boolean value: '2'"),
            ("[program:a]\npriority=x", "invalid literal for int() with base 10: 'x'"),
            ("[program:a b]\ncommand=cat", "Invalid name: 'a b' because of character: ' '"),
            ("[program:a/b]\ncommand=cat", "Invalid name: 'a/b' because of character: '/'"),
            ("[inet_http_server]\nport=foo", "not a valid port number: 'foo' "),
            ("[inet_http_server]\nport=h:70000", "70000 is above upper bound (65535)"),
            ("[inet_http_server]\nport=0", "not a valid port number: '0' "),
            ("[inet_http_server]", "section [inet_http_server] has no port value"),
            ("[inet_http_server]\nport=9001\nusername=u",
             "Section [inet_http_server] contains incomplete authentication: If a username or a password is specified, "
             "both the username and password must be specified"),
            ("[unix_http_server:b]", "section [unix_http_server:b] has no file value"),
            ("[unix_http_server]\nchmod=9", "Invalid chmod value 9"),
            ("[unix_http_server]\nchown=no-such-one", "Invalid sockchown value no-such-one"),
            ("[group:g]\nprograms=zz", "[group:g] names unknown program or fcgi-program zz"),
            ("[program:f]\ncommand=cat\n[group:g]\nprograms=f",
             "[group:g] name f is ambiguous (exists as program and fcgi-program)"),
            ("[group:g]\nprograms=a\npriority=x", "invalid literal for int() with base 10: 'x'"),
            ("[fcgi-program:f]\nsocket=", "[fcgi-program:f] section requires a \"socket\" line"),
            ("[fcgi-program:f]\nsocket_backlog=0", "Invalid socket_backlog value 0"),
            ("[fcgi-program:f]\nsocket_mode=0700",
             "socket_owner and socket_mode params should only be used with a Unix domain socket in [fcgi-program:f] socket"),
            ("[fcgi-program:f]\nsocket_owner=no-such-one", "Invalid socket_owner value no-such-one"),
            ("[eventlistener:m]\ncommand=cat", "[eventlistener:m] section requires an \"events\" line"),
            ("[eventlistener:l]\nevents=FOO", "Unknown event type FOO in [eventlistener:l] events"),
            ("[eventlistener:l]\nbuffer_size=0", "[eventlistener:l] section sets invalid buffer_size (0)"),
            ("[eventlistener:l]\nredirect_stderr=true",
             "[eventlistener:l] section sets redirect_stderr=true but this is not allowed because it will interfere with "
             "the eventlistener protocol"),
            ("[rpcinterface:x]", "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory"),
        ):
            with self.subTest(text):
                self.assertEqual(self.error(daemon, program + listener + text + "\n"), error)

    def environment_of(self, daemon, texts):
        """What children see of the lists: the variables that the list names."""
        names = sorted({name for _, expected in texts for name in expected})
        lines = []
        for number, (text, _) in enumerate(texts):
            lines += [f"[program:p{number}]", f"command=/usr/bin/python3 -SE %(here)s/tell.py {' '.join(names)}",
                      f"stdout_logfile=%(here)s/{number}.log", "startsecs=0", "autorestart=false", f"environment={text}"]
        daemon = self.start("\n".join(lines) + "\n", files={"tell.py": """\
            import os, sys
            print({name: os.environ[name] for name in sys.argv[1:] if name in os.environ})
            """})
        return [daemon.wait_for_text(f"{number}.log", "\n").strip() for number in range(len(texts))]

    def test_lists_of_variables(self):
        """2: environment, as a child sees it."""
        texts = [
            ("A=1,B=2", {"A": "1", "B": "2"}), ('A="1",B="2"', {"A": "1", "B": "2"}),
            ("A = 1 , B = 2", {"A": "1", "B": "2"}), ("A=1;B=2", {"A": "1", "B": "2"}), ("A=1,", {"A": "1"}),
            ("A='x,y'", {"A": "x,y"}), ('A="a b"', {"A": "a b"}), ('A="#x"', {"A": "#x"}), ('A="k=v"', {"A": "k=v"}),
            ("A=http://h:80/p", {"A": "http://h:80/p"}), ("A=http://h/p?q=1", {"A": "http://h/p", "q": "1"}),
            ("A=$HOME", {"A": "$"}), ("A=~/x", {"A": "~"}), ("A={}", {"A": "{"}), ("A=a b", {"A": "a"}),
            ('A=""', {"A": ""}), ("A=it's", {"A": "it's"}), ("A=a.b+c-d(e)", {"A": "a.b+c-d(e)"}),
            ('A="one\n  two"', {"A": "one\ntwo"}),
        ]

        seen = self.environment_of(None, texts)

        self.assertEqual(seen, [str(expected) for _, expected in texts])

    def test_quotes_in_lists_of_variables(self):
        """2: the decision is the POSIX reading where it does not fail."""
        texts = [('A="x\\"y"', {"A": "x\"y"}), ('A="a"b', {"A": "ab"}), ("A=\"'q'\"", {"A": "'q'"})]
        older = ["{'A': 'x\\\\'}", "{'A': 'a'}", "{'A': 'q'}"]

        seen = self.environment_of(None, texts)

        self.assertEqual(seen, self.expect(supervisord=older, ours=[str(expected) for _, expected in texts],
                                           because="releases after 4.3 read quotes as a shell does"))

    def test_lists_of_variables_that_are_errors(self):
        """2."""
        daemon = self.start()

        for text in ("A=a@b", "A=a*b", "A=x=y", "A=#x", "A=", "A=1 B=2", "A=1,,B=2"):
            with self.subTest(text):
                error = self.error(daemon, f"[program:x]\ncommand=cat\nenvironment={text}\n")
                self.assertRegex(error, r"^Unexpected end of key/value pairs in value '.*' in section 'program:x'")

    # 3 Includes

    def test_includes(self):
        """3, row 36: in order, sorted, merged, %(here)s of the included file; a warning where nothing matches."""
        daemon = self.start("""
            [include]
            files=conf.d/*.conf none*.conf %(ENV_MORE)s
            [program:main]
            command=%(here)s/main
            autostart=false
            """, environment={"MORE": "more.ini"}, files={
                "conf.d/b.conf": "[program:b]\ncommand=%(here)s/b\nautostart=false\n[program:a]\npriority=2\n",
                "conf.d/a.conf": "[program:a]\ncommand=%(here)s/a\nautostart=false\npriority=1\n[include]\nfiles=never.conf\n",
                "conf.d/never.conf.not": "",
                "more.ini": "[program:main]\npriority=4\n",
            })

        programs = {one["name"]: one for one in daemon.call("getAllConfigInfo")}

        self.assert_has({"command": daemon.path("conf.d/a"), "process_prio": 2}, programs["a"])
        self.assert_has({"command": daemon.path("conf.d/b")}, programs["b"])
        self.assert_has({"command": daemon.path("main"), "process_prio": 4}, programs["main"])
        self.assert_lines([f"INFO Included extra file \"{daemon.path(name)}\" during parsing"
                           for name in ("conf.d/a.conf", "conf.d/b.conf", "more.ini")], daemon.log())
        self.assertIn("WARN No file matches via include \"" + daemon.path("none*.conf") + "\"", daemon.log())

    def test_an_included_file_that_does_not_parse(self):
        """3: a fatal error."""
        daemon = self.start(files={"x.conf": "[program:x]\nnonsense\n"})

        self.assertIn("x.conf", self.error(daemon, "[include]\nfiles=x.conf\n"))

    # 5 Expansions

    def test_expansions(self):
        """5: names, flags, width, precision, %%."""
        daemon = self.start("""
            [supervisord]
            environment=GLOBAL="g"
            [program:x]
            command=none %(here)s %(program_name)s %(group_name)s %(host_node_name)s %(ENV_OUTER)s %(ENV_GLOBAL)s %(ENV_OWN)s 100%%
            environment=OWN="o%(process_num)d"
            directory=%(here)s/%(ENV_OWN)s
            autostart=false
            stdout_logfile=%(here)s/%(ENV_OWN)s.log
            [program:n]
            command=none %(process_num)02d %(process_num)-4d| %(process_num)+d %(process_num)s %(process_num)x %(numprocs)d %(program_name).2s
            process_name=%(program_name)s_%(process_num)03d
            numprocs=2
            numprocs_start=10
            autostart=false
            """, environment={"OUTER": "outer"})

        programs = {one["name"]: one for one in daemon.call("getAllConfigInfo")}

        self.assert_has({
            "command": f"none {daemon.folder} x x {os.uname().nodename} outer g o0 100%",
            "directory": daemon.path("o0"), "stdout_logfile": daemon.path("o0.log"),
        }, programs["x"])
        self.assertEqual(sorted(programs), ["n_010", "n_011", "x"])
        self.assertEqual(programs["n_011"]["command"], "none 11 11  | +11 11 b 2 n")

    def test_expansions_that_fail(self):
        """5."""
        daemon = self.start()

        for line, error in (
            ("command=date +%Y", r"Format string 'date \+%Y' for 'program:x.command' is badly formatted: "),
            ("command=a %", "Format string 'a %' for 'program:x.command' is badly formatted: "),
            ("command=%(ENV_NOPE_NOT)s", r"Format string '%\(ENV_NOPE_NOT\)s' for 'program:x.command' contains names "
                                         r"\('ENV_NOPE_NOT'\) which cannot be expanded. Available names: ENV_"),
            ("command=cat\npriority=%(process_num)d", r"Format string '%\(process_num\)d' for 'program:x.priority' contains names "
                                                      r"\('process_num'\) which cannot be expanded. Available names: "),
        ):
            with self.subTest(line):
                self.assertRegex(self.error(daemon, f"[program:x]\n{line}\n"), "^" + error)

    def test_the_path_of_a_log_is_expanded_once(self):
        """5: FIX, the reference expands it twice; four percent signs still mean one."""
        daemon = self.start()

        programs = self.configured(daemon, "[program:x]\ncommand=cat\nstdout_logfile=/tmp/a%%%%b\n")
        self.assertEqual(programs["x"]["stdout_logfile"], "/tmp/a%b")
        daemon.write("[program:x]\ncommand=cat\nstdout_logfile=/tmp/a%%b\n")
        if self.is_ours:
            daemon.call("reloadConfig")
            self.assertEqual(daemon.call("getAllConfigInfo")[0]["stdout_logfile"], "/tmp/a%b")
        else:
            self.assertEqual(daemon.fault("reloadConfig")[0], 92)

    def test_variables_of_a_file_that_was_read_before(self):
        """5: FIX, the table of ENV_ names is built anew each time; the reference only adds."""
        daemon = self.start()
        self.configured(daemon, "[supervisord]\nenvironment=OLD=\"1\"\n[program:x]\ncommand=%(ENV_OLD)s\n")

        daemon.write("[program:x]\ncommand=%(ENV_OLD)s\n")

        if self.is_ours:
            self.assertEqual(daemon.fault("reloadConfig")[0], 92)
        else:
            daemon.call("reloadConfig")
            self.assertEqual(daemon.call("getAllConfigInfo")[0]["command"], "1")

    def test_paths_of_the_servers_are_expanded_and_made_absolute(self):
        """3: ~ and relative names."""
        daemon = self.prepare("[program:x]\ncommand=cat\nstdout_logfile=~/x.log\nstartsecs=0\n",
                              settings=SETTINGS.replace("%(here)s/supervisord.log", "relative.log"),
                              server=SERVER.replace("file=%(here)s/s.sock", "file=~/s.sock"))
        daemon.start()

        daemon.wait_for_state("x", "RUNNING")

        self.assertEqual(daemon.info("x")["stdout_logfile"], daemon.path("x.log"))
        self.assertIn("supervisord started", daemon.read("relative.log"))
        self.assertTrue(os.path.exists(daemon.path("x.log")))

    def test_owner_and_mode_of_the_socket(self):
        """3: chmod and chown of unix_http_server."""
        self.need_root()
        daemon = self.start("[unix_http_server]\nchmod=0770\nchown=nobody:daemon\n")
        plain = self.start()

        status = os.stat(daemon.socket)
        self.assertEqual((status.st_mode & 0o7777, status.st_uid), (0o770, pwd.getpwnam("nobody").pw_uid))
        self.assertEqual(os.stat(plain.socket).st_mode & 0o7777, 0o700)

    def test_our_keys_in_the_same_file(self):
        """Keys of elasticbot's schema stand in a program's section; supervisord ignores them."""
        daemon = self.start("""
            [program:first]
            command=cat
            startsecs=0
            grace_period=3s
            labels=a
            [program:x]
            command=cat
            startsecs=0
            after=first
            max_restarts=5
            """)

        for name in ("first", "x"):
            self.assertEqual(daemon.wait_for_state(name, "RUNNING")["state"], 20)

    def test_a_percent_sign_in_the_environment_of_all(self):
        """3, 5: it is expanded twice there, so a percent sign is four of them."""
        daemon = self.start("""
            [supervisord]
            environment=SHARE="100%%%%"
            [program:x]
            command=sh -c "echo $SHARE %(ENV_SHARE)s"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """)

        self.assertEqual(daemon.wait_for_text("x.log", "\n"), "100% 100%\n")

    def test_warnings_of_the_file_are_logged(self):
        """3: redirect_stderr with a file for stderr; AUTO without rotation; the word syslog."""
        daemon = self.start("""
            [program:a]
            command=cat
            autostart=false
            redirect_stderr=true
            stderr_logfile=%(here)s/a.err
            [program:b]
            command=cat
            autostart=false
            stdout_logfile_maxbytes=0
            """)

        for warning in (
            "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has "
            "been ignored",
            "For [program:b], AUTO logging used for stdout_logfile without rollover, set maxbytes > 0 to avoid filling "
            "up filesystem unintentionally",
        ):
            self.assertIn("WARN " + warning, daemon.log())
        self.assertEqual(daemon.info("a")["stderr_logfile"], "")

    def test_a_password_in_the_file_does_not_reach_the_log(self):
        """Errors name the thing, never the secret."""
        daemon = self.start("[unix_http_server]\nusername=u\npassword=s3cret-word\n", credentials=("u", "s3cret-word"))

        self.assertNotIn("s3cret-word", daemon.log() + daemon.output() + daemon.errors())

    def test_several_servers(self):
        """3: both section names may carry a suffix."""
        daemon = self.start("[unix_http_server:second]\nfile=%(here)s/second.sock\n")

        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as second:
            second.connect(daemon.path("second.sock"))
            second.sendall(b"GET /ok.html HTTP/1.0\r\n\r\n")
            self.assertIn(b" 200 ", second.recv(65536))
