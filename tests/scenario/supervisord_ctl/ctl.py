"""The same words given to supervisorctl and to `elasticbot ctl` give the same output and exit status.

    /usr/bin/python3 tests/scenario/supervisord_ctl/ctl.py ELASTICBOT supervisord|ours [WORD …]

The second argument is the daemon that both clients talk to. Each client gets a daemon of its own, in the same state, and the
same steps. With words, only tests that have one of them in their names. The exit code is 0 when all hold, 1 when one does
not, 77 when Debian's package supervisor is missing.
"""
import concurrent.futures
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../supervisord"))
from daemon import PATIENCE, SERVER, SUPERVISORCTL, SUPERVISORD, Daemon, Product, free_port  # noqa: E402

PROGRAMS = textwrap.dedent("""
    [program:a]
    command=cat
    [program:b]
    command=cat
    autostart=false
    [program:x]
    command=cat
    [program:y]
    command=cat
    autostart=false
    [group:g]
    programs=x,y
    priority=5
    """)
TALKER = textwrap.dedent("""
    [program:talker]
    command=sh -c "echo first; echo second; echo a grave line >&2; exec cat"
    stdout_logfile=%(here)s/talker.log
    stderr_logfile=%(here)s/talker.err
    [program:silent]
    command=cat
    stdout_logfile=NONE
    """)
SERVER_WITH_PASSWORD = SERVER.replace("s.sock\n", "s.sock\nusername=u\npassword=p:w\n", 1)


class Until:
    """A step that waits for a state: Until("a", "RUNNING")."""

    def __init__(self, name, state):
        self.name, self.state = name, state

    def __call__(self, daemon):
        daemon.wait_for_state(self.name, self.state)


class Client:
    """One of the two."""

    def __init__(self, words):
        self.words = words

    def run(self, daemon, words, entered=None, environment=None, file=None):
        named = [] if file == "" else ["-c", file or daemon.file]
        done = subprocess.run([*self.words, *named, *words], cwd=daemon.folder, input=entered, text=True,
                              env={**daemon.environment, **(environment or {})}, capture_output=True,
                              stdin=None if entered is not None else subprocess.DEVNULL, timeout=2 * PATIENCE)
        return done.returncode, done.stdout, done.stderr.splitlines()[:1]

    def begin(self, daemon, words, **pipes):
        return subprocess.Popen([*self.words, "-c", daemon.file, *words], cwd=daemon.folder, text=True,
                                env=daemon.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **pipes)


def told(daemon, text):
    """Without what differs from one run to the next."""
    for pattern, word in ((re.escape(daemon.folder), "FOLDER"), (r"pid \d+, uptime \d+:\d\d:\d\d", "pid N, uptime T"),
                          (r"\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "WHEN"), (r"(?m)^[1-9]\d+$", "PID"),
                          (r": file: \S+ line: \d+", ""), (r"\b127\.0\.0\.1:\d+", "ADDRESS"),
                          (r"(?m)^\d{4}-\d\d-\d\d .*\n", "")):
        text = re.sub(pattern, word, text)
    # Several at once are told in the order in which they are done.
    for done in ("started", "stopped"):
        text = re.sub(rf"(?m)(?:^\S+: {done}\n)+", lambda lines: "".join(sorted(lines[0].splitlines(True))), text)
    return text


class Same(unittest.TestCase):
    maxDiff = None
    server = None  # Product: the daemon under both; set by main().
    ours = None

    def both(self, act, text=PROGRAMS, **arguments):
        """What `act(client, daemon)` gives with each client must be equal; returns it."""
        answers = []
        for client in (Client([SUPERVISORCTL]), Client([self.ours, "ctl"])):
            daemon = Daemon(self.server, text, **arguments)
            self.addCleanup(daemon.end)
            daemon.start()
            answers.append(act(client, daemon))
        self.assertEqual(*answers)
        return answers[1]

    def same(self, *steps, text=PROGRAMS, until=("a", "RUNNING"), **arguments):
        """Steps are words of a command line, or functions of the daemon."""

        def act(client, daemon):
            if until:
                daemon.wait_for_state(*until)
            answers = []
            for step in steps:
                if callable(step):
                    step(daemon)
                    continue
                code, output, errors = client.run(daemon, step.split())
                answers.append(f"$ {step}\n{told(daemon, output)}{told(daemon, ''.join(errors))}[{code}]")
            return "\n".join(answers)

        return self.both(act, text, **arguments)

    def enter(self, entered, *words, text=PROGRAMS, until=("a", "RUNNING"), **arguments):
        """Lines for the prompt."""

        def act(client, daemon):
            if until:
                daemon.wait_for_state(*until)
            code, output, _ = client.run(daemon, words, entered)
            return f"{told(daemon, output)}[{code}]"

        return self.both(act, text, **arguments)


class Look(Same):
    def test_status(self):
        """13: padding, exit 3 for stopped programs, 4 for unknown names."""
        answer = self.same("status", "status a", "status a g:x", "status g:*", "status g:", "status zz", "status zz:*",
                           "status g:zz", "status a zz", "status b zz", "status all", "status x")
        self.assertIn("a                                RUNNING   pid N, uptime T\n", answer)
        self.assertIn("zz: ERROR (no such process)\n[4]", answer)

    def test_status_of_long_names(self):
        name = "n" * 40
        self.same("status", text=f"[program:{name}]\ncommand=cat\n[program:h\u00e9]\ncommand=cat\n",
                  until=(name, "RUNNING"))

    def test_pid_version_avail(self):
        answer = self.same("pid", "pid a", "pid b", "pid a b zz", "pid all", "pid zz", "pid g:*", "version", "version 1",
                           "avail", "avail a")
        self.assertIn("$ pid b\n0\n[7]", answer)

    def test_help(self):
        topics = ("add avail clear exit fg maintail open pid quit reload remove reread restart shutdown signal start status "
                  "stop tail update version help nope EOF").split()
        self.same("help", "?", "? stop", "help a b", *(f"help {topic}" for topic in topics))

    def test_words_that_are_no_action(self):
        self.same("frob", "frob a", "!ls", "quit", "exit now", "EOF", ":x", "Status", "status:a")


class Processes(Same):
    def test_start(self):
        answer = self.same("start", "start b", "start b", "start zz", "start zz:*", "start g:*", "start g:*", "start a zz b",
                           "start g:zz", "start all")
        self.assertIn("zz: ERROR (no such group)\n[2]", answer)

    def test_stop(self):
        self.same("stop", "stop a", "stop a", "stop zz", "stop zz:*", "stop g:*", "stop g:*", "stop a zz", "stop x",
                  "start all", "stop all", "stop all", "status")

    def test_restart(self):
        self.same("restart", "restart a", "restart b", "restart zz", "restart g:*", "restart zz:*", "restart all")

    def test_signal(self):
        self.same("signal", "signal HUP", "signal CONT a", "signal 18 a g:x", "signal FROB a", "signal CONT b",
                  "signal CONT zz", "signal CONT g:*", "signal CONT zz:*", "signal CONT all", "signal FROB all")

    def test_programs_that_cannot_start(self):
        self.same("start gone", "start folder", "start quick", "start gone quick folder", "status",
                  until=None, text="""
                  [program:gone]
                  command=/no/such
                  autostart=false
                  [program:folder]
                  command=/etc/passwd
                  autostart=false
                  [program:quick]
                  command=false
                  autostart=false
                  startretries=0
                  """)

    def test_clear(self):
        self.same("clear", "clear talker", "clear zz", "clear talker silent zz", "clear all", "clear g:*", text=TALKER,
                  until=("talker", "RUNNING"))


class Files(Same):
    def test_reread_and_update(self):
        def change(daemon):
            daemon.write(PROGRAMS.replace("cat\n[program:b]", "cat -u\n[program:b]")
                         .replace("programs=x,y", "programs=x") + "[program:new]\ncommand=cat\n")

        def drop(daemon):
            daemon.write("[program:b]\ncommand=cat\n[program:new]\ncommand=cat\n")

        answer = self.same("reread", "update", change, "reread", "reread", "update nope", "update a nope", "update", "reread",
                           Until("a", "RUNNING"), Until("new", "RUNNING"), Until("g:x", "RUNNING"), "status", drop,
                           "reread x", "update all", "update all")
        self.assertIn("a: changed\n", answer)
        self.assertIn("a: updated process group\n", answer)

    def test_add_and_remove(self):
        def add(daemon):
            daemon.write(PROGRAMS + "[program:new]\ncommand=cat\n")

        self.same("add", "add a", "add zz", add, "add new", "reread", "add new", Until("new", "RUNNING"),
                  "remove new", "remove a zz", "stop new", "remove new", "remove new", "remove")

    def test_a_file_that_cannot_be_read(self):
        def spoil(daemon):
            daemon.write("[program:a]\ncommand=cat\nautostart=maybe\n")

        answer = self.same(spoil, "reread", "update", "status a")
        self.assertIn("ERROR: CANT_REREAD: ", answer)


class Logs(Same):
    def written(self, daemon):
        daemon.wait_for_text("talker.log", "second\n")
        daemon.wait_for_text("talker.err", "grave")

    def test_tail(self):
        answer = self.same(self.written, "tail talker", "tail -6 talker", "tail talker stderr", "tail -5 talker STDERR",
                           "tail", "tail -f", "tail -x talker", "tail talker elsewhere", "tail talker it's", "tail a b c d",
                           "tail zz", "tail zz stderr", "tail silent", "tail -0 talker", "tail --5 talker", text=TALKER,
                           until=("talker", "RUNNING"))
        self.assertIn("$ tail -6 talker\necond\n\n[0]", answer)

    def test_maintail(self):
        def act(client, daemon):
            return [client.run(daemon, words.split())[0::2] for words in
                    ("maintail", "maintail -100", "maintail -f now", "maintail x", "maintail -x")]

        self.both(act)
        self.same("maintail x", "maintail -x", "maintail -1 -2", "maintail -0")

    def test_following_ends_with_an_interrupt(self):
        def act(client, daemon):
            self.written(daemon)
            tail = client.begin(daemon, ["tail", "-f", "talker"], stdin=subprocess.DEVNULL)
            lines = [tail.stdout.readline() for _ in range(3)]
            daemon.call("sendProcessStdin", "talker", "third\n")
            lines.append(tail.stdout.readline())
            tail.send_signal(signal.SIGINT)
            # What supervisorctl prints now depends on what it was doing.
            tail.communicate(timeout=PATIENCE)
            return lines, tail.returncode

        answer = self.both(act, TALKER)
        self.assertEqual(answer[0], ["==> Press Ctrl-C to exit <==\n", "first\n", "second\n", "third\n"])

    def test_following_what_is_not_there(self):
        self.same("tail -f zz", "tail -f silent", text=TALKER, until=("talker", "RUNNING"))

    def test_fg(self):
        def act(client, daemon):
            self.written(daemon)
            daemon.wait_for_state("talker", "RUNNING")
            fg = client.begin(daemon, ["fg", "talker"], stdin=subprocess.PIPE)
            seen = set()
            seen.update(fg.stdout.readline() for _ in range(4))
            fg.stdin.write("from the keyboard\n")
            fg.stdin.flush()
            seen.add(fg.stdout.readline())
            fg.stdin.close()
            rest = fg.stdout.read()
            return seen, rest, fg.wait(PATIENCE)

        answer = self.both(act, TALKER)
        self.assertIn("from the keyboard\n", answer[0])
        self.same("fg", "fg a b", "fg zz", "fg b")


class Server(Same):
    def test_shutdown(self):
        def gone(daemon):
            daemon.wait()

        self.same("shutdown now", "shutdown", gone, "status", "pid", "shutdown", "reread", "avail", "start a", "tail a")

    def test_reload(self):
        def again(daemon):
            daemon.wait_for_log("supervisord started with pid", 2)
            daemon.wait_until_ready()

        self.same("reload now", "reload", again, Until("a", "RUNNING"), "status a")

    def test_requests_during_the_shutdown(self):
        def ask(daemon):
            daemon.call("shutdown")
            daemon.wait_for_log("waiting for slow")

        self.same(ask, "status", "reread", "update", "avail", "shutdown", "reload", "start slow", "stop all", "add slow",
                  until=("slow", "RUNNING"), text="""
                  [program:slow]
                  command=sh -c "trap : TERM; while :; do read line || sleep 0.2; done"
                  stopwaitsecs=30
                  """)

    def test_no_server(self):
        def stale(daemon):
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(daemon.path("stale.sock"))

        self.same(stale, "-s unix://none.sock status", "-s unix://none.sock pid", "-s unix://none.sock reread",
                  "-s unix://stale.sock status", "-s unix://stale.sock stop a", "-s unix://stale.sock shutdown",
                  "-s unix://stale.sock avail", "-s unix:///" + "x" * 200 + " status", "-s http://127.0.0.1:1 status",
                  "-s https://127.0.0.1:1 status", "-s ftp://x status", "-s x status", "-s http:// status")

    def test_authentication(self):
        options = {"server": SERVER_WITH_PASSWORD, "credentials": ("u", "p:w")}
        answer = self.same("status", "reread", "-u u -p wrong status", "-u u -p p:w status", "-u u status", "-p p:w stop a",
                           "-up -p status", **options)
        self.assertIn("Server requires authentication\nerror: ", answer)
        self.same("status a", "tail -5 a", server=SERVER_WITH_PASSWORD.replace("serverurl", "username=u\npassword=p:w\nserverurl"),
                  credentials=("u", "p:w"))

    def test_another_port(self):
        def act(client, daemon):
            url = f"http://127.0.0.1:{daemon.port}"
            return [f"{told(daemon, output)}[{code}]" for code, output, _ in
                    (client.run(daemon, ["-s", url + tail, *words]) for tail, words in
                     (("", ["status", "a"]), ("/", ["status", "a"]), ("/RPC2", ["pid"]), ("", ["stop", "a"])))]

        def with_port():
            return f"{SERVER}[inet_http_server]\nport=127.0.0.1:PORT\n"

        answers = []
        for client in (Client([SUPERVISORCTL]), Client([self.ours, "ctl"])):
            port = free_port()
            daemon = Daemon(self.server, PROGRAMS, server=with_port().replace("PORT", str(port)))
            self.addCleanup(daemon.end)
            daemon.port = port
            daemon.start()
            daemon.wait_for_state("a", "RUNNING")
            answers.append(act(client, daemon))
        self.assertEqual(*answers)

    def test_a_server_without_the_methods(self):
        server = SERVER[:SERVER.index("[rpcinterface")] + SERVER[SERVER.index("[supervisorctl]"):]
        self.same("status", "stop a", "pid", "reread", server=server, until=None)


class CommandLine(Same):
    def test_options(self):
        self.same("-z", "-c", "--nope", "--s", "--configuration", "--help=1", "-i -i status a", "-s", "--serverurl",
                  "-u a -u b status", "-ustatus pid", "--user=u --pass p status a", "-- status a", "-r h status a")

    def test_files(self):
        def lay(daemon):
            daemon.put("none.conf", "[supervisord]\n")
            daemon.put("bad.conf", "[supervisorctl]\nserverurl=%(nope)s\n")
            daemon.put("etc/supervisord.conf", f"[supervisorctl]\nserverurl=unix://{daemon.socket}\nprompt=%(ENV_HOME)s\n")

        def act(client, daemon):
            lay(daemon)
            daemon.wait_for_state("a", "RUNNING")
            files = [daemon.path(name) for name in ("absent.conf", "none.conf", "bad.conf", "etc/supervisord.conf")] + [""]
            answers = [client.run(daemon, ["status", "a"], file=file) for file in files]
            return [(code, told(daemon, output), told(daemon, "".join(errors))[:60]) for code, output, errors in answers]

        answers = self.both(act)
        self.assertEqual([code for code, _, _ in answers], [2, 2, 2, 0, 0])


class Prompt(Same):
    def test_lines(self):
        """13: the state first, a prompt in front of each line, exit 0 whatever happened."""
        answer = self.enter("stop a\n\n  status a \nfrob\nhelp stop\nstatus zz\n")
        self.assertIn("supervisor> a: stopped\nsupervisor> supervisor> a ", answer)
        self.assertTrue(answer.endswith("supervisor> \n[0]"), answer)

    def test_quit_and_a_last_line_without_an_end(self):
        self.enter("quit\nstop a\n")
        self.enter("pid b\nexit")
        self.enter("stop a")
        self.enter("")

    def test_questions(self):
        self.enter("shutdown\nn\nreload\nno\nstatus a\n")
        self.enter("shutdown\nyes\n")
        self.enter("shutdown\n")
        self.enter("n\n", "-i", "shutdown")

    def test_the_prompt_of_the_file(self):
        answer = self.enter("status a\n", server=SERVER.replace("serverurl", "prompt=%(ENV_LANG)s me\nserverurl"))
        self.assertIn("C.UTF-8 me> a  ", answer)

    def test_open(self):
        self.enter("open unix://none.sock\nopen ftp://x\nopen\nopen none.sock\nstatus\nopen http://127.0.0.1:1/\nstatus\n")

    def test_an_interrupt(self):
        def act(client, daemon):
            daemon.wait_for_state("a", "RUNNING")
            prompt = client.begin(daemon, [], stdin=subprocess.PIPE)
            output = ""
            while not output.endswith("supervisor> "):
                output += prompt.stdout.read(1)
            prompt.send_signal(signal.SIGINT)
            rest, _ = prompt.communicate(timeout=PATIENCE)
            return told(daemon, output), rest, prompt.returncode

        self.both(act)


def run_one(test):
    result = unittest.TestResult()
    began = time.monotonic()
    test.run(result)
    return test, result, time.monotonic() - began


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    if not os.path.exists(SUPERVISORD):
        print(f"{os.path.basename(__file__)}: Skipped\nno {SUPERVISORD} on this machine (Debian's package supervisor)")
        return 77
    # A shell that starts this in the background has it ignored, and so would be what is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    binary, server, *words = arguments
    Same.ours = os.path.abspath(binary)
    Same.server = Product(Same.ours if server == "ours" else None)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    tests = [test for case in suite for test in case if not words or any(word in test.id() for word in words)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_one, test) for test in tests]):
            test, result, seconds = done.result()
            problems = result.failures + result.errors
            failed += bool(problems)
            print(f"{'FAILED  ' if problems else 'ok      '} {test.id()} ({seconds:.1f} s)", flush=True)
            for _, trace in problems:
                print(trace, flush=True)
    print(f"{len(tests) - failed} hold, {failed} do not")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
