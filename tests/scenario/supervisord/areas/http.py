"""The HTTP server: sockets, routes, authentication, log tails, web page, abuse (supervisord-compat.md 11, hardening.md F5)."""
import base64
import hashlib
import os
import re
import socket
import stat
import subprocess
import time
import urllib.parse
import xmlrpc.client

from daemon import basic, free_port
from scenario import HELD, Scenario

CALL = "<methodCall><methodName>supervisor.getPID</methodName></methodCall>"
PROGRAM = """
[program:x]
command=sh -c "echo hello; exec cat"
stdout_logfile=%(here)s/x.log
stderr_logfile=NONE
startsecs=0
[program:m]
command=cat
autostart=false
startsecs=0
stdout_logfile=%(here)s/m.log
[group:g]
programs=m
"""
PAGES = ("/RPC2", "/logtail/x", "/mainlogtail", "/", "/index.html", "/tail.html", "/ok.html", "/stylesheets/supervisor.css",
         "/nope")


def posted(body=CALL, more=""):
    return (f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n{more}\r\n"
            f"{body}").encode()


class Http(Scenario):
    def running(self, text=PROGRAM, **arguments):
        daemon = self.start(text, **arguments)
        daemon.wait_for_state("x", "RUNNING")
        return daemon

    def unharmed(self, daemon):
        self.assertEqual(daemon.call("getPID"), daemon.pid)

    # Connections

    def test_keep_alive_and_close(self):
        """11: by default in 1.1, on request in 1.0; pipelining works."""
        daemon = self.start()

        once = daemon.exchange(posted(more="Connection: close\r\n"))
        self.assertEqual(once.count("HTTP/1.1 200"), 1)
        self.assertRegex(once.split("\r\n\r\n")[0].lower(), r"connection: close|content-length")
        twice = daemon.exchange(posted() + posted(more="Connection: close\r\n"))
        self.assertEqual(twice.count("<int>%d</int>" % daemon.pid), 2)
        old = daemon.exchange(posted().replace(b"HTTP/1.1", b"HTTP/1.0"))
        self.assertRegex(old, r"^HTTP/1\.[01] 200 OK\r\n")
        kept = daemon.exchange(posted(more="Connection: keep-alive\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
                               + posted().replace(b"HTTP/1.1", b"HTTP/1.0"))
        self.assertEqual(kept.count(" 200 OK\r\n"), 2)

    def test_requests_in_pieces(self):
        """11: however the bytes arrive."""
        daemon = self.start()

        with daemon.raw() as raw:
            for byte in posted(more="Connection: close\r\n"):
                raw.sendall(bytes([byte]))
            received = b""
            while chunk := raw.recv(65536):
                received += chunk

        self.assertIn(b"200 OK", received)

    def test_errors_are_small_pages(self):
        """11: 404, 400, 411; Server and Content-Length."""
        daemon = self.start()

        for method, path, status in (("GET", "/nope", 404), ("GET", "/RPC2", 400), ("PUT", "/RPC2", 400),
                                     ("POST", "/logtail/x", 400), ("POST", "/mainlogtail", 400), ("GET", "/images/nope", 404)):
            with self.subTest(method=method, path=path):
                answer = daemon.request(method, path, "" if method != "GET" else None)
                self.assertEqual(answer.status, status)
                self.assertIn("text/html", answer.headers["Content-Type"])
                self.assertIn(str(status), answer.text)
                self.assertTrue(answer.headers["Server"])
                self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        without = daemon.exchange(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertIn(" 411 ", without.splitlines()[0])
        nonsense = daemon.exchange(b"nonsense\r\n\r\n", is_closed=False)
        self.assertEqual(nonsense.split()[1:2], self.expect(
            supervisord=[], ours=["400"], because="the reference fails inside and closes the connection"))
        self.unharmed(daemon)

    def test_paths_that_begin_with_rpc2(self):
        """11: the first match wins."""
        daemon = self.start()

        for path in ("/RPC2", "/RPC2/", "/RPC2x", "/RPC2?a=b"):
            self.assertIn(str(daemon.pid), daemon.request("POST", path, CALL).text)

    def test_garbage(self):
        """11, row 22: 400, the daemon is unharmed."""
        daemon = self.start()

        for body in ("garbage", "<methodCall>", "<a><b></a>", "<methodCall/>", "<methodCall><methodName/></methodCall>",
                     "<methodCall><methodName></methodName></methodCall>", "\0\1\2", "<?xml version='1.0'?>"):
            with self.subTest(body):
                self.assertEqual(daemon.request("POST", "/RPC2", body).status, 400)
        self.unharmed(daemon)

    def test_a_body_in_chunks(self):
        """11: understood as an addition; the reference wants a length."""
        daemon = self.start()
        request = (b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                   + f"{len(CALL):x}\r\n{CALL}\r\n0\r\n\r\n".encode())

        answer = daemon.exchange(request)

        status = self.expect(supervisord="411", ours="200", because="the reference does not understand chunks")
        self.assertIn(f" {status} ", answer.splitlines()[0])

    def test_head(self):
        """11: 404 in the reference, 200 allowed."""
        answer = self.start().request("HEAD", "/")

        self.assertIn(answer.status, self.expect(supervisord=[404], ours=[200, 404], because="a page exists"))
        self.assertEqual(answer.body, b"")

    # Sockets

    def test_the_unix_socket(self):
        """11: its mode; removed at the end."""
        daemon = self.start()

        self.assertEqual(stat.S_IMODE(os.stat(daemon.socket).st_mode), 0o700)
        self.assertEqual(daemon.files("s.sock*"), ["s.sock"])
        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)
        self.assertEqual(daemon.files("s.sock*"), [])

    def test_a_socket_that_another_daemon_answers(self):
        """11, row 32: exit 2; the first one is not disturbed."""
        daemon = self.running()

        for _ in range(2):
            done = subprocess.run(self.product.foreground(daemon.file), cwd=daemon.folder, env=daemon.environment,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2)
            self.assertIn("Error: Another program is already listening on a port that one of our HTTP servers is configured to "
                          "use.  Shut this program down first before starting supervisord.\n", done.stderr)
        self.unharmed(daemon)

    def test_a_port_that_is_taken(self):
        """11: the same for TCP."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            errors = self.refusal(f"[inet_http_server]\nport=127.0.0.1:{taken.getsockname()[1]}\n")

        self.assertIn("Error: Another program is already listening on a port that one of our HTTP servers is configured to use.",
                      errors)

    def test_a_stale_socket_is_replaced(self):
        """11, row 33: after kill -9."""
        daemon = self.running()
        daemon.process.kill()
        daemon.wait()
        self.assertTrue(os.path.exists(daemon.socket))
        self.wait("the end of a child that reads its input", lambda: not daemon.left())

        daemon.start()

        self.unharmed(daemon)
        self.assertIn(f"Unlinking stale socket {daemon.socket}", daemon.errors())

    def test_tcp(self):
        """11: IPv4; a port alone means all addresses."""
        port = free_port()
        daemon = self.start(f"[inet_http_server]\nport=localhost:{port}\n")

        self.assertEqual(daemon.request("GET", "/ok.html", port=port).text, "OK")
        with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2") as proxy:
            self.assertEqual(proxy.supervisor.getPID(), daemon.pid)

    def test_tcp_without_a_password_on_all_addresses(self):
        """hardening.md F6: refused unless it is loopback; with a password it is served."""
        port = free_port()
        locked = self.start(f"[inet_http_server]\nport=*:{port}\nusername=u\npassword=p\n")
        self.assertEqual(locked.request("GET", "/ok.html", headers=basic("u", "p"), port=port).text, "OK")
        self.assertEqual(locked.request("GET", "/ok.html", port=port).status, 401)
        port = free_port()

        if self.is_ours:
            self.assertIn("Error: ", self.refusal(f"[inet_http_server]\nport=*:{port}\n"))
        else:
            self.assertEqual(self.start(f"[inet_http_server]\nport=*:{port}\n").request("GET", "/ok.html", port=port).text, "OK")

    # Authentication

    def test_every_path_needs_the_password(self):
        """11, row 21."""
        daemon = self.start(PROGRAM + "[unix_http_server]\nusername=user\npassword=se:cret\n", credentials=("user", "se:cret"))

        wrong = [{"Authorization": ""}, basic("user", "other"), basic("other", "se:cret"), {"Authorization": "Digest x"},
                 basic("user", "se:crets"), basic("user", ""), basic("", "")]
        for path in PAGES:
            for headers in wrong[:2] if path != "/RPC2" else wrong:
                with self.subTest(path=path, headers=headers):
                    answer = daemon.request("GET" if path != "/RPC2" else "POST", path, None if path != "/RPC2" else CALL, headers)
                    self.assertEqual(answer.status, 401)
                    self.assertEqual(answer.headers["WWW-Authenticate"], "Basic realm=\"default\"")
                    self.assertEqual(answer.headers["Connection"].lower(), "close")
        self.assertEqual(daemon.request("GET", "/ok.html").text, "OK")
        self.assertEqual(daemon.request("GET", "/nope").status, 404)
        self.unharmed(daemon)
        self.assertNotIn("running without any HTTP authentication checking", daemon.log())

    def test_a_hashed_password(self):
        """3: {SHA}."""
        digest = hashlib.sha1(b"secret").hexdigest()
        daemon = self.start(f"[unix_http_server]\nusername=user\npassword={{SHA}}{digest}\n", credentials=("user", "secret"))

        self.unharmed(daemon)
        for password in ("other", digest, "{SHA}" + digest):
            self.assertEqual(daemon.request("GET", "/", headers=basic("user", password)).status, 401)

    def test_each_server_has_its_own_password(self):
        """11: per server."""
        port = free_port()
        daemon = self.start(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=u\npassword=p\n")

        self.assertEqual(daemon.request("GET", "/ok.html").status, 200)
        self.assertEqual(daemon.request("GET", "/ok.html", port=port).status, 401)
        self.assertEqual(daemon.request("GET", "/ok.html", headers=basic("u", "p"), port=port).text, "OK")
        self.assertIn("Server 'unix_http_server' running without", daemon.log())
        self.assertNotIn("Server 'inet_http_server' running without", daemon.log())

    def test_credentials_that_cannot_be_decoded(self):
        """11: 400 or 401; the reference answers 500 where there is no colon."""
        daemon = self.start("[unix_http_server]\nusername=u\npassword=p\n", credentials=("u", "p"))

        for text in ("!!!", "a", base64.b64encode(b"nocolon").decode(), base64.b64encode(b"\xff\xfe:x").decode()):
            with self.subTest(text):
                answer = daemon.request("GET", "/", headers={"Authorization": "Basic " + text})
                self.assertIn(answer.status, self.expect(supervisord=[400, 401, 500], ours=[400, 401],
                                                         because="the reference fails inside"))
        self.unharmed(daemon)

    # Tails

    def tail(self, daemon, path, version="1.1"):
        raw = daemon.raw()
        self.addCleanup(raw.close)
        raw.sendall(f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode())
        received = b""

        def read_until(text):
            nonlocal received
            while text not in received:
                chunk = raw.recv(65536)
                if not chunk:
                    break
                received += chunk
            self.assertIn(text, received)
            return received.decode()

        return read_until

    def test_the_tail_of_a_log(self):
        """11: headers, the last 1024 bytes, then what is appended, without end."""
        daemon = self.running(files={"x.log": "a" * 5000 + "\n"})
        daemon.wait_for_text("x.log", "hello")

        read_until = self.tail(daemon, "/logtail/x")
        text = read_until(b"hello\n")
        daemon.call("sendProcessStdin", "x", "later\n")
        text = read_until(b"later\n")

        head, body = text.split("\r\n\r\n", 1)
        self.assertTrue(head.startswith("HTTP/1.1 200 OK"), head)
        headers = dict(line.split(": ", 1) for line in head.lower().splitlines()[1:])
        self.assert_has({"content-type": "text/plain;charset=utf-8", "transfer-encoding": "chunked",
                         "x-accel-buffering": "no"}, headers)
        self.assertRegex(headers["last-modified"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt$")
        self.assertEqual(body.count("a"), 1024 - len("\nhello\n") + len("la") - 1)

    def test_a_tail_follows_a_file_that_is_replaced_or_shrinks(self):
        """11."""
        daemon = self.running()
        daemon.wait_for_text("x.log", "hello")
        read_until = self.tail(daemon, "/logtail/x/stdout")
        read_until(b"hello\n")

        if self.is_ours:  # The reference fails to send this text, and closes the connection.
            with open(daemon.path("x.log"), "r+b") as file:
                file.truncate(0)
            read_until(b"==> File truncated <==\n")
            daemon.call("sendProcessStdin", "x", "after\n")
            read_until(b"after\n")
        os.rename(daemon.path("x.log"), daemon.path("x.log.1"))
        daemon.put("x.log", "the new file\n")
        read_until(b"the new file\n")

    def test_tails_that_do_not_exist(self):
        """11: 404 for unknown names, channels and files."""
        daemon = self.running()

        for path in ("/logtail/zz", "/logtail/x/stderr", "/logtail/x/nope", "/logtail/g:m", "/logtail/m", "/logtail/g:zz"):
            with self.subTest(path):
                self.assertEqual(daemon.request("GET", path).status, 404)
        for path in ("/logtail/x", "/mainlogtail"):
            self.assertEqual(daemon.request("HEAD", path).status, 400)
        # Names may be quoted.
        daemon.call("startProcess", "g:m")
        daemon.call("sendProcessStdin", "g:m", "text\n")
        self.tail(daemon, "/logtail/g%3Am")(b"text\n")

    def test_the_tail_of_the_activity_log(self):
        """11; over HTTP/1.0 without chunks, where the reference sends nothing until it has 64 KiB."""
        daemon = self.running()
        tails = [self.tail(daemon, "/mainlogtail")] + ([self.tail(daemon, "/mainlogtail", "1.0")] if self.is_ours else [])
        for read_until in tails:
            read_until(b"entered RUNNING state")

        daemon.call("stopProcess", "x")

        self.assertEqual(["chunked" in read_until(b"stopped: x").lower() for read_until in tails],
                         self.expect(supervisord=[True], ours=[True, False], because="see above"))

    def test_a_reader_that_stops_reading_does_no_harm(self):
        """F5: others are served."""
        daemon = self.running()
        self.tail(daemon, "/logtail/x")

        for _ in range(20):
            daemon.call("sendProcessStdin", "x", "a" * 30000 + "\n")
            time.sleep(0.01)

        self.unharmed(daemon)

    # The page

    def test_the_page(self):
        """11: a table of processes with links."""
        daemon = self.running()

        for path in ("/", "/index.html"):
            answer = daemon.request("GET", path)
            self.assertEqual(answer.status, 200)
            self.assertIn("text/html", answer.headers["Content-Type"])
            for text in ("x", "g:m", "running", "stopped", f"pid {daemon.pid_of('x')}"):
                self.assertIn(text, answer.text.lower())
        self.assertEqual(daemon.request("GET", "/ok.html").text, "OK")
        self.assertIn("hello", daemon.request("GET", "/tail.html?processname=x&limit=1024").text)
        self.assertIn(daemon.request("GET", "/stylesheets/supervisor.css").status,
                      self.expect(supervisord=[200], ours=[200, 404], because="a page of our own needs no files of theirs"))

    def act(self, daemon, query, status=(301, 302, 303), **headers):
        answer = daemon.request("GET", "/index.html?" + query, headers={"Host": "example:99", **headers})
        self.assertIn(answer.status, status)
        location = answer.headers["Location"]
        self.assertTrue(location.startswith("http://example:99/?message="), location)
        return urllib.parse.unquote(location.split("=", 1)[1])

    def test_actions_of_the_page(self):
        """11: they answer when they are done, by a redirection with a message; scripts on the unix socket may GET."""
        daemon = self.running(PROGRAM + "[program:early]\ncommand=false\nautostart=false\nstartsecs=10\nstartretries=0\n")
        daemon.wait_for_text("x.log", "hello")

        self.assertEqual(self.act(daemon, "processname=x&action=stop"), "Process x stopped")
        self.assertEqual(daemon.state("x"), "STOPPED")
        self.assertEqual(self.act(daemon, "processname=x&action=start"), "Process x started")
        pid = daemon.wait_for_state("x", "RUNNING")["pid"]
        self.assertEqual(self.act(daemon, "processname=x&action=restart"), "Process x restarted")
        self.assertNotEqual(daemon.wait_for_state("x", "RUNNING")["pid"], pid)
        self.assertEqual(self.act(daemon, "processname=g%3Am&action=start"), "Process g:m started")
        self.assertEqual(self.act(daemon, "processname=x&action=clearlog"), "Log for x cleared")
        self.assertEqual(self.act(daemon, "processname=zz&action=start"), "No such process named zz")
        self.assertEqual(self.act(daemon, "processname=early&action=start"), "ERROR: Process early: spawn error")
        self.assertEqual(self.act(daemon, "processname=x&action=start"), "ERROR: Process x: already started")
        self.assertRegex(self.act(daemon, "action=refresh"), r"^Page refreshed at \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$")
        self.assertRegex(self.act(daemon, "action=stopall"), r"^All stopped at \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$")
        self.assertEqual({daemon.state("x"), daemon.state("g:m")}, {"STOPPED"})
        self.assertRegex(self.act(daemon, "action=restartall"), r"^All restarted at ")
        self.assertEqual({daemon.state("x"), daemon.state("g:m")}, {"RUNNING"})
        self.assertIn("some message", daemon.request("GET", "/?message=some%20message").text)

    def test_actions_from_foreign_pages(self):
        """11, F6: FIX, a GET that a foreign page sent changes nothing."""
        port = free_port()
        daemon = self.running(PROGRAM + f"[inet_http_server]\nport=127.0.0.1:{port}\n")

        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            pid = daemon.wait_for_state("x", "RUNNING")["pid"]
            answer = daemon.request("GET", "/index.html?processname=x&action=restart",
                                    headers={"Host": f"127.0.0.1:{port}", **headers}, port=port)
            if self.is_ours:
                self.assertGreaterEqual(answer.status, 400)
                self.assertEqual(daemon.pid_of("x"), pid)
            else:
                self.assertEqual(answer.status, 301)
                self.assertNotEqual(daemon.pid_of("x"), pid)

    def test_names_on_the_page_are_quoted(self):
        """F6: no markup from names, descriptions or messages."""
        daemon = self.start("[program:a<b>&c]\ncommand=/no/<i>such\nstartretries=0\n")
        daemon.wait_for_state("a<b>&c", "FATAL")

        for path in ("/", "/?message=%3Cscript%3Ealert(1)%3C/script%3E"):
            text = daemon.request("GET", path).text
            self.assertNotIn("<i>such", text)
            self.assertNotIn("<b>&c", text)
            self.assertNotIn("<script>alert", text)

    # Abuse

    def test_bodies_that_are_too_long_or_lie(self):
        """F5: the daemon serves others meanwhile and afterwards."""
        daemon = self.start()

        with daemon.raw() as promised, daemon.raw() as huge:
            promised.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n<methodCall>")
            huge.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n")
            self.unharmed(daemon)
        for length in ("-1", "x", "1e3", "18446744073709551616", " "):
            with daemon.raw() as raw:
                raw.sendall(f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nabc".encode())
                raw.shutdown(socket.SHUT_WR)
                raw.settimeout(5)
                try:
                    raw.recv(65536)
                except OSError:
                    pass
        self.unharmed(daemon)

    def test_slow_requests_and_many_connections(self):
        """F5: slow-loris; hundreds of idle connections."""
        daemon = self.start()
        sockets = [daemon.raw() for _ in range(200)]

        for number, raw in enumerate(sockets):
            raw.sendall(b"POST /RPC2 HTTP/1.1\r\nHos"[:number % 25])
        self.unharmed(daemon)

        for raw in sockets:
            raw.close()
        self.unharmed(daemon)

    def test_xml_that_is_built_to_hurt(self):
        """F5: depth, entities, many values; no file is read, no memory eaten."""
        daemon = self.start()
        bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">" + "".join(
            f"<!ENTITY a{n} \"{('&a%s;' % (n - 1 if n else '')) * 10}\">" for n in range(8)) + "]>"
        requests = {
            "depth": "<methodCall>" + "<a>" * 20000 + "</a>" * 20000 + "</methodCall>",
            "nested values": "<methodCall><methodName>supervisor.getPID</methodName><params><param>"
                             + "<value><array><data>" * 2000 + "</data></array></value>" * 2000
                             + "</param></params></methodCall>",
            "external": "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><methodCall><methodName>"
                        "supervisor.getProcessInfo</methodName><params><param><value>&x;</value></param></params></methodCall>",
        }
        if self.is_ours:
            requests["bomb"] = bomb + ("<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>"
                                       "&a7;</value></param></params></methodCall>")
        for name, body in requests.items():
            with self.subTest(name):
                try:
                    self.assertNotIn("root:", daemon.request("POST", "/RPC2", body).text)
                except OSError:
                    pass
                self.unharmed(daemon)

    def test_a_multicall_of_very_many_calls(self):
        """F5: others are served."""
        daemon = self.start()
        call = ("<value><struct><member><name>methodName</name><value>supervisor.getPID</value></member></struct></value>")
        body = ("<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>" + call * 5000
                + "</data></array></value></param></params></methodCall>")

        answer = daemon.request("POST", "/RPC2", body)

        if answer.status == 200:
            self.assertEqual(answer.text.count(f">{daemon.pid}<"), 5000)
        self.unharmed(daemon)

    def test_headers_without_end(self):
        """F5: a bound on what a request may hold."""
        daemon = self.start()

        with daemon.raw() as raw:
            raw.settimeout(5)
            try:
                for _ in range(300):
                    raw.sendall(b"X: " + b"a" * 4000 + b"\r\n")
            except OSError:
                pass
        self.unharmed(daemon)

    def test_paths_do_not_lead_out_of_the_pages(self):
        """11: static files."""
        daemon = self.start()

        for path in ("/../../../etc/passwd", "/stylesheets/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/stylesheets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"):
            with self.subTest(path):
                answer = daemon.exchange(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                self.assertNotIn("root:", answer)
                self.assertIn(answer.split()[1], ("400", "404"))

    def test_a_client_that_leaves_while_a_call_waits(self):
        """12: the call ends with it, the process is not forgotten."""
        daemon = self.start(HELD)
        daemon.wait_for_text("ready", "ready")
        daemon.wait_for_state("x", "RUNNING")
        body = ("<methodCall><methodName>supervisor.stopProcess</methodName><params><param><value>x</value></param></params>"
                "</methodCall>")

        with daemon.raw() as raw:
            raw.sendall(posted(body))
            daemon.wait_for_state("x", "STOPPING")
        daemon.put("go", "")

        daemon.wait_for_state("x", "STOPPED")
        self.unharmed(daemon)

    def test_numbers_of_a_page(self):
        """11: HTTP dates and the version in the footer do not break it for empty daemons."""
        answer = self.start().request("GET", "/")

        self.assertEqual(answer.status, 200)
        self.assertTrue(re.search("no programs to manage", answer.text, re.IGNORECASE))
