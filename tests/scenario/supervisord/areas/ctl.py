"""What supervisorctl prints, and how it ends (supervisord-compat.md 13)."""
import os
import signal
import subprocess
import time

from daemon import free_port, read_until
from scenario import Scenario

PROGRAMS = """
[program:x]
command=cat
startsecs=0
[program:stopped]
command=cat
autostart=false
startsecs=0
"""


class Ctl(Scenario):
    def running(self, text=PROGRAMS, **arguments):
        daemon = self.start(text, **arguments)
        daemon.wait_for_state("x", "RUNNING")
        return daemon

    def test_status(self):
        """13: padding, order, exit status 0, 3, 4."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            [program:a_name_that_is_longer_than_thirty_letters]
            command=cat
            startsecs=0
            [program:fatal]
            command=/no/such
            startretries=0
            autostart=false
            [program:m]
            command=cat
            autostart=false
            [group:g]
            programs=m
            """)
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]
        daemon.wait_for_state("a_name_that_is_longer_than_thirty_letters", "RUNNING")
        daemon.call("startProcessGroup", "fatal")

        code, output = daemon.ctl("status")
        lines = output.splitlines()
        self.assertEqual(code, 3)
        self.assertRegex(lines[0], r"^a_name_that_is_longer_than_thirty_letters   RUNNING   pid \d+, uptime 0:00:\d\d$")
        self.assertEqual(lines[1], "fatal" + " " * 39 + "STOPPED   Not started")
        self.assertEqual(lines[2], "g:m" + " " * 41 + "STOPPED   Not started")
        self.assertRegex(lines[3], rf"^x {{43}}RUNNING   pid {pid}, uptime 0:00:\d\d$")
        code, output = daemon.ctl("status", "x")
        self.assertRegex(output, rf"^x {{32}}RUNNING   pid {pid}, uptime 0:00:\d\d\n$")
        self.assertEqual(code, 0)
        self.assertEqual(daemon.ctl("status", "zz", "g:zz", "zz:*"),
                         (4, "zz: ERROR (no such process)\ng:zz: ERROR (no such process)\nzz: ERROR (no such group)\n"))
        self.assertEqual(daemon.ctl("status", "zz", "fatal"),
                         (3, "zz: ERROR (no such process)\nfatal" + " " * 28 + "STOPPED   Not started\n"))
        self.assertEqual(daemon.ctl("status", "g:*"), (3, "g:m" + " " * 30 + "STOPPED   Not started\n"))

    def test_descriptions_in_status(self):
        """6, 13: BACKOFF and FATAL tell why, STOPPED and EXITED when."""
        daemon = self.start("""
            [program:exited]
            command=true
            startsecs=0
            autorestart=false
            [program:fatal]
            command=false
            startsecs=10
            startretries=0
            [program:missing]
            command=/no/such
            startretries=0
            [program:starting]
            command=cat
            startsecs=99
            """)
        daemon.wait_for_state("exited", "EXITED")
        daemon.wait_for_state("fatal", "FATAL")
        daemon.wait_for_state("missing", "FATAL")
        daemon.wait_for_state("starting", "STARTING")

        code, output = daemon.ctl("status")

        lines = output.splitlines()
        stop = daemon.info("exited")["stop"]
        self.assertEqual(lines[0], "exited" + " " * 27 + "EXITED    " + time.strftime("%b %d %I:%M %p", time.localtime(stop)))
        self.assertEqual(lines[1], "fatal" + " " * 28 + "FATAL     Exited too quickly (process log may have details)")
        self.assertEqual(lines[2], "missing" + " " * 26 + "FATAL     can't find command '/no/such'")
        self.assertEqual(lines[3], "starting" + " " * 25 + "STARTING  ")
        self.assertEqual(code, 3)

    def test_start(self):
        """13: texts and exit status; the worst of several names is the last that failed."""
        daemon = self.running(PROGRAMS + """
[program:missing]
command=/no/such
autostart=false
[program:plain]
command=/etc/passwd
autostart=false
[program:early]
command=false
startsecs=10
autostart=false
startretries=0
[program:other]
command=cat
autostart=false
startsecs=0
""")

        for words, code, output in (
            (["x"], 0, "x: ERROR (already started)\n"),
            (["stopped"], 0, "stopped: started\n"),
            (["zz"], 1, "zz: ERROR (no such process)\n"),
            (["zz:*"], 2, "zz: ERROR (no such group)\n"),
            (["missing"], 1, "missing: ERROR (no such file)\n"),
            (["plain"], 1, "plain: ERROR (file is not executable)\n"),
            (["early"], 7, "early: ERROR (spawn error)\n"),
            (["x", "zz"], 1, "x: ERROR (already started)\nzz: ERROR (no such process)\n"),
            (["x:*"], 0, ""),
        ):
            with self.subTest(words):
                self.assertEqual(daemon.ctl("start", *words), (code, output))
        code, output = daemon.ctl("start")
        self.assertEqual((code, output.splitlines()[0]), (2, "Error: start requires a process name"))
        code, output = daemon.ctl("start", "all")
        self.assertEqual(sorted(output.splitlines()), ["early: ERROR (spawn error)", "missing: ERROR (no such file)",
                                                       "other: started", "plain: ERROR (file is not executable)"])
        self.assertNotEqual(code, 0)

    def test_a_start_that_is_stopped(self):
        """13: abnormal termination, 7."""
        daemon = self.start("[program:x]\ncommand=cat\nautostart=false\nstartsecs=30\n")
        pending = daemon.pool.submit(daemon.ctl, "start", "x")
        daemon.wait_for_state("x", "STARTING")

        daemon.call("stopProcess", "x")

        self.assertEqual(pending.result(), (7, "x: ERROR (abnormal termination)\n"))

    def test_stop(self):
        """13."""
        daemon = self.running()

        for words, code, output in (
            (["x"], 0, "x: stopped\n"),
            (["x"], 0, "x: ERROR (not running)\n"),
            (["zz"], 1, "zz: ERROR (no such process)\n"),
            (["zz:*"], 1, "zz: ERROR (no such group)\n"),
            (["x:*"], 0, ""),
            (["all"], 0, ""),
        ):
            with self.subTest(words):
                self.assertEqual(daemon.ctl("stop", *words), (code, output))
        code, output = daemon.ctl("stop")
        self.assertEqual((code, output.splitlines()[0]), (1, "Error: stop requires a process name"))

    def test_restart(self):
        """13: stop, then start with all names."""
        daemon = self.running()
        before = daemon.pid_of("x")

        self.assertEqual(daemon.ctl("restart", "x"), (0, "x: stopped\nx: started\n"))
        self.assertEqual(daemon.ctl("restart", "stopped"), (0, "stopped: ERROR (not running)\nstopped: started\n"))

        self.assertNotEqual(daemon.pid_of("x"), before)
        code, output = daemon.ctl("restart", "all")
        self.assertEqual((code, sorted(output.splitlines())),
                         (0, ["stopped: started", "stopped: stopped", "x: started", "x: stopped"]))

    def test_signal(self):
        """13."""
        daemon = self.running()

        for words, code, output in (
            (["CONT", "x"], 0, "x: signalled\n"),
            (["SIGCONT", "x:*"], 0, "x: signalled\n"),
            (["18", "all"], 0, "x: signalled\n"),
            (["FOO", "x"], 1, "x: ERROR (bad signal name)\n"),
            (["CONT", "stopped"], 7, "stopped: ERROR (not running)\n"),
            (["CONT", "zz"], 1, "zz: ERROR (no such process)\n"),
            (["CONT", "zz:*"], 1, "zz: ERROR (no such group)\n"),
        ):
            with self.subTest(words):
                self.assertEqual(daemon.ctl("signal", *words), (code, output))

    def test_reread_and_update(self):
        """13, row 14: the answer is repeated until it is applied; a changed program gets a new pid."""
        daemon = self.start("""
            [program:a]
            command=cat
            startsecs=0
            [program:gone]
            command=cat
            startsecs=0
            [program:same]
            command=cat
            startsecs=0
            """)
        before = {name: daemon.wait_for_state(name, "RUNNING")["pid"] for name in ("a", "gone", "same")}
        self.assertEqual(daemon.ctl("reread"), (0, "No config updates to processes\n"))
        self.assertEqual(daemon.ctl("update"), (0, ""))
        daemon.write("""
            [program:a]
            command=cat -u
            startsecs=0
            [program:b]
            command=cat
            startsecs=0
            [program:same]
            command=cat
            startsecs=0
            """)

        for _ in range(2):
            self.assertEqual(daemon.ctl("reread"), (0, "a: changed\nb: available\ngone: disappeared\n"))
        code, output = daemon.ctl("update")

        self.assertEqual((code, output), (0, "gone: stopped\ngone: removed process group\na: stopped\n"
                                             "a: updated process group\nb: added process group\n"))
        self.assertNotEqual(daemon.wait_for_state("a", "RUNNING")["pid"], before["a"])
        daemon.wait_for_state("b", "RUNNING")
        self.assertEqual(daemon.pid_of("same"), before["same"])
        self.assertEqual(daemon.fault("getProcessInfo", "gone")[0], 10)
        self.assertEqual(daemon.ctl("reread"), (0, "No config updates to processes\n"))

    def test_update_of_named_groups(self):
        """13: the others wait; an unknown one is an error."""
        daemon = self.running()
        daemon.write(PROGRAMS.replace("command=cat", "command=cat -u") + "[program:new]\ncommand=cat\nstartsecs=0\n")

        self.assertEqual(daemon.ctl("update", "zz"), (1, "ERROR: no such group: zz\n"))
        self.assertEqual(daemon.ctl("update", "new"), (0, "new: added process group\n"))
        self.assertEqual(daemon.ctl("update", "x"), (0, "x: stopped\nx: updated process group\n"))
        self.assertEqual(daemon.ctl("reread"), (0, "stopped: changed\n"))
        self.assertEqual(daemon.ctl("update", "all"), (0, "stopped: stopped\nstopped: updated process group\n"))

    def test_update_restarts_the_whole_group_of_a_changed_member(self):
        """13, 15.3; and a change of numprocs restarts all."""
        text = """
            [program:a]
            command=cat
            startsecs=0
            [program:b]
            command={}
            startsecs=0
            [group:g]
            programs=a,b
            [program:n]
            command=cat
            numprocs={}
            process_name=%(process_num)d
            startsecs=0
            """
        daemon = self.start(text.format("cat", 1))
        names = ("g:a", "g:b", "n:0")
        before = {name: daemon.wait_for_state(name, "RUNNING")["pid"] for name in names}
        daemon.write(text.format("cat -u", 2))

        code, output = daemon.ctl("update")

        self.assertEqual((code, sorted(output.splitlines())), (0, ["g: stopped", "g: updated process group", "n: stopped",
                                                                   "n: updated process group"]))
        after = {name: daemon.wait_for_state(name, "RUNNING")["pid"] for name in names}
        self.assertFalse(set(before.values()) & set(after.values()))
        daemon.wait_for_state("n:1", "RUNNING")

    def test_reread_of_a_file_that_is_invalid(self):
        """13, row 15."""
        daemon = self.running()
        pid = daemon.pid_of("x")
        daemon.write("[program:x]\ncommand=cat\nautostart=maybe\n")

        code, output = daemon.ctl("reread")

        self.assertEqual((code, output), (1, "ERROR: CANT_REREAD: not a valid boolean value: 'maybe' in section 'program:x' "
                                             f"(file: '{daemon.file}')\n"))
        self.assertEqual(daemon.pid_of("x"), pid)

    def test_add_and_remove(self):
        """13."""
        daemon = self.running()
        daemon.write(PROGRAMS + "[program:new]\ncommand=cat\nstartsecs=0\n")
        daemon.call("reloadConfig")

        for words, code, output in (
            (["add", "new"], 0, "new: added process group\n"),
            (["add", "new"], 0, "ERROR: process group already active\n"),
            (["add", "zz"], 1, "ERROR: no such process/group: zz\n"),
            (["remove", "x"], 1, "ERROR: process/group still running: x\n"),
            (["remove", "zz"], 1, "ERROR: no such process/group: zz\n"),
            (["remove", "stopped"], 0, "stopped: removed process group\n"),
        ):
            with self.subTest(words):
                self.assertEqual(daemon.ctl(*words), (code, output))

    def test_avail(self):
        """13: columns."""
        daemon = self.start("""
            [program:x]
            command=cat
            autostart=false
            [program:m]
            command=cat
            priority=3
            [group:g]
            programs=m
            priority=7
            """)
        daemon.write("""
            [program:x]
            command=cat
            autostart=false
            [program:y]
            command=cat
            [program:m]
            command=cat
            priority=3
            [group:g]
            programs=m
            priority=7
            """)
        daemon.call("reloadConfig")

        self.assertEqual(daemon.ctl("avail"), (0, "g:m                              in use    auto      7:3\n"
                                                  "x                                in use    manual    999:999\n"
                                                  "y                                avail     auto      999:999\n"))
        self.assertEqual(daemon.ctl("avail", "x")[0], 1)

    def test_pid_and_version(self):
        """13."""
        daemon = self.running()

        self.assertEqual(daemon.ctl("pid"), (0, f"{daemon.pid}\n"))
        self.assertEqual(daemon.ctl("pid", "x"), (0, f"{daemon.pid_of('x')}\n"))
        self.assertEqual(daemon.ctl("pid", "stopped"), (7, "0\n"))
        self.assertEqual(daemon.ctl("pid", "zz"), (1, "No such process zz\n"))
        self.assertEqual(daemon.ctl("pid", "all"), (0, f"0\n{daemon.pid_of('x')}\n"))
        code, output = daemon.ctl("version")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"^4\.\d+\.\d+\S*\n$")

    def test_logs(self):
        """13: tail, maintail, clear."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo out; echo err >&2; exec cat"
            startsecs=0
            stdout_logfile=%(here)s/out.log
            stderr_logfile=%(here)s/err.log
            [program:none]
            command=cat
            autostart=false
            stdout_logfile=NONE
            """)
        daemon.wait_for_text("out.log", "out")
        daemon.wait_for_text("err.log", "err")

        for words, code, output in (
            (["tail", "x"], 0, "out\n\n"),
            (["tail", "-3", "x"], 0, "ut\n\n"),
            (["tail", "x", "stderr"], 0, "err\n\n"),
            (["tail", "-2", "x", "stderr"], 0, "r\n\n"),
            (["tail", "none"], 1, "none: ERROR (no log file)\n"),
            (["tail", "zz"], 1, "zz: ERROR (no such process name)\n"),
            (["tail", "x", "nope"], 1, "Error: bad channel 'nope'\n"),
            (["clear", "x"], 0, "x: cleared\n"),
            (["clear", "zz"], 1, "zz: ERROR (no such process)\n"),
            (["tail", "x"], 0, "\n"),
        ):
            with self.subTest(words):
                self.assertEqual(daemon.ctl(*words), (code, output))
        code, output = daemon.ctl("maintail", "-20")
        self.assertEqual((code, output[:20]), (0, daemon.log()[-20:]))
        code, output = daemon.ctl("clear", "all")
        self.assertEqual((code, sorted(output.splitlines())), (0, ["none: cleared", "x: cleared"]))

    def follow(self, daemon, *words):
        process = subprocess.Popen([*daemon.client, "-c", daemon.file, *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, env={**daemon.environment, "PYTHONUNBUFFERED": "1"},
                                   cwd=daemon.folder)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        received = b""

        def read_on(text):
            nonlocal received
            received = read_until(process.stdout, text, received)
            return received.decode()

        return process, read_on

    def test_following_logs(self):
        """13: tail -f and maintail -f, until it is interrupted."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo first; exec cat"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)
        daemon.wait_for_text("x.log", "first")
        daemon.wait_for_state("x", "RUNNING")

        process, read_on = self.follow(daemon, "tail", "-f", "x")
        read_on(b"first\n")
        daemon.call("sendProcessStdin", "x", "second\n")
        text = read_on(b"second\n")
        main, read_main = self.follow(daemon, "maintail", "-f")
        read_main(b"supervisord started with pid")
        daemon.call("stopProcess", "x")
        read_main(b"stopped: x")

        self.assertTrue(text.startswith("==> Press Ctrl-C to exit <=="), text)
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(timeout=30), (0, 1, 2, -signal.SIGINT))

    def test_foreground(self):
        """13: fg sends what is entered and shows what is answered."""
        daemon = self.running()

        process, read_on = self.follow(daemon, "fg", "x")
        read_on(b"==> Press Ctrl-C to exit <==")
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        read_on(b"hello\n")
        self.assertEqual(daemon.ctl("fg", "stopped"), (1, "ERROR: process not running\n"))
        self.assertEqual(daemon.ctl("fg", "zz"), (1, "ERROR: bad process name supplied\n"))

    def test_several_commands_in_the_shell(self):
        """13: with nothing on the command line; open, help, quit."""
        daemon = self.running()

        code, output = daemon.ctl(entered=f"status x\nopen unix://{daemon.socket}\nhelp status\nnonsense\nquit\n")

        self.assertEqual(code, 0)
        self.assertEqual(output.count("RUNNING   pid"), 3)
        self.assertIn("Get status for a single process", output)
        self.assertIn("*** Unknown syntax: nonsense", output)

    def test_shutdown(self):
        """13: and what comes after it."""
        daemon = self.start_held()

        self.assertEqual(daemon.ctl("shutdown"), (0, "Shut down\n"))
        self.assertEqual(daemon.ctl("shutdown"), (0, "ERROR: already shutting down\n"))

        daemon.put("go", "")
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(daemon.ctl("status"), (4, f"unix://{daemon.socket} no such file\n"))
        self.assertEqual(daemon.ctl("start", "x"), (7, f"unix://{daemon.socket} no such file\n"))

    def test_reload(self):
        """13: the daemon starts again as the same process."""
        daemon = self.running()
        before = daemon.pid_of("x")

        self.assertEqual(daemon.ctl("reload"), (0, "Restarted supervisord\n"))
        daemon.wait_for_log("supervisord started with pid", 2)
        self.wait("an answer", daemon.is_ready)

        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], before)
        self.assertEqual(daemon.call("getPID"), daemon.pid)

    def test_a_socket_that_nobody_listens_on(self):
        """13: refused connection."""
        daemon = self.running()
        daemon.process.kill()
        daemon.wait()

        self.assertEqual(daemon.ctl("status"), (4, f"unix://{daemon.socket} refused connection\n"))
        for pid in daemon.left():
            os.kill(pid, signal.SIGKILL)

    def test_names_and_passwords(self):
        """13: over TCP, from the client's section or its command line."""
        port = free_port()
        daemon = self.running(PROGRAMS + f"""
[inet_http_server]
port=127.0.0.1:{port}
username=user
password=se:cret
""")
        daemon.put("client.conf", f"[supervisorctl]\nserverurl=http://127.0.0.1:{port}\nusername=user\npassword=se:cret\n")
        daemon.put("wrong.conf", f"[supervisorctl]\nserverurl=http://127.0.0.1:{port}\nusername=user\npassword=other\n")
        daemon.put("without.conf", "[supervisord]\n")

        self.assertEqual(daemon.ctl("pid", file=daemon.path("client.conf")), (0, f"{daemon.pid}\n"))
        code, output = daemon.ctl("pid", file=daemon.path("wrong.conf"))
        self.assertIn("Server requires authentication", output)
        self.assertEqual(daemon.ctl("-u", "user", "-p", "se:cret", "pid", file=daemon.path("wrong.conf")),
                         (0, f"{daemon.pid}\n"))
        code, output = daemon.ctl("pid", file=daemon.path("without.conf"))
        self.assertEqual(code, 2)
        self.assertIn("Error: .ini file does not include supervisorctl section", output)
