"""The site's pages."""
from django.http import JsonResponse
from django.urls import path

from . import tasks
from .held import hold
from .models import Snapshot


def health(_request):
    return JsonResponse({"status": "healthy", "snapshots": Snapshot.objects.count()})


def send_snapshot(_request):
    return JsonResponse({"task": tasks.snapshot.delay("request").id}, status=202)


def send_held_snapshot(_request):
    return JsonResponse({"task": tasks.held_snapshot.delay().id}, status=202)


def held(_request):
    hold("request")
    return JsonResponse({"status": "held to its end"})


urlpatterns = [
    path("health/", health),
    path("held/", held),
    path("tasks/snapshot/", send_snapshot),
    path("tasks/held-snapshot/", send_held_snapshot),
]
