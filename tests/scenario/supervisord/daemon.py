"""One daemon under test, in a scratch folder of its own: real supervisord or elasticbot, asked as its clients ask it."""
import base64
import concurrent.futures
import contextlib
import glob
import http.client
import itertools
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import xmlrpc.client

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../support"))
from waiting import wait_for  # noqa: E402 # Found by the line above.

PATIENCE = 60  # Where nothing happens for this long, the description does not hold.
SUPERVISORD = "/usr/bin/supervisord"
SUPERVISORCTL = "/usr/bin/supervisorctl"

# What nearly every description needs; it can add to these sections, since repeated ones are merged.
SETTINGS = """\
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
"""
SERVER = """\
[unix_http_server]
file=%(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
"""
_numbers = itertools.count()


class Product:
    """How one of the two daemons is called."""

    def __init__(self, binary=None):
        self.binary = os.path.abspath(binary) if binary else None
        self.kind = "ours" if binary else "supervisord"

    def foreground(self, file, *options):
        if self.binary:
            return [self.binary, "up", "-c", file, *options]
        return [SUPERVISORD, "-n", "-c", file, *options]

    def command_line(self, *words):
        """The command line of supervisord itself."""
        return [self.binary, "supervisord", *words] if self.binary else [SUPERVISORD, *words]


class Died(Exception):
    """The daemon ended before it was ready."""

    def __init__(self, code, output, errors):
        super().__init__(f"the daemon ended with {code} before it was ready:\n{output}{errors}")
        self.code, self.errors = code, errors


class Answer:
    """What an HTTP server answered."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.text = self.body.decode("utf-8", "replace")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Transport(xmlrpc.client.Transport):
    """XML-RPC over whatever `connect` opens."""

    def __init__(self, connect, headers):
        super().__init__(headers=headers)
        self.connect = connect

    def make_connection(self, host):
        return self.connect()


def read_until(file, text, received=b""):
    """What the pipe holds up to the text and a little more; AssertionError when the text does not come."""
    limit = time.monotonic() + PATIENCE
    while text not in received:
        ready, _, _ = select.select([file], [], [], max(limit - time.monotonic(), 0))
        chunk = os.read(file.fileno(), 65536) if ready else b""
        if not chunk:
            raise AssertionError(f"no {text!r} in {received!r}")
        received += chunk
    return received


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def basic(username, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Daemon:
    """Writes the configuration, starts the daemon in the foreground, asks it, ends it and sees that nothing is left."""

    def __init__(self, product, text="", *, options=(), settings=SETTINGS, server=SERVER, environment=None,
                 credentials=None, files=None, arguments=None):
        self.product = product
        self.folder = tempfile.mkdtemp(prefix="elasticbot-supervisord-")
        os.chmod(self.folder, 0o755)
        self.file = self.folder + "/supervisord.conf"
        self.socket = self.folder + "/s.sock"
        self.preamble = settings + server
        self.headers = basic(*credentials) if credentials else {}
        self.mark = f"{os.getpid()}-{next(_numbers)}"
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.folder,
            "LANG": "C.UTF-8",
            "ELASTICBOT_SCENARIO": self.mark,
            # Sanitizers, where the binary was built with them.
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **(environment or {}),
        }
        self.process = None
        self.client = [SUPERVISORCTL]
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=8)
        self.lines = self.story = ""
        self.write(text)
        for name, content in (files or {}).items():
            self.put(name, content)
        self.arguments = arguments or product.foreground(self.file, *options)

    # Files of the scratch folder.

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, preamble=None):
        self.put("supervisord.conf", (self.preamble if preamble is None else preamble) + textwrap.dedent(text))

    def put(self, name, content, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return ""

    def files(self, pattern):
        return sorted(os.path.relpath(path, self.folder) for path in glob.glob(self.path(pattern)))

    def log(self):
        return self.read("supervisord.log")

    def output(self):
        return self.read("stdout")

    def errors(self):
        return self.read("stderr")

    # Its life.

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self, output=None):
        """Does not wait; its output goes to the file `stdout`, or into a pipe."""
        # Appended to: a restart by the test goes on in the same files.
        with open(self.path("stdout"), "ab") as file, open(self.path("stderr"), "ab") as errors:
            self.process = subprocess.Popen(self.arguments, cwd=self.folder, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=output or file, stderr=errors)

    def wait_until_ready(self):
        wait_for("answer of the daemon", self.is_ready, PATIENCE, 0.02)

    def is_ready(self):
        code = self.process.poll()
        if code is not None:
            raise Died(code, self.output(), self.errors())
        if "[unix_http_server]" not in self.read("supervisord.conf"):
            return "supervisord started with pid" in self.log() + self.output()
        try:
            return bool(self.request("GET", "/").status)
        except (OSError, http.client.HTTPException):
            return False

    @property
    def pid(self):
        return self.process.pid

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """Its exit status."""
        return self.process.wait(timeout=patience)

    def left(self):
        """Pids of living processes that have the daemon's environment."""
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            with contextlib.suppress(OSError), open(path, "rb") as environ:
                if f"ELASTICBOT_SCENARIO={self.mark}\0".encode() in environ.read():
                    found.append(int(path.split("/")[2]))
        return [pid for pid in found if is_alive(pid)]

    def end(self):
        """Stops it as an operator does; AssertionError when that fails, or when something survives it."""
        problem = None
        try:
            self.put("go", "")  # See scenario.HELD.
            if self.process and self.process.poll() is None:
                self.process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout=PATIENCE)
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
                problem = "the daemon ignores SIGTERM"
            with contextlib.suppress(TimeoutError):
                wait_for("end of all processes", lambda: not self.left(), 5, 0.02)
            for pid in self.left():
                with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as command:
                    problem = problem or f"process {pid} is left: {command.read()!r}"
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.story = "".join(
                f"--- {name}\n{text[-6000:]}" for name in ("supervisord.conf", "supervisord.log", "stdout", "stderr")
                if (text := self.read(name)) and (name != "stdout" or text != self.log()))
            shutil.rmtree(self.folder, ignore_errors=True)
        if problem:
            raise AssertionError(problem)

    # Its clients.

    def connect(self, port=None):
        if port:
            return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        return UnixConnection(self.socket)

    def request(self, method, path, body=None, headers=None, port=None):
        with contextlib.closing(self.connect(port)) as connection:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, {**self.headers, **(headers or {})})
            return Answer(connection.getresponse())

    def raw(self):
        """A connected socket."""
        raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        raw.settimeout(PATIENCE)
        raw.connect(self.socket)
        return raw

    def exchange(self, data, is_closed=True):
        """What the server sends until it closes; or until it pauses, if it is not to close."""
        with self.raw() as raw:
            raw.sendall(data)
            received = b""
            if not is_closed:
                raw.settimeout(1)
            with contextlib.suppress(socket.timeout, ConnectionResetError):
                while chunk := raw.recv(65536):
                    received += chunk
            return received.decode("utf-8", "replace")

    def proxy(self, port=None):
        headers = list(self.headers.items())
        return xmlrpc.client.ServerProxy("http://localhost", Transport(lambda: self.connect(port), headers))

    def call(self, method, *parameters):
        name = method if "." in method else "supervisor." + method
        with self.proxy() as proxy:
            return getattr(proxy, name)(*parameters)

    def fault(self, method, *parameters):
        """Code and text of the fault that the call must end with."""
        try:
            value = self.call(method, *parameters)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode, fault.faultString
        raise AssertionError(f"{method}{parameters} answered {value!r} in place of a fault")

    def start_briefly(self, name):
        """Asks for the start of a process that may have ended before supervisord answers, which is then a fault."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self.call("startProcess", name)

    def later(self, method, *parameters):
        """The call in a thread of its own."""
        return self.pool.submit(self.call, method, *parameters)

    def info(self, name):
        return self.call("getProcessInfo", name)

    def state(self, name):
        return self.info(name)["statename"]

    def pid_of(self, name):
        return self.info(name)["pid"]

    def wait_for_state(self, name, *states, patience=PATIENCE):
        """The information of the process as soon as it is in one of the states."""
        last = None

        def arrived():
            nonlocal last
            last = self.info(name)
            return last if last["statename"] in states else None

        try:
            return wait_for(f"{name} in state {' or '.join(states)}", arrived, patience, 0.03)
        except TimeoutError as late:
            raise AssertionError(f"{late}; it is {last}") from None

    def wait_for_log(self, text, count=1):
        """Until the activity log has the text `count` times."""
        wait_for(f"{text!r} in the activity log", lambda: self.log().count(text) >= count, PATIENCE, 0.03)

    def wait_for_text(self, name, text):
        """The file's content as soon as it has the text."""
        wait_for(f"{text!r} in {name}", lambda: text in self.read(name), PATIENCE, 0.03)
        return self.read(name)

    def times(self, text):
        """When the activity log has the text, in seconds."""
        found = re.findall(r"^(\S+ [\d:]+),(\d{3}) \w{4} .*" + re.escape(text), self.log(), re.MULTILINE)
        return [time.mktime(time.strptime(when, "%Y-%m-%d %H:%M:%S")) + int(ms) / 1000 for when, ms in found]

    def ctl(self, *words, file=None, entered=None):
        """Exit status and output of supervisorctl, or of what stands in for it."""
        done = subprocess.run([*self.client, "-c", file or self.file, *words], cwd=self.folder, env=self.environment,
                              input=entered, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=2 * PATIENCE)
        return done.returncode, done.stdout
