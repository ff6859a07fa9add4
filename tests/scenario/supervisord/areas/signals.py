"""Signals to the daemon (supervisord-compat.md 10)."""
import os
import signal

from scenario import Scenario


class Signals(Scenario):
    def test_term_int_and_quit_end_it_in_order(self):
        """10: exit 0, everything stopped, socket and pid file removed."""
        for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT"), (signal.SIGQUIT, "SIGQUIT")):
            with self.subTest(name):
                daemon = self.start("""
                    [program:x]
                    command=cat
                    startsecs=0
                    [program:y]
                    command=sh -c "exit 7"
                    startsecs=0
                    autorestart=false
                    """)
                daemon.wait_for_state("x", "RUNNING")
                daemon.wait_for_state("y", "EXITED")

                daemon.send(number)

                self.assertEqual(daemon.wait(), 0)
                self.assert_lines([f"WARN received {name} indicating exit request", "INFO waiting for x to die",
                                   "WARN stopped: x (terminated by SIGTERM)"], daemon.log())
                self.assertEqual(daemon.files("*.sock") + daemon.files("*.pid"), [])

    def test_a_signal_is_not_forwarded(self):
        """10: children get their own stop signal."""
        daemon = self.start("""
            [program:x]
            command=cat
            stopsignal=USR1
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        daemon.send(signal.SIGINT)
        daemon.wait()

        self.assertIn("stopped: x (terminated by SIGUSR1)", daemon.log())

    def test_a_second_signal_does_nothing_more(self):
        """10."""
        daemon = self.start_held()

        daemon.send(signal.SIGTERM)
        daemon.wait_for_log("received SIGTERM")
        daemon.send(signal.SIGTERM)
        daemon.send(signal.SIGINT)
        self.assertEqual(daemon.fault("getState"), (6, "SHUTDOWN_STATE"))

        daemon.put("go", "")
        self.assertEqual(daemon.wait(), 0)
        self.assertIn("INFO stopped: x (exit status 0)", daemon.log())

    def test_hup_reads_the_file_and_starts_again(self):
        """10, row 29: same daemon, new children, the new file in force."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            [program:old]
            command=cat
            startsecs=0
            """)
        before = daemon.wait_for_state("x", "RUNNING")["pid"]
        daemon.wait_for_state("old", "RUNNING")
        daemon.write("""
            [supervisord]
            identifier=second
            [program:x]
            command=cat
            startsecs=0
            [program:new]
            command=cat
            startsecs=0
            """)

        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("supervisord started with pid", 2)
        self.wait("an answer", daemon.is_ready)
        self.wait("the new file", lambda: daemon.call("getIdentification") == "second")

        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], before)
        daemon.wait_for_state("new", "RUNNING")
        self.assertEqual([one["name"] for one in daemon.call("getAllProcessInfo")], ["new", "x"])
        self.assertEqual(daemon.call("getPID"), daemon.pid)
        self.assert_lines(["WARN received SIGHUP indicating restart request", "stopped: x (terminated by SIGTERM)",
                           "supervisord started with pid"], daemon.log().split("started with pid", 1)[1])

    def test_hup_and_a_file_that_is_invalid(self):
        """10: FIX, check first and refuse; the reference stops everything and ends with 2."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            """)
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]
        daemon.write("[program:x]\ncommand=cat\nautostart=maybe\n")

        daemon.send(signal.SIGHUP)

        if self.is_ours:
            daemon.wait_for_log("not a valid boolean value: 'maybe'")
            self.assertEqual(daemon.pid_of("x"), pid)
        else:
            self.assertEqual(daemon.wait(), 2)
            self.assertIn("Error: not a valid boolean value: 'maybe'", daemon.errors())

    def test_hup_during_the_end_is_ignored(self):
        """10."""
        daemon = self.start_held()

        daemon.send(signal.SIGTERM)
        daemon.wait_for_log("received SIGTERM")
        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("ignored SIGHUP")
        daemon.put("go", "")

        self.assertEqual(daemon.wait(), 0)
        self.assertIn("WARN ignored SIGHUP indicating restart request (shutdown in progress)", daemon.log())

    def test_a_child_that_ends_is_reaped(self):
        """10: CHLD."""
        daemon = self.start("""
            [program:x]
            command=sleep 0.1
            startsecs=0
            autorestart=false
            """)

        daemon.wait_for_state("x", "EXITED")

        children = []
        for path in os.listdir("/proc"):
            if path.isdigit():
                try:
                    with open(f"/proc/{path}/stat") as stat:
                        fields = stat.read().rsplit(")", 1)[1].split()
                    if int(fields[1]) == daemon.pid:
                        children.append(path)
                except OSError:
                    pass
        self.assertEqual(children, [])

    def test_usr1_does_not_orphan_the_children(self):
        """10: FIX, the default action kills the reference."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            """)
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]

        daemon.send(signal.SIGUSR1)

        if self.is_ours:
            self.assertEqual(daemon.call("getPID"), daemon.pid)
            self.assertEqual(daemon.pid_of("x"), pid)
        else:
            self.assertEqual(daemon.wait(), -signal.SIGUSR1)
            self.wait("the end of a child that reads", lambda: not daemon.left())

    def test_a_restart_by_request(self):
        """12: restart does what HUP does."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            """)
        before = daemon.wait_for_state("x", "RUNNING")["pid"]

        self.assertIs(daemon.call("restart"), True)
        daemon.wait_for_log("supervisord started with pid", 2)
        self.wait("an answer", daemon.is_ready)

        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], before)
        self.assertEqual(daemon.call("getPID"), daemon.pid)

    def test_hup_opens_the_servers_of_the_new_file(self):
        """10: sockets are rebuilt."""
        daemon = self.start("[unix_http_server:other]\nfile=%(here)s/other.sock\n")
        daemon.write("[unix_http_server:new]\nfile=%(here)s/new.sock\n")

        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("supervisord started with pid", 2)

        self.assertEqual(daemon.files("*.sock"), ["new.sock", "s.sock"])
        daemon.socket = daemon.path("new.sock")
        self.assertEqual(daemon.call("getPID"), daemon.pid)
