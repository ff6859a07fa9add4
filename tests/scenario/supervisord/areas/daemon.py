"""The daemon as a process: its command line, daemonising, pid file, user, limits (supervisord-compat.md 3 and 4)."""
import os
import pwd
import re
import signal
import socket
import subprocess

from daemon import PATIENCE, SERVER, SETTINGS
from scenario import Scenario


class DaemonItself(Scenario):
    def command_line(self, *words, folder=None, environment=None):
        """Exit status, output, errors of supervisord's command line."""
        return self.run_to_end(*self.product.command_line(*words), cwd=folder,
                               environment={**os.environ, **(environment or {})})

    # Command line

    def test_version_and_help(self):
        """4."""
        for word in ("-v", "--version"):
            code, output, errors = self.command_line(word)
            self.assertEqual((code, errors), (0, ""))
            self.assertRegex(output, r"^4\.\d+\.\d+\S*\n$")
        for word in ("-h", "--help", "-?"):
            code, output, errors = self.command_line(word)
            self.assertEqual((code, errors), (0, ""))
            for option in ("--configuration", "--nodaemon", "--logfile", "--pidfile"):
                self.assertIn(option, output)

    def test_errors_of_the_command_line(self):
        """4: exit 2."""
        daemon = self.prepare()

        for words, error in (
            (["--bogus"], "option --bogus not recognized"),
            (["-X"], "option -X not recognized"),
            (["-c"], "option -c requires argument"),
            (["positional"], "positional arguments are not supported: ['positional']"),
            (["-c", daemon.file, "-c", daemon.file], "conflicting command line option '-c'"),
            (["-c", "/nonexist"], "could not find config file /nonexist"),
            (["-c", daemon.file, "-e", "warning"], "invalid value for -e 'warning': bad logging level name 'warning'"),
            (["-c", daemon.file, "-y", "1m"], "invalid value for -y '1m': invalid literal for int() with base 10: '1m'"),
            (["-n", "-c", daemon.file, "-u", "nobody-of-this-name"], "Invalid user name nobody-of-this-name"),
        ):
            with self.subTest(words):
                code, output, errors = self.command_line(*words)
                self.assertEqual((code, output), (2, ""))
                self.assertEqual(errors.splitlines()[0], "Error: " + error)
                self.assertRegex(errors.splitlines()[1], r"^For help, use \S+ -h$")

    def test_where_the_file_is_looked_for(self):
        """4: the current folder, then its etc."""
        for place in ("supervisord.conf", "etc/supervisord.conf"):
            with self.subTest(place):
                daemon = self.prepare(settings=SETTINGS.replace("%(here)s", "."), server=SERVER.replace("%(here)s", "."))
                if place != "supervisord.conf":
                    os.makedirs(daemon.path("etc"))
                    os.rename(daemon.file, daemon.path(place))
                daemon.arguments = self.product.command_line("-n")
                daemon.launch()
                self.wait("a socket", lambda daemon=daemon: os.path.exists(daemon.socket))

                self.assertEqual(daemon.call("getPID"), daemon.pid)

    def test_the_command_line_beats_the_file(self):
        """4: the letters of section 3."""
        daemon = self.prepare("""
            [supervisord]
            identifier=of-the-file
            loglevel=info
            [program:x]
            command=sh -c "echo hello; exec cat"
            startsecs=0
            """)
        os.makedirs(daemon.path("logs"))
        daemon.arguments = self.product.command_line(
            "-n", "-s", "-c", daemon.file, "-i", "of-the-line", "-l", daemon.path("other.log"), "-j", daemon.path("other.pid"),
            "-e", "debug", "-q", daemon.path("logs"), "--logfile_maxbytes=1MB", "-z", "3", "-k", "-t", "-a", "1100",
            "--minprocs", "100")
        daemon.start()

        daemon.wait_for_state("x", "RUNNING")

        self.assertEqual(daemon.call("getIdentification"), "of-the-line")
        self.assertEqual(daemon.read("other.pid"), f"{daemon.pid}\n")
        self.assertEqual(daemon.output(), "")
        daemon.wait_for_text("other.log", "'x' stdout output:\nhello")
        self.assertEqual(daemon.log(), "")
        self.assertRegex(daemon.info("x")["stdout_logfile"], rf"^{daemon.folder}/logs/x-stdout---of-the-line-.{{8}}\.log$")

    def test_options_of_the_foreground(self):
        """3: -n stays in the foreground, also where the file says nodaemon=false."""
        daemon = self.start("[supervisord]\nnodaemon=false\n", options=["-n"] if self.is_ours else [])

        self.assertEqual(daemon.call("getPID"), daemon.pid)

    # Daemonising

    def daemonised(self, text, *options):
        daemon = self.prepare(text)
        code, output, errors = self.run_to_end(*self.product.command_line("-c", daemon.file, *options), cwd=daemon.folder,
                                               environment=daemon.environment)
        self.assertEqual((code, errors), (0, ""))
        self.wait("a pid file", lambda: daemon.read("supervisord.pid").endswith("\n"))
        pid = int(daemon.read("supervisord.pid"))

        def end():
            try:
                os.kill(pid, signal.SIGTERM)
                self.wait("the end of the daemon", lambda: not os.path.exists(f"/proc/{pid}"))
            except OSError:
                pass

        self.addCleanup(end)
        self.wait("a socket", lambda: os.path.exists(daemon.socket))
        return daemon, pid

    def test_it_becomes_a_daemon(self):
        """3: fork, setsid, /dev/null; the parent ends with 0; umask and directory are applied."""
        daemon, pid = self.daemonised("""
            [supervisord]
            umask=027
            directory=/usr
            [program:x]
            command=sh -c "umask; pwd; exec cat"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)

        self.assertEqual(daemon.call("getPID"), pid)
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual([os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)], ["/dev/null"] * 3)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/usr")
        self.assertEqual(daemon.wait_for_text("x.log", "/usr"), "0027\n/usr\n")
        self.assert_lines(["INFO daemonizing the supervisord process", "INFO set current directory: '/usr'",
                           f"INFO supervisord started with pid {pid}"], daemon.log())
        self.assertEqual(daemon.ctl("pid"), (0, f"{pid}\n"))

        os.kill(pid, signal.SIGTERM)
        self.wait("the end of the daemon", lambda: not os.path.exists(f"/proc/{pid}"))
        self.assertEqual(daemon.files("*.pid") + daemon.files("*.sock"), [])

    def test_a_daemon_starts_again_by_request(self):
        """10: HUP does not fork again."""
        daemon, pid = self.daemonised("[program:x]\ncommand=cat\nstartsecs=0\n")
        daemon.wait_for_state("x", "RUNNING")

        os.kill(pid, signal.SIGHUP)
        daemon.wait_for_log("supervisord started with pid", 2)
        self.wait("a socket", lambda: os.path.exists(daemon.socket))

        self.assertEqual(self.wait("an answer", lambda: self.pid_or_none(daemon)), pid)
        self.assertEqual(daemon.log().count("daemonizing"), 1)

    def pid_or_none(self, daemon):
        try:
            return daemon.call("getPID")
        except Exception:  # While it starts again.
            return None

    def test_a_file_that_is_invalid_is_told_before_the_fork(self):
        """1, 3: exit 2 of the process that was started."""
        daemon = self.prepare("[program:x]\ncommand=cat\nautostart=maybe\n")

        code, output, errors = self.command_line("-c", daemon.file)

        self.assertEqual(code, 2)
        self.assertIn("Error: not a valid boolean value: 'maybe'", errors)

    def test_in_the_foreground_umask_and_directory_do_nothing(self):
        """3, 15.5."""
        daemon = self.start("""
            [supervisord]
            umask=077
            directory=/usr
            [program:x]
            command=sh -c "umask; pwd; exec cat"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)

        mask = os.umask(0o022)
        os.umask(mask)
        self.assertEqual(daemon.wait_for_text("x.log", "/"), f"{mask:04o}\n{os.path.realpath(daemon.folder)}\n")

    # Files and limits

    def test_the_pid_file(self):
        """3: written at the start, removed at the end."""
        daemon = self.start()

        self.assertEqual(daemon.read("supervisord.pid"), f"{daemon.pid}\n")
        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(daemon.files("*.pid"), [])

    def test_names_without_a_folder_are_of_the_folder_of_the_start(self):
        """3: defaults of logfile and pidfile."""
        daemon = self.start(settings="[supervisord]\nchildlogdir=%(here)s\n")

        self.assertIn("supervisord started with pid", daemon.log())
        self.assertEqual(daemon.read("supervisord.pid"), f"{daemon.pid}\n")

    def test_a_user_for_the_daemon(self):
        """3: switched to before anything else."""
        self.need_root()
        nobody = pwd.getpwnam("nobody")
        daemon = self.prepare("""
            [supervisord]
            user=nobody
            [program:x]
            command=id -u
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """)
        os.chown(daemon.folder, nobody.pw_uid, nobody.pw_gid)
        daemon.start()

        self.assertEqual(daemon.wait_for_text("x.log", "\n"), f"{nobody.pw_uid}\n")
        self.assertEqual(os.stat(f"/proc/{daemon.pid}").st_uid, nobody.pw_uid)
        self.assertEqual(os.stat(daemon.path("supervisord.log")).st_uid, nobody.pw_uid)
        self.assertNotIn("Supervisor is running as root", daemon.log())
        self.assertIn(f"INFO Set uid to user {nobody.pw_uid} succeeded", daemon.log())

    def test_a_user_that_cannot_be_switched_to(self):
        """3: exit 2, not as root."""
        self.need_root()
        daemon = self.prepare("[supervisord]\nuser=daemon\n")
        nobody = pwd.getpwnam("nobody")
        os.chown(daemon.folder, nobody.pw_uid, nobody.pw_gid)
        daemon.arguments = ["/usr/bin/setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                            *daemon.arguments]
        daemon.launch()

        self.assertEqual(daemon.wait(), 2)
        self.assertIn("Error: Can't drop privilege as nonroot user", daemon.errors())

    def test_an_owner_of_the_socket_that_the_kernel_does_not_grant(self):
        """3: chown, exit 2."""
        self.need_root()
        daemon = self.prepare("[unix_http_server]\nchown=root\n")
        nobody = pwd.getpwnam("nobody")
        os.chown(daemon.folder, nobody.pw_uid, nobody.pw_gid)
        daemon.arguments = ["/usr/bin/setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                            *daemon.arguments]
        daemon.launch()

        self.assertEqual(daemon.wait(), 2)
        self.assertIn(f"Error: Not permitted to chown {daemon.socket} to uid/gid ", daemon.errors())

    def test_descriptors_that_the_kernel_does_not_grant(self):
        """3: minfds, exit 2."""
        daemon = self.prepare("[supervisord]\nminfds=2000000000\n")
        daemon.launch()

        self.assertEqual(daemon.wait(), 2)
        self.assertIn("Error: The minimum number of file descriptors required to run this process is 2000000000 as per the "
                      "\"minfds\" command-line argument or config file setting.", daemon.errors())

    def test_variables_for_programs_are_not_the_daemon_s(self):
        """3: environment does not change the daemon's own."""
        daemon = self.start("[supervisord]\nenvironment=ONLY_FOR=\"programs\"\n")

        with open(f"/proc/{daemon.pid}/environ") as environ:
            self.assertNotIn("ONLY_FOR", environ.read())

    def test_the_end_is_orderly_whatever_the_children_did(self):
        """4: exit status 0."""
        daemon = self.start("""
            [program:fatal]
            command=/no/such
            startretries=0
            [program:exited]
            command=sh -c "exit 9"
            startsecs=0
            autorestart=false
            [program:killed]
            command=sh -c "trap '' TERM; echo ready; read line"
            stdout_logfile=%(here)s/killed.log
            stopwaitsecs=1
            startsecs=0
            """)
        daemon.wait_for_state("fatal", "FATAL")
        daemon.wait_for_state("exited", "EXITED")
        daemon.wait_for_text("killed.log", "ready")

        daemon.process.terminate()

        self.assertEqual(daemon.wait(), 0)
        self.assertIn("WARN stopped: killed (terminated by SIGKILL)", daemon.log())

    def test_a_second_daemon_of_the_same_file(self):
        """11, row 32."""
        daemon = self.start("[program:x]\ncommand=cat\nstartsecs=0\n")
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]

        second = subprocess.run(daemon.arguments, cwd=daemon.folder, env=daemon.environment, capture_output=True, text=True,
                                timeout=60)

        self.assertEqual(second.returncode, 2)
        self.assertIn("Another program is already listening", second.stderr)
        self.assertEqual(daemon.pid_of("x"), pid)

    def test_a_daemon_without_any_server(self):
        """3: it runs, and stops."""
        daemon = self.start("[program:x]\ncommand=cat\nstartsecs=0\n", server="")

        daemon.wait_for_log("success: x entered RUNNING state")
        daemon.process.terminate()

        self.assertEqual(daemon.wait(), 0)

    def test_a_daemon_without_programs(self):
        """3."""
        daemon = self.start()

        self.assertEqual(daemon.call("getAllProcessInfo"), [])
        self.assertEqual(daemon.call("startAllProcesses"), [])
        self.assertEqual(daemon.ctl("status"), (0, ""))

    def test_children_of_a_daemon_that_was_killed(self):
        """11, row 33: those that read their input see its end; the file can be started again."""
        daemon = self.start("[program:x]\ncommand=cat\nstartsecs=0\n")
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]

        daemon.process.kill()
        daemon.wait()
        self.wait("the end of the child", lambda: pid not in daemon.left())
        daemon.start()

        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], pid)

    # Runs a command where /dev/log is the socket `log` of the folder.
    WITH_SYSTEM_LOG = """
        set -e
        mkdir "$1/dev"
        cp -a /dev/null /dev/zero /dev/random /dev/urandom "$1/dev"
        ln -s /proc/self/fd "$1/dev/fd"
        ln -s "$1/log" "$1/dev/log"
        mount --bind "$1/dev" /dev
        shift
        exec "$@"
        """

    def test_the_log_of_the_daemon_can_be_syslog(self):
        """3, 9: logfile=syslog makes no file of that name; stdout_syslog adds the name of the process."""
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("needs to mount a /dev of its own")
        daemon = self.prepare("""
            [program:x]
            command=sh -c "echo hello; exec cat"
            stdout_logfile=NONE
            stdout_syslog=true
            startsecs=0
            [group:g]
            programs=x
            """, settings=SETTINGS.replace("%(here)s/supervisord.log", "syslog"))
        daemon.put("wrapper", self.WITH_SYSTEM_LOG)
        daemon.arguments = ["unshare", "-m", "sh", daemon.path("wrapper"), daemon.folder, *daemon.arguments]
        received = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(daemon.path("log"))
            log.settimeout(PATIENCE)
            daemon.start()
            while not any(line.endswith("x hello") for line in received):
                received.append(log.recv(8192).decode().rstrip("\0\n"))

        when = r"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d supervisord: "
        for line in received:
            self.assertRegex(line, "^" + when)
        self.assertRegex("\n".join(received), rf"(?m)^{when}\d{{4}}-\d\d-\d\d [\d:]+,\d{{3}} INFO supervisord started with pid "
                                              rf"{daemon.pid}$")
        self.assertRegex(received[-1], f"^{when}x hello$")
        self.assertEqual(daemon.files("syslog*"), [])
