"""XML-RPC: every method, its faults and the shape of its results (supervisord-compat.md 12)."""
import time
import xmlrpc.client

from daemon import SERVER, free_port
from scenario import Scenario

SIGNATURES = {
    "supervisor.addProcessGroup": ["boolean", "string"],
    "supervisor.clearAllProcessLogs": ["array"],
    "supervisor.clearLog": ["boolean"],
    "supervisor.clearProcessLog": ["boolean", "string"],
    "supervisor.clearProcessLogs": ["boolean", "string"],
    "supervisor.getAPIVersion": ["string"],
    "supervisor.getAllConfigInfo": ["array"],
    "supervisor.getAllProcessInfo": ["array"],
    "supervisor.getIdentification": ["string"],
    "supervisor.getPID": ["int"],
    "supervisor.getProcessInfo": ["struct", "string"],
    "supervisor.getState": ["struct"],
    "supervisor.getSupervisorVersion": ["string"],
    "supervisor.getVersion": ["string"],
    "supervisor.readLog": ["string", "int", "int"],
    "supervisor.readMainLog": ["string", "int", "int"],
    "supervisor.readProcessLog": ["string", "string", "int", "int"],
    "supervisor.readProcessStderrLog": ["string", "string", "int", "int"],
    "supervisor.readProcessStdoutLog": ["string", "string", "int", "int"],
    "supervisor.reloadConfig": ["array"],
    "supervisor.removeProcessGroup": ["boolean", "string"],
    "supervisor.restart": ["boolean"],
    "supervisor.sendProcessStdin": ["boolean", "string", "string"],
    "supervisor.sendRemoteCommEvent": ["boolean", "string", "string"],
    "supervisor.shutdown": ["boolean"],
    "supervisor.signalAllProcesses": ["array", "string"],
    "supervisor.signalProcess": ["boolean", "string", "string"],
    "supervisor.signalProcessGroup": ["array", "string", "string"],
    "supervisor.startAllProcesses": ["array", "boolean"],
    "supervisor.startProcess": ["boolean", "string", "boolean"],
    "supervisor.startProcessGroup": ["array", "string", "boolean"],
    "supervisor.stopAllProcesses": ["array", "boolean"],
    "supervisor.stopProcess": ["boolean", "string", "boolean"],
    "supervisor.stopProcessGroup": ["array", "string", "boolean"],
    "supervisor.tailProcessLog": ["array", "string", "int", "int"],
    "supervisor.tailProcessStderrLog": ["array", "string", "int", "int"],
    "supervisor.tailProcessStdoutLog": ["array", "string", "int", "int"],
    "system.listMethods": ["array"],
    "system.methodHelp": ["string", "string"],
    "system.methodSignature": ["array", "string"],
    "system.multicall": ["array", "array"],
}

IDLE = """
[program:x]
command=cat
startsecs=0
"""


class Rpc(Scenario):
    def idle(self, text=IDLE, **arguments):
        daemon = self.start(text, **arguments)
        daemon.wait_for_state("x", "RUNNING")
        return daemon

    # About the daemon

    def test_the_daemon_tells_about_itself(self):
        """12."""
        daemon = self.start("[supervisord]\nidentifier=my one\n")

        self.assertEqual(daemon.call("getAPIVersion"), "3.0")
        self.assertEqual(daemon.call("getVersion"), "3.0")
        self.assertRegex(daemon.call("getSupervisorVersion"), r"^4\.\d+\.\d+")
        self.assertEqual(daemon.call("getIdentification"), "my one")
        self.assertEqual(daemon.call("getState"), {"statecode": 1, "statename": "RUNNING"})
        self.assertEqual(daemon.call("getPID"), daemon.pid)

    def test_methods_and_their_signatures(self):
        """12: system.listMethods is sorted and includes the aliases."""
        daemon = self.start()

        self.assertEqual(daemon.call("system.listMethods"), sorted(SIGNATURES))
        calls = [{"methodName": "system.methodSignature", "params": [name]} for name in sorted(SIGNATURES)]
        self.assertEqual(daemon.call("system.multicall", calls), [SIGNATURES[name] for name in sorted(SIGNATURES)])
        calls = [{"methodName": "system.methodHelp", "params": [name]} for name in sorted(SIGNATURES)]
        for name, text in zip(sorted(SIGNATURES), daemon.call("system.multicall", calls)):
            self.assertTrue(isinstance(text, str) and text.strip(), name)
        self.assertEqual(daemon.fault("system.methodSignature", "nope"), (4, "SIGNATURE_UNSUPPORTED"))
        self.assertEqual(daemon.fault("system.methodHelp", "supervisor.nope"), (4, "SIGNATURE_UNSUPPORTED"))

    def test_unknown_methods(self):
        """12, row 23: two parts, no underscore, nothing but the methods; no way to other objects."""
        daemon = self.start()

        for name in ("supervisor.nope", "nope.getPID", "supervisor", "supervisor.", ".getPID", "supervisor._update",
                     "supervisor.__class__", "supervisor.supervisord.options.close", "supervisor.supervisord",
                     "system.namespaces", "supervisor.getPID.x", "getPID"):
            with self.subTest(name):
                with daemon.proxy() as proxy:
                    with self.assertRaises(xmlrpc.client.Fault) as raised:
                        getattr(proxy, name)()
                self.assertEqual((raised.exception.faultCode, raised.exception.faultString), (1, "UNKNOWN_METHOD"))

    def test_wrong_numbers_of_parameters(self):
        """12, row 23."""
        daemon = self.start(IDLE)

        for call in (("getPID", 1), ("startProcess",), ("startProcess", "x", True, 3), ("readLog", 0), ("getProcessInfo",),
                     ("system.listMethods", 1), ("system.multicall",), ("system.multicall", 5), ("sendRemoteCommEvent", "a"),
                     ("signalProcess", "x"), ("stopAllProcesses", True, True), ("tailProcessLog", "x", 0)):
            with self.subTest(call):
                self.assertEqual(daemon.fault(*call), (2, "INCORRECT_PARAMETERS"))

    def test_parameters_of_wrong_types_do_no_harm(self):
        """12: an error of some kind, and the daemon goes on."""
        daemon = self.idle()

        for call in (("startProcess", 5), ("startProcess", ["x"]), ("getProcessInfo", {"a": 1}), ("readLog", "a", 1),
                     ("system.multicall", [5])):
            with self.subTest(call):
                with self.assertRaises((xmlrpc.client.Fault, xmlrpc.client.ProtocolError)):
                    daemon.call(*call)
        self.assertEqual(daemon.state("x"), "RUNNING")

    # Requests as clients write them

    def post(self, daemon, body, **headers):
        answer = daemon.request("POST", "/RPC2", body, headers)
        self.assertEqual(answer.status, 200, answer.text)
        return xmlrpc.client.loads(answer.text)[0][0]

    def test_params_may_be_missing_and_values_may_have_no_type(self):
        """11, 12."""
        daemon = self.idle()

        self.assertEqual(self.post(daemon, "<methodCall><methodName>supervisor.getPID</methodName></methodCall>"), daemon.pid)
        self.assertEqual(self.post(daemon, "<?xml version='1.0'?>\n<methodCall><methodName>supervisor.getPID</methodName>"
                                           "<params/></methodCall>\n"), daemon.pid)
        info = self.post(daemon, "<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param>"
                                 "<value>x</value></param></params></methodCall>")
        self.assertEqual(info["name"], "x")
        self.assertEqual(self.post(daemon, "<methodCall><methodName>supervisor.getPID</methodName></methodCall>",
                                   **{"Content-Type": "application/nonsense"}), daemon.pid)

    def test_every_type_of_value_is_read(self):
        """11: i4 int boolean string double dateTime.iso8601 array struct base64."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            stdout_logfile=%(here)s/x.log
            """)
        daemon.wait_for_state("x", "RUNNING")

        def send(name, *values):
            return ("<methodCall><methodName>" + name + "</methodName><params>"
                    + "".join(f"<param><value>{value}</value></param>" for value in values) + "</params></methodCall>")

        self.assertIs(self.post(daemon, send("supervisor.sendProcessStdin", "x", "<base64>aGVsbG8K</base64>")), True)
        self.assertEqual(daemon.wait_for_text("x.log", "\n"), "hello\n")
        for number in ("<i4>0</i4>", "<int>0</int>"):
            self.assertEqual(self.post(daemon, send("supervisor.readProcessLog", "x", number, "<int>5</int>")), "hello")
        self.assertEqual(self.post(daemon, send("supervisor.startProcess", "<string>x:*</string>", "<boolean>0</boolean>")), [])
        for value in ("<double>1.5</double>", "<dateTime.iso8601>20260101T00:00:00</dateTime.iso8601>",
                      "<array><data><value>a</value></data></array>",
                      "<struct><member><name>a</name><value>b</value></member></struct>"):
            with self.assertRaises(xmlrpc.client.Fault) as raised:
                self.post(daemon, send("supervisor.sendProcessStdin", "x", value))
            self.assertEqual(raised.exception.faultCode, 2)
        self.assertIs(self.post(daemon, send("supervisor.sendProcessStdin", "x", "&lt;&amp;é&#233;&#10;")), True)
        self.assertIn("<&éé", daemon.wait_for_text("x.log", "é"))

    def test_results_are_small_and_plain(self):
        """12: Content-Type, Content-Length; faults are 200."""
        daemon = self.start()

        for method in ("supervisor.getPID", "supervisor.nope"):
            answer = daemon.request("POST", "/RPC2", f"<methodCall><methodName>{method}</methodName></methodCall>")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Content-Type"], "text/xml")
            self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
            self.assertTrue(answer.headers["Server"])

    def test_text_that_xml_cannot_hold(self):
        """12: FIX, control characters and bytes that are no UTF-8 are replaced."""
        daemon = self.start("""
            [program:control]
            command=printf 'a\\\\033b\\\\000c\\\\n'
            startsecs=0
            autorestart=false
            [program:bytes]
            command=printf 'a\\\\377b\\\\n'
            startsecs=0
            autorestart=false
            """.replace("\\\\", "\\"))
        for name in ("control", "bytes"):
            daemon.wait_for_state(name, "EXITED")

        if self.is_ours:
            self.assertEqual(daemon.call("readProcessLog", "control", 0, 0), "a\ufffdb\ufffdc\n")
            self.assertEqual(daemon.call("readProcessLog", "bytes", 0, 0), "a\ufffdb\n")
            self.assertEqual(daemon.call("tailProcessLog", "bytes", 0, 100), ["a\ufffdb\n", 4, False])
        else:
            self.assertRaises(Exception, daemon.call, "readProcessLog", "control", 0, 0)
            self.assertRaises(xmlrpc.client.ProtocolError, daemon.call, "readProcessLog", "bytes", 0, 0)

    def test_numbers_that_an_int_cannot_hold(self):
        """12: FIX, cap them; the reference answers 500."""
        daemon = self.start("[program:x]\ncommand=cat\nautostart=false\nstdout_logfile_maxbytes=2GB\n")

        if self.is_ours:
            self.assertEqual(daemon.call("getAllConfigInfo")[0]["stdout_logfile_maxbytes"], 2 ** 31 - 1)
        else:
            self.assertRaises(xmlrpc.client.ProtocolError, daemon.call, "getAllConfigInfo")

    # system.multicall

    def test_multicall(self):
        """12: bare results or fault structs, one call after the other, also those that wait."""
        daemon = self.idle()

        results = daemon.call("system.multicall", [
            {"methodName": "supervisor.getPID", "params": []},
            {"methodName": "supervisor.getPID"},
            {"methodName": "supervisor.stopProcess", "params": ["x"]},
            {"methodName": "supervisor.getProcessInfo", "params": ["zz"]},
            {"methodName": "supervisor.startProcess", "params": ["x"]},
            {"methodName": "supervisor.startProcess", "params": ["x"]},
            {"methodName": "system.multicall", "params": [[]]},
            {"params": []},
            {"methodName": "supervisor.nope"},
            {"methodName": "supervisor.getPID", "params": [1]},
        ])

        self.assertEqual(results, [
            daemon.pid, daemon.pid, True, {"faultCode": 10, "faultString": "BAD_NAME: zz"}, True,
            {"faultCode": 60, "faultString": "ALREADY_STARTED: x"},
            {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"},
            {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS: No methodName"},
            {"faultCode": 1, "faultString": "UNKNOWN_METHOD"}, {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS"},
        ])
        self.assertEqual(daemon.call("system.multicall", []), [])

    def test_a_call_that_waits_does_not_block_the_server(self):
        """12: many can be pending."""
        daemon = self.start("".join(f"""
            [program:p{number}]
            command=cat
            autostart=false
            startsecs=5
            """ for number in range(5)))

        pending = [daemon.later("startProcess", f"p{number}") for number in range(5)]
        self.wait("all of them starting",
                  lambda: all(one["statename"] == "STARTING" for one in daemon.call("getAllProcessInfo")))

        self.assertFalse(any(call.done() for call in pending))
        self.assertEqual([call.result() for call in pending], [True] * 5)

    # Starting, stopping, signals

    def test_start_process(self):
        """12: faults in their order, and the answer when it runs."""
        daemon = self.idle(IDLE + """
[program:y]
command=cat
autostart=false
[program:early]
command=sh -c "sleep 0.3; exit 1"
autostart=false
startsecs=10
[program:missing]
command=/no/such
autostart=false
[program:quote]
command=a 'b
autostart=false
[program:unexecutable]
command=/etc/passwd
autostart=false
""")

        self.assertEqual(daemon.fault("startProcess", "zz"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("startProcess", "zz:y"), (10, "BAD_NAME: zz:y"))
        self.assertEqual(daemon.fault("startProcess", "x:zz"), (10, "BAD_NAME: x:zz"))
        self.assertEqual(daemon.fault("startProcess", "missing"), (20, "NO_FILE: can't find command '/no/such'"))
        self.assertEqual(daemon.fault("startProcess", "quote"),
                         (21, "NOT_EXECUTABLE: can't parse command \"a 'b\": No closing quotation"))
        self.assertEqual(daemon.fault("startProcess", "unexecutable"),
                         (21, "NOT_EXECUTABLE: command at '/etc/passwd' is not executable"))
        self.assertEqual(daemon.state("missing"), "STOPPED")
        self.assertEqual(daemon.fault("startProcess", "x"), (60, "ALREADY_STARTED: x"))
        self.assertEqual(daemon.fault("startProcess", "early"), (50, "SPAWN_ERROR: early"))
        self.assertIs(daemon.call("startProcess", "y"), True)
        self.assertEqual(daemon.state("y"), "RUNNING")
        self.assertEqual(daemon.fault("startProcess", "early"), (60, "ALREADY_STARTED: early"))  # BACKOFF counts as running.

    def test_a_start_that_is_stopped_meanwhile(self):
        """12: ABNORMAL_TERMINATION."""
        daemon = self.start("[program:x]\ncommand=cat\nautostart=false\nstartsecs=30\n")
        pending = daemon.later("startProcess", "x")
        daemon.wait_for_state("x", "STARTING")

        daemon.call("stopProcess", "x")

        with self.assertRaises(xmlrpc.client.Fault) as raised:
            pending.result()
        self.assertEqual((raised.exception.faultCode, raised.exception.faultString), (40, "ABNORMAL_TERMINATION: x"))

    def test_stop_process(self):
        """12."""
        daemon = self.idle()

        self.assertEqual(daemon.fault("stopProcess", "zz"), (10, "BAD_NAME: zz"))
        self.assertIs(daemon.call("stopProcess", "x"), True)
        self.assertEqual(daemon.state("x"), "STOPPED")
        self.assertEqual(daemon.fault("stopProcess", "x"), (70, "NOT_RUNNING: x"))
        self.assertEqual(daemon.call("stopProcess", "x:*"), [])
        self.assertEqual(daemon.call("stopAllProcesses"), [])
        started = daemon.call("startAllProcesses", False)
        self.assertEqual(started, [{"name": "x", "group": "x", "status": 80, "description": "OK"}])
        self.assertEqual(daemon.fault("stopProcess", "zz:*"), (10, "BAD_NAME: zz:*"))
        self.assertEqual(daemon.fault("stopProcessGroup", "zz"), (10, "BAD_NAME: zz"))

    def test_several_wait_for_the_same_stop(self):
        """12: the first one gets its answer when it has stopped, a later one a fault."""
        daemon = self.start_held()

        first = daemon.later("stopProcess", "x")
        daemon.wait_for_state("x", "STOPPING")

        self.assertEqual(daemon.fault("stopProcess", "x"), (70, "NOT_RUNNING: x"))
        self.assertFalse(first.done())
        daemon.put("go", "")
        self.assertIs(first.result(), True)
        self.assertEqual(daemon.state("x"), "STOPPED")

    def test_signals(self):
        """12: names and numbers; only the process; structs for groups."""
        daemon = self.start("""
            [program:x]
            command=sh -c "trap 'echo hup' HUP; trap 'echo usr1' USR1; echo ready; while true; do read line; done"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            [program:y]
            command=cat
            autostart=false
            """)
        daemon.wait_for_text("x.log", "ready")
        daemon.wait_for_state("x", "RUNNING")

        self.assertIs(daemon.call("signalProcess", "x", "HUP"), True)
        daemon.wait_for_text("x.log", "hup\n")
        self.assertIs(daemon.call("signalProcess", "x", "SIGUSR1"), True)
        daemon.wait_for_text("x.log", "usr1\n")
        self.assertIs(daemon.call("signalProcess", "x", 1), True)
        self.wait("the second hup", lambda: daemon.read("x.log").count("hup") == 2)
        self.assertIs(daemon.call("signalProcess", "x", "10"), True)
        self.assertIs(daemon.call("signalProcess", "x", 0), True)
        self.assertEqual(daemon.fault("signalProcess", "x", "FOO"), (11, "BAD_SIGNAL: FOO"))
        self.assertEqual(daemon.fault("signalProcess", "zz", "FOO"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("signalProcess", "y", "HUP"), (70, "NOT_RUNNING: y"))
        self.assertEqual(daemon.call("signalProcess", "y:*", "HUP"), [])
        signalled = [{"name": "x", "group": "x", "status": 80, "description": "OK"}]
        refused = [{"name": "x", "group": "x", "status": 11, "description": "BAD_SIGNAL: FOO"}]
        self.assertEqual(daemon.call("signalProcess", "x:*", "HUP"), signalled)
        self.assertEqual(daemon.call("signalProcessGroup", "x", "HUP"), signalled)
        self.assertEqual(daemon.call("signalAllProcesses", "HUP"), signalled)
        self.assertEqual(daemon.call("signalProcessGroup", "x", "FOO"), refused)
        self.assertEqual(daemon.call("signalAllProcesses", "FOO"), refused)
        self.assertEqual(daemon.fault("signalProcessGroup", "zz", "HUP"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.state("x"), "RUNNING")

    def test_a_signal_that_ends_a_process_is_not_a_stop(self):
        """12: it comes back as its autorestart says."""
        daemon = self.idle()
        before = daemon.pid_of("x")

        daemon.call("signalProcess", "x", "TERM")
        daemon.wait_for_log("spawned: 'x'", 2)

        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], before)
        self.assertIn("WARN exited: x (terminated by SIGTERM; not expected)", daemon.log())

    def test_a_process_that_stops_can_be_signalled(self):
        """6, 12: STOPPING is signallable."""
        daemon = self.start_held()
        pending = daemon.later("stopProcess", "x")
        daemon.wait_for_state("x", "STOPPING")

        self.assertIs(daemon.call("signalProcess", "x", 0), True)

        daemon.put("go", "")
        self.assertIs(pending.result(), True)

    # Information

    def test_information_of_all_processes_is_sorted(self):
        """12: by group name, then process name."""
        daemon = self.start("""
            [program:b]
            command=cat
            autostart=false
            priority=1
            [program:z]
            command=cat
            autostart=false
            [program:y]
            command=cat
            autostart=false
            [group:a]
            programs=z,y
            priority=2000
            """)

        everything = daemon.call("getAllProcessInfo")

        self.assertEqual([(one["group"], one["name"]) for one in everything], [("a", "y"), ("a", "z"), ("b", "b")])
        self.assertEqual(sorted(everything[0]), sorted(daemon.info("a:y")))
        for name in ("", "zz", "a", "y", "a:", "a:zz", "b:*"):
            self.assertEqual(daemon.fault("getProcessInfo", name), (10, f"BAD_NAME: {name}"))
        self.assertEqual(daemon.info("b:b")["name"], "b")

    def test_information_of_the_configuration(self):
        """12: sorted by process name, over the last file read; an AUTO path is real until the next reading."""
        daemon = self.start("""
            [program:b]
            command=cat %(program_name)s
            autostart=false
            directory=/tmp
            exitcodes=0,3
            priority=7
            user=root
            stopsignal=INT
            stdout_logfile=%(here)s/b.log
            stderr_logfile=NONE
            [program:a]
            command=cat
            autostart=false
            [group:z]
            programs=b
            priority=5
            """)

        first = daemon.call("getAllConfigInfo")
        daemon.call("reloadConfig")
        second = daemon.call("getAllConfigInfo")

        self.assertEqual([one["name"] for one in first], ["a", "b"])
        self.assert_has({"stdout_logfile": daemon.info("a")["stdout_logfile"], "inuse": True, "group": "a"}, first[0])
        self.assert_has({"stdout_logfile": "auto", "stderr_logfile": "auto", "inuse": True}, second[0])
        self.assert_has({
            "command": "cat b", "directory": "/tmp", "exitcodes": [0, 3], "group": "z", "group_prio": 5, "process_prio": 7,
            "uid": 0, "stopsignal": 2, "stdout_logfile": daemon.path("b.log"), "stderr_logfile": "none", "serverurl": "none",
        }, second[1])

    # Logs

    def logged(self):
        daemon = self.start("""
            [program:x]
            command=sh -c "printf 0123456789; printf abc >&2; exec cat"
            stdout_logfile=%(here)s/x.log
            stderr_logfile=%(here)s/x.err
            startsecs=0
            [program:never]
            command=cat
            autostart=false
            stdout_logfile=%(here)s/never.log
            """)
        daemon.wait_for_text("x.log", "9")
        daemon.wait_for_text("x.err", "c")
        return daemon

    def test_reading_logs(self):
        """12: offsets and lengths."""
        daemon = self.logged()

        for offset, length, text in ((0, 0, "0123456789"), (3, 0, "3456789"), (3, 4, "3456"), (8, 100, "89"), (10, 0, ""),
                                     (100, 5, ""), (-4, 0, "6789"), (-100, 0, "0123456789")):
            with self.subTest(offset=offset, length=length):
                self.assertEqual(daemon.call("readProcessStdoutLog", "x", offset, length), text)
                self.assertEqual(daemon.call("readProcessLog", "x", offset, length), text)
        self.assertEqual(daemon.call("readProcessStderrLog", "x", 1, 0), "bc")
        for method in ("readProcessStdoutLog", "readProcessStderrLog"):
            self.assertEqual(daemon.fault(method, "x", -4, 2), (3, "BAD_ARGUMENTS"))
            self.assertEqual(daemon.fault(method, "x", 4, -2), (3, "BAD_ARGUMENTS"))
            self.assertEqual(daemon.fault(method, "zz", 0, 0), (10, "BAD_NAME: zz"))
            self.assertEqual(daemon.fault(method, "x:*", 0, 0), (10, "BAD_NAME: x:*"))
        self.assertEqual(daemon.fault("readProcessStdoutLog", "never", 0, 0), (20, f"NO_FILE: {daemon.path('never.log')}"))

    def test_tailing_logs(self):
        """12: the examples."""
        daemon = self.logged()

        for offset, length, answer in ((0, 100, ["0123456789", 10, False]), (0, 4, ["6789", 10, True]),
                                       (10, 4, ["", 10, False]), (7, 4, ["6789", 10, False]), (0, 0, ["", 10, True]),
                                       (100, 4, ["", 10, False]), (0, 10, ["0123456789", 10, False])):
            with self.subTest(offset=offset, length=length):
                self.assertEqual(daemon.call("tailProcessStdoutLog", "x", offset, length), answer)
                self.assertEqual(daemon.call("tailProcessLog", "x", offset, length), answer)
        self.assertEqual(daemon.call("tailProcessStderrLog", "x", 0, 2), ["bc", 3, True])
        self.assertEqual(daemon.call("tailProcessStdoutLog", "never", 0, 5), ["", 0, False])
        self.assertEqual(daemon.fault("tailProcessStdoutLog", "zz", 0, 0), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("tailProcessStderrLog", "x:*", 0, 0), (10, "BAD_NAME: x:*"))

    def test_reading_the_activity_log(self):
        """12: readLog, its alias, and the same offsets."""
        daemon = self.idle()

        self.assertEqual(daemon.call("readLog", 0, 0), daemon.log())
        self.assertEqual(daemon.call("readMainLog", 3, 7), daemon.log()[3:10])
        self.assertEqual(daemon.call("readLog", -10, 0), daemon.log()[-10:])
        self.assertEqual(daemon.fault("readLog", -10, 1), (3, "BAD_ARGUMENTS"))
        self.assertEqual(daemon.fault("readLog", 1, -1), (3, "BAD_ARGUMENTS"))

    def test_clearing_logs(self):
        """12."""
        daemon = self.logged()
        daemon.wait_for_state("x", "RUNNING")

        self.assertEqual(daemon.fault("clearProcessLogs", "zz"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("clearProcessLog", "x:*"), (10, "BAD_NAME: x:*"))
        results = daemon.call("clearAllProcessLogs")

        self.assertEqual(sorted(results, key=lambda one: one["name"]), [
            {"name": name, "group": name, "status": 80, "description": "OK"} for name in ("never", "x")])
        self.assertEqual((daemon.read("x.log"), daemon.read("x.err")), ("", ""))
        self.assertIs(daemon.call("clearProcessLog", "x"), True)

    # Standard input, events

    def test_standard_input(self):
        """12, row 24: what is sent appears; faults."""
        daemon = self.start("""
            [program:x]
            command=cat
            stdout_logfile=%(here)s/x.log
            startsecs=0
            [program:closed]
            command=sh -c "exec <&-; echo closed; exec sleep 99"
            stdout_logfile=%(here)s/closed.log
            startsecs=0
            [program:never]
            command=cat
            autostart=false
            """)
        daemon.wait_for_text("closed.log", "closed")
        daemon.wait_for_state("x", "RUNNING")

        self.assertIs(daemon.call("sendProcessStdin", "x", "héllo\n"), True)
        self.assertIs(daemon.call("sendProcessStdin", "x", ""), True)

        daemon.wait_for_text("x.log", "\n")
        with open(daemon.path("x.log"), "rb") as file:
            self.assertEqual(file.read(), "héllo\n".encode())
        self.assertEqual(daemon.fault("sendProcessStdin", "zz", "x"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("sendProcessStdin", "x:*", "x"), (10, "BAD_NAME: x:*"))
        self.assertEqual(daemon.fault("sendProcessStdin", "never", "x"), (70, "NOT_RUNNING: never"))
        self.assertEqual(daemon.fault("sendProcessStdin", "x", 5)[0], 2)
        self.assertEqual(daemon.fault("sendProcessStdin", "closed", "x"), (20, "NO_FILE: closed"))

    def test_remote_events_without_a_listener(self):
        """12."""
        self.assertIs(self.start().call("sendRemoteCommEvent", "type", "data"), True)

    # Groups

    def test_adding_and_removing_groups(self):
        """12: from the last read file; programs of the group then start."""
        daemon = self.idle()

        self.assertEqual(daemon.fault("addProcessGroup", "x"), (90, "ALREADY_ADDED: x"))
        self.assertEqual(daemon.fault("addProcessGroup", "new"), (10, "BAD_NAME: new"))
        self.assertEqual(daemon.fault("removeProcessGroup", "zz"), (10, "BAD_NAME: zz"))
        self.assertEqual(daemon.fault("removeProcessGroup", "x"), (91, "STILL_RUNNING: x"))
        daemon.write(IDLE + "[program:new]\ncommand=cat\nstartsecs=0\n[program:quiet]\ncommand=cat\nautostart=false\n")
        self.assertEqual(daemon.fault("addProcessGroup", "new"), (10, "BAD_NAME: new"))
        self.assertEqual(daemon.call("reloadConfig"), [[["new", "quiet"], [], []]])
        self.assertIs(daemon.call("addProcessGroup", "new"), True)
        self.assertIs(daemon.call("addProcessGroup", "quiet"), True)
        daemon.wait_for_state("new", "RUNNING")
        self.assertEqual(daemon.state("quiet"), "STOPPED")
        self.assertEqual(daemon.fault("removeProcessGroup", "new"), (91, "STILL_RUNNING: new"))
        daemon.call("stopProcess", "new")
        self.assertIs(daemon.call("removeProcessGroup", "new"), True)
        self.assertEqual(daemon.fault("getProcessInfo", "new"), (10, "BAD_NAME: new"))
        self.assertEqual(daemon.call("reloadConfig"), [[["new"], [], []]])

    def test_a_removed_group_that_is_added_again_starts_anew(self):
        """6: autostart counts per daemon run and process; a group that was removed has forgotten."""
        daemon = self.idle()
        daemon.call("stopProcess", "x")

        daemon.call("removeProcessGroup", "x")
        daemon.call("addProcessGroup", "x")

        daemon.wait_for_state("x", "RUNNING")

    def test_what_counts_as_changed(self):
        """13: any option of any process, order of processes, priority of the group, events, buffer, socket."""
        base = """
            [program:{name}]
            command=cat
            autostart=false
            {extra}
            """
        changes = [
            ("", "priority=5"), ("", "startsecs=3"), ("", "environment=A=1"), ("", "directory=/tmp"), ("", "umask=077"),
            ("", "user=root"), ("", "stopwaitsecs=3"), ("", "exitcodes=1"), ("", "autorestart=true"),
            ("", "redirect_stderr=true"), ("", "stdout_syslog=true"), ("", "serverurl=http://x:1"), ("", "stopsignal=INT"),
            ("", "numprocs=2\nprocess_name=%(process_num)d"), ("", "stdout_capture_maxbytes=1"), ("", "startretries=7"),
            ("stdout_logfile=/tmp/a.log", "stdout_logfile=/tmp/b.log"), ("", "stderr_logfile_backups=3"),
            ("", "stdout_logfile=/tmp/a.log"),
        ]
        same = [("", "nonsense=1"), ("", "startsecs=1"), ("stdout_logfile=/tmp/a.log", ""), ("", "")]
        others = """
            [eventlistener:pool]
            command=cat
            events={events}
            buffer_size={size}
            autostart=false
            [fcgi-program:f]
            command=cat
            socket={socket}
            autostart=false
            [group:g]
            programs={members}
            priority={priority}
            """ + "".join(base.format(name=name, extra="") for name in ("m", "n"))
        port = free_port()
        before = {"events": "EVENT", "size": 10, "socket": f"tcp://127.0.0.1:{port}", "members": "m,n", "priority": 5}
        after = [({"events": "TICK"}, ["pool"]), ({"size": 11}, ["pool"]), ({"socket": f"tcp://127.0.0.1:{port + 1}"}, ["f"]),
                 ({"members": "n,m"}, ["g"]), ({"priority": 6}, ["g"]), ({}, [])]

        def text(index, more):
            return "".join(base.format(name=f"p{number:02}", extra=pair[index].replace("\n", "\n            "))
                           for number, pair in enumerate(changes + same)) + others.format(**{**before, **more})

        daemon = self.start(text(0, {}))
        for more, groups in after:
            with self.subTest(more):
                daemon.write(text(0, more))
                self.assertEqual([sorted(names) for names in daemon.call("reloadConfig")[0]], [[], groups, []])
        daemon.write(text(1, {}))
        expected = [f"p{number:02}" for number in range(len(changes))]
        self.assertEqual([sorted(names) for names in daemon.call("reloadConfig")[0]], [[], expected, []])
        # Repeating it repeats the answer.
        self.assertEqual([sorted(names) for names in daemon.call("reloadConfig")[0]], [[], expected, []])

    def test_a_file_that_became_invalid(self):
        """12, row 15: processes are untouched."""
        daemon = self.idle()
        pid = daemon.pid_of("x")
        daemon.write(IDLE + "autostart=maybe\n")

        code, text = daemon.fault("reloadConfig")

        self.assertEqual((code, text), (92, "CANT_REREAD: not a valid boolean value: 'maybe' in section 'program:x' "
                                            f"(file: '{daemon.file}')"))
        self.assertEqual(daemon.pid_of("x"), pid)
        self.assertEqual([one["name"] for one in daemon.call("getAllConfigInfo")], ["x"])

    # The end

    def test_every_method_faults_while_the_daemon_stops(self):
        """12, row 31."""
        daemon = self.start_held()

        self.assertIs(daemon.call("shutdown"), True)

        for call in (("getState",), ("getProcessInfo", "x"), ("getAllProcessInfo",), ("startProcess", "x"), ("shutdown",),
                     ("restart",), ("reloadConfig",), ("readLog", 0, 0), ("getAllConfigInfo",), ("getVersion",),
                     ("stopAllProcesses",), ("signalAllProcesses", "HUP"), ("clearAllProcessLogs",)):
            with self.subTest(call):
                self.assertEqual(daemon.fault(*call), (6, "SHUTDOWN_STATE"))
        self.assertIn("system.listMethods", daemon.call("system.listMethods"))
        self.assertNotEqual(daemon.ctl("status")[0], 0)
        daemon.put("go", "")
        self.assertEqual(daemon.wait(), 0)
        self.assertFalse(daemon.files("s.sock"))
        self.assertEqual(daemon.ctl("status"), (4, f"unix://{daemon.socket} no such file\n"))

    def test_every_method_faults_while_the_daemon_restarts(self):
        """12."""
        daemon = self.start_held()

        self.assertIs(daemon.call("restart"), True)

        self.assertEqual(daemon.fault("getState"), (6, "SHUTDOWN_STATE"))
        daemon.put("go", "")
        daemon.wait_for_text("ready", "ready\nready\n")

    def test_calls_that_wait_when_the_daemon_ends(self):
        """12: they get an answer or a closed connection, and the daemon ends."""
        daemon = self.start_held()
        pending = daemon.later("stopProcess", "x")
        daemon.wait_for_state("x", "STOPPING")

        daemon.process.terminate()
        daemon.put("go", "")

        self.assertEqual(daemon.wait(), 0)
        try:
            self.assertIs(pending.result(), True)
        except (OSError, xmlrpc.client.Error):
            pass

    # Namespaces and servers

    def test_without_the_interface_there_are_no_methods(self):
        """3: [rpcinterface:supervisor] is missing."""
        server = "\n".join(line for line in SERVER.splitlines() if "rpcinterface" not in line) + "\n"
        daemon = self.start(IDLE, server=server)

        self.assertEqual(daemon.fault("getPID"), (1, "UNKNOWN_METHOD"))
        self.assertEqual(daemon.call("system.listMethods"), ["system.listMethods", "system.methodHelp",
                                                             "system.methodSignature", "system.multicall"])
        code, output = daemon.ctl("status")
        self.assertIn("Sorry, supervisord responded but did not recognize the supervisor namespace commands", output)
        self.assertEqual(code, 4)
        self.assertEqual(daemon.ctl("start", "x")[0], 3)

    def test_the_same_over_tcp(self):
        """3, 11: inet_http_server."""
        port = free_port()
        daemon = self.idle(IDLE + f"[inet_http_server]\nport=127.0.0.1:{port}\n")

        with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}") as proxy:
            self.assertEqual(proxy.supervisor.getPID(), daemon.pid)
            self.assertEqual(proxy.supervisor.getProcessInfo("x")["statename"], "RUNNING")
            self.assertEqual(proxy.supervisor.getPID(), daemon.pid)  # On the same connection.

    def test_times_are_seconds_since_1970(self):
        """12."""
        began = int(time.time())
        daemon = self.idle()
        daemon.call("stopProcess", "x")

        info = daemon.info("x")

        self.assertTrue(began <= info["start"] <= info["stop"] <= info["now"] <= int(time.time()) + 1, info)

    def test_reading_again_finds_new_files_of_an_include(self):
        """3, 12."""
        daemon = self.idle("[include]\nfiles=conf.d/*.conf\n", files={"conf.d/x.conf": IDLE})
        daemon.put("conf.d/y.conf", IDLE.replace(":x]", ":y]"))

        self.assertEqual(daemon.call("reloadConfig"), [[["y"], [], []]])
        daemon.put("conf.d/x.conf", IDLE.replace("cat", "cat -u"))
        self.assertEqual(daemon.call("reloadConfig"), [[["y"], ["x"], []]])
        daemon.put("conf.d/x.conf", "")
        self.assertEqual(daemon.call("reloadConfig"), [[["y"], [], ["x"]]])

    def test_a_tail_that_cuts_a_letter(self):
        """12: FIX, bytes that are no text any more are replaced; the reference answers 500."""
        daemon = self.start("[program:x]\ncommand=printf aéb\nstartsecs=0\nautorestart=false\n")
        daemon.wait_for_state("x", "EXITED")

        if self.is_ours:
            self.assertEqual(daemon.call("readProcessLog", "x", -2, 0), "\ufffdb")
        else:
            self.assertRaises(xmlrpc.client.ProtocolError, daemon.call, "readProcessLog", "x", -2, 0)

    def test_many_clients_at_once(self):
        """12: on connections of their own."""
        daemon = self.idle()

        calls = [daemon.later("getProcessInfo", "x") for _ in range(100)]

        self.assertEqual({call.result()["statename"] for call in calls}, {"RUNNING"})
