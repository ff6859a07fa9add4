#!/usr/bin/python3
"""What supervisord itself reads: for each FILE one line of JSON, with the first error or the model.

reference.py FILE ...     ends with 3 when the package is missing
"""
import json
import socket
import sys

try:
    from supervisor import datatypes, options
except ImportError as missing:
    print(missing)
    sys.exit(3)


class Refused(Exception):
    pass


def refuse(text):
    raise Refused(str(text))


def output(process, which):
    get = lambda key: getattr(process, which + key)
    path = get("_logfile")
    return {
        "path": "" if path is None else "AUTO" if path is datatypes.Automatic else path,
        "max_bytes": get("_logfile_maxbytes"),
        "backups": get("_logfile_backups"),
        "capture": get("_capture_maxbytes"),
        "events": bool(get("_events_enabled")),
        "syslog": bool(get("_syslog")),
    }


RESTARTS = {
    datatypes.RestartUnconditionally: "always",
    datatypes.RestartWhenExitUnexpected: "unexpected",
    False: "never",
}


def process(one):
    return {
        "name": one.name,
        "command": one.command,
        "directory": one.directory,
        "umask": one.umask,
        "priority": one.priority,
        "autostart": one.autostart,
        "autorestart": RESTARTS[one.autorestart],
        "startsecs": one.startsecs,
        "startretries": one.startretries,
        "exitcodes": one.exitcodes,
        "stopsignal": int(one.stopsignal),
        "stopwaitsecs": one.stopwaitsecs,
        "stopasgroup": one.stopasgroup,
        "killasgroup": one.killasgroup,
        "redirect_stderr": one.redirect_stderr,
        "stdout": output(one, "stdout"),
        "stderr": output(one, "stderr"),
        "environment": one.environment,
        "serverurl": one.serverurl or None,
    }


def group(one):
    answer = {
        "name": one.name,
        "priority": one.priority,
        "processes": [process(each) for each in one.process_configs],
    }
    if hasattr(one, "buffer_size"):
        answer["buffer_size"] = one.buffer_size
        answer["events"] = len(one.pool_events)
    if hasattr(one, "socket_config"):
        answer["socket"] = one.socket_config.url
        answer["backlog"] = one.socket_config.backlog
        answer["mode"] = getattr(one.socket_config, "mode", None)
    return answer


def read(path):
    reader = options.ServerOptions()
    reader.usage = refuse
    try:
        reader.realize(args=["-c", path], doc="", progname="supervisord")
    except Refused as error:
        return {"error": str(error)}
    section = reader.configroot.supervisord
    return {
        "supervisord": {
            "minfds": section.minfds,
            "minprocs": section.minprocs,
            "directory": section.directory,
            "user": section.user or "",
            "umask": section.umask,
            "logfile": reader.logfile,
            "logfile_maxbytes": section.logfile_maxbytes,
            "logfile_backups": section.logfile_backups,
            "loglevel": section.loglevel,
            "pidfile": reader.pidfile,
            "identifier": section.identifier,
            "nodaemon": section.nodaemon,
            "silent": section.silent,
            "childlogdir": section.childlogdir,
            "nocleanup": section.nocleanup,
            "strip_ansi": section.strip_ansi,
            "environment": section.environment,
        },
        "serverurl": reader.serverurl or "",
        "unix": [
            {"path": each["file"], "mode": each["chmod"], "user": each["username"], "password": each["password"] or ""}
            for each in section.server_configs
            if each["family"] is socket.AF_UNIX
        ],
        "inet": [
            {"host": each["host"], "port": each["port"], "user": each["username"], "password": each["password"] or ""}
            for each in section.server_configs
            if each["family"] is socket.AF_INET
        ],
        "groups": [group(each) for each in reader.process_group_configs],
    }


for path in sys.argv[1:]:
    print(json.dumps(read(path)))
