"""A PostgreSQL and a Redis of the test's own, on unix sockets below its folder; they end with the test."""
import os
import signal
import subprocess

from waiting import wait_for

POSTGRES_PROGRAMS = "/usr/lib/postgresql/15/bin"


def _until_we_end(command):
    """However the test ends, its servers do too."""
    return ["setpriv", "--pdeathsig=KILL", "--", *command]


class PrivateRedis:
    def __init__(self, folder):
        self.socket = os.path.join(folder, "redis.sock")
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        with open(os.path.join(folder, "redis.log"), "wb") as log:
            self._server = subprocess.Popen(_until_we_end(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("socket of Redis", lambda: os.path.exists(self.socket))

    def close(self):
        self._server.kill()
        self._server.wait()


class PrivatePostgres:
    """`environment` is what libpq needs to find it, the database apart."""

    def __init__(self, folder):
        folder = os.path.join(folder, "postgres")
        os.mkdir(folder)
        self._user = []
        if os.geteuid() == 0:
            # The server refuses root: Debian's package made a user for it.
            subprocess.run(["chown", "postgres:postgres", folder], check=True)
            self._user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        self.environment = {"PGHOST": folder, "PGUSER": "elasticbot"}
        data = os.path.join(folder, "data")
        self._run([f"{POSTGRES_PROGRAMS}/initdb", "-D", data, "-U", "elasticbot", "--auth=trust", "--no-sync",
                   "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"], self._user)
        command = [f"{POSTGRES_PROGRAMS}/postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off",
                   "-c", "shared_buffers=32MB"]
        with open(os.path.join(folder, "log"), "wb") as log:
            # The parent's death is forgotten when the user changes: it is set last.
            self._server = subprocess.Popen([*self._user, *_until_we_end(command)], cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        wait_for("answer of PostgreSQL", lambda: self.sql("postgres", "SELECT 1") == "1")

    def _run(self, command, prefix=()):
        done = subprocess.run([*prefix, *command], capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr}")

    def sql(self, database, text):
        """The answer as psql prints it; None when there is none."""
        done = subprocess.run(["psql", "-qAtX", "-d", database, "-c", text], env={**os.environ, **self.environment},
                              capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def create_database(self, name):
        if self.sql("postgres", f"CREATE DATABASE {name}") is None:
            raise RuntimeError(f"cannot create the database {name}")

    def close(self):
        self._server.send_signal(signal.SIGQUIT)  # At once: nobody needs the data.
        self._server.wait()
