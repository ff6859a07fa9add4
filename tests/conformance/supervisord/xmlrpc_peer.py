#!/usr/bin/python3
"""What Python's XML-RPC makes of documents: for each FILE one line of JSON.

xmlrpc_peer.py client|server FILE ...     ends with 3 when the package supervisor is missing

client: xmlrpc.client, what monitoring and supervisorctl use. "again" is the document written anew from what was read.
server: what supervisord reads calls with; "call" is the method with its parameters.
"""
import json
import sys
import xmlrpc.client

try:
    from supervisor.xmlrpc import supervisor_xmlrpc_handler
except ImportError as missing:
    print(missing)
    sys.exit(3)


def client(document):
    try:
        values, method = xmlrpc.client.loads(document)
    except xmlrpc.client.Fault as fault:
        return {"again": xmlrpc.client.dumps(fault)}
    again = xmlrpc.client.dumps(values, method, methodresponse=method is None, allow_none=True)
    return {"again": again}


def server(document):
    params, method = supervisor_xmlrpc_handler.loads(supervisor_xmlrpc_handler, document.decode("utf-8"))
    return {"call": [method or "", list(params or ())]}


def answer(read, path):
    with open(path, "rb") as file:
        document = file.read()
    try:
        return read(document)
    except Exception as error:
        return {"error": str(error)}


for path in sys.argv[2:]:
    print(json.dumps(answer({"client": client, "server": server}[sys.argv[1]], path), default=str))
