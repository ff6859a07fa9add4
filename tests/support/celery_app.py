"""A Python Celery application with the diagnostic tasks: client and worker of the interoperability tests.

celery_app.py call BROKER RESULTS TASK [JSON args] [JSON options]   prints the result, or the exception, as JSON
celery_app.py many BROKER RESULTS COUNT                             sends COUNT noops, waits for all, prints seconds
celery_app.py worker BROKER RESULTS [CONCURRENCY] [OPTION …]        runs a worker, with more options of Celery's
"""
import json
import sys
import time

from celery import Celery, group

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
