"""A Python Celery application with the diagnostic tasks: client and worker of the interoperability tests.

celery_app.py call BROKER RESULTS TASK [JSON args] [JSON options]   prints the result, or the exception, as JSON
celery_app.py state BROKER RESULTS ID                               prints the state of a task and its information
celery_app.py canvas BROKER RESULTS                                 prints what chains, chords and callbacks came to, as JSON
celery_app.py many BROKER RESULTS COUNT                             sends COUNT noops, waits for all, prints seconds
celery_app.py worker BROKER RESULTS [CONCURRENCY] [OPTION …]        runs a worker, with more options of Celery's
"""
import json
import sys
import time

from celery import Celery, chain, chord, group, uuid

mode, broker, results = sys.argv[1:4]
app = Celery("harness", broker=broker, backend=results)
app.conf.update(task_acks_late=True, broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1)


@app.task(name="elasticbot.debug.add")
def add(x, y):
    return x + y


@app.task(name="elasticbot.debug.echo")
def echo(*args, **kwargs):
    return {"args": args, "kwargs": kwargs}


@app.task(name="elasticbot.debug.noop")
def noop():
    return None


if mode == "call":
    name = sys.argv[4]
    args = json.loads(sys.argv[5]) if len(sys.argv) > 5 else []
    options = json.loads(sys.argv[6]) if len(sys.argv) > 6 else {}
    handle = app.send_task(name, args=args, **options)
    try:
        print(json.dumps({"result": handle.get(timeout=30), "state": handle.state}))
    except Exception as error:  # The exception is the answer.
        print(json.dumps({"error": type(error).__name__, "message": str(error), "state": handle.state}))
elif mode == "canvas":
    fail = app.signature("elasticbot.debug.fail")
    wait = {"timeout": 30}

    def error_of(handle):
        try:
            return handle.get(**wait)
        except Exception as error:  # The exception is the answer.
            return [type(error).__name__, str(error)]

    callback, errback, failed = (uuid() for _ in range(3))
    linked = add.apply_async((1, 1), link=add.s(100).set(task_id=callback))
    fail.apply_async(task_id=failed, link_error=app.signature("elasticbot.debug.noop").set(task_id=errback))
    print(json.dumps({
        "chain": chain(add.s(1, 2), add.s(3), add.s(4)).apply_async().get(**wait),
        "immutable": chain(add.s(1, 2), add.si(10, 10)).apply_async().get(**wait),
        "link": app.AsyncResult(callback).get(**wait),
        "children": linked.get(**wait) and [child.id == callback for child in linked.children],
        "group": chain(add.s(1, 1), group(add.s(10), add.s(20))).apply_async().get(**wait),
        "chord": chord([add.s(1, 1), add.s(2, 2), add.s(3, 3)])(echo.s()).get(**wait)["args"],
        "chord in a chain": chain(add.s(1, 1), group(add.s(10), add.s(20)), echo.s(), echo.s()).apply_async().get(**wait)["args"][0]["args"],
        "chain in a chord": chord([add.s(1, 1) | add.s(5), add.s(2, 2)])(echo.s()).get(**wait)["args"],
        "failed chain": error_of(chain(fail, add.s(1)).apply_async()),
        # By its id alone: the handle would raise what its part raised.
        "failed chord": error_of(app.AsyncResult(chord([add.s(1, 1), fail])(echo.s()).id))[0],
        "link_error": app.AsyncResult(errback).get(**wait),
        "parent": app.backend.get_task_meta(errback).get("parent_id") == failed,
    }))
elif mode == "state":
    handle = app.AsyncResult(sys.argv[4])
    print(json.dumps({"state": handle.state, "info": handle.info}))
elif mode == "many":
    count = int(sys.argv[4])
    began = time.monotonic()
    handles = [app.send_task("elasticbot.debug.noop") for _ in range(count)]
    for handle in handles:
        handle.get(timeout=120)
    print(time.monotonic() - began)
elif mode == "worker":
    concurrency = sys.argv[4] if len(sys.argv) > 4 else "1"
    app.worker_main(["worker", "--loglevel=info", "--concurrency=" + concurrency, "--without-gossip", "--without-mingle",
                     *sys.argv[5:]])
