"""Logs of programs and of the daemon (supervisord-compat.md 9, and the log options of 3)."""
import os
import re
import subprocess
import threading
import time

from daemon import SETTINGS, read_until
from scenario import Scenario


class Logs(Scenario):
    # Files of programs

    def test_raw_bytes_of_both_channels(self):
        """9: as they are, appended to what is there."""
        daemon = self.start("""
            [program:x]
            command=sh -c "printf 'out\\\\000\\\\377 no end of line'; printf error >&2; exec sleep 99"
            stdout_logfile=%(here)s/out.log
            stderr_logfile=%(here)s/err.log
            startsecs=0
            """.replace("\\\\", "\\"), files={"out.log": "before\n"})

        daemon.wait_for_text("out.log", "end of line")
        daemon.wait_for_text("err.log", "error")

        with open(daemon.path("out.log"), "rb") as file:
            self.assertEqual(file.read(), b"before\nout\0\xff no end of line")
        self.assertEqual(daemon.read("err.log"), "error")

    def test_a_named_file_is_made_by_the_first_start(self):
        """9: AUTO files are there from the daemon's start."""
        daemon = self.start("""
            [program:named]
            command=cat
            autostart=false
            stdout_logfile=%(here)s/named.log
            [program:auto]
            command=cat
            autostart=false
            """)

        self.assertFalse(os.path.exists(daemon.path("named.log")))
        self.assertEqual(daemon.fault("readProcessStdoutLog", "named", 0, 0)[0], 20)
        auto = daemon.info("auto")["stdout_logfile"]
        self.assertRegex(auto, rf"^{daemon.folder}/auto-stdout---supervisor-.{{8}}\.log$")
        self.assertRegex(daemon.info("auto")["stderr_logfile"],
                         rf"^{daemon.folder}/auto-stderr---supervisor-.{{8}}\.log$")
        self.assertTrue(os.path.exists(auto))
        self.assertEqual(daemon.call("readProcessStdoutLog", "auto", 0, 0), "")

    def test_old_logs_of_the_same_identifier_are_removed_at_start(self):
        """9: unless nocleanup."""
        names = ["x-stdout---one-abcdefgh.log", "x-stdout---one-abcdefgh.log.1", "x-stdout---two-abcdefgh.log",
                 "other.log", "---one-a.log"]
        cleaned = self.start("[supervisord]\nidentifier=one\n", files=dict.fromkeys(names, "old"))
        kept = self.start("[supervisord]\nidentifier=one\nnocleanup=true\n", files=dict.fromkeys(names, "old"))

        self.assertEqual(cleaned.files("*log*"), ["---one-a.log", "other.log", "supervisord.log",
                                                  "x-stdout---two-abcdefgh.log"])
        self.assertEqual(kept.files("*log*"), sorted(names + ["supervisord.log"]))

    def test_no_log(self):
        """3, row 18: NONE."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo lost; exec cat"
            stdout_logfile=NONE
            stderr_logfile=none
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        self.assert_has({"logfile": "", "stdout_logfile": "", "stderr_logfile": ""}, daemon.info("x"))
        self.assertEqual(daemon.fault("readProcessStdoutLog", "x", 0, 0)[0], 20)
        self.assertEqual(daemon.call("tailProcessStdoutLog", "x", 0, 10), ["", 0, False])
        self.assertEqual(daemon.ctl("tail", "x"), (1, "x: ERROR (no log file)\n"))
        self.assertEqual(daemon.files("*log*"), ["supervisord.log"])

    def test_rotation(self):
        """9, row 19: so many backups, the newest lines contiguous."""
        daemon = self.start("""
            [program:x]
            command=sh -c "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.01; done; echo over; exec cat"
            stdout_logfile=%(here)s/x.log
            stdout_logfile_maxbytes=100
            stdout_logfile_backups=2
            startsecs=0
            """)

        self.wait("the last line", lambda: "over" in "".join(map(daemon.read, daemon.files("x.log*"))))

        self.assertLessEqual(set(daemon.files("x.log*")), {"x.log", "x.log.1", "x.log.2"})
        text = daemon.read("x.log.2") + daemon.read("x.log.1") + daemon.read("x.log")
        # The oldest line may have lost its beginning.
        numbers = [int(number) for number in re.findall(r"line (\d+)\n", text)]
        self.assertEqual(numbers, list(range(61 - len(numbers), 61)))
        self.assertGreater(len(numbers), 10)
        self.assertTrue(text.endswith("over\n"))
        self.assertGreaterEqual(len(daemon.read("x.log.1")), 100 if not self.is_ours else 1)

    def test_rotation_without_backups(self):
        """9: the file is truncated."""
        daemon = self.start("""
            [program:x]
            command=sh -c "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.01; done; echo over; exec cat"
            stdout_logfile=%(here)s/x.log
            stdout_logfile_maxbytes=100
            stdout_logfile_backups=0
            startsecs=0
            """)

        self.wait("the last line", lambda: "over" in daemon.read("x.log") or daemon.read("x.log") == "")
        time.sleep(0.5)

        self.assertEqual(daemon.files("x.log*"), ["x.log"])
        self.assertLess(len(daemon.read("x.log")), 200)

    def test_no_rotation(self):
        """3: maxbytes=0."""
        daemon = self.start("""
            [program:x]
            command=sh -c "head -c 300000 /dev/zero | tr '\\\\000' a; exec cat"
            stdout_logfile=%(here)s/x.log
            stdout_logfile_maxbytes=0
            startsecs=0
            """.replace("\\\\", "\\"))

        self.wait("everything in the log", lambda: len(daemon.read("x.log")) == 300000)

        self.assertEqual(daemon.files("x.log*"), ["x.log"])

    def test_a_redirected_standard_error(self):
        """3, row 20: one file, order kept."""
        daemon = self.start("""
            [program:x]
            command=sh -c "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; exec cat"
            redirect_stderr=true
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)

        text = daemon.wait_for_text("x.log", "err 5")

        self.assertEqual(text, "".join(f"out {i}\nerr {i}\n" for i in range(1, 6)))
        self.assertEqual(daemon.info("x")["stderr_logfile"], "")
        self.assertEqual(daemon.fault("readProcessStderrLog", "x", 0, 0)[0], 20)

    def test_terminal_sequences_can_be_removed(self):
        """3: strip_ansi."""
        daemon = self.start("""
            [supervisord]
            strip_ansi=true
            [program:x]
            command=/usr/bin/python3 -SE -c "print('a\\x1b[1;31mred\\x1b[0mb\\x1b[2Jc\\x1b[10;2Hd', flush=True)"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """)

        self.assertEqual(daemon.wait_for_text("x.log", "\n"), "aredbcd\n")

    def test_output_on_the_output_of_the_daemon(self):
        """9: /dev/stdout, /dev/stderr, /dev/fd/N with maxbytes=0."""
        daemon = self.start("""
            [supervisord]
            silent=true
            [program:x]
            command=sh -c "echo to-out; echo to-err >&2; exec cat"
            stdout_logfile=/dev/stdout
            stdout_logfile_maxbytes=0
            stderr_logfile=/dev/stderr
            stderr_logfile_maxbytes=0
            startsecs=0
            [program:y]
            command=sh -c "echo to-fd; exec cat"
            stdout_logfile=/dev/fd/1
            stdout_logfile_maxbytes=0
            startsecs=0
            """)

        self.wait("output of both", lambda: "to-out" in daemon.output() and "to-fd" in daemon.output())
        self.wait("errors", lambda: "to-err" in daemon.errors())

        self.assertNotIn("to-err", daemon.output())
        self.assertNotIn("Illegal seek", daemon.log())

    def test_the_output_of_the_daemon_is_not_rotated(self):
        """9: FIX, with the default maxbytes the reference logs an exception for every chunk into a pipe."""
        daemon = self.prepare("""
            [supervisord]
            silent=true
            [program:x]
            command=sh -c "echo one; sleep 0.3; echo two; exec cat"
            stdout_logfile=/dev/stdout
            startsecs=0
            """)
        daemon.launch(subprocess.PIPE)
        self.addCleanup(daemon.process.stdout.close)
        daemon.wait_until_ready()

        self.assertEqual(read_until(daemon.process.stdout, b"two\n"), b"one\ntwo\n")
        if not self.is_ours:
            daemon.wait_for_log("Illegal seek")
        self.assertEqual("Illegal seek" in daemon.log(), self.expect(
            supervisord=True, ours=False, because="the reference seeks in a pipe to see whether to rotate"))

    def test_a_reader_of_the_output_that_stalls(self):
        """9: FIX, the reference hangs as a whole; here control goes on."""
        if not self.is_ours:
            self.skipTest("the reference hangs: no answer, no reaping, SIGTERM ignored")
        daemon = self.prepare("""
            [program:x]
            command=sh -c "yes | head -c 3000000; exec cat"
            stdout_logfile=/dev/stdout
            stdout_logfile_maxbytes=0
            startsecs=0
            """)
        daemon.launch(subprocess.PIPE)
        self.addCleanup(daemon.process.stdout.close)
        daemon.wait_until_ready()

        daemon.wait_for_state("x", "RUNNING")
        time.sleep(1)

        self.assertEqual(daemon.state("x"), "RUNNING")
        reader = threading.Thread(target=daemon.process.stdout.read)
        daemon.process.terminate()
        reader.start()
        self.assertEqual(daemon.wait(), 0)
        reader.join()

    def test_a_file_that_cannot_be_written(self):
        """9: the program and the daemon go on."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo lost; exec cat"
            stdout_logfile=/dev/full
            stdout_logfile_maxbytes=0
            startsecs=0
            """)

        daemon.wait_for_state("x", "RUNNING")
        daemon.call("sendProcessStdin", "x", "again\n")
        time.sleep(0.3)

        self.assertEqual(daemon.state("x"), "RUNNING")

    def test_what_a_program_wrote_last_is_in_the_log(self):
        """9: everything up to the child's death."""
        daemon = self.start("""
            [program:x]
            command=sh -c "head -c 200000 /dev/zero | tr '\\\\000' b; echo last"
            stdout_logfile=%(here)s/x.log
            autorestart=false
            startsecs=0
            """.replace("\\\\", "\\"))

        daemon.wait_for_state("x", "EXITED")

        self.wait("the whole output", lambda: len(daemon.read("x.log")) == 200005)
        self.assertTrue(daemon.read("x.log").endswith("last\n"))

    def test_a_grandchild_that_keeps_the_pipe_open(self):
        """15.7: the state changes at the child's death."""
        daemon = self.start("""
            [program:x]
            command=sh -c "sleep 97 & echo $! > %(here)s/pid; exit 3"
            autorestart=false
            startsecs=0
            """)

        info = daemon.wait_for_state("x", "EXITED")

        self.assertEqual(info["exitstatus"], 3)
        os.kill(int(daemon.read("pid")), 9)

    # Clear and reopen

    def test_clear_empties_the_files_of_a_running_process(self):
        """9: backups stay."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo out; echo err >&2; exec cat"
            stdout_logfile=%(here)s/out.log
            stderr_logfile=%(here)s/err.log
            startsecs=0
            """, files={"out.log.1": "backup"})
        daemon.wait_for_text("out.log", "out")
        daemon.wait_for_text("err.log", "err")

        self.assertIs(daemon.call("clearProcessLogs", "x"), True)

        self.assertEqual((daemon.read("out.log"), daemon.read("err.log"), daemon.read("out.log.1")), ("", "", "backup"))
        daemon.call("sendProcessStdin", "x", "after\n")
        self.assertEqual(daemon.wait_for_text("out.log", "\n"), "after\n")

    def test_clear_of_a_process_that_does_not_run(self):
        """9, 15.13: FIX, truncate anyway; the reference says so and does nothing."""
        daemon = self.start("""
            [program:x]
            command=echo text
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """)
        daemon.wait_for_text("x.log", "text")
        daemon.wait_for_state("x", "EXITED")

        self.assertIs(daemon.call("clearProcessLogs", "x"), True)

        self.assertEqual(daemon.read("x.log"), self.expect(supervisord="text\n", ours="",
                                                           because="the reference clears only open logs"))

    def test_logs_are_reopened_by_path(self):
        """9, 10, row 30: after a rename and SIGUSR2; children are not touched."""
        daemon = self.start("""
            [program:x]
            command=sh -c "echo before; exec cat"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)
        daemon.wait_for_text("x.log", "before")
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]
        os.rename(daemon.path("x.log"), daemon.path("x.old"))
        os.rename(daemon.path("supervisord.log"), daemon.path("supervisord.old"))

        daemon.send(12)
        self.wait("new files", lambda: {"supervisord.log", "x.log"} <= set(daemon.files("*.log")))
        daemon.call("sendProcessStdin", "x", "after\n")

        self.assertEqual(daemon.wait_for_text("x.log", "\n"), "after\n")
        self.assertEqual(daemon.read("x.old"), "before\n")
        self.assertEqual(daemon.pid_of("x"), pid)
        self.assert_lines(["INFO received SIGUSR2 indicating log reopen request", "INFO supervisord logreopen"],
                          daemon.read("supervisord.old") + daemon.log())

    # The activity log

    def test_the_activity_log(self):
        """9: texts that tools match on."""
        daemon = self.start("""
            [program:x]
            command=sh -c "trap 'sleep 2.2; exit 0' TERM; echo ready; read line"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)
        daemon.wait_for_text("x.log", "ready")
        daemon.wait_for_state("x", "RUNNING")
        daemon.call("stopProcess", "x")

        self.assert_lines([
            "INFO RPC interface 'supervisor' initialized",
            "CRIT Server 'unix_http_server' running without any HTTP authentication checking",
            f"INFO supervisord started with pid {daemon.pid}",
            "INFO spawned: 'x' with pid ",
            "INFO success: x entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)",
            "INFO waiting for x to stop",
            "INFO stopped: x (exit status 0)",
        ], daemon.log())
        self.assertGreaterEqual(daemon.log().count("waiting for x to stop"), 2)  # Every 2 s.
        if os.geteuid() == 0:
            self.assertIn("CRIT Supervisor is running as root.", daemon.log())

    def test_the_activity_log_is_echoed_in_the_foreground(self):
        """3: on standard output, unless silent."""
        echoed = self.start()
        silent = self.start("[supervisord]\nsilent=true\n")

        self.assertIn(f"INFO supervisord started with pid {echoed.pid}", echoed.output())
        self.assertEqual(silent.output(), "")
        self.assertIn("supervisord started", silent.log())

    def test_children_s_output_in_the_activity_log(self):
        """3: at loglevel debug and below."""
        daemon = self.start("""
            [supervisord]
            loglevel=debug
            [program:x]
            command=sh -c "echo hello; exec cat"
            startsecs=0
            """)

        daemon.wait_for_log("'x' stdout output:\nhello")

        self.assertRegex(daemon.log(), r"DEBG 'x' stdout output:\nhello\n")

    def test_levels_of_the_activity_log(self):
        """3: loglevel."""
        daemon = self.start("[supervisord]\nloglevel=warn\n[program:x]\ncommand=false\nstartsecs=10\nstartretries=0\n")

        daemon.wait_for_state("x", "FATAL")

        levels = {line.split()[2] for line in daemon.log().splitlines()}
        self.assertLessEqual(levels, {"CRIT", "ERRO", "WARN"})
        self.assertIn("WARN exited: x", daemon.log())

    def test_the_activity_log_is_rotated(self):
        """3: logfile_maxbytes, logfile_backups."""
        daemon = self.start("""
            [supervisord]
            logfile_maxbytes=1KB
            logfile_backups=1
            [program:x]
            command=sleep 0.02
            startsecs=0
            autostart=false
            autorestart=false
            """)
        for _ in range(30):
            daemon.call("startProcess", "x", False)
            daemon.wait_for_state("x", "EXITED")

        self.assertEqual(daemon.files("supervisord.log*"), ["supervisord.log", "supervisord.log.1"])
        self.assertLess(len(daemon.log()), 2048)

    def test_the_activity_log_is_cleared_by_request(self):
        """9, 12: and says that it was reopened."""
        daemon = self.start()

        self.assertIs(daemon.call("clearLog"), True)

        self.assertNotIn("supervisord started", daemon.log())
        self.wait("its echo", lambda: "INFO reopening log file" in daemon.output())

    def test_an_unknown_child_is_reaped(self):
        """9: of a daemon that inherits orphans."""
        daemon = self.prepare("""
            [program:x]
            command=cat
            startsecs=0
            """)
        # The shell becomes the daemon, and leaves it a child that it does not know.
        daemon.arguments = ["/bin/sh", "-c", '(sleep 1; exit 3) & exec "$@"', "sh", *daemon.arguments]
        daemon.start()

        daemon.wait_for_state("x", "RUNNING")
        daemon.wait_for_log("reaped unknown pid ")

        self.assertRegex(daemon.log(), r"INFO reaped unknown pid \d+ \(exit status 3\)")

    def test_no_file_for_the_activity_log_leads_to_no_file(self):
        """12: readLog and clearLog when the file is gone."""
        daemon = self.start()
        os.remove(daemon.path("supervisord.log"))

        self.assertEqual(daemon.fault("readLog", 0, 0)[0], 20)
        self.assertEqual(daemon.fault("clearLog"), (20, "NO_FILE"))

    def test_a_pid_file_that_cannot_be_written(self):
        """3: only a CRIT line."""
        daemon = self.prepare(settings=SETTINGS.replace("%(here)s/supervisord.pid", "%(here)s/folder"))
        os.mkdir(daemon.path("folder"))
        daemon.start()

        self.assertIn(f"CRIT could not write pidfile {daemon.path('folder')}", daemon.log())
