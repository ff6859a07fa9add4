"""What a child gets from the daemon that spawns it (supervisord-compat.md 8, and fcgi-program of 3)."""
import glob
import grp
import json
import os
import pwd
import re
import socket
import stat
import xmlrpc.client

from scenario import Scenario

# A child that tells what it got, and stays: as JSON in the file `told`.
TELLER = r"""
import json, os, signal, sys
def blocked(line):
    return int(next(one for one in open("/proc/self/status") if one.startswith(line)).split()[1], 16)
told = {
    "arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(), "umask": os.umask(0),
    "pid": os.getpid(), "group": os.getpgid(0), "session": os.getsid(0), "parent": os.getppid(),
    "descriptors": sorted(int(one) for one in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + one)),
    "links": [os.readlink(f"/proc/self/fd/{one}") for one in range(3)],
    "user": os.getuid(), "primary": os.getgid(), "groups": sorted(os.getgroups()),
    "ignored": blocked("SigIgn"), "blocked": blocked("SigBlk"),
    "files": __import__("resource").getrlimit(7),
}
name = os.environ.get("TOLD", os.path.join(os.path.dirname(os.path.abspath(__file__)), "told"))
with open(name + ".new", "w") as file:
    json.dump(told, file)
os.rename(name + ".new", name)
signal.pause()
"""


class Spawn(Scenario):
    def told(self, daemon, name="told"):
        self.wait("a child that tells", lambda: os.path.exists(daemon.path(name)))
        return json.loads(daemon.read(name))

    def tell(self, text, **arguments):
        daemon = self.start(text, files={"teller.py": TELLER}, **arguments)
        return daemon, self.told(daemon)

    def test_a_child_is_the_leader_of_its_group_in_the_session_of_the_daemon(self):
        """8: setpgid, not setsid; three pipes and nothing else; the daemon's folder and umask."""
        daemon, told = self.tell("""
            [program:x]
            command=/usr/bin/python3 -SE %(here)s/teller.py one "two words" thr\\ ee 'a"b'
            startsecs=0
            """)

        self.assertEqual(told["arguments"], ["one", "two words", "thr ee", 'a"b'])
        self.assertEqual(told["group"], told["pid"])
        self.assertEqual(told["session"], os.getsid(daemon.pid))
        self.assertEqual(told["parent"], daemon.pid)
        # The fourth was the listing itself.
        self.assertEqual(told["descriptors"], [0, 1, 2])
        for link in told["links"]:
            self.assertRegex(link, r"^pipe:")
        self.assertEqual(len(set(told["links"])), 3)
        self.assertEqual(told["folder"], os.path.realpath(daemon.folder))
        mask = os.umask(0o022)
        os.umask(mask)
        self.assertEqual(told["umask"], mask)

    def test_signals_of_a_child_are_as_new(self):
        """8: FIX, the reference leaves SIGPIPE and SIGXFSZ ignored."""
        _, told = self.tell("""
            [program:x]
            command=/bin/sh -c "/usr/bin/python3 -SE -c \\"print([one for one in open('/proc/$$/status') if one[:6] in ('SigIgn', 'SigBlk')])\\"; exec /usr/bin/python3 -SE %(here)s/teller.py"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)
        daemon = self.daemons[0]

        log = daemon.wait_for_text("x.log", "SigIgn")

        ignored = int(re.search(r"SigIgn:\\t([0-9a-f]+)", log).group(1), 16)
        blocked = int(re.search(r"SigBlk:\\t([0-9a-f]+)", log).group(1), 16)
        pipe_and_size = 1 << 12 | 1 << 24
        self.assertEqual(ignored & pipe_and_size, self.expect(supervisord=pipe_and_size, ours=0,
                                                              because="Python ignores both in its own process"))
        self.assertEqual(blocked, 0)
        self.assertEqual(told["blocked"], 0)

    def test_the_environment_of_a_child(self):
        """8, row 16: the daemon's, four of SUPERVISOR_, the global one, the program's; later ones win."""
        daemon, told = self.tell("""
            [supervisord]
            environment=A="0",B="3",HERE="%(here)s"
            [program:x]
            command=/usr/bin/python3 -SE %(here)s/teller.py
            environment=A="1,2",SUPERVISOR_PROCESS_NAME=other,N="%(process_num)d/%(numprocs)d %(group_name)s"
            startsecs=0
            [group:g]
            programs=x
            """, environment={"OWN": "own", "B": "lost"})

        self.assert_has({
            "A": "1,2", "B": "3", "HERE": daemon.folder, "OWN": "own", "N": "0/1 g", "SUPERVISOR_ENABLED": "1",
            "SUPERVISOR_GROUP_NAME": "g", "SUPERVISOR_PROCESS_NAME": "other",
            "SUPERVISOR_SERVER_URL": f"unix://{daemon.socket}",
        }, told["environment"])

    def test_the_server_url_of_a_child(self):
        """3, 8: the program's own, else the first unix server, else TCP, else none."""
        daemon = self.start("""
            [program:own]
            command=env
            serverurl=http://example:1
            stdout_logfile=%(here)s/own.log
            startsecs=0
            autorestart=false
            [program:auto]
            command=env
            serverurl=auto
            stdout_logfile=%(here)s/auto.log
            startsecs=0
            autorestart=false
            """)
        without = self.start("""
            [program:x]
            command=sh -c "env; echo done"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            autorestart=false
            """, server="")

        self.assertIn("SUPERVISOR_SERVER_URL=http://example:1\n", daemon.wait_for_text("own.log", "SUPERVISOR_SERVER_URL"))
        self.assertIn(f"SUPERVISOR_SERVER_URL=unix://{daemon.socket}\n",
                      daemon.wait_for_text("auto.log", "SUPERVISOR_SERVER_URL"))
        self.assertNotIn("SUPERVISOR_SERVER_URL", without.wait_for_text("x.log", "done"))

    def test_folder_and_umask_of_a_program(self):
        """3, 8."""
        daemon, told = self.tell("""
            [program:x]
            command=/usr/bin/python3 -SE %(here)s/teller.py
            directory=/usr
            umask=027
            startsecs=0
            """)

        self.assertEqual((told["folder"], told["umask"]), ("/usr", 0o027))

    def test_standard_input_stays_open(self):
        """8: a pipe that is not closed until the child is gone."""
        daemon = self.start("""
            [program:x]
            command=sh -c "cat > %(here)s/input; echo closed"
            stdout_logfile=%(here)s/x.log
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        daemon.call("sendProcessStdin", "x", "first\n")
        daemon.wait_for_text("input", "first")
        daemon.call("sendProcessStdin", "x", "second\n")
        daemon.wait_for_text("input", "second")

        self.assertEqual(daemon.read("x.log"), "")

    def test_a_failure_after_the_fork_is_told_in_the_log(self):
        """8: chdir, exec; the child ends with 127, no /bin/sh for scripts without an interpreter line."""
        daemon = self.start("""
            [program:folder]
            command=cat
            directory=/nope
            stderr_logfile=%(here)s/folder.log
            startsecs=10
            startretries=0
            [program:script]
            command=%(here)s/script one
            stderr_logfile=%(here)s/script.log
            startsecs=10
            startretries=0
            """, files={"script": "echo hello\n"})
        os.chmod(daemon.path("script"), 0o755)

        for name in ("folder", "script"):
            daemon.wait_for_state(name, "FATAL")
        self.assertEqual(daemon.fault("startProcess", "script")[0], 50)

        self.assertEqual(daemon.read("folder.log"), "supervisor: couldn't chdir to /nope: ENOENT\n"
                                                    "supervisor: child process was not spawned\n")
        self.assertTrue(daemon.wait_for_text("script.log", "not spawned").endswith(
            f"supervisor: couldn't exec {daemon.path('script')}: ENOEXEC\n"
            "supervisor: child process was not spawned\n"))
        self.assertIn("exited: folder (exit status 127; not expected)", daemon.log())
        self.assertRegex(daemon.log(), r"spawned: 'folder' with pid \d+")

    def test_a_failure_after_the_fork_is_an_end_like_any_other(self):
        """6, 8: with startsecs=0 it has run; exitcodes and autorestart hold."""
        daemon = self.start("""
            [program:folder]
            command=cat
            directory=/nope
            startsecs=0
            exitcodes=127
            autorestart=unexpected
            stdout_logfile=%(here)s/out.log
            redirect_stderr=true
            """)
        info = daemon.wait_for_state("folder", "EXITED")

        self.assert_has({"exitstatus": 127, "spawnerr": "", "pid": 0}, info)
        self.assertEqual(daemon.wait_for_text("out.log", "not spawned"), "supervisor: couldn't chdir to /nope: ENOENT\n"
                                                                         "supervisor: child process was not spawned\n")
        daemon.wait_for_log("exited: folder (exit status 127; expected)")
        self.assert_lines(["success: folder entered RUNNING state", "exited: folder"],
                          "\n".join(line.split(" ", 3)[3] for line in daemon.log().splitlines()))

    def test_where_a_command_is_looked_for(self):
        """8: the PATH of the program's environment, else the daemon's; the first that exists, even if not executable."""
        daemon = self.prepare("""
            [program:own]
            command=tool
            environment=PATH="%(here)s/own:/bin:/usr/bin"
            stdout_logfile=%(here)s/own.log
            startsecs=0
            autorestart=false
            [program:plain]
            command=tool
            environment=PATH="%(here)s/plain:%(here)s/own"
            startretries=0
            [program:daemons]
            command=tool
            stdout_logfile=%(here)s/daemons.log
            startsecs=0
            autorestart=false
            [program:relative]
            command=own/tool
            stdout_logfile=%(here)s/relative.log
            startsecs=0
            autorestart=false
            """)
        daemon.put("own/tool", "#!/bin/sh\necho own\n", 0o755)
        daemon.put("daemons/tool", "#!/bin/sh\necho daemons\n", 0o755)
        daemon.put("plain/tool", "", 0o644)
        daemon.environment["PATH"] = daemon.path("daemons") + ":" + daemon.environment["PATH"]
        daemon.start()

        daemon.wait_for_text("own.log", "own")
        daemon.wait_for_text("daemons.log", "daemons")
        daemon.wait_for_text("relative.log", "own")

        self.assertEqual(daemon.wait_for_state("plain", "FATAL")["spawnerr"],
                         f"command at '{daemon.path('plain/tool')}' is not executable")

    def test_a_program_of_another_user(self):
        """3, 8, row 39: its ids and groups; HOME and USER are not changed."""
        self.need_root()
        daemon = self.prepare("""
            [program:x]
            command=/usr/bin/python3 -SE %(here)s/teller.py
            environment=TOLD="%(here)s/box/told"
            user=nobody
            startsecs=0
            [program:number]
            command=id -u
            user=65534
            stdout_logfile=%(here)s/number.log
            startsecs=0
            autorestart=false
            """, files={"teller.py": TELLER, "box/empty": ""}, environment={"HOME": "/root", "USER": "root"})
        os.chmod(daemon.path("box"), 0o777)
        daemon.start()
        told = self.told(daemon, "box/told")

        nobody = pwd.getpwnam("nobody")
        groups = sorted({nobody.pw_gid} | {one.gr_gid for one in grp.getgrall() if "nobody" in one.gr_mem})
        self.assertEqual((told["user"], told["primary"], told["groups"]), (nobody.pw_uid, nobody.pw_gid, groups))
        self.assertEqual((told["environment"]["HOME"], told["environment"]["USER"]), ("/root", "root"))
        self.assertEqual(daemon.wait_for_text("number.log", "\n"), f"{nobody.pw_uid}\n")

    def test_a_daemon_of_another_user_starts_its_programs(self):
        """3: user of [supervisord]; also programs that name the same user, which the daemon is already."""
        self.need_root()
        daemon = self.prepare("""
            [supervisord]
            user=nobody
            [program:plain]
            command=sh -c "id -un; exec cat"
            stdout_logfile=%(here)s/plain.log
            [program:same]
            command=sh -c "id -un; exec cat"
            user=nobody
            stdout_logfile=%(here)s/same.log
            """)
        os.chmod(daemon.folder, 0o777)
        daemon.start()

        self.assertEqual(daemon.wait_for_text("plain.log", "\n"), "nobody\n")
        self.assertEqual(daemon.wait_for_text("same.log", "\n"), "nobody\n")

    def test_limits_are_raised_for_daemon_and_children(self):
        """3: minfds."""
        _, told = self.tell("""
            [supervisord]
            minfds=1500
            [program:x]
            command=/usr/bin/python3 -SE %(here)s/teller.py
            startsecs=0
            """)

        self.assertGreaterEqual(told["files"][0], 1500)

    def test_a_comment_that_cuts_a_command(self):
        """1, row 38."""
        daemon = self.start("""
            [program:x]
            command=sh -c 'a ; b'
            startretries=0
            """)

        info = daemon.wait_for_state("x", "FATAL")

        self.assertEqual(info["spawnerr"], 'can\'t parse command "sh -c \'a": No closing quotation')
        self.assertEqual([one["command"] for one in daemon.call("getAllConfigInfo")], ["sh -c 'a"])

    def test_the_stop_signal_goes_to_the_process_or_to_its_group(self):
        """3, row 10: stopasgroup; what survives is not the daemon's business."""
        daemon = self.start("""
            [program:one]
            command=sh -c "sleep 98 & echo $! > %(here)s/one; wait"
            startsecs=0
            [program:all]
            command=sh -c "sleep 99 & echo $! > %(here)s/all; wait"
            stopasgroup=true
            startsecs=0
            """)
        pids = {name: int(daemon.wait_for_text(name, "\n")) for name in ("one", "all")}

        daemon.call("stopAllProcesses")

        self.wait("end of the group", lambda: not os.path.exists(f"/proc/{pids['all']}") or
                  open(f"/proc/{pids['all']}/stat").read().split()[2] == "Z")
        self.assertIn(pids["one"], daemon.left())
        os.kill(pids["one"], 9)

    def test_kill_goes_to_the_process_or_to_its_group(self):
        """3: killasgroup."""
        daemon = self.start("""
            [program:one]
            command=sh -c "trap '' TERM; sleep 98 & echo $! > %(here)s/one; while true\\x3b do wait; done"
            stopwaitsecs=1
            startsecs=0
            [program:all]
            command=sh -c "trap '' TERM; sleep 99 & echo $! > %(here)s/all; while true\\x3b do wait; done"
            stopwaitsecs=1
            killasgroup=true
            startsecs=0
            """.replace("\\x3b", ";"))
        pids = {name: int(daemon.wait_for_text(name, "\n")) for name in ("one", "all")}

        daemon.call("stopAllProcesses")

        self.wait("end of the group", lambda: pids["all"] not in daemon.left())
        self.assertIn(pids["one"], daemon.left())
        os.kill(pids["one"], 9)

    def test_every_stop_signal_can_be_set(self):
        """2, 3: names with and without SIG, numbers."""
        daemon = self.start("""
            [program:quit]
            command=cat
            stopsignal=sigquit
            startsecs=0
            [program:number]
            command=cat
            stopsignal=10
            startsecs=0
            [program:hup]
            command=cat
            stopsignal=HUP
            startsecs=0
            [program:alarm]
            command=cat
            stopsignal=ALRM
            startsecs=0
            """)
        for name in ("quit", "number", "hup", "alarm"):
            daemon.wait_for_state(name, "RUNNING")

        daemon.call("stopAllProcesses")

        for name, number in (("quit", "SIGQUIT"), ("number", "SIGUSR1"), ("hup", "SIGHUP"), ("alarm", "SIGALRM")):
            self.assertRegex(daemon.log(), rf"WARN stopped: {name} \(terminated by {number}( \(core dumped\))?\)")
        self.assertEqual({one["name"]: one["stopsignal"] for one in daemon.call("getAllConfigInfo")},
                         {"quit": 3, "number": 10, "hup": 1, "alarm": 14})

    def test_processes_share_the_socket_of_a_fastcgi_program(self):
        """3, row 40: as descriptor 0, with its mode; standard input cannot be written to."""
        daemon = self.start("""
            [fcgi-program:f]
            command=/usr/bin/python3 -SE %(here)s/serve.py
            numprocs=2
            process_name=%(process_num)d
            socket=unix://%(here)s/f.sock
            socket_mode=0640
            startsecs=0
            """, files={"serve.py": """\
                import os, socket
                server = socket.socket(fileno=0)
                while True:
                    client, _ = server.accept()
                    client.sendall(b"%d" % os.getpid())
                    client.close()
                """})
        pids = {str(daemon.wait_for_state(f"f:{number}", "RUNNING")["pid"]) for number in range(2)}

        answers = set()

        def ask():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.connect(daemon.path("f.sock"))
                answers.add(client.recv(100).decode())
            return answers

        ask()
        self.assertLessEqual(answers, pids)
        self.assertEqual(stat.S_IMODE(os.stat(daemon.path("f.sock")).st_mode), 0o640)
        self.assertEqual(daemon.fault("sendProcessStdin", "f:0", "x"), (20, "NO_FILE: f:0"))
        daemon.call("stopProcess", "f:0")
        ask()
        daemon.call("stopProcess", "f:1")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            self.assertRaises(OSError, client.connect, daemon.path("f.sock"))
        daemon.call("startProcess", "f:1")
        answers.clear()
        self.assertEqual(ask(), {str(daemon.pid_of("f:1"))})

    def test_a_fastcgi_program_on_a_tcp_port(self):
        """3."""
        from daemon import free_port

        port = free_port()
        daemon = self.start(f"""
            [fcgi-program:f]
            command=/usr/bin/python3 -SE -c "import socket,time; print(socket.socket(fileno=0).getsockname(), flush=True); time.sleep(99)"
            socket=tcp://127.0.0.1:{port}
            startsecs=0
            stdout_logfile=%(here)s/f.log
            """)

        self.assertEqual(daemon.wait_for_text("f.log", "\n"), f"('127.0.0.1', {port})\n")

    def test_a_child_that_does_not_read(self):
        """8: input that does not fit is queued, and the daemon goes on."""
        daemon = self.start("""
            [program:x]
            command=sleep 99
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")

        def send():
            try:
                return daemon.call("sendProcessStdin", "x", "a" * 50000)
            except xmlrpc.client.ProtocolError as error:
                return error.errcode

        answers = [send() for _ in range(3)]

        self.assertEqual(answers, self.expect(supervisord=[True, True, 500], ours=[True, True, True],
                                              because="the reference answers 500 for what it has queued"))
        self.assertEqual(daemon.state("x"), "RUNNING")

    def test_descriptors_do_not_leak_over_many_starts(self):
        """8: pipes are closed with the child."""
        daemon = self.start("""
            [program:x]
            command=cat
            startsecs=0
            """)
        daemon.wait_for_state("x", "RUNNING")
        before = len(glob.glob(f"/proc/{daemon.pid}/fd/*"))

        for _ in range(5):
            daemon.call("stopProcess", "x", False)
            daemon.wait_for_state("x", "STOPPED")
            daemon.call("startProcess", "x", False)
        daemon.wait_for_state("x", "RUNNING")

        self.wait("as many descriptors as before", lambda: len(glob.glob(f"/proc/{daemon.pid}/fd/*")) <= before)
