"""Event listeners: their protocol, pools, headers and payloads (supervisord-compat.md 14)."""
import os
import re
import signal
import time

from scenario import Scenario

# A listener that writes down what it gets, and answers as its first argument says: `ok`, `fail N` of the first N events,
# or `hold`, which answers when the file `go` is there. It reads characters, as the common Python helper does.
LISTENER = r"""
import os, sys, time
mode, folder = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
name = sys.argv[2] if len(sys.argv) > 2 else "events"
failures = int(mode[4:] or 1) if mode.startswith("fail") else 0
def note(text):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
        file.write(text)
note("begin\n")
while True:
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    header = sys.stdin.readline()
    if not header:
        break
    length = int(dict(pair.split(":", 1) for pair in header.split())["len"])
    note(header + sys.stdin.read(length) + "\n.\n")
    while mode == "hold" and not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.02)
    if mode == "die":
        os._exit(1)
    answer = "FAIL" if failures > 0 else "OK"
    failures -= 1
    sys.stdout.write("RESULT %d\n%s" % (len(answer), answer))
    sys.stdout.flush()
"""


def listener(events, mode="ok", more="", name="pool"):
    return f"""
[eventlistener:{name}]
command=/usr/bin/python3 -SE %(here)s/listener.py {mode}
environment=PYTHONIOENCODING="utf-8"
events={events}
stderr_logfile=%(here)s/{name}.err
stdout_logfile=%(here)s/{name}.out
startsecs=0
{more}
"""


class Event:
    def __init__(self, text):
        line, _, self.payload = text.partition("\n")
        self.line = line
        self.header = dict(pair.split(":", 1) for pair in line.split(" "))
        self.name = self.header["eventname"]

    def __repr__(self):
        return f"{self.line} {self.payload!r}"


class Events(Scenario):
    def listen(self, events, text="", mode="ok", more="", **arguments):
        """A daemon whose listener has said READY."""
        daemon = self.start(listener(events, mode, more) + text, files={"listener.py": LISTENER}, **arguments)
        daemon.wait_for_text("events", "begin")
        daemon.wait_for_state("pool:pool" if "numprocs" not in more else "pool:0", "RUNNING")
        daemon.wait_for_text("pool.out" if "numprocs" not in more else "pool.out", "READY\n")
        return daemon

    def events(self, daemon, name="events"):
        return [Event(text) for text in daemon.read(name).replace("begin\n", "").split("\n.\n")[:-1]]

    def wait_for_events(self, daemon, condition, what="event", name="events"):
        self.wait(what, lambda: condition(self.events(daemon, name)))
        return self.events(daemon, name)

    def wait_for_names(self, daemon, *names):
        """Until these events have come, in this order, others between them; the events."""
        def came(events):
            rest = iter(one.name for one in events)
            return all(name in rest for name in names)

        return self.wait_for_events(daemon, came, f"{names}")

    IDLE = "[program:x]\ncommand=cat\nautostart=false\n"

    # Payloads

    def test_states_of_a_process(self):
        """14.4, row 25: payloads and header."""
        daemon = self.listen("PROCESS_STATE", self.IDLE + "[group:g]\nprograms=x\n")
        daemon.call("startProcess", "g:x")
        pid = daemon.pid_of("g:x")
        daemon.call("stopProcess", "g:x")

        events = self.wait_for_names(daemon, "PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING", "PROCESS_STATE_STOPPING",
                                     "PROCESS_STATE_STOPPED")

        mine = [(one.name, one.payload) for one in events if "processname:x " in one.payload]
        self.assertEqual(mine, [
            ("PROCESS_STATE_STARTING", "processname:x groupname:g from_state:STOPPED tries:0"),
            ("PROCESS_STATE_RUNNING", f"processname:x groupname:g from_state:STARTING pid:{pid}"),
            ("PROCESS_STATE_STOPPING", f"processname:x groupname:g from_state:RUNNING pid:{pid}"),
            ("PROCESS_STATE_STOPPED", f"processname:x groupname:g from_state:STOPPING pid:{pid}"),
        ])
        for event in events:
            self.assertRegex(event.line, r"^ver:3\.0 server:supervisor serial:\d+ pool:pool poolserial:\d+ "
                                         rf"eventname:{event.name} len:{len(event.payload)}$")
        for key in ("serial", "poolserial"):
            numbers = [int(one.header[key]) for one in events]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        # The listener's own states are among them: they were queued before it ran.
        self.assertEqual(events[0].payload, "processname:pool groupname:pool from_state:STOPPED tries:0")
        self.assertEqual((events[0].header["serial"], events[0].header["poolserial"]), ("0", "0"))

    def test_states_of_a_process_that_fails(self):
        """14.4: BACKOFF, FATAL, EXITED; tries."""
        daemon = self.listen("PROCESS_STATE_BACKOFF,process_state_fatal,PROCESS_STATE_EXITED,PROCESS_STATE_STARTING", """
[program:bad]
command=false
startsecs=10
startretries=1
autostart=false
[program:ends]
command=sh -c "exit 3"
startsecs=0
autorestart=false
autostart=false
exitcodes=3
[program:unexpected]
command=sh -c "exit 4"
startsecs=0
autorestart=false
autostart=false
""", more="buffer_size=50")
        daemon.start_briefly("ends")
        daemon.wait_for_state("ends", "EXITED")
        daemon.start_briefly("unexpected")
        daemon.wait_for_state("unexpected", "EXITED")
        daemon.start_briefly("bad")
        daemon.wait_for_state("bad", "FATAL")

        events = self.wait_for_names(daemon, "PROCESS_STATE_EXITED", "PROCESS_STATE_EXITED", "PROCESS_STATE_FATAL")

        payloads = [(one.name[14:], re.sub(r"pid:\d+", "pid:N", one.payload)) for one in events if "name:pool" not in one.payload]
        self.assertEqual(payloads, [
            ("STARTING", "processname:ends groupname:ends from_state:STOPPED tries:0"),
            ("EXITED", "processname:ends groupname:ends from_state:RUNNING expected:1 pid:N"),
            ("STARTING", "processname:unexpected groupname:unexpected from_state:STOPPED tries:0"),
            ("EXITED", "processname:unexpected groupname:unexpected from_state:RUNNING expected:0 pid:N"),
            ("STARTING", "processname:bad groupname:bad from_state:STOPPED tries:0"),
            ("BACKOFF", "processname:bad groupname:bad from_state:STARTING tries:1"),
            ("STARTING", "processname:bad groupname:bad from_state:BACKOFF tries:1"),
            ("BACKOFF", "processname:bad groupname:bad from_state:STARTING tries:2"),
            ("FATAL", "processname:bad groupname:bad from_state:BACKOFF"),
        ])

    def test_output_of_a_process(self):
        """14.4: PROCESS_LOG, where it is enabled."""
        daemon = self.listen("PROCESS_LOG", """
[program:x]
command=sh -c "echo out; sleep 0.2; echo err >&2; exec cat"
autostart=false
startsecs=0
stdout_events_enabled=true
stderr_events_enabled=true
[program:quiet]
command=echo quiet
autorestart=false
startsecs=0
""")
        daemon.call("startProcess", "x")

        events = self.wait_for_names(daemon, "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR")

        pid = daemon.pid_of("x")
        self.assertEqual([one.payload for one in events], [
            f"processname:x groupname:x pid:{pid} channel:stdout\nout\n",
            f"processname:x groupname:x pid:{pid} channel:stderr\nerr\n",
        ])

    def test_events_by_request(self):
        """14.4: REMOTE_COMMUNICATION."""
        daemon = self.listen("REMOTE_COMMUNICATION")
        daemon.call("sendRemoteCommEvent", "my type", "some\ndata")
        daemon.call("sendRemoteCommEvent", "", "")

        events = self.wait_for_names(daemon, "REMOTE_COMMUNICATION", "REMOTE_COMMUNICATION")

        self.assertEqual([one.payload for one in events], ["type:my type\nsome\ndata", "type:\n"])
        self.assertEqual([(one.header["serial"], one.header["poolserial"]) for one in events], [("0", "0"), ("1", "1")])

    def test_the_length_counts_characters(self):
        """14.3: of the payload, which is sent as UTF-8."""
        daemon = self.listen("REMOTE_COMMUNICATION")
        daemon.call("sendRemoteCommEvent", "t", "héllo €")
        daemon.call("sendRemoteCommEvent", "t", "next")

        events = self.wait_for_names(daemon, "REMOTE_COMMUNICATION", "REMOTE_COMMUNICATION")

        self.assertEqual([one.payload for one in events], ["type:t\nhéllo €", "type:t\nnext"])
        self.assertEqual(events[0].header["len"], str(len("type:t\nhéllo €")))

    def test_start_and_end_of_the_daemon_and_groups(self):
        """14.4: groups that are added precede RUNNING; a listener sees what was queued before it ran."""
        daemon = self.listen("SUPERVISOR_STATE_CHANGE,PROCESS_GROUP", self.IDLE)
        daemon.write(listener("SUPERVISOR_STATE_CHANGE,PROCESS_GROUP") + "[program:new]\ncommand=cat\nautostart=false\n")
        daemon.call("reloadConfig")
        daemon.call("addProcessGroup", "new")
        daemon.call("removeProcessGroup", "x")
        self.wait_for_names(daemon, "PROCESS_GROUP_REMOVED")

        daemon.process.terminate()
        daemon.wait()

        events = [(one.name, one.payload) for one in self.events(daemon)]
        self.assertEqual(events[:5], [
            ("PROCESS_GROUP_ADDED", "groupname:pool\n"), ("PROCESS_GROUP_ADDED", "groupname:x\n"),
            ("SUPERVISOR_STATE_CHANGE_RUNNING", ""), ("PROCESS_GROUP_ADDED", "groupname:new\n"),
            ("PROCESS_GROUP_REMOVED", "groupname:x\n"),
        ])
        # The listener itself is stopped at the same moment, unless other groups take time.
        self.assertIn(events[5:], ([], [("SUPERVISOR_STATE_CHANGE_STOPPING", "")]))

    def test_a_listener_sees_the_end_of_the_others(self):
        """7, 14: its group is the last to be stopped."""
        daemon = self.listen("SUPERVISOR_STATE_CHANGE_STOPPING,PROCESS_STATE_STOPPED", """
[program:x]
command=sh -c "trap 'sleep 1; exit 0' TERM; echo ready > %(here)s/ready; read line"
startsecs=0
[program:y]
command=sh -c "trap 'sleep 1; exit 0' TERM; echo ready > %(here)s/ready2; read line"
startsecs=0
""")
        for name in ("ready", "ready2"):
            daemon.wait_for_text(name, "ready")

        daemon.process.terminate()
        daemon.wait()

        names = [one.name for one in self.events(daemon)]
        self.assertEqual(names[:2], ["SUPERVISOR_STATE_CHANGE_STOPPING", "PROCESS_STATE_STOPPED"])

    def test_ticks(self):
        """14.4: when wall time crosses a multiple; none at the start."""
        daemon = self.listen("TICK_5")

        events = self.wait_for_names(daemon, "TICK_5")

        when = int(re.fullmatch(r"when:(\d+)", events[0].payload).group(1))
        self.assertEqual(when % 5, 0)
        self.assertLess(abs(time.time() - when), 30)

    def test_abstract_types_get_all_below_them(self):
        """14.2: EVENT."""
        daemon = self.listen("EVENT", self.IDLE, more="buffer_size=100")
        daemon.call("startProcess", "x")
        daemon.call("sendRemoteCommEvent", "t", "d")

        names = {one.name for one in self.wait_for_names(daemon, "PROCESS_STATE_RUNNING", "REMOTE_COMMUNICATION")}

        self.assertLessEqual({"PROCESS_GROUP_ADDED", "SUPERVISOR_STATE_CHANGE_RUNNING", "PROCESS_STATE_STARTING",
                              "REMOTE_COMMUNICATION"}, names)

    def test_the_identifier_in_the_header(self):
        """14.3: server."""
        daemon = self.listen("REMOTE_COMMUNICATION", "[supervisord]\nidentifier=other\n")
        daemon.call("sendRemoteCommEvent", "t", "d")

        self.assertEqual(self.wait_for_names(daemon, "REMOTE_COMMUNICATION")[0].header["server"], "other")

    def test_lengths_in_bytes_for_listeners_that_count_them(self):
        """14.3: our key event_len=bytes; the reference ignores it."""
        daemon = self.listen("REMOTE_COMMUNICATION", mode="hold", more="event_len=bytes")
        daemon.call("sendRemoteCommEvent", "t", "é")

        line = self.wait("a header", lambda: re.search(r"len:(\d+)", daemon.read("events") or "")) if not self.is_ours else None
        if self.is_ours:
            # The listener counts characters, so it still waits for one.
            daemon.call("sendProcessStdin", "pool:pool", "!")
            line = self.wait("a header", lambda: re.search(r"len:(\d+)", daemon.read("events") or ""))
        daemon.put("go", "")

        self.assertEqual(line.group(1), self.expect(supervisord="8", ours="9", because="an addition of ours"))

    # The protocol

    def test_a_rejected_event_comes_again(self):
        """14.1, row 26: with the same serial and poolserial; a warning."""
        daemon = self.listen("REMOTE_COMMUNICATION", mode="fail2")
        daemon.call("sendRemoteCommEvent", "t", "first")
        daemon.call("sendRemoteCommEvent", "t", "second")

        events = self.wait_for_events(daemon, lambda all: len(all) >= 4)

        self.assertEqual(sorted(one.header["serial"] for one in events), ["0", "0", "0", "1"])
        self.assertEqual(len({(one.header["serial"], one.header["poolserial"]) for one in events}), 2)
        self.assertEqual(len({one.line for one in events if one.header["serial"] == "0"}), 1)
        self.assertEqual(daemon.log().count("WARN pool: event was rejected"), 2)

    def test_everything_a_listener_writes_is_in_its_logs(self):
        """14.1: stdout too; stderr is an ordinary channel."""
        daemon = self.listen("REMOTE_COMMUNICATION", more="stderr_events_enabled=true")
        daemon.call("sendRemoteCommEvent", "t", "d")

        self.assertEqual(daemon.wait_for_text("pool.out", "READY\nRESULT 2\nOKREADY\n"), "READY\nRESULT 2\nOKREADY\n")

    def test_text_that_is_not_of_the_protocol(self):
        """14.1, row 27: UNKNOWN once and for good; still RUNNING."""
        daemon = self.start("""
            [eventlistener:early]
            command=sh -c "echo hello there; exec cat > %(here)s/early"
            events=REMOTE_COMMUNICATION
            startsecs=0
            [eventlistener:late]
            command=sh -c "echo READY; sleep 0.3; echo more; exec cat > %(here)s/late"
            events=REMOTE_COMMUNICATION
            startsecs=0
            """)
        warning = ("has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated "
                   "the eventlistener protocol")
        daemon.wait_for_log(f"WARN early: {warning}")
        daemon.wait_for_log(f"WARN late: {warning}")

        daemon.call("sendRemoteCommEvent", "t", "d")
        daemon.call("sendRemoteCommEvent", "t", "d")
        time.sleep(0.5)

        self.assertEqual((daemon.state("early:early"), daemon.state("late:late")), ("RUNNING", "RUNNING"))
        self.assertEqual((daemon.read("early"), daemon.read("late")), ("", ""))
        self.assertEqual(daemon.log().count(warning), 2)

    def test_a_result_that_cannot_be_read(self):
        """14.1: UNKNOWN, and the event goes to another one."""
        daemon = self.start("""
            [eventlistener:pool]
            command=sh -c "echo READY; read line; echo %(process_num)d $line >> %(here)s/got; echo RESULT x; exec cat"
            events=REMOTE_COMMUNICATION
            numprocs=2
            process_name=%(process_num)d
            startsecs=0
            """)
        for number in range(2):
            daemon.wait_for_state(f"pool:{number}", "RUNNING")

        daemon.call("sendRemoteCommEvent", "t", "")
        self.wait("both of them", lambda: daemon.read("got").count("\n") == 2)

        lines = daemon.read("got").splitlines()
        self.assertEqual({line[0] for line in lines}, {"0", "1"})
        self.assertEqual(len({line[2:] for line in lines}), 1)
        daemon.wait_for_log("1: bad result line: 'RESULT x'")

    def test_a_listener_that_dies_with_an_event(self):
        """14.1: it is queued again, for the next one."""
        daemon = self.listen("REMOTE_COMMUNICATION", mode="die")
        daemon.call("sendRemoteCommEvent", "t", "d")

        events = self.wait_for_events(daemon, lambda all: len(all) >= 2)

        self.assertEqual(len({one.line for one in events}), 1)

    def test_a_new_process_of_a_listener_gets_events_again(self):
        """14.1: UNKNOWN lasts until the process restarts."""
        daemon = self.start("""
            [eventlistener:pool]
            command=sh -c "if [ -e %(here)s/second ]; then echo READY; else echo nonsense; fi; exec cat >> %(here)s/got"
            events=REMOTE_COMMUNICATION
            startsecs=0
            """)
        daemon.wait_for_log("has entered the UNKNOWN state")
        daemon.put("second", "")
        os.kill(daemon.pid_of("pool:pool"), signal.SIGKILL)
        daemon.call("sendRemoteCommEvent", "t", "data of it")

        self.assertIn("eventname:REMOTE_COMMUNICATION", daemon.wait_for_text("got", "data of it"))

    def test_tokens_in_pieces(self):
        """14.1: however they arrive."""
        daemon = self.start("""
            [eventlistener:pool]
            command=sh -c "printf REA; sleep 0.1; printf 'DY\\n'; read line; printf 'RESU'; sleep 0.1; printf 'LT 2\\nO'; sleep 0.1; printf 'KREADY\\n'; read again; echo $again > %(here)s/got; exec cat > %(here)s/rest"
            events=REMOTE_COMMUNICATION
            startsecs=0
            """)
        daemon.call("sendRemoteCommEvent", "a", "\n")
        daemon.call("sendRemoteCommEvent", "b", "")

        daemon.wait_for_text("got", "\n")

        self.assertEqual(daemon.state("pool:pool"), "RUNNING")
        self.assertNotIn("UNKNOWN", daemon.log())

    # Pools

    def test_a_queue_that_is_full_loses_its_oldest(self):
        """14.2: an error with the serial."""
        daemon = self.listen("REMOTE_COMMUNICATION", mode="hold", more="buffer_size=2")
        daemon.call("sendRemoteCommEvent", "t", "0")
        self.wait_for_events(daemon, lambda all: len(all) == 1)

        for number in range(1, 5):
            daemon.call("sendRemoteCommEvent", "t", str(number))
        daemon.put("go", "")
        events = self.wait_for_events(daemon, lambda all: len(all) == 3)

        self.assertEqual([one.payload for one in events], ["type:t\n0", "type:t\n3", "type:t\n4"])
        self.assertEqual([one.header["poolserial"] for one in events], ["0", "3", "4"])
        for serial in (1, 2):
            self.assertIn(f"ERRO pool pool event buffer overflowed, discarding event {serial}\n", daemon.log())

    def test_a_pool_of_several(self):
        """14.2: the first that is RUNNING and READY gets the event."""
        daemon = self.start("""
            [eventlistener:pool]
            command=/usr/bin/python3 -SE %(here)s/listener.py hold got%(process_num)d
            events=REMOTE_COMMUNICATION
            numprocs=2
            process_name=%(process_num)d
            stdout_logfile=%(here)s/out%(process_num)d
            startsecs=0
            """, files={"listener.py": LISTENER})
        for number in range(2):
            daemon.wait_for_state(f"pool:{number}", "RUNNING")
            daemon.wait_for_text(f"out{number}", "READY")

        daemon.call("sendRemoteCommEvent", "t", "a")
        daemon.call("sendRemoteCommEvent", "t", "b")

        for number, payload in ((0, "type:t\na"), (1, "type:t\nb")):
            events = self.wait_for_events(daemon, len, name=f"got{number}")
            self.assertEqual([one.payload for one in events], [payload])
        daemon.put("go", "")

    def test_two_pools_share_serials_of_events(self):
        """14.3: serial is global, poolserial of the pool."""
        daemon = self.start("""
            [eventlistener:one]
            command=/usr/bin/python3 -SE %(here)s/listener.py ok one
            events=REMOTE_COMMUNICATION,PROCESS_STATE_STARTING
            startsecs=0
            [eventlistener:two]
            command=/usr/bin/python3 -SE %(here)s/listener.py ok two
            events=REMOTE_COMMUNICATION
            startsecs=0
            """, files={"listener.py": LISTENER})
        daemon.call("sendRemoteCommEvent", "t", "a")

        def remote(name):
            return [event for event in self.events(daemon, name) if event.name == "REMOTE_COMMUNICATION"]

        first = self.wait("the event in one pool", lambda: remote("one"))[0]
        second = self.wait("the event in the other pool", lambda: remote("two"))[0]

        self.assertEqual(first.header["serial"], second.header["serial"])
        self.assertEqual((first.header["pool"], second.header["pool"]), ("one", "two"))
        self.assertEqual(second.header["poolserial"], "0")

    def test_a_listener_that_does_not_read(self):
        """15.16: the daemon never blocks on it."""
        daemon = self.start("""
            [eventlistener:pool]
            command=sh -c "echo READY; exec sleep 99"
            events=REMOTE_COMMUNICATION
            startsecs=0
            stopsignal=KILL
            """)
        daemon.wait_for_state("pool:pool", "RUNNING")
        for _ in range(5):
            try:
                daemon.call("sendRemoteCommEvent", "t", "a" * 100000)
            except Exception:  # The reference fails inside where the pipe is full.
                pass

        self.assertEqual(daemon.state("pool:pool"), "RUNNING")

    # Capture

    CAPTURE = """
[program:x]
command=/usr/bin/python3 -SE %(here)s/talk.py
autostart=false
autorestart=false
startsecs=0
stdout_logfile=%(here)s/x.log
stderr_logfile=%(here)s/x.err
"""

    def talk(self, text, more, events="PROCESS_COMMUNICATION,PROCESS_LOG"):
        daemon = self.listen(events, self.CAPTURE + more)
        daemon.put("talk.py", text)
        daemon.start_briefly("x")
        return daemon

    def test_tagged_output_is_captured(self):
        """14.5, row 28: sent when the end tag comes; not in the log; tags may be split."""
        daemon = self.talk("""\
            import sys, time
            for part in ("before\\n<!--XSUPER", "VISOR:BEGIN-->first<!--XSUPERVISOR:E", "ND-->between\\n",
                         "<!--XSUPERVISOR:BEGIN-->second\\n<!--XSUPERVISOR:END-->", "and a long text after it\\n"):
                sys.stdout.write(part)
                sys.stdout.flush()
                time.sleep(0.1)
            time.sleep(99)
            """, "stdout_capture_maxbytes=1KB\n", "PROCESS_COMMUNICATION")

        events = self.wait_for_names(daemon, "PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDOUT")

        pid = daemon.pid_of("x")
        self.assertEqual([one.payload for one in events], [f"processname:x groupname:x pid:{pid}\nfirst",
                                                           f"processname:x groupname:x pid:{pid}\nsecond\n"])
        self.wait("the log", lambda: "after it" in daemon.read("x.log"))
        self.assertEqual(daemon.read("x.log"), "before\nbetween\nand a long text after it\n")

    def test_captured_output_is_bounded(self):
        """14.5: the oldest part is lost."""
        daemon = self.talk("""\
            import sys, time
            sys.stderr.write("<!--XSUPERVISOR:BEGIN-->")
            for number in range(10):
                sys.stderr.write(str(number) * 30)
                sys.stderr.flush()
                time.sleep(0.05)
            sys.stderr.write("<!--XSUPERVISOR:END-->and more text after it")
            sys.stderr.flush()
            time.sleep(99)
            """, "stderr_capture_maxbytes=100\n", "PROCESS_COMMUNICATION_STDERR")

        payload = self.wait_for_names(daemon, "PROCESS_COMMUNICATION_STDERR")[0].payload.split("\n", 1)[1]

        self.assertLessEqual(len(payload), 100)
        self.assertTrue(payload.endswith("9" * 30), payload)
        self.assertNotIn("0", payload)
        self.assertIn(daemon.read("x.err"), "and more text after it")

    def test_captured_output_is_also_an_event_of_the_log(self):
        """14.5: with PROCESS_LOG on."""
        daemon = self.talk("""\
            import sys, time
            sys.stdout.write("<!--XSUPERVISOR:BEGIN-->captured<!--XSUPERVISOR:END-->")
            sys.stdout.flush()
            time.sleep(99)
            """, "stdout_capture_maxbytes=1KB\nstdout_events_enabled=true\n")

        events = self.wait_for_names(daemon, "PROCESS_LOG_STDOUT", "PROCESS_COMMUNICATION_STDOUT")

        self.assertEqual([one.payload.split("\n", 1)[1] for one in events], ["captured", "captured"])
        self.assertEqual(daemon.read("x.log"), "")

    def test_the_last_bytes_before_the_end_of_a_process_that_is_captured(self):
        """14.5: FIX, the reference keeps back up to 24 bytes and loses them."""
        daemon = self.talk("""\
            print("short", flush=True)
            """, "stdout_capture_maxbytes=1KB\n")
        daemon.wait_for_state("x", "EXITED")

        if self.is_ours:
            daemon.wait_for_text("x.log", "short\n")
        self.assertEqual(daemon.read("x.log"), self.expect(supervisord="", ours="short\n",
                                                           because="the reference waits for more than the length of a tag"))

    def test_an_end_tag_that_comes_alone(self):
        """14.5: FIX, seen at once; the reference waits for more output."""
        daemon = self.talk("""\
            import sys, time
            for part in ("<!--XSUPERVISOR:BEGIN-->captured text of some length", "<!--XSUPERVISOR:END-->"):
                sys.stdout.write(part)
                sys.stdout.flush()
                time.sleep(0.5)
            sys.stdin.readline()
            print("more", flush=True)
            time.sleep(99)
            """, "stdout_capture_maxbytes=1KB\n")

        if not self.is_ours:
            time.sleep(1.5)
            self.assertEqual(self.events(daemon), [])
            daemon.call("sendProcessStdin", "x", "go on\n")
        event = self.wait_for_names(daemon, "PROCESS_COMMUNICATION_STDOUT")[0]

        self.assertEqual(event.payload.split("\n", 1)[1], "captured text of some length")

    def test_data_that_is_no_text(self):
        """14.4: FIX, replacement characters; the reference writes the bytes as Python does."""
        daemon = self.talk("""\
            import sys, time
            sys.stdout.buffer.write(b"a\\xffb")
            sys.stdout.flush()
            time.sleep(99)
            """, "stdout_events_enabled=true\n")

        payload = self.wait_for_names(daemon, "PROCESS_LOG_STDOUT")[0].payload.split("\n", 1)[1]

        self.assertEqual(payload, self.expect(supervisord="Undecodable: b'a\\xffb'", ours="a\ufffdb", because="14.4"))

    def test_output_without_escape_sequences(self):
        """3, 14.4: strip_ansi holds for events as for the log."""
        daemon = self.talk("""\
            import sys, time
            sys.stdout.write("\\x1b[31mred\\x1b[0m and <!--XSUPERVISOR:BEGIN-->\\x1b[1mbold<!--XSUPERVISOR:END-->plain text of some length")
            sys.stdout.flush()
            time.sleep(99)
            """, "stdout_events_enabled=true\nstdout_capture_maxbytes=1KB\n[supervisord]\nstrip_ansi=true\n")

        events = self.wait_for_names(daemon, "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDOUT", "PROCESS_COMMUNICATION_STDOUT",
                                     "PROCESS_LOG_STDOUT")

        self.assertEqual([one.payload.split("\n", 1)[1] for one in events],
                         ["red and ", "bold", "bold", "plain text of some length"])
        self.wait("the log", lambda: daemon.read("x.log") == "red and plain text of some length")

    def test_output_behind_a_tag_that_is_never_closed(self):
        """14.5: FIX, the last words of a program are not lost."""
        daemon = self.talk("""\
            import sys
            sys.stdout.write("a text of some length\\n<!--XSUPERVISOR:BEGIN-->Traceback: it went wrong\\n")
            """, "stdout_capture_maxbytes=1KB\n")
        daemon.wait_for_state("x", "EXITED")

        text = "a text of some length\n" + self.expect(supervisord="", ours="Traceback: it went wrong\n",
                                                       because="the reference drops what it has captured")
        self.wait("the log", lambda: daemon.read("x.log") == text)
        self.assertEqual(self.events(daemon), [])

    def test_a_result_handler_of_one_s_own(self):
        """3: only the default one can be honoured."""
        text = listener("EVENT", more="result_handler=supervisor.dispatchers:default_handler")
        self.start(text, files={"listener.py": LISTENER})

        if self.is_ours:
            self.assertIn("Error: ", self.refusal(listener("EVENT", more="result_handler=my.module:handler")))
        else:
            self.assertIn("my.module:handler cannot be resolved within [eventlistener:pool]",
                          self.refusal(listener("EVENT", more="result_handler=my.module:handler")))

    def test_a_pool_that_is_added_later(self):
        """12, 14: update; it gets what comes after it, and its groups are told to others."""
        daemon = self.listen("PROCESS_GROUP", more="buffer_size=50")
        daemon.write(listener("PROCESS_GROUP", more="buffer_size=50") + """
[eventlistener:second]
command=/usr/bin/python3 -SE %(here)s/listener.py ok second
events=REMOTE_COMMUNICATION
startsecs=0
""")

        self.assertEqual(daemon.ctl("update"), (0, "second: added process group\n"))
        daemon.wait_for_state("second:second", "RUNNING")
        daemon.call("sendRemoteCommEvent", "t", "d")
        events = self.wait_for_events(daemon, len, name="second")

        self.assertEqual([one.payload for one in events], ["type:t\nd"])
        self.wait_for_events(daemon, lambda all: "groupname:second\n" in [one.payload for one in all])

    def test_a_listener_is_started_and_stopped_as_any_program(self):
        """14: by its names; its events wait meanwhile."""
        daemon = self.listen("REMOTE_COMMUNICATION")
        self.assertEqual(daemon.ctl("stop", "pool:*")[0], 0)
        daemon.call("sendRemoteCommEvent", "t", "while it was stopped")

        self.assertEqual(daemon.ctl("start", "pool:pool")[0], 0)

        events = self.wait_for_events(daemon, len)
        self.assertEqual([one.payload for one in events], ["type:t\nwhile it was stopped"])
