"""Names, groups, and the order of starting and stopping (supervisord-compat.md 7, and the sections of 3 that make groups)."""
from scenario import Scenario

# Ends half a second after TERM; says in the file `order` when it began and when it ended.
SLOW_TO_STOP = """sh -c "trap 'echo asked %(program_name)s >> %(here)s/order; sleep 0.5; echo ended %(program_name)s >> %(here)s/order; exit 0' TERM; echo ready >> %(here)s/ready; read line" """
# Says in the file `order` that it has been asked, and ends.
QUICK_TO_STOP = """sh -c "trap 'echo %(process_num)d >> %(here)s/order; exit 0' TERM; echo ready >> %(here)s/ready; read line" """


class Groups(Scenario):
    def wait_until_ready(self, daemon, count):
        self.wait(f"{count} programs that are ready", lambda: daemon.read("ready").count("ready") == count)

    def test_processes_start_by_priority_and_name(self):
        """7: groups by (priority, name), inside a group processes by (priority, name)."""
        daemon = self.start("""
            [program:late]
            command=cat
            priority=2000
            [program:b]
            command=cat
            [program:a]
            command=cat
            [program:first]
            command=cat
            priority=1
            [program:inner1]
            command=cat
            priority=3
            [program:inner2]
            command=cat
            priority=10
            [group:g]
            programs=inner1,inner2
            priority=5
            [eventlistener:pool]
            command=cat
            events=EVENT
            """)
        daemon.wait_for_log("spawned: 'late'")

        spawned = [line.split("'")[1] for line in daemon.log().splitlines() if "spawned: " in line]

        self.assertEqual(spawned, ["pool", "first", "inner1", "inner2", "a", "b", "late"])

    def test_a_group_starts_its_programs_as_it_lists_them(self):
        """7: seen with supervisord, which looks at priorities inside a group only for requests and for the end."""
        daemon = self.start("""
            [program:b]
            command=cat
            priority=20
            startsecs=0
            [program:a]
            command=cat
            priority=10
            startsecs=0
            [group:g]
            programs=b,a
            """)
        daemon.wait_for_state("g:a", "RUNNING")
        daemon.wait_for_state("g:b", "RUNNING")

        daemon.call("stopProcessGroup", "g")
        daemon.call("startProcessGroup", "g")

        spawned = [line.split("'")[1] for line in daemon.log().splitlines() if "spawned: " in line]
        self.assertEqual(spawned, ["b", "a", "a", "b"])

    def test_nothing_waits_for_running_at_the_start(self):
        """7: all are spawned one right after the other."""
        daemon = self.start("""
            [program:a]
            command=cat
            startsecs=30
            priority=1
            [program:b]
            command=cat
            startsecs=0
            priority=2
            """)

        daemon.wait_for_state("b", "RUNNING")

        self.assertEqual(daemon.state("a"), "STARTING")

    def test_groups_stop_one_after_the_other_at_shutdown(self):
        """7, row 11: in reverse order, the next one when the one before has ended; exit 0."""
        daemon = self.start(f"""
            [program:a]
            command={SLOW_TO_STOP}
            priority=1
            startsecs=0
            [program:b]
            command={SLOW_TO_STOP}
            priority=2
            startsecs=0
            [program:c]
            command={SLOW_TO_STOP}
            priority=2
            startsecs=0
            """)
        self.wait_until_ready(daemon, 3)

        daemon.process.terminate()
        code = daemon.wait()

        self.assertEqual(daemon.read("order").split("\n")[:-1],
                         ["asked c", "ended c", "asked b", "ended b", "asked a", "ended a"])
        self.assertEqual(code, 0)

    def test_processes_of_a_group_stop_together_at_shutdown(self):
        """7: all are asked at once; the worst case is one grace period."""
        daemon = self.start(f"""
            [program:a]
            command={SLOW_TO_STOP}
            startsecs=0
            [program:b]
            command={SLOW_TO_STOP}
            startsecs=0
            [group:g]
            programs=a,b
            """)
        self.wait_until_ready(daemon, 2)

        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)

        lines = daemon.read("order").split("\n")[:-1]
        self.assertEqual(sorted(lines[:2]), ["asked a", "asked b"])
        self.assertEqual(sorted(lines[2:]), ["ended a", "ended b"])

    def test_backoff_becomes_fatal_at_shutdown(self):
        """7: during shutdown nothing is started."""
        daemon = self.start("""
            [program:x]
            command=/bin/false
            startsecs=10
            startretries=9
            [program:y]
            command=sh -c "trap 'sleep 2.5; exit 0' TERM; echo ready; read line"
            stdout_logfile=%(here)s/y.log
            startsecs=0
            priority=1
            [eventlistener:listener]
            command=sh -c "echo READY; read line; cat >> %(here)s/events"
            events=PROCESS_STATE_FATAL
            """)
        daemon.wait_for_text("y.log", "ready")
        daemon.wait_for_state("x", "BACKOFF")
        self.wait("a listener", lambda: daemon.state("listener") == "RUNNING")

        spawned = daemon.log().count("spawned: 'x'")
        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)

        self.assertLessEqual(daemon.log().count("spawned: 'x'"), spawned + 1)
        self.assertNotIn("gave up: x", daemon.log())
        self.assertRegex(daemon.log(), r"INFO waiting for (listener, x, y|[a-z, ]*y[a-z, ]*) to die")

    def test_a_group_and_its_names(self):
        """7, rows 12 and 13: `group:process`, `group:*`, and no bare name inside a group."""
        daemon = self.start("""
            [program:x]
            command=cat
            numprocs=2
            numprocs_start=5
            process_name=%(program_name)s_%(process_num)02d
            startsecs=0
            [program:a]
            command=cat
            startsecs=0
            [program:b]
            command=cat
            startsecs=0
            [group:g]
            programs=a,b
            """)
        for name in ("x:x_05", "x:x_06", "g:a", "g:b"):
            daemon.wait_for_state(name, "RUNNING")

        self.assertEqual([f"{one['group']}:{one['name']}" for one in daemon.call("getAllProcessInfo")],
                         ["g:a", "g:b", "x:x_05", "x:x_06"])
        code, output = daemon.ctl("status")
        self.assertEqual([line.split()[0] for line in output.splitlines()], ["g:a", "g:b", "x:x_05", "x:x_06"])
        self.assertEqual(code, 0)
        code, output = daemon.ctl("stop", "g:*")
        self.assertEqual((code, sorted(output.splitlines())), (0, ["g:a: stopped", "g:b: stopped"]))
        self.assertEqual(daemon.ctl("start", "a"), (1, "a: ERROR (no such process)\n"))
        code, output = daemon.ctl("status", "g:")
        self.assertEqual([line.split()[:2] for line in output.splitlines()], [["g:a", "STOPPED"], ["g:b", "STOPPED"]])
        self.assertEqual(code, 3)
        code, output = daemon.ctl("start", "g:")
        self.assertEqual((code, sorted(output.splitlines())), (0, ["g:a: started", "g:b: started"]))
        self.assertEqual(daemon.fault("getProcessInfo", "g:*"), (10, "BAD_NAME: g:*"))
        self.assertEqual(daemon.fault("getProcessInfo", "x"), (10, "BAD_NAME: x"))

    def test_a_program_in_two_groups_runs_twice(self):
        """3: and has no group of its own."""
        daemon = self.start("""
            [program:a]
            command=cat
            startsecs=0
            [group:one]
            programs=a
            [group:two]
            programs=a
            """)

        pids = {daemon.wait_for_state(name, "RUNNING")["pid"] for name in ("one:a", "two:a")}

        self.assertEqual(len(pids), 2)
        self.assertEqual(daemon.fault("getProcessInfo", "a"), (10, "BAD_NAME: a"))

    def test_empty_groups(self):
        """3: numprocs=0, and a group without programs."""
        daemon = self.start("""
            [program:none]
            command=cat
            numprocs=0
            [group:empty]
            priority=5
            [program:x]
            command=cat
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        self.assertEqual([one["name"] for one in daemon.call("getAllProcessInfo")], ["x"])
        self.assertEqual(daemon.call("startProcessGroup", "none"), [])
        self.assertEqual(daemon.call("stopProcessGroup", "empty"), [])
        self.assertEqual(daemon.fault("startProcessGroup", "nope"), (10, "BAD_NAME: nope"))

    def test_a_group_that_hides_a_program_of_its_name(self):
        """3: the second one that would be added is dropped."""
        daemon = self.start("""
            [program:a]
            command=cat
            startsecs=0
            [program:g]
            command=cat
            startsecs=0
            priority=1000
            [group:g]
            programs=a
            """)

        daemon.wait_for_state("g:a", "RUNNING")

        self.assertEqual([f"{one['group']}:{one['name']}" for one in daemon.call("getAllProcessInfo")], ["g:a"])

    def test_group_calls_wait_for_all_and_skip_those_that_run(self):
        """7, 12: status structs of those that were not running."""
        daemon = self.start("""
            [program:a]
            command=cat
            autostart=false
            [program:b]
            command=cat
            startsecs=0
            [program:broken]
            command=/no/such
            autostart=false
            [group:g]
            programs=a,b,broken
            """)
        daemon.wait_for_state("g:b", "RUNNING")

        started = daemon.call("startProcessGroup", "g")
        states = {name: daemon.state("g:" + name) for name in ("a", "b")}
        stopped = daemon.call("stopProcessGroup", "g")

        self.assertEqual(sorted(started, key=lambda one: one["name"]), [
            {"name": "a", "group": "g", "status": 80, "description": "OK"},
            {"name": "broken", "group": "g", "status": 20, "description": "NO_FILE: can't find command '/no/such'"},
        ])
        self.assertEqual(states, {"a": "RUNNING", "b": "RUNNING"})
        self.assertEqual(sorted(stopped, key=lambda one: one["name"]), [
            {"name": "a", "group": "g", "status": 80, "description": "OK"},
            {"name": "b", "group": "g", "status": 80, "description": "OK"},
        ])
        self.assertEqual(daemon.call("stopProcessGroup", "g"), [])

    def test_a_group_is_stopped_by_request_in_ascending_order(self):
        """7: all are asked at once, lowest first; stopAllProcesses the same over all groups."""
        daemon = self.start(f"""
            [program:p]
            command={QUICK_TO_STOP}
            numprocs=3
            process_name=%(process_num)d
            startsecs=0
            """)
        self.wait_until_ready(daemon, 3)
        names = [f"p:{number}" for number in range(3)]
        for name in names:
            daemon.wait_for_state(name, "RUNNING")

        results = daemon.call("stopAllProcesses")

        self.assertEqual(sorted(one["name"] for one in results), ["0", "1", "2"])
        self.assertEqual({one["status"] for one in results}, {80})
        self.assertEqual({daemon.state(name) for name in names}, {"STOPPED"})
        self.assertEqual(sorted(daemon.read("order").split()), ["0", "1", "2"])
        started = daemon.call("startAllProcesses")
        self.assertEqual({one["status"] for one in started}, {80})
        self.assertEqual({daemon.state(name) for name in names}, {"RUNNING"})

    def test_a_program_of_a_group_does_not_wait_for_others(self):
        """12: startProcess with wait=false answers before RUNNING."""
        daemon = self.start("""
            [program:x]
            command=cat
            autostart=false
            startsecs=2
            """)

        self.assertIs(daemon.call("startProcess", "x", False), True)

        self.assertEqual(daemon.state("x"), "STARTING")
        self.assertEqual(daemon.fault("startProcess", "x"), (60, "ALREADY_STARTED: x"))
        self.assertEqual(daemon.call("startProcess", "x:*"), [])
        daemon.wait_for_state("x", "RUNNING")

    def test_fcgi_programs_of_a_group_are_ordinary_members(self):
        """3: [group:x] may name an fcgi-program."""
        daemon = self.start("""
            [fcgi-program:f]
            command=sleep 99
            socket=unix://%(here)s/f.sock
            startsecs=0
            autostart=false
            [group:g]
            programs=f
            """)

        self.assertEqual([f"{one['group']}:{one['name']}" for one in daemon.call("getAllProcessInfo")], ["g:f"])

    def test_a_hundred_programs(self):
        """7, 12: all of them start and stop by one call each, at once and not one after the other."""
        daemon = self.start("""
            [program:p]
            command=cat
            numprocs=100
            process_name=%(process_num)02d
            autostart=false
            startsecs=0
            stdout_logfile=NONE
            stderr_logfile=NONE
            """)

        started = daemon.call("startAllProcesses")
        states = {one["statename"] for one in daemon.call("getAllProcessInfo")}
        stopped = daemon.call("stopProcessGroup", "p")

        self.assertEqual(({one["status"] for one in started}, len(started), states), ({80}, 100, {"RUNNING"}))
        self.assertEqual(({one["status"] for one in stopped}, len(stopped)), ({80}, 100))
        self.assertEqual({one["statename"] for one in daemon.call("getAllProcessInfo")}, {"STOPPED"})

    def test_programs_that_ignore_term_stop_together(self):
        """7: a group by request takes one grace period, not the sum."""
        daemon = self.start("""
            [program:p]
            command=sh -c "trap '' TERM; echo ready >> %(here)s/ready; read line"
            numprocs=5
            process_name=%(process_num)d
            startsecs=0
            stopwaitsecs=2
            """)
        self.wait_until_ready(daemon, 5)
        for number in range(5):
            daemon.wait_for_state(f"p:{number}", "RUNNING")

        daemon.call("stopProcessGroup", "p", False)
        states = [daemon.state(f"p:{number}") for number in range(5)]
        for number in range(5):
            daemon.wait_for_state(f"p:{number}", "STOPPED")

        self.assertEqual(states, ["STOPPING"] * 5)
        kills = daemon.times("with SIGKILL")
        self.assertEqual(len(kills), 5)
        self.assertLess(kills[-1] - kills[0], 4)

    def test_names_of_many_kinds(self):
        """2, 7: a process can be named by its group too; letters beyond ASCII, dots and dashes."""
        daemon = self.start("""
            [program:a.b-c_d]
            command=cat
            startsecs=0
            [program:naïve]
            command=cat
            startsecs=0
            """)

        for name in ("a.b-c_d", "naïve"):
            pid = daemon.wait_for_state(name, "RUNNING")["pid"]
            self.assertEqual(daemon.pid_of(f"{name}:{name}"), pid)
        self.assertEqual(daemon.ctl("stop", "naïve"), (0, "naïve: stopped\n"))
