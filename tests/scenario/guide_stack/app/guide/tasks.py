"""The worker's tasks."""
from celery import shared_task

from .held import hold
from .models import Snapshot


@shared_task
def snapshot(source):
    Snapshot.objects.create(source=source)


@shared_task
def held_snapshot():
    hold("task")
    Snapshot.objects.create(source="held task")
