"""Real supervisord and elasticbot side by side: one file, the same questions in the same order, the same answers.

    /usr/bin/python3 tests/scenario/supervisord/side_by_side.py ELASTICBOT [WORD …]

Where the descriptions under areas/ say what is right, this only says that both do the same, and so asks far more: every
method with too few, too many and odd parameters, odd requests, every word of supervisorctl. With `supervisord` in place of
the elasticbot it compares the real one with itself, which shows what of an answer is chance. With words, only questions that
contain one of them are compared. The exit code is 0 when all answers are equal or differ on purpose, 1 otherwise, 77 when
the package is missing.
"""
import concurrent.futures
import http.client
import os
import re
import subprocess
import sys
import xmlrpc.client

from daemon import PATIENCE, SUPERVISORCTL, SUPERVISORD, Daemon, Product
from waiting import wait_for

FILE = """\
[program:cat]
command=cat
[program:digits]
command=sh -c "printf 0123456789; printf 'one\\ntwo\\n' >&2; exec cat"
stdout_logfile=%(here)s/digits.log
stderr_logfile=%(here)s/digits.err
priority=5
[program:silent]
command=cat
stdout_logfile=NONE
redirect_stderr=true
autostart=false
[program:done]
command=sh -c "sleep 1; exit 0"
startsecs=0
autorestart=false
[program:failed]
command=sh -c "sleep 1; exit 3"
startsecs=0
autorestart=false
exitcodes=0,2
[program:missing]
command=/no/such/program --flag
autostart=false
startretries=0
[program:unparsable]
command=sh -c "never closed
autostart=false
startretries=0
[program:early]
command=sh -c "exit 1"
startsecs=20
autostart=false
startretries=0
[program:stubborn]
command=sh -c "trap '' TERM; while :; do sleep 0.05; done"
stopwaitsecs=1
stopasgroup=true
autostart=false
[program:many]
command=cat
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
environment=A="1",B="two words"
directory=/tmp
umask=027
stopsignal=INT
[program:left]
command=cat
[program:right]
command=cat
[group:pair]
programs=left,right
priority=7
[fcgi-program:fast]
command=cat
socket=unix://%(here)s/fast.sock
autostart=false
[eventlistener:ear]
command=cat
events=PROCESS_STATE
autostart=false
"""
NAMES = ["cat", "nope", "", "pair", "pair:left", "pair:*", "pair:", "pair:nope", "nope:*", ":cat", "cat:cat", "cat:", "many",
         "many:many_00", "many:many_02", "many:*", "left", "a:b:c", "*", "cat ", "CAT", "fast", "fast:fast", "ear", "missing",
         "silent", "done", "\u00e9"]
LOGS = ["cat", "digits", "silent", "missing", "nope", "pair", "pair:*", "many:*", "many:many_00", "fast"]
ODD = [(), ("cat",), (1,), (1.5,), (True,), ("",), (["cat"],), ({"name": "cat"},), ("cat", "cat"), (1, 2), ("cat", 1, 2, 3),
       ("cat", -1, 0), ("cat", "x", "y"), (xmlrpc.client.Binary(b"cat"),), ("cat", {"a": 1}), ("x" * 5000,)]
RANGES = [(0, 0), (0, 4), (4, 3), (10, 4), (11, 1), (7, 4), (0, 100), (-4, 0), (-4, 4), (-100, 0), (0, -1), (-1, -1), (2, 0)]

TYPE_FAULT = "fault 2 INCORRECT_PARAMETERS"


def broke_down(answer):
    """An exception of Python's."""
    return answer == "HTTP 500" or (isinstance(answer, list) and answer[:1] == [500])


# What differs on purpose: a pattern for the question, what the answers then are, and why.
ON_PURPOSE = [
    (r"", lambda theirs, ours: broke_down(theirs) and not broke_down(ours), "a wrong request is refused, and breaks nothing"),
    (r"\((?:.*, )?(?:\d|True|\[|\{)|\('cat', 'cat'\)|of <value><i8>", lambda theirs, ours: TYPE_FAULT in str(ours)
     or "INCORRECT_PARAMETERS</string>" in str(ours), "parameters have the types of the signature"),
    (r"^getAllConfigInfo", lambda theirs, ours: all(their == our or not isinstance(our, dict) or {
        key for key in their if their[key] != our[key]} <= {"stdout_logfile", "stderr_logfile"} and our["stdout_logfile"] == "auto"
        for their, our in zip(theirs, ours)), "a group that was taken out has no files any more"),
    (r"DOCTYPE|<nope>", lambda theirs, ours: ours in (400, [400, {}, None]), "no entities, no unknown types"),
    (r"^POST /RPC2 ''|^POST /ok.html", lambda theirs, ours: "TimeoutError" in theirs, "the reference never answers an empty body"),
    (r"^GET /stylesheets|^GET /index.html.action=start ", lambda theirs, ours: True, "our page is another one"),
    (r"^bytes", lambda theirs, ours: ours == "HTTP/1.1 400" or ours[8:] == theirs[8:], "every request gets an answer, of 1.1"),
]

def call(method, *parameters):
    shown = ", ".join(repr(one) if len(repr(one)) < 80 else "…" for one in parameters)
    return f"{method}({shown})", lambda daemon: ask(daemon, method, parameters)


def ask(daemon, method, parameters):
    try:
        answer = daemon.call(method, *parameters)
        return "P" if method == "getPID" else answer
    except xmlrpc.client.Fault as fault:
        return f"fault {fault.faultCode} {fault.faultString}"
    except xmlrpc.client.ProtocolError as error:
        return f"HTTP {error.errcode}"


def ctl(*words):
    return "supervisorctl " + " ".join(words), lambda daemon: daemon.ctl(*words)


def own_ctl(*words):
    """Ours is asked by `elasticbot ctl`, which is to print the same."""
    def ask_own(daemon):
        if not daemon.product.binary:
            return daemon.ctl(*words)
        done = subprocess.run([daemon.product.binary, "ctl", "-c", daemon.file, *words], cwd=daemon.folder,
                              env=daemon.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE)
        return done.returncode, done.stdout
    return "ctl " + " ".join(words), ask_own


def request(method, path, body=None, headers=None):
    return f"{method} {path} {headers or ''}", lambda daemon: fetch(daemon, method, path, body, headers or {})


def fetch(daemon, method, path, body, headers):
    answer = daemon.request(method, path, body, headers)
    kept = {name: answer.headers[name] for name in ("WWW-Authenticate", "Location") if name in answer.headers}
    # Pages are each daemon's own.
    return answer.status, kept, answer.text if answer.headers.get("Content-Type") == "text/xml" else None


def raw(text):
    return f"bytes {text[:70]!r}", lambda daemon: daemon.exchange(text.encode())[:12]


def is_on_its_way(process):
    return process["statename"] in ("STARTING", "STOPPING", "BACKOFF") or (
        process["name"] in ("done", "failed") and process["statename"] == "RUNNING")


def settled():
    """Until nothing is on its way to another state."""
    return "", lambda daemon: wait_for("end of all transitions", lambda: not any(
        map(is_on_its_way, daemon.call("getAllProcessInfo"))), PATIENCE)


def read_only():
    methods = ["getAPIVersion", "getVersion", "getSupervisorVersion", "getIdentification", "getState", "getAllProcessInfo",
               "getAllConfigInfo"]
    for method in methods:
        yield call(method)
        yield call(method, 1)
    for name in NAMES:
        yield call("getProcessInfo", name)
    for method in ["readProcessStdoutLog", "readProcessLog", "readProcessStderrLog", "tailProcessStdoutLog", "tailProcessLog",
                   "tailProcessStderrLog"]:
        for name in LOGS:
            yield call(method, name, 0, 100)
        for bounds in RANGES:
            yield call(method, "digits", *bounds)
    yield call("readLog", 0, -1)
    yield call("readLog", -5, 5)
    yield call("system.listMethods")
    for method in ["supervisor.getState", "supervisor.startProcess", "supervisor.tailProcessLog", "supervisor.reloadConfig",
                   "supervisor.nope", "system.multicall", "system.methodHelp", "nope", ""]:
        yield call("system.methodSignature", method)
    yield call("system.methodHelp", "supervisor.nope")
    for method in ["supervisor.nope", "supervisor._getState", "supervisor.", "nope.getState", "system.nope", "a.b.c",
                   "supervisor.getState.x", "supervisor.__class__", "supervisor.supervisord", ".getState"]:
        yield call(method)
    state = {"methodName": "supervisor.getState", "params": []}
    for calls in [[], [state], [state, {"methodName": "supervisor.nope", "params": []}], [{"params": []}], [{}],
                  [{"methodName": "supervisor.getState"}], [{"methodName": "system.multicall", "params": [[]]}],
                  [{"methodName": "supervisor.getProcessInfo", "params": ["nope"]}],
                  [{"methodName": "supervisor.getProcessInfo", "params": []}], [{"methodName": "system.listMethods"}]]:
        yield call("system.multicall", calls)


def odd_parameters():
    for method in ["getProcessInfo", "startProcess", "stopProcess", "startProcessGroup", "stopProcessGroup", "signalProcess",
                   "signalProcessGroup", "readLog", "readProcessStdoutLog", "tailProcessStderrLog", "clearProcessLogs",
                   "sendProcessStdin", "sendRemoteCommEvent", "addProcessGroup", "removeProcessGroup", "getPID", "clearLog",
                   "reloadConfig", "system.methodHelp", "system.methodSignature", "system.listMethods", "system.multicall"]:
        for parameters in ODD:
            if method in ("clearLog", "reloadConfig") and not parameters:
                continue
            yield call(method, *parameters)
        yield settled()
    yield call("startAllProcesses", True, 1)
    yield call("signalAllProcesses")
    yield call("getAllProcessInfo")


def control():
    for name in NAMES:
        yield call("startProcess", name)
        yield settled()
        yield call("stopProcess", name)
        yield call("stopProcess", name)
        yield call("startProcess", name, False)
        yield settled()
    yield call("getAllProcessInfo")
    for name in NAMES:
        yield call("startProcessGroup", name)
        yield call("stopProcessGroup", name)
        yield call("startProcessGroup", name, False)
        yield settled()
    yield call("getAllProcessInfo")
    for name in NAMES:
        for signal in ["HUP0", "CONT", "SIGCONT", 18, "18", 0, -1, 99, "cont"]:
            yield call("signalProcess", name, signal)
        yield call("signalProcessGroup", name, "CONT")
        yield call("signalProcessGroup", name, "NOPE")
    yield call("signalAllProcesses", "CONT")
    yield call("signalAllProcesses", "NOPE")
    for name in NAMES:
        yield call("sendProcessStdin", name, "some text\n")
    yield call("sendProcessStdin", "cat", 5)
    yield call("sendProcessStdin", "cat", "")
    yield call("sendRemoteCommEvent", "kind", "data")
    for name in LOGS:
        yield call("clearProcessLogs", name)
        yield call("clearProcessLog", name)
    yield call("tailProcessStdoutLog", "digits", 0, 100)
    yield call("clearAllProcessLogs")
    yield call("startProcess", "stubborn")
    yield call("stopProcess", "stubborn", False)
    yield call("getProcessInfo", "stubborn")
    yield call("stopProcess", "stubborn")
    yield call("startProcess", "stubborn")
    yield settled()
    yield call("getProcessInfo", "stubborn")
    yield call("stopAllProcesses")
    yield call("stopAllProcesses")
    yield call("getAllProcessInfo")
    yield call("startAllProcesses")
    yield settled()
    yield call("getAllProcessInfo")
    for name in NAMES:
        yield call("addProcessGroup", name)
        yield call("removeProcessGroup", name)
    yield call("stopProcessGroup", "pair")
    yield call("removeProcessGroup", "pair")
    yield call("getAllProcessInfo")
    yield call("addProcessGroup", "pair")
    yield call("addProcessGroup", "pair")
    yield settled()
    yield call("getAllConfigInfo")
    yield call("reloadConfig")
    yield call("getAllConfigInfo")


def requests():
    body = xmlrpc.client.dumps((), "supervisor.getState")
    kind = {"Content-Type": "text/xml"}
    for path in ["/RPC2", "/RPC2/", "/RPC2/x", "/RPC2x", "/RPC2?x=1"]:
        yield request("POST", path, body, kind)
    for headers in [{}, {"Content-Type": "application/json"}, {"Accept": "nothing"}, {"Connection": "close"}]:
        yield request("POST", "/RPC2", body, headers)
    for broken in ["", "garbage", "<methodCall/>", "<methodCall><params/></methodCall>", body[:-20],
                   "<methodCall><methodName></methodName></methodCall>", "<methodResponse/>",
                   "<methodCall><methodName>supervisor.getState</methodName></methodCall>",
                   "<methodCall><methodName> supervisor.getState </methodName></methodCall>",
                   body.replace("<?xml version='1.0'?>\n", ""), body + body, "\n" + body,
                   "<!DOCTYPE x [<!ENTITY e 'x'>]>" + body.replace("<?xml version='1.0'?>\n", "")]:
        yield f"POST /RPC2 {broken[:90]!r}", lambda daemon, broken=broken: fetch(daemon, "POST", "/RPC2", broken, kind)[0]
    values = ["<value>cat</value>", "<value><string>cat</string></value>", "<value> cat </value>", "<value/>",
              "<value><base64>Y2F0</base64></value>", "<value><int>1</int></value>", "<value><i4>1</i4></value>",
              "<value><i8>1</i8></value>", "<value><int>x</int></value>", "<value><boolean>2</boolean></value>",
              "<value><double>1.5</double></value>", "<value><nil/></value>", "<value><nope>1</nope></value>",
              "<value><int>99999999999999999999</int></value>", "<value><int> 1 </int></value>", "<value><int/></value>",
              "<value><dateTime.iso8601>20260101T00:00:00</dateTime.iso8601></value>",
              "<value><array><data><value>cat</value></data></array></value>", "<value><string>ca&#116;</string></value>",
              "<value><struct><member><name>a</name><value>1</value></member></struct></value>", ""]
    for value in values:
        text = ("<?xml version='1.0'?><methodCall><methodName>supervisor.getProcessInfo</methodName><params>"
                f"<param>{value}</param></params></methodCall>")
        yield f"getProcessInfo of {value}", lambda daemon, text=text: fetch(daemon, "POST", "/RPC2", text, kind)
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"]:
        yield request(method, "/RPC2")
    for path in ["/", "/index.html", "/ok.html", "/tail.html", "/tail.html?processname=digits", "/tail.html?processname=nope",
                 "/tail.html?processname=digits&limit=4", "/tail.html?processname=digits&limit=x", "/nope", "/index.htm",
                 "/stylesheets/supervisor.css", "/../etc/passwd", "/logtail/nope", "/logtail/digits/nope", "/logtail/",
                 "/logtail", "/logtail/silent", "/logtail/pair:*", "/logtail/missing", "/logtail/digits/stdout/x"]:
        yield request("GET", path)
    for action in ["refresh", "stop&processname=nope", "start&processname=missing", "stop&processname=cat", "nope",
                   "start&processname=cat", "clearlog&processname=digits", "restart&processname=cat", "start", "stopall"]:
        yield request("GET", "/index.html?action=" + action)
    yield request("POST", "/logtail/digits", "")
    yield request("POST", "/mainlogtail", "")
    yield request("POST", "/ok.html", "")
    head = "POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    yield raw(head + "\r\n")
    yield raw(head + "Content-Length: x\r\n\r\n")
    yield raw(head + "Content-Length: -1\r\n\r\n")
    yield raw("nonsense\r\n\r\n")
    yield raw("GET /ok.html HTTP/1.0\r\n\r\n")
    yield raw("GET /ok.html HTTP/1.1\r\nConnection: close\r\n\r\n")
    yield raw("GET /ok.html\r\n\r\n")


def client(ctl=ctl):
    for words in ["status", "status cat", "status nope", "status pair:*", "status pair:nope", "status nope:*", "status cat done",
                  "status nope cat", "status all", "pid", "pid all", "pid cat x", "pid nope", "pid done", "version", "avail",
                  "start", "stop", "restart", "signal", "signal HUP", "start cat", "start nope", "start nope:*", "start missing",
                  "start unparsable", "start early", "start done", "start pair:*", "start all", "stop cat", "stop cat",
                  "stop nope", "stop nope:*", "stop pair:*", "stop pair:left", "start pair:left pair:right", "restart cat",
                  "restart done", "restart nope", "restart pair:*", "signal CONT cat", "signal NOPE cat", "signal CONT nope",
                  "signal CONT done", "signal CONT pair:*", "signal CONT all", "tail", "tail digits", "tail digits stderr",
                  "tail -4 digits", "tail -4 digits stderr", "tail nope", "tail silent", "tail missing", "tail digits nope",
                  "tail -x digits", "tail a b c d", "maintail x", "clear", "clear nope", "clear digits",
                  "clear silent", "clear all", "tail digits", "reread", "update", "update nope", "update all", "add",
                  "add nope", "add cat", "remove", "remove nope", "remove cat", "stop cat", "remove cat", "status cat",
                  "add cat", "add cat", "nope", "help", "help status", "help nope", "fg", "fg nope", "fg done", "open",
                  "stop all", "status", "start all"]:
        yield ctl(*words.split())
        if words.split()[0] in ("start", "add", "restart", "update", "stop"):
            yield settled()


def own_client():
    yield from client(own_ctl)


def change():
    """The file changes under both."""
    def write(text):
        return "", lambda daemon: daemon.write(text)

    def every():
        yield ctl("reread")
        yield ctl("reread")
        yield ctl("avail")
        yield ctl("update")
        yield settled()
        yield ctl("update")
        yield ctl("status")
        yield call("getAllConfigInfo")

    yield write(FILE.replace("[program:cat]\n", "[program:cat]\nstartsecs=2\n") + "[program:added]\ncommand=cat\n")
    yield from every()
    yield write(FILE.replace("programs=left,right", "programs=left") + "[program:added]\ncommand=cat\nautostart=false\n")
    yield from every()
    yield write(FILE.replace("numprocs=2", "numprocs=3").replace("events=PROCESS_STATE", "events=TICK_60"))
    yield from every()
    yield write(FILE + "[program:broken]\ncommand=cat\nstartsecs=x\n")
    yield ctl("reread")
    yield ctl("update")
    yield call("reloadConfig")
    yield write("[program:only]\ncommand=cat\n")
    yield from every()
    yield write("")
    yield from every()


def end():
    yield ctl("shutdown")
    yield "end", lambda daemon: daemon.wait()
    yield ctl("status")
    yield ctl("shutdown")
    yield ctl("pid")


STORIES = {"read": read_only, "odd": odd_parameters, "control": control, "http": requests, "client": client, "ctl": own_client,
           "change": change, "end": end}


def comparable(answer, daemon):
    """Without what is chance: numbers of processes, times, places."""
    if isinstance(answer, dict):
        # `autorestart` is told by the line after 4.3 and by ours.
        return {key: comparable(chance(key, value), daemon) for key, value in answer.items() if key != "autorestart"}
    if isinstance(answer, (list, tuple)):
        return [comparable(one, daemon) for one in answer]
    if not isinstance(answer, str):
        return answer
    text = answer.replace(os.path.realpath(daemon.folder), "FOLDER").replace(daemon.folder, "FOLDER")
    text = re.sub(r"(-std\w+---supervisor-)\S{8}\.log", r"\1RANDOM.log", text)
    text = re.sub(r"pid \d+, uptime \d+:\d\d:\d\d", "pid P, uptime T", text)
    text = re.sub(r"^[1-9]\d*$", "P", text, flags=re.MULTILINE)
    text = re.sub(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE", text)
    text = re.sub(r"(?:[A-Z][a-z]{2}(?:%20|\+)){2}[\d+%A]+\d{4}", "DATE", text)
    return re.sub(r"(<name>(?:pid|now|start|stop)</name>\s*<value><int>)[1-9]\d*", r"\1N", text)


def chance(key, value):
    return "N" if key in ("pid", "now", "start", "stop") and isinstance(value, int) and value else value


def in_order(answer):
    """What starts or stops together is listed as it comes to its end."""
    if isinstance(answer, list) and answer and all(isinstance(one, dict) and "status" in one for one in answer):
        return sorted(answer, key=lambda one: (one["group"], one["name"]))
    if isinstance(answer, tuple) and isinstance(answer[1], str) and re.search(": (stopped|started)\n", answer[1]):
        return answer[0], "".join(sorted(answer[1].splitlines(keepends=True)))
    return answer


def attempt(question, daemon):
    try:
        return comparable(in_order(question(daemon)), daemon)
    except (OSError, http.client.HTTPException, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"


def is_on_purpose(shown, reference, ours):
    return any(re.search(pattern, shown) and holds(reference, ours) for pattern, holds, _ in ON_PURPOSE)


def compare(name, products, words):
    """Numbers of questions, of differences, and a text about them."""
    questions = differences = 0
    text = ""
    daemons = [Daemon(product, FILE) for product in products]
    try:
        for daemon in daemons:
            daemon.start()
        for daemon in daemons:
            settled()[1](daemon)
        for shown, question in STORIES[name]():
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                reference, ours = pool.map(lambda daemon: attempt(question, daemon), daemons)
            if not shown or (words and not any(word in shown for word in words)):
                continue
            questions += 1
            if reference != ours and not is_on_purpose(shown, reference, ours):
                differences += 1
                text += f"{name}: {shown}\n{explain(reference, ours)}"
    finally:
        for daemon in daemons:
            daemon.end()
    return questions, differences, text


def explain(reference, ours):
    if isinstance(reference, list) and isinstance(ours, list) and len(reference) == len(ours) and len(str(reference)) > 300:
        return "".join(explain(one, other) for one, other in zip(reference, ours) if one != other)
    if isinstance(reference, dict) and isinstance(ours, dict):
        return "".join(f"    {key}: supervisord {reference.get(key)!r}, ours {ours.get(key)!r}\n"
                       for key in sorted({*reference, *ours}) if reference.get(key) != ours.get(key))
    return f"    supervisord {reference!r}\n    ours        {ours!r}\n"


def main(arguments):
    if not arguments:
        print(__doc__)
        return 2
    for needed in (SUPERVISORD, SUPERVISORCTL):
        if not os.path.exists(needed):
            print(f"{os.path.basename(__file__)}: Skipped\nno {needed} on this machine (Debian's package supervisor)")
            return 77
    products = [Product(), Product(None if arguments[0] == "supervisord" else arguments[0])]
    stories = [word for word in arguments[1:] if word in STORIES] or list(STORIES)
    words = [word for word in arguments[1:] if word not in STORIES]
    questions = differences = 0
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for asked, differing, text in pool.map(lambda name: compare(name, products, words), stories):
            questions, differences = questions + asked, differences + differing
            print(text, end="", flush=True)
    print(f"{questions} questions, {differences} answers that differ")
    return 1 if differences or not questions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
