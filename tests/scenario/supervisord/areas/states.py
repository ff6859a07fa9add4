"""The states of a process, their timing, and how they show (supervisord-compat.md 6)."""
import os
import re
import signal
import time

from scenario import Scenario

QUICKLY = "Exited too quickly (process log may have details)"


class States(Scenario):
    def test_a_program_runs_after_startsecs(self):
        """6, row 1."""
        daemon = self.start("""
            [program:x]
            command=cat
            """)

        info = daemon.wait_for_state("x", "RUNNING")

        self.assert_after(1, daemon.times("success: x")[0] - daemon.times("spawned: 'x'")[0])
        self.assert_lines([
            f"INFO spawned: 'x' with pid {info['pid']}",
            "INFO success: x entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
        ], daemon.log())
        code, output = daemon.ctl("status")
        self.assertRegex(output, rf"^x {{32}}RUNNING   pid {info['pid']}, uptime 0:00:\d\d\n$")
        self.assertEqual(code, 0)

    def test_information_of_a_process_that_was_never_started(self):
        """6, 12."""
        daemon = self.start("""
            [program:x]
            command=cat
            autostart=false
            stdout_logfile=%(here)s/x.log
            stderr_logfile=NONE
            """)

        info = daemon.info("x")

        now = info.pop("now")
        self.assertAlmostEqual(now, time.time(), delta=30)
        self.assertEqual(info, {
            "name": "x", "group": "x", "state": 0, "statename": "STOPPED", "description": "Not started", "start": 0,
            "stop": 0, "pid": 0, "spawnerr": "", "exitstatus": 0, "logfile": daemon.path("x.log"),
            "stdout_logfile": daemon.path("x.log"), "stderr_logfile": "",
        })

    def test_information_while_starting_and_running(self):
        """6, 12: STARTING has no description, RUNNING tells pid and uptime."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=3
            """)

        starting = daemon.wait_for_state("x", "STARTING")
        running = daemon.wait_for_state("x", "RUNNING")

        self.assert_has({"state": 10, "description": "", "stop": 0, "exitstatus": 0, "spawnerr": ""}, starting)
        self.assertGreater(starting["pid"], 0)
        self.assert_has({"state": 20, "pid": starting["pid"], "start": starting["start"], "stop": 0}, running)
        self.assertRegex(running["description"], rf"^pid {running['pid']}, uptime 0:00:0[3-9]$")

    def test_a_failing_program_is_tried_startretries_times_more(self):
        """6, row 2: N + 1 spawns, 1, 2 … N seconds apart, then FATAL at once."""
        daemon = self.start("""
            [program:x]
            command=/bin/false
            startsecs=10
            startretries=2
            """)

        backoff = daemon.wait_for_state("x", "BACKOFF")
        fatal = daemon.wait_for_state("x", "FATAL")

        self.assert_has({"state": 30, "description": QUICKLY, "spawnerr": QUICKLY, "exitstatus": 0, "pid": 0}, backoff)
        self.assert_has({"state": 200, "description": QUICKLY, "spawnerr": QUICKLY, "exitstatus": 0, "pid": 0}, fatal)
        spawns = daemon.times("spawned: 'x'")
        self.assertEqual(len(spawns), 3)
        self.assert_after(1, spawns[1] - spawns[0])
        self.assert_after(2, spawns[2] - spawns[1])
        self.assert_after(0, daemon.times("gave up: x entered FATAL state, too many start retries too quickly")[0] - spawns[2])
        self.assertEqual(daemon.log().count("WARN exited: x (exit status 1; not expected)"), 3)

    def test_an_expected_code_does_not_help_before_startsecs(self):
        """6, row 3; startretries=0 gives one spawn."""
        daemon = self.start("""
            [program:x]
            command=sh -c "exit 0"
            startsecs=10
            startretries=0
            """)

        info = daemon.wait_for_state("x", "FATAL")

        self.assertEqual(info["spawnerr"], QUICKLY)
        self.assertEqual(len(daemon.times("spawned: 'x'")), 1)
        self.assertIn("WARN exited: x (exit status 0; not expected)", daemon.log())

    def test_the_retries_do_not_depend_on_autorestart(self):
        """6: also with autorestart=false."""
        daemon = self.start("""
            [program:x]
            command=/bin/false
            startsecs=10
            startretries=1
            autorestart=false
            """)

        daemon.wait_for_state("x", "FATAL")

        self.assertEqual(len(daemon.times("spawned: 'x'")), 2)

    def test_without_startsecs_a_program_that_ends_has_run(self):
        """6, row 4: both transitions, in order."""
        daemon = self.start("""
            [program:x]
            command=sh -c "exit 0"
            startsecs=0
            autostart=false
            autorestart=false
            """)

        code, output = daemon.ctl("start", "x")
        info = daemon.wait_for_state("x", "EXITED")

        self.assertEqual((code, output), (0, "x: started\n"))
        self.assert_has({"state": 100, "exitstatus": 0, "spawnerr": "", "pid": 0}, info)
        self.assertRegex(info["description"], r"^[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M$")
        self.assert_lines(["success: x entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)",
                           "INFO exited: x (exit status 0; expected)"], daemon.log())

    def test_exits_from_running(self):
        """6, rows 5, 6, 7: which code ends in EXITED and which restarts."""
        daemon = self.start("""
            [program:expected]
            command=sh -c "sleep 1.5; exit 5"
            exitcodes=0,5
            [program:unexpected]
            command=sh -c "sleep 1.5; exit 5"
            exitcodes=0
            [program:never]
            command=sh -c "sleep 1.5; exit 5"
            autorestart=false
            [program:always]
            command=sh -c "sleep 1.5; exit 0"
            autorestart=true
            [program:signalled]
            command=sh -c "sleep 1.5; kill -USR1 $$"
            autorestart=false
            [program:none]
            command=sh -c "sleep 1.5; exit 0"
            exitcodes=
            autorestart=unexpected
            """)

        self.assert_has({"exitstatus": 5, "spawnerr": ""}, daemon.wait_for_state("expected", "EXITED"))
        self.assert_has({"exitstatus": 5, "spawnerr": "Bad exit code 5"}, daemon.wait_for_state("never", "EXITED"))
        self.assert_has({"exitstatus": -1, "spawnerr": "Bad exit code -1"}, daemon.wait_for_state("signalled", "EXITED"))
        for restarted in ("unexpected", "always", "none"):
            daemon.wait_for_log(f"spawned: '{restarted}'", 2)

        for line in (
            "INFO exited: expected (exit status 5; expected)",
            "WARN exited: unexpected (exit status 5; not expected)",
            "WARN exited: never (exit status 5; not expected)",
            "INFO exited: always (exit status 0; expected)",
            "WARN exited: signalled (terminated by SIGUSR1; not expected)",
            "WARN exited: none (exit status 0; not expected)",
        ):
            self.assertIn(line, daemon.log())
        for left in ("expected", "never", "signalled"):
            self.assertEqual(len(daemon.times(f"spawned: '{left}'")), 1)

    def test_a_running_child_that_is_killed_comes_back_at_once(self):
        """6, row 8."""
        daemon = self.start("""
            [program:x]
            command=cat
            """)
        before = daemon.wait_for_state("x", "RUNNING")

        os.kill(before["pid"], signal.SIGKILL)
        daemon.wait_for_log("spawned: 'x'", 2)
        after = daemon.wait_for_state("x", "RUNNING")

        self.assertNotEqual(after["pid"], before["pid"])
        self.assertGreater(after["stop"], 0)  # Of a running process: its previous stop.
        self.assertEqual(after["exitstatus"], 0)
        self.assertIn("WARN exited: x (terminated by SIGKILL; not expected)", daemon.log())
        self.assert_after(0, daemon.times("spawned: 'x'")[1] - daemon.times("exited: x")[0])

    def test_a_child_that_ignores_the_stop_signal_is_killed(self):
        """6, rows 9 and 34: STOPPING accepts neither stop nor start."""
        daemon = self.start("""
            [program:x]
            command=sh -c "trap '' TERM; echo ready; read line"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            stopwaitsecs=2
            autorestart=true
            """)
        daemon.wait_for_text("x.log", "ready")
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]

        self.assertIs(daemon.call("stopProcess", "x", False), True)
        stopping = daemon.info("x")
        again = daemon.fault("stopProcess", "x")
        restarted = daemon.fault("startProcess", "x")
        daemon.wait_for_log(f"killing 'x' ({pid}) with SIGKILL")
        info = daemon.wait_for_state("x", "STOPPED")

        self.assert_has({"state": 40, "statename": "STOPPING", "description": "", "pid": pid}, stopping)
        self.assertEqual(again, (70, "NOT_RUNNING: x"))
        self.assertEqual(restarted, (40, "ABNORMAL_TERMINATION: x"))
        self.assertIn("WARN process 'x' already running", daemon.log())
        self.assert_has({"state": 0, "exitstatus": -1, "pid": 0}, info)
        self.assertRegex(info["description"], r"^[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M$")
        self.assertIn("WARN stopped: x (terminated by SIGKILL)", daemon.log())
        self.assert_after(2, daemon.times("killing 'x'")[0] - stopping["now"])

    def test_a_process_that_may_not_be_signalled(self):
        """6: UNKNOWN, and nobody waits for it, not even the end of the daemon."""
        self.need_root()
        daemon = self.prepare("""
            [program:x]
            command=sleep 1000
            user=nobody
            startsecs=0
            """)
        # Without the right to signal the processes of others.
        daemon.arguments = ["/usr/bin/setpriv", "--inh-caps=-kill", "--bounding-set=-kill", *daemon.arguments]
        daemon.start()
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]

        code, text = daemon.fault("stopProcess", "x")
        self.assertEqual(code, 30)
        self.assertRegex(text, rf"^FAILED: unknown problem killing x \({pid}\):")
        self.assertEqual(daemon.state("x"), "UNKNOWN")
        self.assertEqual(daemon.fault("stopProcess", "x")[0], 70)
        self.assertEqual(daemon.fault("startProcess", "x")[0], 30)
        self.assertIn(f"CRIT unknown problem killing x ({pid}):", daemon.log())
        os.kill(pid, 0)
        daemon.send(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 0)
        for left in daemon.left():
            os.kill(left, signal.SIGKILL)

    def test_a_stopped_process_stays_stopped(self):
        """6: also over autorestart=true; its exit status is kept; an expected code is INFO."""
        daemon = self.start("""
            [program:x]
            command=sh -c "trap 'exit 3' TERM; echo ready; read line"
            stdout_logfile=%(here)s/x.log
            autorestart=true
            startsecs=0
            exitcodes=3
            [program:y]
            command=cat
            autorestart=true
            """)
        daemon.wait_for_text("x.log", "ready")
        daemon.wait_for_state("x", "RUNNING")
        # Of a state that supervisord has not reached yet, a stop must do too.
        daemon.wait_for_state("y", "STARTING", "RUNNING")

        self.assertIs(daemon.call("stopProcess", "x"), True)
        self.assertIs(daemon.call("stopProcess", "y"), True)
        time.sleep(1.2)  # supervisord would act within a second.

        self.assert_has({"state": 0, "exitstatus": 3}, daemon.info("x"))
        self.assert_has({"state": 0, "exitstatus": -1}, daemon.info("y"))
        self.assertIn("INFO stopped: x (exit status 3)", daemon.log())
        self.assertIn("WARN stopped: y (terminated by SIGTERM)", daemon.log())
        self.assertEqual(len(daemon.times("spawned: ")), 2)

    def test_a_stop_while_starting_and_in_backoff(self):
        """6, row 35: at once, no signal, and it stays."""
        daemon = self.start("""
            [program:x]
            command=/bin/false
            startsecs=10
            startretries=9
            [program:y]
            command=cat
            startsecs=60
            """)
        daemon.wait_for_state("x", "BACKOFF")
        daemon.wait_for_state("y", "STARTING")

        self.assertIs(daemon.call("stopProcess", "x"), True)
        self.assertIs(daemon.call("stopProcess", "y"), True)
        spawned = daemon.log().count("spawned: ")
        time.sleep(1.2)

        self.assert_has({"state": 0, "spawnerr": QUICKLY}, daemon.info("x"))
        self.assert_has({"state": 0}, daemon.info("y"))
        self.assertEqual(daemon.log().count("spawned: "), spawned)

    def test_a_stop_in_backoff_and_the_count_of_failures(self):
        """6: FIX, the next start begins with the first delay again."""
        daemon = self.start("""
            [program:x]
            command=/bin/false
            startsecs=10
            startretries=2
            """)
        daemon.wait_for_log("spawned: 'x'", 2)
        daemon.wait_for_state("x", "BACKOFF")
        daemon.call("stopProcess", "x")
        before = len(daemon.times("spawned: 'x'"))

        self.assertEqual(daemon.fault("startProcess", "x"), (50, "SPAWN_ERROR: x"))
        daemon.wait_for_state("x", "FATAL")

        spawns = len(daemon.times("spawned: 'x'")) - before
        self.assertEqual(spawns, self.expect(supervisord=1, ours=3, because="the reference keeps the count of failures"))

    def test_a_fatal_process_can_be_started_again(self):
        """6: FATAL and EXITED by a request; the error is forgotten."""
        daemon = self.start("""
            [program:x]
            command=sh -c "test -e %(here)s/allowed && exec cat"
            startretries=0
            startsecs=3
            """)
        daemon.wait_for_state("x", "FATAL")
        daemon.put("allowed", "")

        self.assertIs(daemon.call("startProcess", "x"), True)

        self.assert_has({"state": 20, "spawnerr": "", "exitstatus": 0}, daemon.info("x"))

    def test_texts_of_spawn_errors(self):
        """6: they are word for word in spawnerr, description and log."""
        expected = {
            "missing": "can't find command '/no/such'",
            "unfound": "can't find command 'no-such-word'",
            "plain": "command at '{folder}/plain' is not executable",
            "folder": "command at '/tmp' is a directory",
            "quote": "can't parse command '/bin/echo \"abc': No closing quotation",
            "escape": "can't parse command '/bin/echo abc\\\\': No escaped character",
            "empty": "command is empty",
        }
        daemon = self.start("""
            [program:missing]
            command=/no/such
            startretries=0
            [program:unfound]
            command=no-such-word
            startretries=0
            [program:plain]
            command=%(here)s/plain
            startretries=0
            [program:folder]
            command=/tmp
            startretries=0
            [program:quote]
            command=/bin/echo "abc
            startretries=0
            [program:escape]
            command=/bin/echo abc\\
            startretries=0
            [program:empty]
            command=
            startretries=0
            """, files={"plain": "not a program\n"})

        for name, text in expected.items():
            text = text.replace("{folder}", daemon.folder)
            info = daemon.wait_for_state(name, "FATAL")
            self.assert_has({"spawnerr": text, "description": text, "pid": 0}, info)
            self.assertGreater(info["start"], 0)
            self.assertIn(f"INFO spawnerr: {text}", daemon.log())
            self.assertEqual(daemon.fault("startProcess", name), (20, f"NO_FILE: {text}") if "can't find" in text
                             else (21, f"NOT_EXECUTABLE: {text}"))

    def test_a_missing_command_is_tried_again(self):
        """6, row 17."""
        daemon = self.start("""
            [program:x]
            command=/no/such
            startretries=1
            """)
        daemon.wait_for_state("x", "BACKOFF")

        daemon.wait_for_state("x", "FATAL")

        errors = daemon.times("spawnerr: can't find command '/no/such'")
        self.assertEqual(len(errors), 2)
        self.assert_after(1, errors[1] - errors[0])
        self.assertEqual(daemon.ctl("start", "x"), (1, "x: ERROR (no such file)\n"))

    def test_programs_that_are_not_autostarted(self):
        """6: STOPPED until a request."""
        daemon = self.start("""
            [program:x]
            command=cat
            autostart=false
            [program:y]
            command=cat
            startsecs=0
            """)
        daemon.wait_for_state("y", "RUNNING")
        time.sleep(1.2)

        self.assertEqual(daemon.state("x"), "STOPPED")
        self.assertNotIn("spawned: 'x'", daemon.log())

    def test_a_program_that_ends_at_once_and_startsecs_0(self):
        """15.1: FIX, a floor delay in place of a tight loop; the first restart is immediate."""
        daemon = self.start("""
            [program:x]
            command=/bin/true
            startsecs=0
            autorestart=true
            """)
        daemon.wait_for_log("spawned: 'x'", 4)

        spawns = daemon.times("spawned: 'x'")
        if self.is_ours:
            self.assertGreater(spawns[3] - spawns[1], 0.2)

    def test_a_core_is_told(self):
        """9: ` (core dumped)` before the semicolon, when so."""
        daemon = self.start("""
            [program:x]
            command=sh -c "ulimit -c unlimited; sleep 0.2; kill -SEGV $$"
            directory=%(here)s
            startsecs=0
            autorestart=false
            """)

        daemon.wait_for_state("x", "EXITED")

        self.assertRegex(daemon.log(), r"WARN exited: x \(terminated by SIGSEGV( \(core dumped\))?; not expected\)")

    def test_everything_is_logged_in_the_form_that_tools_read(self):
        """9: local time, comma and milliseconds, level of four letters."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        self.assertIn("supervisord started with pid %d" % daemon.pid, daemon.log())
        for line in daemon.log().splitlines():
            self.assertTrue(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) ", line), line)
